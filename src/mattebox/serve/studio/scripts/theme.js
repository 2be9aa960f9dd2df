/** Light or dark: as the system has it, until the user says otherwise. */

import { byId, icon } from "./dom.js";

const KEPT = "mattebox.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const current = () => localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");

function apply() {
  document.documentElement.dataset.theme = current();
  byId("theme").replaceChildren(icon(current() === "dark" ? "light" : "dark"));
}

function change() {
  const next = current() === "dark" ? "light" : "dark";
  // What the system says anyway is not kept, so that the page goes on following it.
  if (next === (system.matches ? "dark" : "light")) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, next);
  apply();
}

export function startTheme() {
  apply();
  system.addEventListener("change", apply);
  byId("theme").addEventListener("click", change);
}
