import { make, setText } from "/static/dom.js";
import { STATES, percent, seconds, visible, words } from "/static/format.js";
import { poll } from "/static/polling.js";

const photoId = location.pathname.split("/").at(-1);
const SETTLES_MS = 15000; // the capture file is written a moment after the rest
const at = (id) => document.getElementById(id);
let endedAt = 0;

function showFacts(list, facts) {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== "" && value !== undefined);
  const text = JSON.stringify(shown);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(...shown.flatMap(([name, value]) =>
    [make("dt", {}, name), make("dd", {}, make("bdi", {}, visible(value)))]));
}

const json = (value) => visibleLines(JSON.stringify(value, null, 2));
const visibleLines = (text) => text.split("\n").map(visible).join("\n");

function showRecord(id, value, absent) {
  setText(at(id), value === null ? absent : json(value));
}

function showLead(story) {
  const { photo, row } = story;
  at("story").dataset.state = photo.state;
  const source = `/thumbnails/${photo.photo_id}?${photo.state}`;
  if (at("picture").getAttribute("src") !== source) at("picture").src = source;
  setText(at("key"), visible(photo.key));
  document.title = `${STATES[photo.state]}: ${visible(photo.key)}`;
  const outcome = [photo.vehicle && words(photo.vehicle), photo.confidence !== null && percent(photo.confidence),
    photo.reason && words(photo.reason)].filter(Boolean).join(" · ");
  const state = make("span", { class: "state" }, STATES[photo.state]);
  if (at("verdict").textContent !== STATES[photo.state] + (outcome && ` · ${outcome}`)) {
    at("verdict").replaceChildren(state, outcome && ` · ${outcome}`);
  }
  at("message").hidden = !row.message;
  setText(at("message"), row.message ?? "");
  showFacts(at("facts"), {
    Driver: photo.driver_id || "not in the key",
    Uploaded: row.uploaded_at, Received: row.received_at, "Last change": row.updated_at,
    "Seconds in all": photo.seconds, Review: photo.review, Attempt: row.attempt,
    Cause: row.cause, "Photo id": photo.photo_id,
  });
}

function showStates(states) {
  const start = Date.parse(states[0]?.entered_at);
  const text = JSON.stringify(states);
  if (at("states").dataset.shown === text) return;
  at("states").dataset.shown = text;
  at("states").replaceChildren(...states.map((step) => {
    const name = make("td", {}, visible(step.name));
    if (step.errors.length) name.append(make("span", { class: "error" }, `${step.errors.length} failed: ${visible(step.errors.join(", "))}`));
    const after = (Date.parse(step.entered_at) - start) / 1000;
    return make("tr", { class: step.kind === "Task" ? "task" : "minor" }, name, make("td", {}, visible(step.kind)),
      make("td", { class: "number" }, seconds(after)), make("td", { class: "number" }, seconds(step.seconds)));
  }));
}

function showDecision(decision, row) {
  at("undecided").hidden = decision !== null;
  const text = JSON.stringify(decision);
  if (decision === null || at("probabilities").dataset.shown === text) return;
  at("probabilities").dataset.shown = text;
  const likely = Object.entries(decision.probabilities ?? {}).sort(([, a], [, b]) => b - a);
  at("probabilities").replaceChildren(...likely.map(([name, share]) =>
    make("div", {}, make("dt", {}, words(name)), make("meter", { value: share, "aria-hidden": "true" }),
      make("dd", {}, percent(share)))));
  showFacts(at("decision"), {
    "Threshold in force": decision.threshold === undefined ? "" : percent(decision.threshold),
    "Set by": decision.threshold_source && words(decision.threshold_source),
    Model: row.model_version, "Decided by": row.decided_by, Orders: row.order_range, "Valid until": row.valid_until,
  });
}

poll(`/api/photos/${photoId}`, (story, status) => {
  at("empty").hidden = status === 200;
  if (status !== 200) {
    setText(at("empty"), "The ledger does not hold this photo (yet).");
    return false;
  }
  showLead(story);
  showStates(story.states);
  showDecision(story.decision, story.row);
  showRecord("event", story.event, "The execution does not exist any more.");
  showRecord("row", story.row, "");
  showRecord("capture", story.capture, "No record yet. Capture follows a moment after the response.");
  showRecord("assignment", story.assignment, "The driver has no assignment.");
  showRecord("execution", story.execution, "The execution does not exist any more.");
  at("story").hidden = false;
  if (story.has_ended && !endedAt) endedAt = Date.now();
  const captured = story.capture !== null || story.decision === null;
  return story.has_ended && (captured || Date.now() - endedAt > SETTLES_MS);
});
