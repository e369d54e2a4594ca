// How things are said. Everything that strangers chose (keys, names) becomes text here and nowhere
// markup: the page has no innerHTML.

/** Control and direction-changing characters would show a name as something that it is not. */
export const visible = (text) =>
  String(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) =>
    c === "\u200d" ? c : `\\u{${c.codePointAt(0).toString(16)}}`);

/** `low_confidence` → `Low confidence`. */
export const words = (code) => {
  const said = visible(code).replaceAll("_", " ");
  return said.charAt(0).toUpperCase() + said.slice(1);
};

export const percent = (share) => `${(share * 100).toFixed(1)} %`;

/** A length of time, as people say it. */
export function lasting(s) {
  if (!Number.isFinite(s)) return "–";
  if (s < 90) return `${Math.max(0, Math.round(s))} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
}

/** How long an answer is waited for before it counts as none. */
export const PATIENCE_MS = 15_000;

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

/** Keeps a value for this tab or this browser; false where the browser refuses to keep anything. */
export function keep(storage, name, value) {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function kept(storage, name) {
  try {
    return JSON.parse(storage().getItem(name));
  } catch {
    return null;
  }
}

export const tab = () => sessionStorage;
export const browser = () => localStorage;
