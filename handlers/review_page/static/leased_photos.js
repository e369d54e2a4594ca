// The photos that this page holds: the one before the person, and one ahead. A hold is a lease of
// the service's; it is extended while the person is there, and ends by itself when they are not.

const AWAY_MS = 180_000; // so long without a key or a pointer, and nobody is there
const RETRY_MS = 5000;

export class Holding {
  constructor(api) {
    this.api = api;
    this.current = null;
    this.ahead = null;
    this.seen_ms = performance.now();
  }

  get items() {
    return [this.current, this.ahead].filter(Boolean);
  }

  get away() {
    return document.hidden || performance.now() - this.seen_ms > AWAY_MS;
  }

  /** A photo as it came, with its picture on the way: `loaded(error)` once it is there, or is not. */
  take(review, loaded) {
    const item = { review, picture: null, trouble: "", shown_ms: 0, retry_ms: 0, extending: false };
    this.#lasts(item, review.lease_until);
    this.load(item, loaded);
    return item;
  }

  load(item, loaded) {
    item.trouble = "";
    this.#load(item).then(() => loaded(item, null), (error) => {
      item.trouble = error.message;
      loaded(item, error);
    });
  }

  async #load(item) {
    const picture = new Image();
    const url = URL.createObjectURL(await this.api.picture(item.review));
    picture.src = url;
    picture.draggable = false;
    try {
      await picture.decode();
      if (!item.dropped) item.picture = picture;
    } catch {
      throw new Error("the picture cannot be read");
    } finally {
      URL.revokeObjectURL(url); // a decoded picture no longer needs its address
    }
  }

  #lasts(item, until) {
    item.lasting_ms = Date.parse(until) - this.api.now();
    item.until_ms = performance.now() + item.lasting_ms;
  }

  remaining(item) {
    return (item.until_ms - performance.now()) / 1000;
  }

  /** Extends what is due; `lost(item, error)` for what is no longer ours, `failed(error)` otherwise. */
  keep(lost, failed) {
    const now = performance.now();
    for (const item of this.items) {
      const due = item.until_ms - now < (item.lasting_ms * 2) / 3 && now > item.retry_ms;
      if (item.extending || item.dropped) continue; // what was given up must not come to life again
      if (due && !this.away) this.#extend(item, lost, failed);
      else if (item.until_ms <= now) lost(item, null);
    }
  }

  async #extend(item, lost, failed) {
    item.extending = true;
    try {
      this.#lasts(item, (await this.api.extend(item.review)).lease_until);
    } catch (error) {
      item.retry_ms = performance.now() + RETRY_MS;
      if (!error.status) failed(error);
      else if (this.items.includes(item)) lost(item, error);
    } finally {
      item.extending = false;
    }
  }

  /** Gives a photo back at once; where that fails, its lease ends by itself. */
  release(item) {
    item.dropped = true;
    this.api.release(item.review).catch(() => {});
  }

  releaseAll() {
    for (const item of this.items) this.release(item);
    this.current = null;
    this.ahead = null;
  }
}
