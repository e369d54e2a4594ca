// What happens at the reviewer's desk: states and the moves between them. It knows neither the
// document nor HTTP, only `api`, `outbox` and `holding`; `changed()` is called after every move.
//
//   loading ─► looking ─► (verdict, skip) ─► looking | loading ─► empty ─► looking
//   looking ─► lost ─► (next) ─► loading          any ─► signed_out | refused

import { SignedOut, Unreachable } from "./api.js";
import { Holding } from "./leased_photos.js";

const LOOK_MS = 200; // a key pressed twice must not decide a photo that nobody has seen
const EMPTY_MS = [3000, 5000, 8000, 12000, 20000];
const AGAIN_MS = [1000, 2000, 4000, 8000, 15000];
const COUNTS_MS = 15_000;
const UNDO_AT_MOST = 20;

export class Desk {
  phase = "loading";
  lost = null;
  refused = "";
  notice = null;
  connected = true;
  counts = null;
  choices = [];
  undo_s = 0;
  decided = [];
  undoing = false;
  #coming = null;
  #nextKey = null;
  #sending = null;
  #tries = 0;
  #empties = 0;
  #timer = 0;
  #countsAt = -Infinity;
  #left = false;

  constructor({ api, outbox, who, changed }) {
    Object.assign(this, { api, outbox, who, changed });
    this.holding = new Holding(api);
  }

  get current() {
    return this.holding.current;
  }

  get ready() {
    const item = this.current;
    return this.phase === "looking" && !this.undoing && Boolean(item.picture || item.trouble);
  }

  /** The decision that an undo would take back, while the service would let it. */
  get undoable() {
    const unsent = this.outbox.last;
    if (unsent) return { verdict: unsent.verdict, left_s: null };
    const last = this.decided.at(-1);
    const left_s = last ? (last.until_ms - this.api.now()) / 1000 : 0;
    return left_s > 0 ? { verdict: last.verdict, left_s } : null;
  }

  /** Seconds that the photo stays here if nobody touches anything; null while all is well. */
  get fading() {
    const item = this.current;
    return this.phase === "looking" && this.holding.away ? this.holding.remaining(item) : null;
  }

  async start() {
    this.#left = false;
    await this.#guarded(async () => {
      const known = await this.api.choices();
      this.choices = known.choices;
      this.undo_s = known.undo_window_s;
      this.#reached();
    });
    if (!this.choices.length) return;
    this.#goOn();
    this.#count();
  }

  /** Once a second, and whenever the page is looked at again. */
  tick() {
    if (this.#left || this.phase === "signed_out" || this.phase === "refused") return;
    this.holding.keep((item, error) => this.#lose(item, error), (error) => this.#failed(error));
    if (!document.hidden && performance.now() - this.#countsAt > COUNTS_MS) this.#count();
    this.changed();
  }

  /** Somebody is there. */
  touched() {
    const { away } = this.holding;
    this.holding.seen_ms = performance.now();
    if (!away || document.hidden || this.#left) return;
    this.tick();
    if (this.phase === "empty" || this.phase === "looking") this.#want();
  }

  decide(verdict) {
    const item = this.current;
    if (!this.ready || performance.now() - item.shown_ms < LOOK_MS) return false;
    const { photo_id, lease_id, decision_seq, key } = item.review;
    this.outbox.add({ key: crypto.randomUUID(), photo_id, lease_id, decision_seq, verdict,
      name: key, at: Date.now(), attempts: 0, item });
    if (!this.connected) this.#tell("kept", { verdict });
    this.#advance();
    if (this.connected) this.#send(); // otherwise it goes with the next attempt, and can be taken back
    return true;
  }

  skip() {
    const item = this.current;
    if (this.phase !== "looking" || this.undoing) return;
    this.#tell("skipped");
    this.api.skip(item.review).catch((error) => {
      if (error instanceof Unreachable) this.#tell("skip_unsent");
      this.#failed(error);
    });
    this.#advance();
  }

  /** Leaves the state `lost`, or tries again whatever failed. */
  next() {
    if (this.phase === "lost") this.#advance();
    else if (this.phase === "looking" && this.current.trouble) this.#reload(this.current);
    else this.#goOn();
  }

  async undo() {
    if (this.undoing || this.phase === "signed_out" || this.phase === "refused") return;
    const unsent = this.outbox.last;
    if (unsent?.item && !unsent.attempts) return this.#takeBackUnsent(unsent);
    if (unsent && !this.connected) return this.#tell("undo_offline");
    this.undoing = true;
    this.changed();
    await this.#sending;
    const last = this.decided.at(-1);
    if (!last) this.#tell("undo_nothing");
    else await this.#guarded(() => this.#takeBack(last));
    this.undoing = false;
    this.changed();
  }

  /** The page goes away: what was not used goes back to the queue at once. */
  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
    this.holding.releaseAll();
  }

  async #takeBack(last) {
    last.undo_key ??= crypto.randomUUID();
    let answer;
    try {
      answer = await this.api.undo(last, last.undo_key);
    } catch (error) {
      if (error instanceof Unreachable) this.#tell("undo_offline");
      if (!error.status) throw error;
      this.decided.pop();
      this.#tell("undo_refused", { verdict: last.verdict, name: last.name, detail: error.message });
      return;
    }
    this.#reached();
    this.decided.pop();
    this.#tell("undone", { verdict: last.verdict, name: last.name, back: Boolean(answer.review) });
    if (answer.review) this.#putBefore(this.#taken(answer.review));
    this.#countsAt = -Infinity;
  }

  #takeBackUnsent(entry) {
    this.outbox.drop(entry);
    entry.item.dropped = false;
    this.#putBefore(entry.item);
    this.#tell("undone", { verdict: entry.verdict, name: entry.name, back: true });
  }

  /** A photo comes back before the person; the one that lay there waits behind it. */
  #putBefore(item) {
    const { current, ahead } = this.holding;
    if (current && this.phase !== "lost") {
      if (ahead) this.holding.release(ahead);
      this.holding.ahead = current;
    }
    this.#show(item);
  }

  #show(item) {
    clearTimeout(this.#timer);
    this.#empties = 0;
    this.holding.current = item;
    this.phase = "looking";
    this.lost = null;
    this.#loaded(item);
    this.#want();
  }

  #taken(review) {
    return this.holding.take(review, (item, error) => this.#loaded(item, error));
  }

  #reload(item) {
    this.holding.load(item, (_item, error) => this.#loaded(item, error));
    this.changed();
  }

  #loaded(item, error = null) {
    if (item.dropped) return;
    if (error?.status === 409) return void this.#lose(item, error);
    if (error instanceof Unreachable || error instanceof SignedOut) this.#failed(error);
    if (item === this.current && item.picture && !item.shown_ms) item.shown_ms = performance.now();
    this.changed();
  }

  #advance() {
    const { ahead } = this.holding;
    this.holding.current = null;
    this.holding.ahead = null;
    if (ahead) return this.#show(ahead);
    this.phase = "loading";
    this.changed();
    return this.#want();
  }

  /** Asks for a photo if there is room for one: one request at a time, repeated under one key. */
  #want() {
    if (this.#coming || this.#left || (this.current && this.holding.ahead)) return;
    if (this.holding.away && this.phase !== "loading") return; // nobody to hold a photo for
    this.#nextKey ??= crypto.randomUUID();
    this.#coming = this.#guarded(async () => {
      const { review } = await this.#asked(this.api.next(Boolean(this.current), this.#nextKey));
      this.#nextKey = null;
      this.#reached();
      return review;
    });
    this.#coming.then((review) => {
      this.#coming = null;
      if (review) this.#arrived(review);
      else if (review === null && !this.current) this.#nothing();
    });
  }

  /** A refusal is not repeated under the same key; only what had no answer is. */
  async #asked(asking) {
    try {
      return await asking;
    } catch (error) {
      if (error.status) this.#nextKey = null;
      throw error;
    }
  }

  #arrived(review) {
    const item = this.#taken(review);
    const known = this.holding.items.some((other) => other.review.photo_id === review.photo_id);
    if (this.#left || (this.current && this.holding.ahead) || known) this.holding.release(item);
    else if (this.current) this.holding.ahead = item;
    else this.#show(item);
  }

  #nothing() {
    if (this.phase === "loading") this.phase = "empty";
    const wait = EMPTY_MS[Math.min(this.#empties++, EMPTY_MS.length - 1)];
    this.#later(() => (this.holding.away ? this.#nothing() : this.#want()), wait);
    this.changed();
  }

  #lose(item, error) {
    item.dropped = true;
    if (item !== this.current) {
      if (item === this.holding.ahead) this.holding.ahead = null;
      return this.#want();
    }
    if (this.phase !== "looking") return undefined;
    this.phase = "lost";
    const { code = "expired", more = {} } = error ?? {};
    this.lost = { code, ...more, name: item.review.key };
    return this.changed();
  }

  /** Sends what is unconfirmed, in order; what cannot be sent now is sent again later. */
  #send() {
    this.#sending ??= this.#guarded(async () => {
      while (this.outbox.first) await this.#sendOne(this.outbox.first);
    }).finally(() => { this.#sending = null; });
    return this.#sending;
  }

  async #sendOne(entry) {
    const late = entry.attempts > 0 || !this.connected;
    this.outbox.sending(entry);
    try {
      const answer = await this.api.verdict(entry);
      this.outbox.drop(entry);
      this.#recorded(entry, answer, late);
    } catch (error) {
      if (!error.status) throw error; // it stays in the outbox
      this.outbox.drop(entry);
      this.#tell("not_counted", { ...error.more, code: error.code, detail: error.message,
        mine: entry.verdict, name: entry.name });
    }
    this.#reached();
  }

  #recorded(entry, answer, late) {
    const { photo_id, decision_seq, undo_until } = answer;
    this.decided.push({ photo_id, decision_seq, verdict: entry.verdict, name: entry.name,
      until_ms: Date.parse(undo_until) });
    this.decided.splice(0, this.decided.length - UNDO_AT_MOST);
    if (this.counts) this.counts.decided_by_me_today += 1;
    this.#tell(late ? "recorded_late" : "recorded", { verdict: entry.verdict });
  }

  async #count() {
    this.#countsAt = performance.now();
    await this.#guarded(async () => {
      this.counts = await this.api.queue();
      this.#reached();
      if (this.current && this.counts.waiting) this.#want();
    });
  }

  /** Runs what may fail; undefined where it did. */
  async #guarded(work) {
    try {
      return await work();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error) {
    if (error instanceof SignedOut) this.phase = "signed_out";
    else if (error instanceof Unreachable) this.#unreachable();
    else if (error.status === 403) Object.assign(this, { phase: "refused", refused: error.message });
    else this.#tell("error", { detail: error.message });
    if (error.status && !this.current && this.phase === "loading") this.#later(() => this.#goOn());
    this.changed();
  }

  #unreachable() {
    this.connected = false;
    this.#later(() => this.#goOn());
  }

  #later(then, wait = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)]) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, wait);
  }

  /** Goes on with everything that waits: choices, verdicts, the next photo. */
  #goOn() {
    if (!this.choices.length) return void this.start();
    for (const item of this.holding.items) if (item.trouble) this.#reload(item);
    this.#send();
    this.#want();
    return undefined;
  }

  #reached() {
    this.#tries = 0;
    if (this.connected) return;
    this.connected = true;
    this.#goOn();
  }

  #tell(what, more = {}) {
    this.notice = { what, ...more };
    this.changed();
  }
}
