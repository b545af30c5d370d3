/** A jest reporter that prints a line for each test, and what went wrong; no times. */
export default class SpecLinesReporter {
  onTestResult(_test, { testResults, failureMessage }) {
    for (const { fullName, status } of testResults) {
      process.stdout.write(`${status === 'passed' ? '✓' : '✗'} ${fullName}\n`);
    }
    if (failureMessage) process.stderr.write(`${failureMessage}\n`);
  }
}
