// All keys of the page in one table, from which the help is made.

const STEP = 80;

/** Returns the rows: keys, label, action, and whether the key works while the help is open. */
export function keyTable({ session, viewer, page }) {
  const table = session.choices.map((choice, place) => ({
    keys: [String(place + 1)], label: choice.label, action: () => page.decide(choice.verdict),
  }));
  const move = (x, y) => () => viewer.pan(x * STEP, y * STEP);
  return [
    ...table,
    { keys: ["s"], label: "Skip: leave it to a colleague", action: () => session.skip() },
    { keys: ["u"], label: "Undo your last verdict", action: () => session.undo() },
    { keys: ["Enter"], label: "Continue after a message", action: () => page.proceed() },
    { keys: ["+", "="], label: "Zoom in", action: () => viewer.zoom(1.4) },
    { keys: ["-"], label: "Zoom out", action: () => viewer.zoom(1 / 1.4) },
    { keys: ["0"], label: "Show the whole photo", action: () => viewer.fit() },
    { keys: ["ArrowLeft"], label: "Look further left", action: move(1, 0) },
    { keys: ["ArrowRight"], label: "Look further right", action: move(-1, 0) },
    { keys: ["ArrowUp"], label: "Look further up", action: move(0, 1) },
    { keys: ["ArrowDown"], label: "Look further down", action: move(0, -1) },
    { keys: ["?"], label: "Show or close this list", always: true, action: () => page.help() },
  ];
}

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
export const keyName = (key) => NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);

/** Runs the actions. `page.single`: whether letters and digits without a modifier are enabled. */
export function listenToKeys(table, page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const row = table().find((candidate) => candidate.keys.includes(key));
    if (!row || (page.helping && !row.always) || (!page.single && key.length === 1)) return;
    const arrow = key.startsWith("Arrow");
    if (key === "Enter" && event.target.closest("button, a, input")) return; // they handle it
    if (event.repeat && !arrow) return; // a key that is held down counts once
    event.preventDefault();
    row.action();
  });
}
