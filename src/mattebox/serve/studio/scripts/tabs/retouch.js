/** The brush and what belongs to it. */

import { album } from "../album.js";
import { drawNib, SIZES, tool } from "../brush.js";
import { h, icon } from "../dom.js";
import { number, t } from "../locale.js";
import { hint, slider, tiles, toggle } from "../tiles.js";

export function retouchTab() {
  return [
    modes(),
    size(),
    softness(),
    clear(),
    largest(),
    hint(() => t("brush.hint")),
  ];
}

function modes() {
  const options = ["erase", "restore"].map((mode) => ({
    value: mode,
    name: t(`brush.${mode}`),
    face: h("span", { class: "scene paper drawing" }, icon(mode)),
  }));
  return tiles(
    "brush.modes",
    options,
    () => tool.mode,
    (mode) => {
      tool.mode = mode;
      drawNib();
    },
  );
}

function size() {
  const [least, most] = SIZES;
  return slider(
    "brush.size",
    [least, most, 1],
    () => tool.size,
    (value) => t("brush.pixels", { count: number(value) }),
    (value) => {
      tool.size = value;
      drawNib();
    },
  );
}

function softness() {
  return slider(
    "brush.softness",
    [0, 100, 5],
    () => Math.round(tool.softness * 100),
    (value) => `${number(value)} %`,
    (value) => {
      tool.softness = value / 100;
    },
  );
}

function clear() {
  const wipe = () => album.paint(album.current, []);
  const element = h("button", { class: "quiet", onclick: wipe }, icon("close"), t("brush.clear"));
  const sync = () => {
    element.disabled = !album.current.strokes.length;
  };
  return { element, sync };
}

function largest() {
  return toggle(
    "brush.largest",
    () => album.current.look.keepLargest,
    (keepLargest) => album.restyle({ keepLargest }),
  );
}
