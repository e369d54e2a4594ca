// Sign-in by authorization code with PKCE. The tokens are stored in this tab and end with it.

import { REQUEST_TIMEOUT_MS } from "./api.js";
import { load, store, tab } from "./storage.js";

const TOKENS = "scones.tokens";
const ATTEMPT = "scones.sign-in";
const EARLY_MS = 60_000; // a token is renewed this long before it expires

const encoded = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => encoded(crypto.getRandomValues(new Uint8Array(32)));

/** The claims of a token, unverified: for display only. */
function claims(token) {
  try {
    const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(middle), (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

export class Account {
  #tokens = load(tab, TOKENS);
  #renewing = null;

  constructor(config) {
    this.config = config;
    this.page = location.origin + location.pathname; // the sign-in page redirects to it
  }

  get who() {
    return this.#tokens ? String(claims(this.#tokens.access).username ?? "") : "";
  }

  /** Completes a sign-in after the redirect; returns a sentence if that failed, else "". */
  async begin() {
    const parameters = new URLSearchParams(location.search);
    if (!parameters.has("code") && !parameters.has("error")) return "";
    const attempt = load(tab, ATTEMPT);
    store(tab, ATTEMPT, null);
    history.replaceState(null, "", this.page);
    if (parameters.has("error")) return `The sign-in ended with “${parameters.get("error")}”.`;
    if (!attempt || attempt.state !== parameters.get("state")) {
      return this.#tokens ? "" : "This sign-in was not started in this tab.";
    }
    const isSignedIn = await this.#requestTokens({
      grant_type: "authorization_code", code: parameters.get("code"),
      redirect_uri: this.page, code_verifier: attempt.verifier,
    });
    return isSignedIn ? "" : "The sign-in could not be completed.";
  }

  /** Redirects to the sign-in page. */
  async signIn() {
    const [state, verifier] = [random(), random()];
    store(tab, ATTEMPT, { state, verifier });
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
    store(tab, TOKENS, null);
  }

  /** Returns a token that is valid for a while; null if the reviewer must sign in. */
  async token() {
    if (!this.#tokens) return null;
    if (Date.now() < this.#tokens.until - EARLY_MS) return this.#tokens.access;
    await this.renew();
    return this.#tokens?.access ?? null;
  }

  /** The token without renewal, for requests of a page that is closing. */
  get currentToken() {
    return this.#tokens?.access ?? null;
  }

  /** Throws if the token service cannot be reached: then the reviewer stays signed in. */
  async renew() {
    const refresh = this.#tokens?.refresh;
    if (!refresh) return this.forget();
    this.#renewing ??= this.#requestTokens({ grant_type: "refresh_token", refresh_token: refresh })
      .finally(() => { this.#renewing = null; });
    if (!(await this.#renewing)) this.forget();
    return undefined;
  }

  async #requestTokens(parameters) {
    const response = await fetch(new URL(this.config.token_url, this.page), {
      method: "POST", credentials: "omit", signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      body: new URLSearchParams({ ...parameters, client_id: this.config.client_id }),
    });
    if (response.status >= 500) throw new TypeError("the token service failed");
    if (!response.ok) return false;
    const tokens = await response.json();
    this.#tokens = {
      access: tokens.access_token,
      refresh: tokens.refresh_token ?? this.#tokens?.refresh ?? null,
      until: Date.now() + 1000 * (tokens.expires_in ?? 300),
    };
    store(tab, TOKENS, this.#tokens);
    return true;
  }
}
