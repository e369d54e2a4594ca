// Sign-in by authorization code with PKCE. The tokens live in this tab and end with it.

import { PATIENCE_MS, keep, kept, tab } from "./text.js";

const TOKENS = "scones.tokens";
const ATTEMPT = "scones.sign-in";
const EARLY_MS = 60_000; // renewed this long before it ends, so that no request is refused

const encoded = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => encoded(crypto.getRandomValues(new Uint8Array(32)));

/** What a token says of its owner; for display only, the service checks it. */
function claims(token) {
  try {
    const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

export class Session {
  #tokens = kept(tab, TOKENS);
  #renewing = null;

  constructor(config) {
    this.config = config;
    this.page = location.origin + location.pathname; // where the sign-in page sends people back to
  }

  get who() {
    return this.#tokens ? String(claims(this.#tokens.access).username ?? "") : "";
  }

  /** Takes what the sign-in page sent back. Returns a sentence if that went wrong. */
  async begin() {
    const back = new URLSearchParams(location.search);
    if (!back.has("code") && !back.has("error")) return "";
    const attempt = kept(tab, ATTEMPT);
    keep(tab, ATTEMPT, null);
    history.replaceState(null, "", this.page);
    if (back.has("error")) return `The sign-in ended with “${back.get("error")}”.`;
    if (!attempt || attempt.state !== back.get("state")) {
      return this.#tokens ? "" : "That sign-in was not begun in this tab.";
    }
    const given = await this.#ask({
      grant_type: "authorization_code", code: back.get("code"),
      redirect_uri: this.page, code_verifier: attempt.verifier,
    });
    return given ? "" : "The sign-in could not be completed.";
  }

  /** Leaves for the sign-in page. */
  async signIn() {
    const [state, verifier] = [random(), random()];
    keep(tab, ATTEMPT, { state, verifier });
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const to = new URL(this.config.authorize_url, this.page);
    to.search = new URLSearchParams({
      response_type: "code", client_id: this.config.client_id, redirect_uri: this.page,
      scope: this.config.scope, state,
      code_challenge: encoded(new Uint8Array(digest)), code_challenge_method: "S256",
    });
    location.assign(to);
  }

  signOut() {
    this.forget();
    if (!this.config.logout_url) return location.assign(this.page);
    const to = new URL(this.config.logout_url, this.page);
    to.search = new URLSearchParams({ client_id: this.config.client_id, logout_uri: this.page });
    return location.assign(to);
  }

  forget() {
    this.#tokens = null;
    keep(tab, TOKENS, null);
  }

  /** A token that is good for a while; null when somebody has to sign in. */
  async token() {
    if (!this.#tokens) return null;
    if (Date.now() < this.#tokens.until - EARLY_MS) return this.#tokens.access;
    await this.renew();
    return this.#tokens?.access ?? null;
  }

  /** The token as it is, for requests that cannot wait because the page is going away. */
  get tokenAtHand() {
    return this.#tokens?.access ?? null;
  }

  /** Throws if the token service cannot be reached: then nobody is signed out. */
  async renew() {
    const refresh = this.#tokens?.refresh;
    if (!refresh) return this.forget();
    this.#renewing ??= this.#ask({ grant_type: "refresh_token", refresh_token: refresh })
      .finally(() => { this.#renewing = null; });
    if (!(await this.#renewing)) this.forget();
    return undefined;
  }

  async #ask(parameters) {
    const answer = await fetch(new URL(this.config.token_url, this.page), {
      method: "POST", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS),
      body: new URLSearchParams({ ...parameters, client_id: this.config.client_id }),
    });
    if (answer.status >= 500) throw new TypeError("the token service fails");
    if (!answer.ok) return false;
    const given = await answer.json();
    this.#tokens = {
      access: given.access_token,
      refresh: given.refresh_token ?? this.#tokens?.refresh ?? null,
      until: Date.now() + 1000 * (given.expires_in ?? 300),
    };
    keep(tab, TOKENS, this.#tokens);
    return true;
  }
}
