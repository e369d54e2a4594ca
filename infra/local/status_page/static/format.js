// How things are said. Everything that strangers chose (keys, driver ids) becomes text here and
// nowhere markup: the page has no innerHTML.

export const STATES = {
  assigned: "Assigned",
  in_review: "In review",
  rejected: "Rejected",
  failed: "Failed",
  in_flight: "In flight",
};

const PHASES = { claim: "Claim", serialize: "Read", classify: "Classify", filter: "Decide", record: "Record" };

/** The name of a step, as the list has room for it. */
export const phaseName = (name) => PHASES[name] ?? name;

/** Control and direction-changing characters would show a key as something that it is not. */
export const visible = (text) =>
  String(text).replace(/[\p{Cc}\p{Cf}]/gu, (c) =>
    c === "\u200d" ? c : `\\u{${c.codePointAt(0).toString(16)}}`);

/** `low_confidence` → `low confidence`. */
export const words = (code) => visible(code).replaceAll("_", " ");

export const percent = (share) => `${(share * 100).toFixed(1)} %`;

export const seconds = (s) => (s === null || s === undefined ? "…" : s < 100 ? s.toFixed(2) : s.toFixed(0));

/** How long ago, by the stage's clock. */
export function age(since, now) {
  const s = Math.max(0, (Date.parse(now) - Date.parse(since)) / 1000);
  if (!Number.isFinite(s)) return "";
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
}

/** An element with text or children; attributes whose value is false are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Changes the text only where it differs, so that selections and screen readers are left alone. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
