// Polls the stage every second while the page is visible, and shows why when that fails.

const EVERY_MS = 1000;
const TIMEOUT_MS = 15000;
const MESSAGES = {
  live: "Live: updates by itself",
  done: "Complete: no more changes",
  paused: "Paused while hidden",
  stopped: "Stage stopped. Showing the last known state",
  never: "Stage stopped. Start it with “scones\u00a0up”",
  refuses: "The stage refuses the request",
};

const connection = document.getElementById("connection");

function showConnection(state, text) {
  connection.dataset.state = state;
  if (connection.textContent !== text) connection.textContent = text;
}

async function fetchJson(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await response.json();
  if (response.ok || response.status === 404) return { status: response.status, body };
  throw Object.assign(new Error(body.error), { isRefused: body.error === "stage_refuses" });
}

/** Call `show(body, status)` with each response until it returns true, for no more changes. */
export function poll(url, show) {
  let timer = 0;
  let running = false;
  let hasData = false;

  async function refresh() {
    if (running || document.hidden) return;
    running = true;
    let ended = false;
    try {
      const { body, status } = await fetchJson(url);
      hasData = true;
      document.body.dataset.seen = "";
      ended = show(body, status) === true;
      showConnection("live", ended ? MESSAGES.done : MESSAGES.live);
    } catch (error) {
      showConnection("stopped", error.isRefused ? MESSAGES.refuses : hasData ? MESSAGES.stopped : MESSAGES.never);
    }
    running = false;
    if (!ended && !document.hidden) timer = setTimeout(refresh, EVERY_MS);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) showConnection("waiting", MESSAGES.paused);
    else refresh();
  });
  refresh();
}
