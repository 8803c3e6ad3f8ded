const { TestEnvironment } = require('jest-environment-node');

/** Of a file in which a test has failed the others are skipped: one that notices a mutant is enough, and many would wait in vain. */
module.exports = class FirstFailure extends TestEnvironment {
  #failed = false;

  async handleTestEvent({ name, test }) {
    if (name === 'test_start' && this.#failed) test.mode = 'skip';
    if (name === 'test_done' && test.errors.length > 0) this.#failed = true;
  }
};
