// Puts the page together: sign-in, desk, view, keys. Everything else is in the modules.

import { Api } from "./api.js";
import { Desk } from "./review_session.js";
import { keyTable, listenToKeys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Session } from "./signin.js";
import { PATIENCE_MS, browser, keep, kept, say, visible } from "./text.js";
import { View } from "./view.js";
import { Viewer } from "./image_viewer.js";

const SINGLE = "scones.single-keys";
const AGAIN_MS = 5000;
const at = (id) => document.getElementById(id);

/** A message before there is a desk. */
function message(title, text, button, does) {
  document.body.dataset.phase = "signed_out";
  at("message").hidden = false;
  at("facts").classList.add("absent");
  say(at("message-title"), title);
  say(at("message-text"), text);
  say(at("message-go"), button);
  at("message-go").onclick = does;
  at("message-go").focus();
}

async function settings() {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(new URL("config.json", import.meta.url), { cache: "no-store", signal });
  if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
  return answer.json();
}

async function begin() {
  let session;
  let trouble;
  try {
    session = new Session(await settings());
    trouble = await session.begin();
  } catch {
    setTimeout(() => location.reload(), AGAIN_MS);
    return message("No connection", "The page could not be started. It tries again by itself.",
      "Try again", () => location.reload());
  }
  if (!session.who) {
    const text = trouble ? `${visible(trouble)} Please try again.` : "Sign in to review photos.";
    return message("Photo review", text, "Sign in", () => session.signIn());
  }
  return work(session);
}

function work(session) {
  const { who } = session;
  say(at("who"), visible(who));
  at("sign-out").hidden = false;
  let view = null;
  const desk = new Desk({ api: new Api(session.config.api_base, session), who,
    outbox: new Outbox(who), changed: () => view?.draw() });
  const viewer = new Viewer(at("frame"));
  view = new View(desk, viewer);
  const page = pageOf({ desk, view, session });
  let table = [];
  desk.start().then(function known() {
    if (!desk.choices.length) return void setTimeout(known, 300);
    table = keyTable({ desk, viewer, page });
    view.prepare(table, page.decide);
    view.draw();
    return undefined;
  });
  listenToKeys(() => table, page);
  connect({ desk, viewer, page });
  view.draw();
}

/** What keys and buttons do that is not the desk's or the viewer's. */
function pageOf({ desk, view, session }) {
  return {
    single: kept(browser, SINGLE) !== false,
    get helping() {
      return at("help").open;
    },
    decide(verdict) {
      if (desk.decide(verdict)) view.flash(verdict);
    },
    goOn() {
      if (at("message").hidden || at("message-go").hidden) return;
      if (desk.phase === "signed_out") session.signIn();
      else if (desk.phase === "refused") session.signOut();
      else desk.next();
    },
    help() {
      if (at("help").open) at("help").close();
      else at("help").showModal();
    },
    signOut() {
      desk.leave();
      session.signOut();
    },
  };
}

function connect({ desk, viewer, page }) {
  const click = (id, does) => at(id).addEventListener("click", does);
  click("skip", () => desk.skip());
  click("undo", () => desk.undo());
  click("nearer", () => viewer.zoom(1.4));
  click("further", () => viewer.zoom(1 / 1.4));
  click("whole", () => viewer.fit());
  click("help-open", page.help);
  click("help-close", page.help);
  click("sign-out", page.signOut);
  click("message-go", page.goOn);
  at("single").checked = page.single;
  at("single").addEventListener("change", (event) => {
    page.single = event.target.checked;
    keep(browser, SINGLE, page.single);
  });
  for (const sign of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    addEventListener(sign, () => desk.touched(), { passive: true, capture: true });
  }
  setInterval(() => desk.tick(), 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    desk.tick(); // what ended meanwhile is said before the person decides
    desk.touched();
  });
  addEventListener("online", () => desk.next());
  addEventListener("pagehide", () => desk.leave());
  addEventListener("pageshow", (event) => event.persisted && desk.start());
  addEventListener("beforeunload", (event) => {
    if (desk.outbox.size && !desk.outbox.durable) event.preventDefault();
  });
}

begin();
