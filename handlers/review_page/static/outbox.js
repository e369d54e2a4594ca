// Verdicts that the service has not confirmed. Each is stored under a name of its own, with its
// Idempotency-Key, so that two tabs, or a reload, do not record it twice.

import { browser, load, store } from "./storage.js";

const NAME = "scones.verdict.";

export class Outbox {
  #entries;

  constructor(who) {
    this.prefix = `${NAME}${who}.`; // a verdict is never sent in the name of another user
    this.durable = true;
    this.#entries = this.#stored();
  }

  get size() {
    return this.#entries.length;
  }

  get first() {
    return this.#entries[0] ?? null;
  }

  get last() {
    return this.#entries.at(-1) ?? null;
  }

  add(entry) {
    this.#entries.push(entry);
    this.#store(entry);
  }

  /** Records that the verdict is about to be sent: from now on it may have been recorded. */
  sending(entry) {
    entry.attempts += 1;
    this.#store(entry);
  }

  drop(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    store(browser, this.prefix + entry.key, null);
  }

  #store(entry) {
    const { item: _item, ...stored } = entry;
    this.durable = store(browser, this.prefix + entry.key, stored) && this.durable;
  }

  #stored() {
    try {
      return Object.keys(browser())
        .filter((name) => name.startsWith(this.prefix))
        .map((name) => load(browser, name))
        .filter((entry) => entry?.key)
        .sort((a, b) => a.at - b.at);
    } catch {
      return [];
    }
  }
}
