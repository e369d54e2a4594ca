import { make, setText } from "/static/dom.js";
import { STATES, age, percent, phaseName, seconds, visible, words } from "/static/format.js";
import { poll } from "/static/polling.js";

const query = new URLSearchParams(location.search);
const state = query.get("state") ?? "";
const before = query.get("before") ?? "";
const PHASES = ["claim", "serialize", "classify", "filter", "record"];
const at = (id) => document.getElementById(id);

/** The address of this page with other parameters. */
function address(parameters) {
  const search = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return search.size ? `/?${search}` : "/";
}

function showCounts(counts) {
  const list = at("counts");
  for (const name of ["received", ...Object.keys(STATES)]) {
    const chosen = name === "received" ? "" : name;
    let link = list.querySelector(`[data-count="${name}"]`);
    if (!link) {
      link = make("a", { href: address({ state: chosen }), "data-count": name, "data-state": name,
        "aria-current": chosen === state && "page" }, make("strong"), make("span"));
      list.append(make("li", {}, link));
      setText(link.lastChild, STATES[name] ?? "Received");
    }
    setText(link.firstChild, String(counts[name]));
  }
  const unclaimed = counts.unclaimed ? ` (${counts.unclaimed} not in the ledger yet)` : "";
  const summands = Object.keys(STATES).map((name) => counts[name]).join(" + ");
  setText(at("sum"), counts.received
    ? `${counts.received} received = ${summands}: every photo is in one place${unclaimed}.`
    : "");
}

function showQueue(name, waiting, since, now, tone, noun = "waiting") {
  const list = at("queues");
  let box = list.querySelector(`[data-queue="${name}"]`);
  if (!box) {
    box = make("div", { "data-queue": name }, make("dt", {}, name), make("dd"), make("dd"));
    list.append(box);
  }
  box.className = waiting ? tone : "";
  setText(box.children[1], waiting ? `${waiting} ${noun}` : "none");
  setText(box.children[2], waiting && since ? `oldest ${age(since, now)}` : "");
}

function showQueues(stage) {
  showQueue("In flight", stage.counts.in_flight, stage.in_flight_since, stage.as_of, "busy", "on the way");
  for (const queue of stage.queues) {
    const name = `${queue.name[0].toUpperCase()}${queue.name.slice(1)}`;
    showQueue(name, queue.waiting + queue.being_read, queue.since, stage.as_of,
      queue.name === "review" ? "busy" : "alarm");
  }
}

function makePhoto(photo) {
  const link = make("a", { href: `/photos/${photo.photo_id}` }, make("bdi"));
  return make("li", { "data-photo": photo.photo_id },
    make("img", { class: "thumb", alt: "", width: 64, height: 64, loading: "lazy" }),
    make("div", { class: "source" }, link, make("p")),
    make("div", { class: "outcome" }, make("p", { class: "state" }), make("p")),
    make("dl", { class: "phases" },
      ...PHASES.map((name) => make("div", { "data-phase": name },
        make("dt", {}, phaseName(name)), make("dd", {}, "–"))),
      make("div", { class: "total" }, make("dt", {}, "Total, s"), make("dd", {}, "–"))));
}

function details(photo) {
  const facts = [photo.vehicle && words(photo.vehicle),
    photo.confidence !== null && percent(photo.confidence),
    photo.reason && words(photo.reason),
    photo.state === "assigned" && photo.review === "open" && "review open",
    photo.superseded && "superseded by a newer photo"];
  const current = photo.phases.find((phase) => phase.since);
  if (current) facts.push(`now: ${phaseName(current.name)}`);
  return facts.filter(Boolean).join(" · ");
}

function fillPhoto(row, photo, now) {
  const [picture, source, outcome, phases] = row.children;
  // The source changes with the state: a photo that could not be read yet may be readable then.
  const thumbnail = `/thumbnails/${photo.photo_id}?${photo.state}`;
  if (picture.getAttribute("src") !== thumbnail) picture.src = thumbnail;
  row.dataset.state = photo.state;
  setText(source.querySelector("bdi"), visible(photo.key.replace(/^intake\//, "")));
  const driver = photo.driver_id ? `driver ${visible(photo.driver_id)}` : "no driver";
  setText(source.lastChild, `${age(photo.received_at, now)} ago · ${driver}`);
  setText(outcome.firstChild, STATES[photo.state]);
  setText(outcome.lastChild, details(photo));
  for (const phase of photo.phases) {
    const box = phases.querySelector(`[data-phase="${phase.name}"]`);
    box.className = phase.since ? "now" : "";
    const lasting = phase.since ? Math.max(0, Date.parse(now) - Date.parse(phase.since)) / 1000 : 0;
    setText(box.lastChild, seconds(phase.seconds + lasting) + (phase.since ? "…" : ""));
  }
  setText(phases.lastChild.lastChild, seconds(photo.seconds));
}

function showPhotos(stage) {
  const list = at("photos");
  const rows = new Map([...list.children].map((row) => [row.dataset.photo, row]));
  stage.photos.forEach((photo, place) => {
    const row = rows.get(photo.photo_id) ?? makePhoto(photo);
    rows.delete(photo.photo_id);
    fillPhoto(row, photo, stage.as_of);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  for (const row of rows.values()) row.remove();
}

function showPaging(stage) {
  const last = stage.position + stage.photos.length - 1;
  const filter = state ? STATES[state].toLowerCase() : "all";
  setText(at("range"), stage.photos.length ? `${stage.position}–${last} of ${stage.of}, ${filter}, newest first` : "");
  at("newest").hidden = !before;
  at("newest").href = address({ state });
  at("older").hidden = !stage.older;
  at("older").href = address({ state, before: stage.older });
  at("empty").hidden = stage.photos.length > 0;
  setText(at("empty"), stage.counts.received
    ? "There is no such photo now."
    : "No photos yet. Upload one under intake/ and it appears here.");
}

poll(`/api/overview?${new URLSearchParams({ state, before })}`, (stage) => {
  showCounts(stage.counts);
  showQueues(stage);
  showPhotos(stage);
  showPaging(stage);
});
