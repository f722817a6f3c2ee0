/** A part of the page that comes later than the rest: fetched again and again, until it is there. */

const FIRST_PAUSE_MS = 1_000; // doubles with each failure
const LONGEST_PAUSE_MS = 30_000;

/** @template Content */
export class Part {
  #load;
  #failed;
  #goOn = () => {};
  #isComing = false;
  /** @type {(content: Content) => void} */
  #arrived;

  /**
   * @param {(again: string) => Promise<Content>} load `again` belongs to the end of each address: some browsers keep
   *   in mind which one they failed with
   * @param {(content: Content) => void} arrived
   * @param {(failures: number) => void} failed called after each try that came to nothing
   */
  constructor(load, arrived, failed) {
    this.#load = load;
    this.#arrived = arrived;
    this.#failed = failed;
  }

  /** Fetches it. */
  start() {
    if (!this.#isComing) this.#come();
  }

  /** Fetches it, and waits for no further try. */
  hurry() {
    this.#goOn();
    this.start();
  }

  async #come() {
    this.#isComing = true;
    for (let failures = 0; ; failures += 1) {
      if (failures) {
        this.#failed(failures);
        await this.#pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)));
      }
      const got = await this.#load(failures ? `?${failures}` : '').then((content) => ({ content }), () => null);
      if (!got) continue;
      this.#arrived(got.content);
      return;
    }
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#goOn = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
  }
}
