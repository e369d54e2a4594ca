// Elements of the document.

export const byId = (id) => document.getElementById(id);

/** Creates an element with text or children; attributes whose value is false are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets a text only if it differs, which leaves selections and screen readers undisturbed. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
