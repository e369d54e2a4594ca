// The sentences of the page: one for every state, and the label of the button that continues.

import { duration, visible } from "./format.js";

const named = (name) => (name ? ` for ${visible(name)}` : "");
const clock = (iso) => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime())
    ? "" : ` at ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
};

/** What became of the photo: the colleague who has it, or what they decided. */
function outcomeText({ code, decided_by, decided_at, verdict, held_by, detail }, label) {
  if (code === "already_decided" && decided_by) {
    return `${visible(decided_by)} decided “${label(verdict)}”${clock(decided_at)}.`;
  }
  if (held_by) return `${visible(held_by)} has it now.`;
  if (code === "expired") return "It was not looked at for a while and went back to the queue.";
  return detail ? visible(detail) : "It went back to the queue.";
}

const NOTICES = {
  recorded: (it, label) => `Recorded: ${label(it.verdict)}`,
  recorded_late: (it, label) => `Sent after all: ${label(it.verdict)}`,
  kept: (it, label) => `${label(it.verdict)} is kept, and sent when the connection is back`,
  skipped: () => "Skipped: a colleague will see it",
  skip_unsent: () => "The skip could not be sent; the photo returns to the queue in a while",
  undone: (it, label) => `Undone: ${label(it.verdict)}${named(it.name)}. `
    + (it.back ? "Decide anew." : "It is in the queue again."),
  undo_nothing: () => "There is nothing to undo",
  undo_offline: () => "Undo needs a connection. Try again when it is back",
  undo_refused: (it, label) =>
    `“${label(it.verdict)}”${named(it.name)} stays: ${visible(it.detail)}`,
  not_counted: (it, label) =>
    `Your “${label(it.mine)}”${named(it.name)} was not counted. ${outcomeText(it, label)}`,
  error: (it) => `Something went wrong: ${visible(it.detail)}`,
};
const GRAVE = new Set(["not_counted", "undo_refused", "error", "skip_unsent", "undo_offline"]);

export const isGrave = (notice) => Boolean(notice) && GRAVE.has(notice.what);
export const noticeText = (notice, label) => (notice ? NOTICES[notice.what](notice, label) : "");

/** The message in place of a photo, as title, text and button label; null if no message is needed. */
export function message(session, label) {
  const item = session.current;
  const waiting = session.counts?.waiting ?? 0;
  if (session.phase === "signed_out") {
    const unsent = session.outbox.size ? " Verdicts that are not sent yet are kept." : "";
    return ["You are signed out", `Sign in to continue.${unsent}`, "Sign in"];
  }
  if (session.phase === "refused") {
    const advice = "Ask the operator of the system to make you a reviewer, or sign in as another user.";
    return ["You may not review photos", `${visible(session.refused)} ${advice}`, "Sign out"];
  }
  if (session.phase === "lost") {
    return ["This photo is no longer yours", outcomeText(session.lost, label), "Next photo"];
  }
  if (session.phase === "empty" && session.leasedPhotos.away && waiting) {
    return ["Photos are waiting", "Press any key or touch the page to continue.", "Next photo"];
  }
  if (session.phase === "empty") {
    return ["Nothing to review", "Well done. A new photo appears here by itself.", ""];
  }
  return session.phase === "loading" || session.phase === "looking"
    ? loadingMessage(session, item) : null;
}

function loadingMessage(session, item) {
  if (item?.picture) return null;
  if (item?.trouble && session.connected) {
    return ["The photo cannot be shown", `${visible(item.trouble)}. Try again, skip it, or choose `
      + "that it is unusable.", "Try again"];
  }
  if (!session.connected) {
    return ["No connection", "The page tries again by itself and continues when it is back.",
      "Try now"];
  }
  return ["Fetching a photo …", "", ""];
}

/** Connection and unsent verdicts in one line; empty if there is nothing to report. */
export function connectionText(session) {
  const unsent = session.outbox.size;
  const kept = unsent === 1 ? "1 verdict is kept" : `${unsent} verdicts are kept`;
  const where = session.outbox.durable ? " on this device" : " as long as this page stays open";
  if (!session.connected) return `No connection.${unsent ? ` ${kept}${where}.` : ""}`;
  return unsent && session.outbox.first.attempts > 1 ? `Sending … ${kept}${where}.` : "";
}

export const expiringText = (s) =>
  `Still there? Touch the page or press a key, or this photo goes to a colleague in ${duration(s)}.`;

export const undoText = (last, label) => {
  if (!last) return "Undo";
  const left = last.left_s === null ? "not sent" : duration(last.left_s);
  return `Undo “${label(last.verdict)}” (${left})`;
};

/** The text of a new photo for screen readers. */
export function announcement(item, label) {
  const { reason_text, probabilities } = item.review;
  const seen = Object.entries(probabilities ?? {})
    .map(([name, share]) => `${label(name)} ${Math.round(share * 100)} percent`);
  const model = seen.length ? `Model: ${seen.join(", ")}.` : "Shown without the model’s opinion.";
  return `New photo. ${visible(reason_text)} ${model}`;
}
