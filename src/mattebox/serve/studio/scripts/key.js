/** The user's key: kept in this browser, asked for when the server wants one. */

import { byId } from "./dom.js";

const KEPT = "mattebox.key";
const dialog = byId("key-dialog");

let asking = null;
let declined = false;

export const currentKey = () => localStorage.getItem(KEPT) ?? "";

/**
 * Ask for a key; true once there is another one.
 *
 * Whoever asks meanwhile gets the same answer, and a user who wants to give none is left in peace until `insist`.
 */
export function askForKey({ wrong = false, insist = false } = {}) {
  if (declined && !insist) return Promise.resolve(false);
  asking ??= openDialog(wrong).finally(() => {
    asking = null;
  });
  return asking;
}

/** Let the page ask again, as the user wants something for which it may need to. */
export function allowAsking() {
  declined = false;
}

function openDialog(wrong) {
  const field = byId("key-value");
  field.value = wrong ? "" : currentKey();
  field.setAttribute("aria-invalid", String(wrong));
  byId("key-wrong").hidden = !wrong;
  byId("key-why").hidden = wrong;
  byId("key-forget").hidden = !currentKey();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(settle(field.value.trim())), { once: true });
  });
}

function settle(value) {
  byId("key-value").value = "";
  if (dialog.returnValue === "forget") localStorage.removeItem(KEPT);
  declined = dialog.returnValue !== "keep" || !value;
  if (declined) return false;
  localStorage.setItem(KEPT, value);
  document.dispatchEvent(new Event("key"));
  return true;
}

export function startKey({ keys }) {
  byId("key").hidden = !keys;
  byId("key").addEventListener("click", () => askForKey({ insist: true }));
  // Enter in the field would press the first button of the form, which is not the one that keeps.
  byId("key-value").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    byId("key-keep").click();
  });
}
