/** What the page says: a note at the edge, or a line for screen readers only. */

import { byId, h } from "./dom.js";

const LASTS = 6000;
const LASTS_WITH_ANSWER = 10_000;
const LINGERS = 1000;

/**
 * Show a note for a while, and for as long as it is pointed at; it is read aloud too.
 *
 * @param {string} text
 * @param {{answer?: string, act?: () => void, gone?: () => void}} more `answer` is the text of a button, `act` what it
 *   does; `gone` is done when the note has left without it.
 */
export function notice(text, { answer, act, gone = () => {} } = {}) {
  const note = h("div", { class: "toast" }, h("p", {}, text));
  const reply = () => {
    note.remove();
    act();
  };
  const leave = () => {
    if (!note.isConnected) return;
    if (note.matches(":hover, :focus-within")) {
      setTimeout(leave, LINGERS);
      return;
    }
    note.remove();
    gone();
  };
  if (answer) note.append(h("button", { onclick: reply }, answer));
  byId("toasts").append(note);
  setTimeout(leave, answer ? LASTS_WITH_ANSWER : LASTS);
}

/** Read something aloud that can be seen anyway. */
export function announce(text) {
  byId("spoken").textContent = text;
}
