import { setTimeout as sleep } from 'node:timers/promises';

// The viewer draws inside a shadow root, where `innerText` and selectors of the document do not reach.
const IN_PAGE = `(() => {
  const within = (root) =>
    [...root.querySelectorAll('*')].flatMap((element) => [element, ...(element.shadowRoot ? within(element.shadowRoot) : [])]);
  const shown = (element) => element.getClientRects().length > 0 && !['STYLE', 'SCRIPT'].includes(element.tagName);
  const own = (element) =>
    [...element.childNodes].filter(({ nodeType }) => nodeType === 3).map((node) => node.data.trim()).join(' ').trim();
  window.viewer = {
    texts: () => within(document).filter(shown).map(own).filter(Boolean),
    click(text) {
      const found = within(document).find((element) => shown(element) && own(element) === text);
      found?.click();
      return Boolean(found);
    },
  };
})()`;

/** What a person does with the viewer: opens it, clicks on words, and reads. */
export class ViewerPage {
  #browser;

  constructor(browser) {
    this.#browser = browser;
  }

  async open(url) {
    await this.#browser.go(url);
    await this.#until('a page with the tab "Traces"', async () => {
      await this.#browser.evaluate(IN_PAGE);
      return (await this.texts()).includes('Traces');
    });
  }

  /** Each piece of text in view, as it stands there. */
  texts() {
    return this.#browser.evaluate('viewer.texts()');
  }

  /** Clicks on the first thing in view that says exactly this, as soon as there is one. */
  async click(text) {
    await this.#until(`"${text}" to click on`, () => this.#browser.evaluate(`viewer.click(${JSON.stringify(text)})`));
  }

  /** Waits until all of these texts are in view; throws with those that are not. */
  async shows(...expected) {
    let missing = expected;
    await this.#until(
      () => missing.map((text) => `"${text}"`).join(', '),
      async () => {
        const texts = await this.texts();
        missing = expected.filter((text) => !texts.includes(text));
        return missing.length === 0;
      },
    );
  }

  async #until(what, holds) {
    const deadline = Date.now() + 15_000;
    while (!(await holds())) {
      if (Date.now() > deadline)
        throw new Error(`the viewer does not show ${typeof what === 'string' ? what : what()}`);
      await sleep(100);
    }
  }
}
