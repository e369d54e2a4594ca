// Values stored as JSON, for this tab or for this browser.

export const tab = () => sessionStorage;
export const browser = () => localStorage;

/** Stores a value, or removes it if it is null; returns whether the browser allowed it. */
export function store(storage, name, value) {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Returns a stored value; null if it is absent or unreadable. */
export function load(storage, name) {
  try {
    return JSON.parse(storage().getItem(name));
  } catch {
    return null;
  }
}
