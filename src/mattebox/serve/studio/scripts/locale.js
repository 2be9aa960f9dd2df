/** The page's words in the user's language. */

const LANGUAGES = ["en", "ru"];
const KEPT = "mattebox.language";

let texts = {};

const language = () => document.documentElement.lang;
export const following = () => LANGUAGES[(LANGUAGES.indexOf(language()) + 1) % LANGUAGES.length];

/** The text of a key, with `{name}` filled in. */
export function t(key, values = {}) {
  if (!(key in texts)) throw new Error(`no text for '${key}'`);
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The text of a key that may have none, as that of a name the server gave. */
export const tOr = (key, otherwise) => texts[key] ?? otherwise;

export function number(value, digits = 0) {
  return new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
}

/** Read a language and say everything in it. */
export async function speak(code) {
  const answer = await fetch(`studio/locales/${code}.json`);
  texts = await answer.json();
  document.documentElement.lang = code;
  translate(document);
  document.dispatchEvent(new Event("language"));
}

export async function change() {
  await speak(following());
  localStorage.setItem(KEPT, language());
}

/** The language that was chosen before, or the first of the browser's that the page speaks. */
export function preferred() {
  const wished = [localStorage.getItem(KEPT), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wished.find((code) => LANGUAGES.includes(code)) ?? LANGUAGES[0];
}

/** Fill `data-text` and `data-label` (a name for screen readers, and a hint for the mouse). */
function translate(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    const drawing = element.querySelector(":scope > .icon");
    element.replaceChildren(...(drawing ? [drawing] : []), t(element.dataset.text));
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.matches("button")) element.title = t(element.dataset.label);
  }
}
