/** What the page says: a note at the edge, or a line for screen readers only. */

import { byId, h } from "./dom.js";

const LASTS = 6000;

/** Show a note for a while; it is read aloud too. */
export function notice(text) {
  const note = h("p", { class: "toast" }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), LASTS);
}

/** Read something aloud that can be seen anyway. */
export function announce(text) {
  byId("spoken").textContent = text;
}
