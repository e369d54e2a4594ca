// Verdicts that the service has not confirmed. Each lies under a name of its own, with the
// Idempotency-Key that it is sent with however often: two tabs, or a reload in between, send it once.

import { browser, keep, kept } from "./text.js";

const NAME = "scones.verdict.";

export class Outbox {
  #entries;

  constructor(who) {
    this.prefix = `${NAME}${who}.`; // never sent in somebody else's name
    this.durable = true;
    this.#entries = this.#found();
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
    this.#keep(entry);
  }

  /** Notes that it is about to be sent: from then on nobody knows whether it counted. */
  sending(entry) {
    entry.attempts += 1;
    this.#keep(entry);
  }

  drop(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    keep(browser, this.prefix + entry.key, null);
  }

  #keep(entry) {
    const { item: _shown, ...lasting } = entry;
    this.durable = keep(browser, this.prefix + entry.key, lasting) && this.durable;
  }

  #found() {
    try {
      return Object.keys(browser())
        .filter((name) => name.startsWith(this.prefix))
        .map((name) => kept(browser, name))
        .filter((entry) => entry?.key)
        .sort((a, b) => a.at - b.at);
    } catch {
      return [];
    }
  }
}
