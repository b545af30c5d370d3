import tests from '../../jest.config.mjs';
import { inProject, root } from './paths.mjs';

/** For specs that need no server: the tests' settings without the servers, and a line for each test. */
export default {
  ...tests,
  rootDir: root,
  globalSetup: undefined,
  globalTeardown: undefined,
  reporters: [inProject('scripts', 'lib', 'spec-lines-reporter.mjs')],
};
