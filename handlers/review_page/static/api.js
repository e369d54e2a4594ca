// The reviewers' routes as functions. Three things can go wrong, and each has its class.

import { PATIENCE_MS } from "./text.js";

/** The service refused, and says why: `code` for programs, `detail` for people. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? body.message ?? `the service answered ${status}`);
    Object.assign(this, { status, code: body.code ?? "", more: body });
  }
}

/** No answer, or one that says to come again: nothing is known of what was asked. */
export class Unreachable extends Error {}

/** Somebody has to sign in. */
export class SignedOut extends Error {}

const COME_AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);
const IN_PROGRESS = "request_in_progress"; // the same request, sent before, is being answered

export class Api {
  #skew_ms = 0;

  constructor(base, session) {
    this.base = new URL(base, session.page);
    this.session = session;
  }

  /** The service's clock, as far as its answers tell it. */
  now() {
    return Date.now() + this.#skew_ms;
  }

  choices = () => this.#read("reviews/choices");
  queue = () => this.#read("reviews/queue");
  next = (prefetch, key) => this.#post("reviews/next", { prefetch }, { key });
  extend = (review) => this.#act(review, "extend");
  skip = (review) => this.#act(review, "skip");
  release = (review) => this.#act(review, "release", { leaving: true });
  undo = (decision, key) =>
    this.#post(`reviews/${decision.photo_id}/undo`, { decision_seq: decision.decision_seq }, { key });
  verdict = (entry) =>
    this.#post(`reviews/${entry.photo_id}/verdict`,
      { lease_id: entry.lease_id, decision_seq: entry.decision_seq, verdict: entry.verdict },
      { key: entry.key, keepalive: true });

  async picture(review) {
    const answer = await this.#fetch(new URL(review.image_url, this.base), {});
    return answer.blob();
  }

  #act(review, what, options = {}) {
    return this.#post(`reviews/${review.photo_id}/${what}`, { lease_id: review.lease_id }, options);
  }

  async #read(path) {
    return (await this.#fetch(new URL(path, this.base), {})).json();
  }

  async #post(path, body, { key = crypto.randomUUID(), keepalive = false, leaving = false }) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const request = { method: "POST", headers, body: JSON.stringify(body), keepalive: keepalive || leaving };
    return (await this.#fetch(new URL(path, this.base), request, leaving)).json();
  }

  async #fetch(url, request, leaving = false) {
    // The token is for our own service, whatever address a row may name.
    if (url.origin !== this.base.origin) throw new Problem(0, { detail: "An address of another site." });
    let answer = await this.#once(url, request, leaving);
    if (answer.status === 401 && !leaving) {
      await this.#reached(this.session.renew());
      answer = await this.#once(url, request, leaving);
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new SignedOut();
    const body = await answer.json().catch(() => ({}));
    if (COME_AGAIN.has(answer.status) || body.code === IN_PROGRESS) {
      throw new Unreachable(`the service answered ${answer.status}`);
    }
    throw new Problem(answer.status, body);
  }

  async #once(url, request, leaving) {
    const token = leaving ? this.session.tokenAtHand : await this.#reached(this.session.token());
    if (!token) throw new SignedOut();
    const headers = { ...request.headers, Authorization: `Bearer ${token}` };
    const signal = leaving ? undefined : AbortSignal.timeout(PATIENCE_MS);
    const asked = { cache: "no-store", credentials: "omit", ...request, headers, signal };
    const answer = await this.#reached(fetch(url, asked));
    const said = Date.parse(answer.headers.get("Date") ?? "");
    if (Number.isFinite(said)) this.#skew_ms = said - Date.now();
    return answer;
  }

  async #reached(asking) {
    try {
      return await asking;
    } catch (error) {
      throw new Unreachable("no connection", { cause: error });
    }
  }
}
