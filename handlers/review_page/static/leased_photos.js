// The photos that the page has leased: the one that is shown, and the next one. A lease is extended
// while the reviewer is active, and expires by itself when they are not.

const AWAY_MS = 180_000; // without a key or pointer event for so long, the reviewer is away
const RETRY_MS = 5000;

export class LeasedPhotos {
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

  /** Adds a review and loads its picture; then calls `onLoaded(item, error)`, error may be null. */
  take(review, onLoaded) {
    const item = { review, picture: null, trouble: "", shown_ms: 0, retry_ms: 0, extending: false };
    this.#setExpiry(item, review.lease_until);
    this.load(item, onLoaded);
    return item;
  }

  load(item, onLoaded) {
    item.trouble = "";
    this.#load(item).then(() => onLoaded(item, null), (error) => {
      item.trouble = error.message;
      onLoaded(item, error);
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
      throw new Error("the picture cannot be decoded");
    } finally {
      URL.revokeObjectURL(url); // a decoded picture no longer needs its URL
    }
  }

  #setExpiry(item, until) {
    item.lease_ms = Date.parse(until) - this.api.now();
    item.until_ms = performance.now() + item.lease_ms;
  }

  /** Seconds until the lease expires. */
  remaining(item) {
    return (item.until_ms - performance.now()) / 1000;
  }

  /** Extends leases that are due: `onLost(item, error)` for lost ones, `onFailed(error)` else. */
  extendDue(onLost, onFailed) {
    const now = performance.now();
    for (const item of this.items) {
      const due = item.until_ms - now < (item.lease_ms * 2) / 3 && now > item.retry_ms;
      if (item.extending || item.dropped) continue; // a released photo must not be leased again
      if (due && !this.away) this.#extend(item, onLost, onFailed);
      else if (item.until_ms <= now) onLost(item, null);
    }
  }

  async #extend(item, onLost, onFailed) {
    item.extending = true;
    try {
      this.#setExpiry(item, (await this.api.extend(item.review)).lease_until);
    } catch (error) {
      item.retry_ms = performance.now() + RETRY_MS;
      if (!error.status) onFailed(error);
      else if (this.items.includes(item)) onLost(item, error);
    } finally {
      item.extending = false;
    }
  }

  /** Releases a photo; if that fails, its lease expires by itself. */
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
