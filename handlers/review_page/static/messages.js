// What the page says. Every state has a sentence, and a way on where there is one.

import { lasting, visible } from "./text.js";

const named = (name) => (name ? ` for ${visible(name)}` : "");
const clock = (iso) => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime())
    ? "" : ` at ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
};

/** Who has the photo now, or what they decided. */
function fate({ code, decided_by, decided_at, verdict, held_by, detail }, label) {
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
  skip_unsent: () => "The skip could not be sent; the photo frees itself in a while",
  undone: (it, label) => `Taken back: ${label(it.verdict)}${named(it.name)}. `
    + (it.back ? "Decide anew." : "It is in the queue again."),
  undo_nothing: () => "There is nothing to take back",
  undo_offline: () => "Nothing can be taken back without a connection. Try again when it is back",
  undo_refused: (it, label) =>
    `“${label(it.verdict)}”${named(it.name)} stays: ${visible(it.detail)}`,
  not_counted: (it, label) =>
    `Your “${label(it.mine)}”${named(it.name)} was not counted. ${fate(it, label)}`,
  error: (it) => `Something went wrong: ${visible(it.detail)}`,
};
const GRAVE = new Set(["not_counted", "undo_refused", "error", "skip_unsent", "undo_offline"]);

export const isGrave = (notice) => Boolean(notice) && GRAVE.has(notice.what);
export const noticeText = (notice, label) => (notice ? NOTICES[notice.what](notice, label) : "");

/** The message that stands in place of a photo: title, text, what its button says. */
export function message(desk, label) {
  const item = desk.current;
  const waiting = desk.counts?.waiting ?? 0;
  if (desk.phase === "signed_out") {
    const unsent = desk.outbox.size ? " Verdicts that were not sent yet are kept." : "";
    return ["You are signed out", `Sign in to go on.${unsent}`, "Sign in"];
  }
  if (desk.phase === "refused") {
    return ["You may not review photos", `${visible(desk.refused)} Ask whoever runs the system to `
      + "make you a reviewer, or sign in as somebody else.", "Sign out"];
  }
  if (desk.phase === "lost") {
    return ["This photo is no longer yours", fate(desk.lost, label), "Next photo"];
  }
  if (desk.phase === "empty" && desk.holding.away && waiting) {
    return ["Photos are waiting", "Press any key or touch the page to go on.", "Next photo"];
  }
  if (desk.phase === "empty") {
    return ["Nothing to review", "Well done. A new photo appears here by itself.", ""];
  }
  if (desk.phase === "loading" || desk.phase === "looking") return looking(desk, item);
  return null;
}

function looking(desk, item) {
  if (item?.picture) return null;
  if (item?.trouble && desk.connected) {
    return ["The photo cannot be shown", `${visible(item.trouble)}. Try again, skip it, or say that `
      + "it cannot be used.", "Try again"];
  }
  if (!desk.connected) {
    return ["No connection", "The page tries again by itself and goes on when it is back.", "Try now"];
  }
  return ["Fetching a photo …", "", ""];
}

/** Connection and unsent verdicts, in one line; nothing while all is well. */
export function connectionText(desk) {
  const unsent = desk.outbox.size;
  const kept = unsent === 1 ? "1 verdict is kept" : `${unsent} verdicts are kept`;
  const where = desk.outbox.durable ? " on this device" : " as long as this page stays open";
  if (!desk.connected) return `No connection.${unsent ? ` ${kept}${where}.` : ""}`;
  return unsent && desk.outbox.first.attempts > 1 ? `Sending … ${kept}${where}.` : "";
}

export const fadingText = (s) =>
  `Still there? Touch the page or press a key, or this photo goes to a colleague in ${lasting(s)}.`;

export const undoText = (last, label) => {
  if (!last) return "Undo";
  return `Undo “${label(last.verdict)}” (${last.left_s === null ? "not sent" : lasting(last.left_s)})`;
};

/** What a screen reader says of a new photo. */
export function announcement(item, label) {
  const { reason_text, probabilities } = item.review;
  const seen = Object.entries(probabilities ?? {})
    .map(([name, share]) => `${label(name)} ${Math.round(share * 100)} percent`);
  const model = seen.length ? `Model: ${seen.join(", ")}.` : "Shown without the model’s opinion.";
  return `New photo. ${visible(reason_text)} ${model}`;
}
