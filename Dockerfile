# By digest: what is built today is what is built tomorrow. A newer one: docker manifest inspect node:22-slim.
FROM node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5 AS base
WORKDIR /app
ENV NPM_CONFIG_UPDATE_NOTIFIER=false

# What builds: all packages, compiled to dist/.
FROM base AS build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

# What runs: without the tools of development, other databases' engines and type declarations: about 100 MB.
FROM base AS packages
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
RUN npm run install:production && npm cache clean --force

FROM base
ENV NODE_ENV=production
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY prisma prisma
COPY scripts scripts
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/apps/api/src/main.js"]
