// Shows the review session. Elements are changed and not replaced, so that the focus stays.

import { byId, make, setText } from "./dom.js";
import { duration, percent, visible, words } from "./format.js";
import { keyName } from "./keys.js";
import * as sentences from "./messages.js";

export class View {
  #announced = null;
  #message = "";

  constructor(session, viewer) {
    Object.assign(this, { session, viewer });
    this.label = (verdict) => {
      const choice = session.choices.find((candidate) => candidate.verdict === verdict);
      return visible(choice?.label ?? words(verdict ?? ""));
    };
  }

  /** Creates the buttons of the choices and the table of keys, once they are known. */
  prepare(table, decide) {
    byId("choices").replaceChildren(...this.session.choices.map((choice, place) => {
      const button = make("button", { type: "button", "data-verdict": choice.verdict,
        "aria-keyshortcuts": String(place + 1) },
      make("kbd", { "aria-hidden": "true" }, String(place + 1)),
      make("span", {}, visible(choice.label)));
      button.addEventListener("click", () => decide(choice.verdict));
      return button;
    }));
    byId("keys").replaceChildren(...table.map((row) => make("tr", {},
      make("th", { scope: "row" }, make("kbd", {}, keyName(row.keys[0]))),
      make("td", {}, visible(row.label)))));
  }

  draw() {
    const { session } = this;
    document.body.dataset.phase = session.phase;
    const item = session.phase === "looking" ? session.current : null;
    this.viewer.show(item?.picture ?? null);
    this.#drawFacts(item?.picture || item?.trouble ? item : null);
    this.#drawMessage(sentences.message(session, this.label));
    this.#drawActions();
    this.#drawCounts();
    this.#drawNotices();
    if (item?.picture && item !== this.#announced) {
      this.#announced = item;
      setText(byId("live"), sentences.announcement(item, this.label));
    }
  }

  /** Highlights the button of a verdict for a moment, also if a key was used. */
  flash(verdict) {
    const button = byId("choices").querySelector(`[data-verdict="${CSS.escape(verdict)}"]`);
    button?.animate([{ backgroundColor: "var(--accent)" }, {}], { duration: 250 });
  }

  #drawFacts(item) {
    byId("facts").classList.toggle("absent", !item);
    if (!item || this.shown === item) return;
    this.shown = item;
    const { reason_text, probabilities, key, received_at } = item.review;
    setText(byId("reason"), visible(reason_text));
    byId("opinion").hidden = !probabilities;
    byId("blind").hidden = Boolean(probabilities);
    byId("opinion").replaceChildren(...Object.entries(probabilities ?? {}).map(([name, share]) => {
      const bar = make("i");
      bar.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
      return make("div", {}, make("dt", {}, this.label(name)),
        make("dd", { class: "bar", "aria-hidden": "true" }, bar), make("dd", {}, percent(share)));
    }));
    setText(byId("file").querySelector("bdi"), visible(key ?? ""));
    const age_s = (this.session.api.now() - Date.parse(received_at)) / 1000;
    setText(byId("file").querySelector("span"), `received ${duration(age_s)} ago`);
  }

  #drawMessage(message) {
    const [title, text, button] = message ?? ["", "", ""];
    byId("message").hidden = !message;
    setText(byId("message-title"), title);
    setText(byId("message-text"), text);
    setText(byId("message-go"), button);
    byId("message-go").hidden = !button;
    if (title !== this.#message) {
      this.#message = title;
      if (title && button) setText(byId("live"), `${title}. ${text}`);
      else if (this.session.phase === "empty") setText(byId("live"), title);
    }
  }

  #drawActions() {
    const { session } = this;
    const can = session.ready && !session.undoing;
    for (const button of byId("choices").children) button.setAttribute("aria-disabled", String(!can));
    byId("skip").setAttribute("aria-disabled", String(session.phase !== "looking"));
    const last = session.undoable;
    byId("undo").setAttribute("aria-disabled", String(session.undoing || !last));
    setText(byId("undo-text"), sentences.undoText(last, this.label));
  }

  #drawCounts() {
    const { counts } = this.session;
    if (!counts) return;
    setText(byId("waiting"), `${counts.waiting}${counts.waiting_is_exact === false ? "+" : ""}`);
    setText(byId("oldest"), counts.oldest_age_s === null ? "–" : duration(counts.oldest_age_s));
    setText(byId("held"), String(counts.held_by_colleagues));
    setText(byId("mine"), String(counts.decided_by_me_today));
    const title = `${counts.waiting ? `(${counts.waiting}) ` : ""}Review · Scones Unlimited`;
    if (document.title !== title) document.title = title;
  }

  #drawNotices() {
    const { session } = this;
    const { expiring } = session;
    const text = expiring === null
      ? sentences.noticeText(session.notice, this.label) : sentences.expiringText(expiring);
    byId("notice").classList.toggle("grave", expiring !== null || sentences.isGrave(session.notice));
    setText(byId("notice"), text);
    const connection = sentences.connectionText(session);
    setText(byId("connection"), connection);
    byId("connection").hidden = !connection;
  }
}
