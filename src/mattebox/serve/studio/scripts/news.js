/** What becomes of a picture, in words. */

import { album } from "./album.js";
import { byId, h, icon } from "./dom.js";
import { limitWords, shrink } from "./intake.js";
import { allowAsking } from "./key.js";
import { number, t, tOr } from "./locale.js";
import { announce } from "./notices.js";
import { takeBrush } from "./panel.js";
import { isSettled, refresh } from "./shots.js";

const news = byId("news");
const FINAL = new Set([
  "file_too_heavy",
  "too_many_pixels",
  "failed_to_read_image",
  "invalid_dimensions",
  "invalid_file_type",
]);

let said = "";
let choosesModel = false;

/** A failure in the page's language; what the server says beyond a known code is added as it says it. */
export function failureText({ code, title }) {
  const text = tOr(`error.${code}`, null);
  const known = t(text === null ? "error.unknown" : `error.${code}`, limitWords());
  return (text === null || code === "invalid_parameter") && title ? `${known} (${title})` : known;
}

/** The state of a picture in a word or two. */
export function stateText(item) {
  const seconds = Math.max(1, Math.ceil(((item.until ?? 0) - Date.now()) / 1000));
  if (item.state === "failed") return failureText(item.failure);
  if (item.state === "working" && item.source) return t("state.dressing");
  return t(`state.${item.state}`, { percent: number(item.progress * 100), seconds: number(seconds) });
}

export function canRetry(item) {
  return item.state === "failed" && !FINAL.has(item.failure.code);
}

/** Whether the way to the server broke off. */
export const isCutOff = (item) => item.state === "failed" && item.failure.code === "offline";

/** Ask the server for a picture anew. */
export function again(item) {
  album.touch(item, { state: "waiting", failure: null });
  return refresh(item);
}

/** Try a picture again, with the user there to answer if a key is wanted; all go on whose way was the same. */
export function retry(item) {
  allowAsking();
  for (const each of isCutOff(item) ? album.items.filter(isCutOff) : [item]) again(each);
}

/** The buttons under the news, each a text and what it does. */
function answersTo(item, kind) {
  if (kind === "nothing") return [[t("news.paint"), () => takeBrush("restore")]];
  if (canRetry(item)) return [[t("answer.retry"), () => retry(item)]];
  const isTooLarge = (each) => each.failure?.code === "too_many_pixels";
  return isTooLarge(item) ? [[t("news.shrink"), () => album.items.filter(isTooLarge).forEach(shrink)]] : [];
}

/** Tell on the stage what the picture is waiting for, why it failed, or that nothing was found in it. */
export function showNews(item) {
  const kind = kindOf(item);
  const text = wordsOf(item, kind);
  const mark = [item.id, kind, text].join();
  if (mark === said) return;
  said = mark;
  news.hidden = kind === "";
  news.className = `news ${kind}`;
  const parts = kind === "failed" ? [icon("warning"), h("p", {}, text)] : [h("p", {}, text)];
  for (const [name, act] of answersTo(item, kind)) parts.push(h("button", { class: "primary", onclick: act }, name));
  if (kind === "busy" || kind === "first") {
    const bar = h("progress", { max: 1 });
    bar.setAttribute("aria-label", text);
    if (item.state === "uploading") bar.value = item.progress;
    parts.unshift(bar);
  }
  news.replaceChildren(...parts);
}

function wordsOf(item, kind) {
  if (kind === "nothing") return choosesModel ? `${t("state.nothing")} ${t("news.model")}` : t("state.nothing");
  if (isCutOff(item)) return `${stateText(item)} ${t("news.comeback")}`;
  return kind === "busy" && item.state === "done" ? t("state.dressing") : stateText(item);
}

function kindOf(item) {
  if (item.state === "failed") return "failed";
  if (item.state !== "done") return item.shot || item.source ? "busy" : "first";
  if (!isSettled(item)) return "busy";
  return item.isEmpty && !album.brushing ? "nothing" : "";
}

/** Read aloud what has become of each picture, once. */
export function startNews({ models }) {
  choosesModel = models.length > 1;
  album.on("item", (item) => {
    if (item.told === item.state || !["done", "failed"].includes(item.state)) return;
    item.told = item.state;
    announce(t("strip.item", { name: item.name, state: stateText(item) }));
  });
  // A wait is counted down.
  setInterval(() => {
    for (const item of album.items) if (item.state === "resting") album.touch(item);
  }, 1000);
}
