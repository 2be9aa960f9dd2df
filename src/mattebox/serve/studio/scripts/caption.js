/** What stands above the picture: its name, its place among the others, and the way back. */

import { album } from "./album.js";
import { byId } from "./dom.js";
import { number } from "./locale.js";

export function startCaption() {
  byId("undo").addEventListener("click", () => album.undo());
  byId("redo").addEventListener("click", () => album.redo());
  album.on("list show look strokes", say);
}

function say() {
  const { current, items } = album;
  if (!current) return;
  byId("caption-name").textContent = byId("caption-name").title = current.name;
  byId("caption-place").textContent = `${number(items.indexOf(current) + 1)} / ${number(items.length)}`;
  byId("caption-place").hidden = items.length < 2;
  const { last, next } = current.history;
  byId("undo").disabled = !last;
  byId("redo").disabled = !next;
  byId("steps").hidden = !last && !next;
}
