/** How much is kept around the subject, and what shops ask for. */

import { album } from "../album.js";
import { h } from "../dom.js";
import { number, t, tOr } from "../locale.js";
import { scene, slider, tiles } from "../tiles.js";

const MARGIN = 5;
const LONGEST = 46;

const look = () => album.current.look;

export function frameTab({ presets }) {
  return [crops(), margin(), shops(presets)];
}

function crops() {
  const options = [
    { value: "whole", name: t("frame.whole"), face: scene("checks roomy") },
    { value: "subject", name: t("frame.subject"), face: scene("checks tight") },
  ];
  const chosen = () => (look().preset ? "" : look().crop === null ? "whole" : "subject");
  const choose = (value) => album.restyle({ crop: value === "subject" ? MARGIN : null, preset: "" });
  return tiles("frame.crop", options, chosen, choose);
}

function margin() {
  const row = slider(
    "frame.margin",
    [0, 50, 1],
    () => look().crop ?? MARGIN,
    (value) => `${number(value)} %`,
    (crop, act) => album.restyle({ crop }, act),
  );
  return {
    ...row,
    sync: () => {
      row.element.hidden = look().crop === null;
      row.sync();
    },
  };
}

function shops(presets) {
  const options = presets.map((preset) => ({
    value: preset.name,
    name: tOr(`preset.${preset.name}`, preset.title),
    note: t("frame.size", preset),
    face: canvasOf(preset),
  }));
  return tiles(
    "frame.shops",
    options,
    () => look().preset,
    (preset) => album.restyle({ preset, ...formatOf(presets, preset) }),
  );
}

/** The shape of a preset, with the subject as large in it as it will be. */
function canvasOf({ width, height, fill, background, shadow }) {
  const sheet = scene(`sheet${shadow ? " floats" : ""}${background === "transparent" ? " checks" : ""}`);
  if (background !== "transparent") sheet.style.background = background;
  const scale = LONGEST / Math.max(width, height);
  Object.assign(sheet.style, {
    width: `${width * scale}px`,
    height: `${height * scale}px`,
    padding: `${((1 - fill) * LONGEST) / 2}px`,
  });
  return h("span", { class: "mount" }, sheet);
}

/** The format that a preset asks for. */
function formatOf(presets, name) {
  const format = presets.find((preset) => preset.name === name)?.format;
  return format ? { format } : {};
}
