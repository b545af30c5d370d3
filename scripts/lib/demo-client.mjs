import http from 'node:http';

/** A keep-alive client of one server; every answer has {status, body, ms}. */
export function createDemoClient(url, adminKey) {
  const agent = new http.Agent({ keepAlive: true });

  const send = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const startedAt = performance.now();
      const request = http.request(new URL(path, url), {
        method,
        agent,
        headers: text
          ? { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
          : headers,
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(parts).toString();
          resolve({
            status: response.statusCode,
            body: received ? JSON.parse(received) : undefined,
            ms: performance.now() - startedAt,
          });
        });
      });
      request.end(text);
    });

  const must = async (answer) => {
    const { status, body } = await answer;
    if (status >= 400) throw new Error(`the server answered ${status}: ${body?.detail ?? ''}`);
    return body;
  };

  return {
    query: (tenantId, query) => send('POST', '/query', { 'x-tenant-id': tenantId }, { query }),
    get: (tenantId, path) => must(send('GET', path, { 'x-tenant-id': tenantId })),
    admin: (path, body) => must(send('POST', path, { 'x-admin-key': adminKey }, body)),
    close: () => agent.destroy(),
  };
}
