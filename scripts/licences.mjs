// npm run licences: writes docs/licences.md; fails where a production package's licence is not permissive.
import { writeFileSync } from 'node:fs';
import { LICENCES, licencesPage, productionLicences } from './lib/licences.mjs';
import { complain, say } from './lib/log.mjs';

const licences = productionLicences();
writeFileSync(LICENCES, licencesPage(licences));
say(`docs/licences.md written: ${licences.list.length} packages`);
for (const { name, version, licence } of licences.refused) {
  complain(new Error(`${name} ${version} has the licence ${licence}, which nobody has looked at`));
  process.exitCode = 1;
}
