/** The strip of small pictures: which there are, what becomes of each, and a way to each. */

import { album } from "./album.js";
import { byId, h, icon } from "./dom.js";
import { groundOf } from "./grounds.js";
import { t } from "./locale.js";
import { stateText } from "./news.js";
import { notice } from "./notices.js";
import { refresh } from "./shots.js";

const list = byId("pictures");
const cells = new Map();

export function startStrip() {
  album.on("list", arrange);
  album.on("item", update);
  album.on("show look", () => album.items.forEach(update));
  album.on("show", (item) => cells.get(item)?.row.scrollIntoView({ block: "nearest", inline: "nearest" }));
  document.addEventListener("language", () => album.items.forEach(update));
}

function arrange() {
  for (const [item, cell] of cells) {
    if (album.items.includes(item)) continue;
    cell.row.remove();
    cells.delete(item);
  }
  album.items.forEach((item, place) => {
    if (cells.has(item)) return;
    cells.set(item, cellOf(item));
    list.insertBefore(cells.get(item).row, list.children[place] ?? null);
    update(item);
  });
}

function cellOf(item) {
  const image = h("img", { alt: "", draggable: false });
  const badge = h("span", { class: "badge" });
  const face = h("span", { class: "face" }, image);
  const button = h("button", { class: "thumb", onclick: () => album.show(item) }, face, badge);
  const away = h("button", { class: "away", onclick: () => remove(item) }, icon("close"));
  return { row: h("li", {}, button, away), button, away, image, face, badge };
}

/** Take a picture from the desk, with a way back; the focus goes to the one that is shown then. */
export function remove(item) {
  const inside = cells.get(item)?.row.contains(document.activeElement);
  const place = album.remove(item);
  if (inside) (cells.get(album.current)?.button ?? byId("choose")).focus();
  const putBack = () => {
    album.restore(item, place);
    cells.get(item).button.focus();
    if (item.state !== "failed") refresh(item);
  };
  notice(t("strip.removed", { name: item.name }), {
    answer: t("answer.undo"),
    act: putBack,
    gone: () => item.discard(),
  });
}

function update(item) {
  const cell = cells.get(item);
  if (!cell) return;
  const { button, away, image, face, badge } = cell;
  const blurred = item.look.background.kind === "blur";
  const address = (!blurred && item.cutThumb) || item.thumb;
  if (address && image.getAttribute("src") !== address) image.src = address;
  image.hidden = !address;
  face.classList.toggle("cut", !blurred && Boolean(item.cutThumb));
  face.style.background = item.cutThumb ? (groundOf(item.look.background) ?? "") : "";
  const text = stateText(item);
  button.dataset.state = item.state;
  button.title = item.name;
  button.setAttribute("aria-label", t("strip.item", { name: item.name, state: text }));
  button.setAttribute("aria-current", String(item === album.current));
  away.setAttribute("aria-label", t("strip.remove", { name: item.name }));
  away.title = t("strip.remove", { name: item.name });
  const mark = { done: "", failed: "!", uploading: `${Math.round(item.progress * 100)}%` }[item.state];
  if (badge.textContent !== (mark ?? "…")) badge.textContent = mark ?? "…";
}
