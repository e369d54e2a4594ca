// Shows the desk. Elements stay where they are and only change, so that the focus stays as well.

import { keyName } from "./keys.js";
import * as sentences from "./messages.js";
import { lasting, make, percent, say, visible, words } from "./text.js";

const at = (id) => document.getElementById(id);

export class View {
  #announced = null;
  #message = "";

  constructor(desk, viewer) {
    Object.assign(this, { desk, viewer });
    this.label = (verdict) =>
      visible(desk.choices.find((each) => each.verdict === verdict)?.label ?? words(verdict ?? ""));
  }

  /** The choices as buttons, and the table of keys: once, when they are known. */
  prepare(table, decide) {
    at("choices").replaceChildren(...this.desk.choices.map((choice, place) => {
      const button = make("button", { type: "button", "data-verdict": choice.verdict,
        "aria-keyshortcuts": String(place + 1) },
      make("kbd", { "aria-hidden": "true" }, String(place + 1)),
      make("span", {}, visible(choice.label)));
      button.addEventListener("click", () => decide(choice.verdict));
      return button;
    }));
    at("keys").replaceChildren(...table.map((row) => make("tr", {},
      make("th", { scope: "row" }, make("kbd", {}, keyName(row.keys[0]))),
      make("td", {}, visible(row.says)))));
  }

  draw() {
    const { desk } = this;
    document.body.dataset.phase = desk.phase;
    const item = desk.phase === "looking" ? desk.current : null;
    this.viewer.show(item?.picture ?? null);
    this.#drawFacts(item?.picture || item?.trouble ? item : null);
    this.#drawMessage(sentences.message(desk, this.label));
    this.#drawActions();
    this.#drawCounts();
    this.#drawNotices();
    if (item?.picture && item !== this.#announced) {
      this.#announced = item;
      say(at("live"), sentences.announcement(item, this.label));
    }
  }

  /** Marks the button of a verdict for a moment: also a key should be seen to have worked. */
  flash(verdict) {
    const button = at("choices").querySelector(`[data-verdict="${CSS.escape(verdict)}"]`);
    button?.animate([{ backgroundColor: "var(--accent)" }, {}], { duration: 250 });
  }

  #drawFacts(item) {
    at("facts").classList.toggle("absent", !item);
    if (!item || this.shown === item) return;
    this.shown = item;
    const { reason_text, probabilities, key, received_at } = item.review;
    say(at("reason"), visible(reason_text));
    at("opinion").hidden = !probabilities;
    at("blind").hidden = Boolean(probabilities);
    at("opinion").replaceChildren(...Object.entries(probabilities ?? {}).map(([name, share]) => {
      const bar = make("i");
      bar.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`;
      return make("div", {}, make("dt", {}, this.label(name)),
        make("dd", { class: "bar", "aria-hidden": "true" }, bar), make("dd", {}, percent(share)));
    }));
    say(at("file").querySelector("bdi"), visible(key ?? ""));
    const age_s = (this.desk.api.now() - Date.parse(received_at)) / 1000;
    say(at("file").querySelector("span"), `received ${lasting(age_s)} ago`);
  }

  #drawMessage(found) {
    const [title, text, button] = found ?? ["", "", ""];
    at("message").hidden = !found;
    say(at("message-title"), title);
    say(at("message-text"), text);
    say(at("message-go"), button);
    at("message-go").hidden = !button;
    if (title !== this.#message) {
      this.#message = title;
      if (title && button) say(at("live"), `${title}. ${text}`);
      else if (this.desk.phase === "empty") say(at("live"), title);
    }
  }

  #drawActions() {
    const { desk } = this;
    const can = desk.ready && !desk.undoing;
    for (const button of at("choices").children) button.setAttribute("aria-disabled", String(!can));
    at("skip").setAttribute("aria-disabled", String(desk.phase !== "looking"));
    const last = desk.undoable;
    at("undo").setAttribute("aria-disabled", String(desk.undoing || !last));
    say(at("undo-text"), sentences.undoText(last, this.label));
  }

  #drawCounts() {
    const { counts } = this.desk;
    if (!counts) return;
    say(at("waiting"), `${counts.waiting}${counts.waiting_is_exact === false ? "+" : ""}`);
    say(at("oldest"), counts.oldest_age_s === null ? "–" : lasting(counts.oldest_age_s));
    say(at("held"), String(counts.held_by_colleagues));
    say(at("mine"), String(counts.decided_by_me_today));
    const title = `${counts.waiting ? `(${counts.waiting}) ` : ""}Review · Scones Unlimited`;
    if (document.title !== title) document.title = title;
  }

  #drawNotices() {
    const { desk } = this;
    const fading = desk.fading;
    const text = fading === null
      ? sentences.noticeText(desk.notice, this.label) : sentences.fadingText(fading);
    at("notice").classList.toggle("grave", fading !== null || sentences.isGrave(desk.notice));
    say(at("notice"), text);
    const connection = sentences.connectionText(desk);
    say(at("connection"), connection);
    at("connection").hidden = !connection;
  }
}
