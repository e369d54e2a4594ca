// The operations of the reviewers' API as methods, and one class for each kind of failure.

export const REQUEST_TIMEOUT_MS = 15_000;

/** The API refused the call: `code` is for programs, the message for people. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? body.message ?? `the service failed with status ${status}`);
    Object.assign(this, { status, code: body.code ?? "", more: body });
  }
}

/** No response, or a temporary failure: the call may or may not have had an effect. */
export class Unreachable extends Error {}

/** The reviewer must sign in. */
export class SignedOut extends Error {}

const RETRYABLE = new Set([408, 425, 429, 500, 502, 503, 504]);
const IN_PROGRESS = "request_in_progress"; // an earlier call with the same key is still running

export class Api {
  #skew_ms = 0;

  constructor(base, account) {
    this.base = new URL(base, account.page);
    this.account = account;
  }

  /** The time of the service's clock, by its responses. */
  now() {
    return Date.now() + this.#skew_ms;
  }

  choices = () => this.#read("reviews/choices");
  queue = () => this.#read("reviews/queue");
  next = (prefetch, key) => this.#post("reviews/next", { prefetch }, { key });
  extend = (review) => this.#leaseAction(review, "extend");
  skip = (review) => this.#leaseAction(review, "skip");
  release = (review) => this.#leaseAction(review, "release", { leaving: true });
  undo = (decision, key) =>
    this.#post(`reviews/${decision.photo_id}/undo`, { decision_seq: decision.decision_seq }, { key });
  verdict = (entry) =>
    this.#post(`reviews/${entry.photo_id}/verdict`,
      { lease_id: entry.lease_id, decision_seq: entry.decision_seq, verdict: entry.verdict },
      { key: entry.key, keepalive: true });

  async picture(review) {
    const response = await this.#fetch(new URL(review.image_url, this.base), {});
    return response.blob();
  }

  #leaseAction(review, action, options = {}) {
    return this.#post(`reviews/${review.photo_id}/${action}`, { lease_id: review.lease_id }, options);
  }

  async #read(path) {
    return (await this.#fetch(new URL(path, this.base), {})).json();
  }

  async #post(path, body, { key = crypto.randomUUID(), keepalive = false, leaving = false }) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    request.keepalive = keepalive || leaving;
    return (await this.#fetch(new URL(path, this.base), request, leaving)).json();
  }

  async #fetch(url, request, leaving = false) {
    // The token must not be sent to another site, whatever URL a response contains.
    if (url.origin !== this.base.origin) {
      throw new Problem(0, { detail: "The address belongs to another site." });
    }
    let response = await this.#fetchOnce(url, request, leaving);
    if (response.status === 401 && !leaving) {
      await this.#reached(this.account.renew());
      response = await this.#fetchOnce(url, request, leaving);
    }
    if (response.ok) return response;
    if (response.status === 401) throw new SignedOut();
    const body = await response.json().catch(() => ({}));
    if (RETRYABLE.has(response.status) || body.code === IN_PROGRESS) {
      throw new Unreachable(`the service failed with status ${response.status}`);
    }
    throw new Problem(response.status, body);
  }

  async #fetchOnce(url, request, leaving) {
    const token = leaving ? this.account.currentToken : await this.#reached(this.account.token());
    if (!token) throw new SignedOut();
    const headers = { ...request.headers, Authorization: `Bearer ${token}` };
    const signal = leaving ? undefined : AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const options = { cache: "no-store", credentials: "omit", ...request, headers, signal };
    const response = await this.#reached(fetch(url, options));
    const serverTime_ms = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isFinite(serverTime_ms)) this.#skew_ms = serverTime_ms - Date.now();
    return response;
  }

  async #reached(promise) {
    try {
      return await promise;
    } catch (error) {
      throw new Unreachable("no connection", { cause: error });
    }
  }
}
