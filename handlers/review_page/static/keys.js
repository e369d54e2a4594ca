// Every key of the page, in one table: the help is made of it, and nothing else listens to keys.

const STEP = 80;

/** `desk` decides, `viewer` shows, `page` opens the help. */
export function keyTable({ desk, viewer, page }) {
  const table = desk.choices.map((choice, place) => ({
    keys: [String(place + 1)], says: choice.label, does: () => page.decide(choice.verdict),
  }));
  const move = (x, y) => () => viewer.pan(x * STEP, y * STEP);
  return [
    ...table,
    { keys: ["s"], says: "Skip: leave it to a colleague", does: () => desk.skip() },
    { keys: ["u"], says: "Undo your last verdict", does: () => desk.undo() },
    { keys: ["Enter"], says: "Go on after a message", does: () => page.goOn() },
    { keys: ["+", "="], says: "Zoom in", does: () => viewer.zoom(1.4) },
    { keys: ["-"], says: "Zoom out", does: () => viewer.zoom(1 / 1.4) },
    { keys: ["0"], says: "Show the whole photo", does: () => viewer.fit() },
    { keys: ["ArrowLeft"], says: "Look further left", does: move(1, 0) },
    { keys: ["ArrowRight"], says: "Look further right", does: move(-1, 0) },
    { keys: ["ArrowUp"], says: "Look further up", does: move(0, 1) },
    { keys: ["ArrowDown"], says: "Look further down", does: move(0, -1) },
    { keys: ["?"], says: "Show or close this list", always: true, does: () => page.help() },
  ];
}

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
export const keyName = (key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** Does what the table says. `page.single` is whether keys without a modifier are wanted at all. */
export function listenToKeys(table, page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const row = table().find((each) => each.keys.includes(key));
    if (!row || (page.helping && !row.always) || (!page.single && key.length === 1)) return;
    const arrow = key.startsWith("Arrow");
    if (key === "Enter" && event.target.closest("button, a, input")) return; // it is theirs
    if (event.repeat && !arrow) return; // a key that is held down is pressed once
    event.preventDefault();
    row.does();
  });
}
