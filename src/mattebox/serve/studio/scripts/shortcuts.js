/** What keys do, and the list of it under `?`. */

import { album } from "./album.js";
import { drawNib, SIZES, steerBrush, tool } from "./brush.js";
import { flip } from "./compare.js";
import { byId, h } from "./dom.js";
import { t } from "./locale.js";
import { openTab, takeBrush } from "./panel.js";
import { copy, saveOne } from "./save.js";
import { view } from "./stage.js";
import { remove } from "./strip.js";

const PAN = 60;
const MOVES = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };

/** Each line of the list: the keys as they are shown, the text's key, and what the keys do. */
const SHORTCUTS = [
  ["O", "choose", { o: () => byId("files").click() }],
  ["Ctrl V", "paste", {}],
  [". ,", "step", { ".": () => album.step(1), ",": () => album.step(-1) }],
  ["Delete", "remove", { Delete: () => album.current && remove(album.current) }],
  ["B", "flip", { b: flip }],
  [
    "+ − 0 1",
    "zoom",
    {
      "+": () => view.zoomIn(),
      "=": () => view.zoomIn(),
      "-": () => view.zoomOut(),
      0: () => view.fit(),
      1: () => view.actual(),
    },
  ],
  ["← ↑ → ↓", "pan", {}],
  ["E R", "brush", { e: () => takeBrush("erase"), r: () => takeBrush("restore") }],
  ["[ ]", "size", { "[": () => resize(1 / 1.25), "]": () => resize(1.25) }],
  ["← ↑ → ↓ Space", "paint", {}],
  ["Ctrl Z", "undo", { "ctrl+z": () => album.undo() }],
  ["Ctrl Shift Z", "redo", { "ctrl+shift+z": () => album.redo(), "ctrl+y": () => album.redo() }],
  ["Ctrl S", "save", { "ctrl+s": saveOne }],
  ["Ctrl C", "copy", { "ctrl+c": copy }],
  ["Esc", "leave", { Escape: () => album.brushing && openTab("background") }],
  ["?", "help", { "?": () => byId("help-dialog").showModal() }],
];

const ACTS = Object.assign({}, ...SHORTCUTS.map(([, , acts]) => acts));

function resize(factor) {
  const [least, most] = SIZES;
  tool.size = Math.round(Math.min(most, Math.max(least, tool.size * factor)));
  drawNib();
  album.tell("tool");
}

export function startShortcuts() {
  byId("help").addEventListener("click", () => byId("help-dialog").showModal());
  document.addEventListener("language", list);
  list();
  byId("stage").addEventListener("keydown", onStage);
  document.addEventListener("keydown", press);
}

function list() {
  const rows = SHORTCUTS.flatMap(([keys, name]) => [
    h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))),
    h("dd", {}, t(`help.${name}`)),
  ]);
  byId("shortcuts").replaceChildren(...rows);
}

/** On the stage itself arrows move the brush, or the picture. */
function onStage(event) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
  const moved = steerBrush(event) || (event.key in MOVES && (view.pan(...MOVES[event.key]), true));
  if (moved) event.preventDefault();
}

function press(event) {
  const typing = event.target.matches("input:not([type=radio], [type=checkbox], [type=range], [type=color])");
  if (typing || event.altKey || document.querySelector("dialog[open]")) return;
  const control = event.ctrlKey || event.metaKey;
  const name = control
    ? `ctrl+${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`
    : event.key.length > 1
      ? event.key
      : event.key.toLowerCase();
  const act = ACTS[name];
  if (!act || (!album.current && !["?", "o"].includes(name))) return;
  if (name === "Delete" && event.target.closest(".panel")) return;
  if (name === "ctrl+c" && String(getSelection())) return;
  event.preventDefault();
  act();
}
