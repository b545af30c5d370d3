import { Advice } from './log.mjs';
import { query } from './postgres-server.mjs';

/**
 * Lets a role of the database serve, and no more: it reads and writes the tables, adds to the audit log, and runs our
 * functions; it owns nothing, so it can neither alter a table nor change or delete a row of the audit log.
 *
 * ownerUrl   of the role that migrates and owns the tables
 * role       its name; it is created where `password` is given and it is missing
 */
export async function grantRuntimeRole({ ownerUrl, role, password }) {
  const name = quoted(role);
  const { rows } = await query(ownerUrl, 'SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rows.length === 0) await createRole({ ownerUrl, role, name, password });
  const { rows: owners } = await query(
    ownerUrl,
    `SELECT pg_has_role($1, relowner, 'MEMBER') AS owns FROM pg_class WHERE oid = to_regclass('audit_log')`,
    [role],
  );
  if (owners[0]?.owns) {
    throw new Advice(
      `${role} owns the tables or is a superuser: serve with a role that neither owns nor rules.`,
    );
  }
  await query(ownerUrl, grants(name));
}

async function createRole({ ownerUrl, role, name, password }) {
  if (!password) {
    throw new Advice(
      `There is no role ${role}. Create it, for example: CREATE ROLE ${name} LOGIN PASSWORD '…'`,
    );
  }
  try {
    await query(ownerUrl, `CREATE ROLE ${name} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  } catch (error) {
    throw new Advice(
      `The role ${role} could not be created (${error.message}). Create it by hand and migrate again.`,
    );
  }
}

/** One simple query: all of it in one transaction. */
function grants(name) {
  return `
    BEGIN;
    GRANT USAGE ON SCHEMA public TO ${name};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name};
    REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_log FROM ${name}, PUBLIC;
    REVOKE ALL ON _prisma_migrations FROM ${name}, PUBLIC;
    GRANT SELECT ON _prisma_migrations TO ${name};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${name};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${name};
    COMMIT;`;
}

function quoted(role) {
  return `"${role.replaceAll('"', '""')}"`;
}
