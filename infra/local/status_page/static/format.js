// Formats values as text.

export const STATES = {
  assigned: "Assigned",
  in_review: "In review",
  rejected: "Rejected",
  failed: "Failed",
  in_flight: "In flight",
};

const PHASES = { claim: "Claim", serialize: "Read", classify: "Classify", filter: "Decide", record: "Record" };

/** The short name of a phase, for the list. */
export const phaseName = (name) => PHASES[name] ?? name;

/** Escape control and direction-changing characters, which would display a key as another one. */
export const visible = (text) =>
  String(text).replace(/[\p{Cc}\p{Cf}]/gu, (c) =>
    c === "\u200d" ? c : `\\u{${c.codePointAt(0).toString(16)}}`);

/** Replace underscores by spaces: `low_confidence` → `low confidence`. */
export const words = (code) => visible(code).replaceAll("_", " ");

export const percent = (share) => `${(share * 100).toFixed(1)} %`;

export const seconds = (s) => (s === null || s === undefined ? "…" : s < 100 ? s.toFixed(2) : s.toFixed(0));

/** How long ago `since` was, by the stage's clock. */
export function age(since, now) {
  const s = Math.max(0, (Date.parse(now) - Date.parse(since)) / 1000);
  if (!Number.isFinite(s)) return "";
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
}
