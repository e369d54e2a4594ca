// How values become text. What other people chose (keys, names) is shown as text and never as
// markup: the page has no innerHTML.

/** Escapes control and direction-changing characters, which could disguise a name. */
export const visible = (text) =>
  String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) =>
    c === "\u200d" ? c : `\\u{${c.codePointAt(0).toString(16)}}`);

/** `low_confidence` → `Low confidence`. */
export const words = (code) => {
  const text = visible(code).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** `0.123` → `12.3 %`. */
export const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** A number of seconds in the unit that suits it. */
export function duration(s) {
  if (!Number.isFinite(s)) return "–";
  if (s < 90) return `${Math.max(0, Math.round(s))} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
}
