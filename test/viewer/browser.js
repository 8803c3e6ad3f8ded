import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  // Neither Chromium by itself nor a page, such as for its fonts, calls anything but this machine.
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** One page of a headless Chromium, driven by its own debugging protocol: no package is needed for that. */
export class Browser {
  #process;
  #profile;
  #socket;
  #answers = new Map();
  #last = 0;

  /** @param {string} program path of a Chromium */
  static async open(program) {
    const browser = new Browser();
    try {
      await browser.#attach(await browser.#start(program));
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  /** The size of the page in CSS pixels, and how many pixels of a picture one of them is. */
  async resize(width, height, deviceScaleFactor = 1) {
    await this.#call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor, mobile: false });
  }

  /** Resolves once the page is on its way. */
  async go(url) {
    await this.#call('Page.navigate', { url });
  }

  /** The value of an expression in the page; a promise is awaited. Throws what the page throws. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#call('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** A picture of the page from its top down to `height` CSS pixels, as PNG. */
  async screenshot(width, height) {
    const clip = { x: 0, y: 0, width, height, scale: 1 };
    const { data } = await this.#call('Page.captureScreenshot', { format: 'png', clip });
    return Buffer.from(data, 'base64');
  }

  async close() {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid && exitCode === null && signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(program) {
    this.#profile = mkdtempSync(join(tmpdir(), 'viewer-browser-'));
    const args = [...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${this.#profile}`, 'about:blank'];
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let printed = '';
    return new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', () => reject(new Error(`${program} ended by itself:\n${printed}`)));
      this.#process.stderr.setEncoding('utf8').on('data', (text) => {
        printed += text;
        const [, found] = printed.match(/DevTools listening on (ws:\S+)/) ?? [];
        if (found) resolve(found);
      });
    });
  }

  async #attach(address) {
    const pages = await (await fetch(`http://${new URL(address).host}/json/list`)).json();
    this.#socket = new WebSocket(pages.find(({ type }) => type === 'page').webSocketDebuggerUrl);
    await once(this.#socket, 'open');
    this.#socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (error) answer?.reject(new Error(error.message));
      else answer?.resolve(result);
    });
  }

  #call(method, params) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
