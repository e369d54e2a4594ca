// The state machine of a review session. It depends neither on the document nor on HTTP, only on
// `api`, `outbox` and `leasedPhotos`; it calls `changed()` after every transition.
//
//   loading ─► looking ─► (verdict, skip) ─► looking | loading ─► empty ─► looking
//   looking ─► lost ─► (next) ─► loading          any ─► signed_out | refused

import { SignedOut, Unreachable } from "./api.js";
import { LeasedPhotos } from "./leased_photos.js";

const LOOK_MS = 200; // a key pressed twice must not decide a photo that was not seen
const EMPTY_MS = [3000, 5000, 8000, 12000, 20000];
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const COUNTS_MS = 15_000;
const MOST_UNDOS = 20;

export class ReviewSession {
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
  #request = null;
  #nextKey = null;
  #sending = null;
  #tries = 0;
  #empties = 0;
  #timer = 0;
  #countsAt = -Infinity;
  #left = false;

  constructor({ api, outbox, who, changed }) {
    Object.assign(this, { api, outbox, who, changed });
    this.leasedPhotos = new LeasedPhotos(api);
  }

  get current() {
    return this.leasedPhotos.current;
  }

  get ready() {
    const item = this.current;
    return this.phase === "looking" && !this.undoing && Boolean(item.picture || item.trouble);
  }

  /** The decision that can be undone, if there is one. */
  get undoable() {
    const unsent = this.outbox.last;
    if (unsent) return { verdict: unsent.verdict, left_s: null };
    const last = this.decided.at(-1);
    const left_s = last ? (last.until_ms - this.api.now()) / 1000 : 0;
    return left_s > 0 ? { verdict: last.verdict, left_s } : null;
  }

  /** Seconds until the shown photo is lost because the reviewer is away; null if they are not. */
  get expiring() {
    const item = this.current;
    const isExpiring = this.phase === "looking" && this.leasedPhotos.away;
    return isExpiring ? this.leasedPhotos.remaining(item) : null;
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
    this.#resume();
    this.#count();
  }

  /** To be called once a second, and when the page becomes visible. */
  tick() {
    if (this.#left || this.phase === "signed_out" || this.phase === "refused") return;
    this.leasedPhotos.extendDue(
      (item, error) => this.#handleLost(item, error), (error) => this.#failed(error),
    );
    if (!document.hidden && performance.now() - this.#countsAt > COUNTS_MS) this.#count();
    this.changed();
  }

  /** To be called for every sign of an active reviewer. */
  touched() {
    const { away } = this.leasedPhotos;
    this.leasedPhotos.seen_ms = performance.now();
    if (!away || document.hidden || this.#left) return;
    this.tick();
    if (this.phase === "empty" || this.phase === "looking") this.#requestNext();
  }

  decide(verdict) {
    const item = this.current;
    if (!this.ready || performance.now() - item.shown_ms < LOOK_MS) return false;
    const { photo_id, lease_id, decision_seq, key } = item.review;
    this.outbox.add({ key: crypto.randomUUID(), photo_id, lease_id, decision_seq, verdict,
      name: key, at: Date.now(), attempts: 0, item });
    if (!this.connected) this.#notify("kept", { verdict });
    this.#advance();
    // Without a connection it is sent with the next attempt, and can be undone until then.
    if (this.connected) this.#send();
    return true;
  }

  skip() {
    const item = this.current;
    if (this.phase !== "looking" || this.undoing) return;
    this.#notify("skipped");
    this.api.skip(item.review).catch((error) => {
      if (error instanceof Unreachable) this.#notify("skip_unsent");
      this.#failed(error);
    });
    this.#advance();
  }

  /** Leaves the state `lost`, or repeats what failed. */
  next() {
    if (this.phase === "lost") this.#advance();
    else if (this.phase === "looking" && this.current.trouble) this.#reload(this.current);
    else this.#resume();
  }

  async undo() {
    if (this.undoing || this.phase === "signed_out" || this.phase === "refused") return;
    const unsent = this.outbox.last;
    if (unsent?.item && !unsent.attempts) return this.#undoUnsent(unsent);
    if (unsent && !this.connected) return this.#notify("undo_offline");
    this.undoing = true;
    this.changed();
    await this.#sending;
    const last = this.decided.at(-1);
    if (!last) this.#notify("undo_nothing");
    else await this.#guarded(() => this.#undoDecision(last));
    this.undoing = false;
    this.changed();
  }

  /** To be called when the page closes: releases all photos. */
  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
    this.leasedPhotos.releaseAll();
  }

  async #undoDecision(last) {
    last.undo_key ??= crypto.randomUUID();
    let response;
    try {
      response = await this.api.undo(last, last.undo_key);
    } catch (error) {
      if (error instanceof Unreachable) this.#notify("undo_offline");
      if (!error.status) throw error;
      this.decided.pop();
      this.#notify("undo_refused", { verdict: last.verdict, name: last.name, detail: error.message });
      return;
    }
    this.#reached();
    this.decided.pop();
    this.#notify("undone", { verdict: last.verdict, name: last.name, back: Boolean(response.review) });
    if (response.review) this.#showAgain(this.#take(response.review));
    this.#countsAt = -Infinity;
  }

  #undoUnsent(entry) {
    this.outbox.drop(entry);
    entry.item.dropped = false;
    this.#showAgain(entry.item);
    this.#notify("undone", { verdict: entry.verdict, name: entry.name, back: true });
  }

  /** Shows a photo again; the one that was shown becomes the next. */
  #showAgain(item) {
    const { current, ahead } = this.leasedPhotos;
    if (current && this.phase !== "lost") {
      if (ahead) this.leasedPhotos.release(ahead);
      this.leasedPhotos.ahead = current;
    }
    this.#show(item);
  }

  #show(item) {
    clearTimeout(this.#timer);
    this.#empties = 0;
    this.leasedPhotos.current = item;
    this.phase = "looking";
    this.lost = null;
    this.#loaded(item);
    this.#requestNext();
  }

  #take(review) {
    return this.leasedPhotos.take(review, (item, error) => this.#loaded(item, error));
  }

  #reload(item) {
    this.leasedPhotos.load(item, (_item, error) => this.#loaded(item, error));
    this.changed();
  }

  #loaded(item, error = null) {
    if (item.dropped) return;
    if (error?.status === 409) return void this.#handleLost(item, error);
    if (error instanceof Unreachable || error instanceof SignedOut) this.#failed(error);
    if (item === this.current && item.picture && !item.shown_ms) item.shown_ms = performance.now();
    this.changed();
  }

  #advance() {
    const { ahead } = this.leasedPhotos;
    this.leasedPhotos.current = null;
    this.leasedPhotos.ahead = null;
    if (ahead) return this.#show(ahead);
    this.phase = "loading";
    this.changed();
    return this.#requestNext();
  }

  /** Requests a photo if there is room for it: one request at a time, repeated with the same key. */
  #requestNext() {
    if (this.#request || this.#left || (this.current && this.leasedPhotos.ahead)) return;
    if (this.leasedPhotos.away && this.phase !== "loading") return; // no reviewer to lease a photo for
    this.#nextKey ??= crypto.randomUUID();
    this.#request = this.#guarded(async () => {
      const { review } = await this.#dropKeyIfRefused(
        this.api.next(Boolean(this.current), this.#nextKey),
      );
      this.#nextKey = null;
      this.#reached();
      return review;
    });
    this.#request.then((review) => {
      this.#request = null;
      if (review) this.#arrived(review);
      else if (review === null && !this.current) this.#nothingWaits();
    });
  }

  /** Drops the key after a refusal: only a request without response is repeated with its key. */
  async #dropKeyIfRefused(promise) {
    try {
      return await promise;
    } catch (error) {
      if (error.status) this.#nextKey = null;
      throw error;
    }
  }

  #arrived(review) {
    const item = this.#take(review);
    const known = this.leasedPhotos.items.some((other) => other.review.photo_id === review.photo_id);
    const isFull = this.current && this.leasedPhotos.ahead;
    if (this.#left || isFull || known) this.leasedPhotos.release(item);
    else if (this.current) this.leasedPhotos.ahead = item;
    else this.#show(item);
  }

  #nothingWaits() {
    if (this.phase === "loading") this.phase = "empty";
    const wait_ms = EMPTY_MS[Math.min(this.#empties++, EMPTY_MS.length - 1)];
    const retry = () => (this.leasedPhotos.away ? this.#nothingWaits() : this.#requestNext());
    this.#later(retry, wait_ms);
    this.changed();
  }

  #handleLost(item, error) {
    item.dropped = true;
    if (item !== this.current) {
      if (item === this.leasedPhotos.ahead) this.leasedPhotos.ahead = null;
      return this.#requestNext();
    }
    if (this.phase !== "looking") return undefined;
    this.phase = "lost";
    const { code = "expired", more = {} } = error ?? {};
    this.lost = { code, ...more, name: item.review.key };
    return this.changed();
  }

  /** Sends unconfirmed verdicts in order; the rest is sent later. */
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
      const response = await this.api.verdict(entry);
      this.outbox.drop(entry);
      this.#recorded(entry, response, late);
    } catch (error) {
      if (!error.status) throw error; // it stays in the outbox
      this.outbox.drop(entry);
      this.#notify("not_counted", { ...error.more, code: error.code, detail: error.message,
        mine: entry.verdict, name: entry.name });
    }
    this.#reached();
  }

  #recorded(entry, response, late) {
    const { photo_id, decision_seq, undo_until } = response;
    this.decided.push({ photo_id, decision_seq, verdict: entry.verdict, name: entry.name,
      until_ms: Date.parse(undo_until) });
    this.decided.splice(0, this.decided.length - MOST_UNDOS);
    if (this.counts) this.counts.decided_by_me_today += 1;
    this.#notify(late ? "recorded_late" : "recorded", { verdict: entry.verdict });
  }

  async #count() {
    this.#countsAt = performance.now();
    await this.#guarded(async () => {
      this.counts = await this.api.queue();
      this.#reached();
      if (this.current && this.counts.waiting) this.#requestNext();
    });
  }

  /** Runs an action and handles its failure; undefined if it failed. */
  async #guarded(action) {
    try {
      return await action();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error) {
    if (error instanceof SignedOut) this.phase = "signed_out";
    else if (error instanceof Unreachable) this.#unreachable();
    else if (error.status === 403) Object.assign(this, { phase: "refused", refused: error.message });
    else this.#notify("error", { detail: error.message });
    if (error.status && !this.current && this.phase === "loading") this.#later(() => this.#resume());
    this.changed();
  }

  #unreachable() {
    this.connected = false;
    this.#later(() => this.#resume());
  }

  #later(action, wait_ms = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)]) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, wait_ms);
  }

  /** Continues with everything that waits: choices, pictures, verdicts, the next photo. */
  #resume() {
    if (!this.choices.length) return void this.start();
    for (const item of this.leasedPhotos.items) if (item.trouble) this.#reload(item);
    this.#send();
    this.#requestNext();
    return undefined;
  }

  #reached() {
    this.#tries = 0;
    if (this.connected) return;
    this.connected = true;
    this.#resume();
  }

  #notify(what, more = {}) {
    this.notice = { what, ...more };
    this.changed();
  }
}
