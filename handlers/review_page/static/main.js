// Assembles the page: sign-in, review session, view, keys.

import { Api, REQUEST_TIMEOUT_MS } from "./api.js";
import { byId, setText } from "./dom.js";
import { visible } from "./format.js";
import { Viewer } from "./image_viewer.js";
import { keyTable, listenToKeys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { ReviewSession } from "./review_session.js";
import { Account } from "./signin.js";
import { browser, load, store } from "./storage.js";
import { View } from "./view.js";

const SINGLE_KEYS = "scones.single-keys";
const RELOAD_MS = 5000;

/** Shows a message while there is no review session. */
function message(title, text, button, action) {
  document.body.dataset.phase = "signed_out";
  byId("message").hidden = false;
  byId("facts").classList.add("absent");
  setText(byId("message-title"), title);
  setText(byId("message-text"), text);
  setText(byId("message-go"), button);
  byId("message-go").onclick = action;
  byId("message-go").focus();
}

async function settings() {
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const url = new URL("config.json", import.meta.url);
  const response = await fetch(url, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`the service failed with status ${response.status}`);
  return response.json();
}

async function begin() {
  let account;
  let trouble;
  try {
    account = new Account(await settings());
    trouble = await account.begin();
  } catch {
    setTimeout(() => location.reload(), RELOAD_MS);
    return message("No connection", "The page could not be started. It tries again by itself.",
      "Try again", () => location.reload());
  }
  if (!account.who) {
    const text = trouble ? `${visible(trouble)} Please try again.` : "Sign in to review photos.";
    return message("Photo review", text, "Sign in", () => account.signIn());
  }
  return work(account);
}

function work(account) {
  const { who } = account;
  setText(byId("who"), visible(who));
  byId("sign-out").hidden = false;
  let view = null;
  const session = new ReviewSession({ api: new Api(account.config.api_base, account), who,
    outbox: new Outbox(who), changed: () => view?.draw() });
  const viewer = new Viewer(byId("frame"));
  view = new View(session, viewer);
  const page = pageOf({ session, view, account });
  let table = [];
  session.start().then(function prepare() {
    if (!session.choices.length) return void setTimeout(prepare, 300);
    table = keyTable({ session, viewer, page });
    view.prepare(table, page.decide);
    view.draw();
    return undefined;
  });
  listenToKeys(() => table, page);
  connect({ session, viewer, page });
  view.draw();
}

/** The actions of keys and buttons that need more than the session or the viewer. */
function pageOf({ session, view, account }) {
  return {
    single: load(browser, SINGLE_KEYS) !== false,
    get helping() {
      return byId("help").open;
    },
    decide(verdict) {
      if (session.decide(verdict)) view.flash(verdict);
    },
    proceed() {
      if (byId("message").hidden || byId("message-go").hidden) return;
      if (session.phase === "signed_out") account.signIn();
      else if (session.phase === "refused") account.signOut();
      else session.next();
    },
    help() {
      if (byId("help").open) byId("help").close();
      else byId("help").showModal();
    },
    signOut() {
      session.leave();
      account.signOut();
    },
  };
}

function connect({ session, viewer, page }) {
  const click = (id, action) => byId(id).addEventListener("click", action);
  click("skip", () => session.skip());
  click("undo", () => session.undo());
  click("nearer", () => viewer.zoom(1.4));
  click("further", () => viewer.zoom(1 / 1.4));
  click("whole", () => viewer.fit());
  click("help-open", page.help);
  click("help-close", page.help);
  click("sign-out", page.signOut);
  click("message-go", page.proceed);
  byId("single").checked = page.single;
  byId("single").addEventListener("change", (event) => {
    page.single = event.target.checked;
    store(browser, SINGLE_KEYS, page.single);
  });
  for (const sign of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    addEventListener(sign, () => session.touched(), { passive: true, capture: true });
  }
  setInterval(() => session.tick(), 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    session.tick(); // an expired lease must be shown before the reviewer decides
    session.touched();
  });
  addEventListener("online", () => session.next());
  addEventListener("pagehide", () => session.leave());
  addEventListener("pageshow", (event) => event.persisted && session.start());
  addEventListener("beforeunload", (event) => {
    if (session.outbox.size && !session.outbox.durable) event.preventDefault();
  });
}

begin();
