import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { readSettings } from '#settings';
import { parseEnvironment } from './config/environment.js';
import { examine } from './reconciliation/doctor.js';

/** Prints what does not agree as one line of JSON: what `npm run doctor` shows. */
const repairs = process.argv.includes('--repair');
// It serves nobody: a key that it is not given is not needed.
const environment = parseEnvironment({ ADMIN_API_KEY: randomUUID(), ...readSettings() });
process.stdout.write(`${JSON.stringify(await examine(environment, { repairs }))}\n`);
