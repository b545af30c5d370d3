import { writeFileSync } from 'node:fs';

/** A jest reporter that writes how many tests passed and failed; a file that cannot be loaded is one failure. */
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const file = process.env.FAIRSHARE_TEST_COUNTS;
    if (!file) return;
    const counts = { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
    writeFileSync(file, JSON.stringify(counts));
  }
}
