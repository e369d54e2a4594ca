// Asks the stage every second while somebody looks, and says what is the matter when it cannot.

const EVERY_MS = 1000;
const PATIENCE_MS = 15000;
const SAYS = {
  live: "Live: updates by itself",
  done: "Complete: nothing more will happen",
  paused: "Paused while hidden",
  stopped: "Stage stopped. Showing what was last known",
  never: "Stage stopped. Start it with “scones\u00a0up”",
  refuses: "The stage does not answer as it should",
};

const connection = document.getElementById("connection");

function tell(state, text) {
  connection.dataset.state = state;
  if (connection.textContent !== text) connection.textContent = text;
}

async function ask(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const body = await answer.json();
  if (answer.ok || answer.status === 404) return { status: answer.status, body };
  throw Object.assign(new Error(body.error), { refused: body.error === "stage_refuses" });
}

/** Calls `show(body, status)` with each answer until it returns true: there is nothing more. */
export function poll(url, show) {
  let timer = 0;
  let running = false;
  let seen = false;

  async function turn() {
    if (running || document.hidden) return;
    running = true;
    let ended = false;
    try {
      const { body, status } = await ask(url);
      seen = true;
      document.body.dataset.seen = "";
      ended = show(body, status) === true;
      tell("live", ended ? SAYS.done : SAYS.live);
    } catch (error) {
      tell("stopped", error.refused ? SAYS.refuses : seen ? SAYS.stopped : SAYS.never);
    }
    running = false;
    if (!ended && !document.hidden) timer = setTimeout(turn, EVERY_MS);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) tell("waiting", SAYS.paused);
    else turn();
  });
  turn();
}
