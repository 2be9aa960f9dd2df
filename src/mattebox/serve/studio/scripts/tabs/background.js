/** What stands behind the subject. */

import { album } from "../album.js";
import { h, icon } from "../dom.js";
import { addressOf, COLOURS, GRADIENTS, groundOf } from "../grounds.js";
import { t } from "../locale.js";
import { groundIn, PLAIN } from "../look.js";
import { picker, scene, tiles } from "../tiles.js";

const OWN = 6;

let pictures = [];
let shops = [];

const background = () => groundIn(album.current.look, shops);
const lay = (value, act) => album.restyle({ background: value }, act);

/** A background as the value of a radio button. */
function valueOf({ kind, colour, end, file }) {
  return [kind, colour, end, file && addressOf(file)].filter(Boolean).join(" ");
}

export function backgroundTab({ presets }) {
  shops = presets;
  const own = pictures.length ? [ownPictures()] : [];
  return [kinds(), ...own, colours(), ownColour(), gradients(), ownGradient()];
}

function kinds() {
  const options = [
    { value: "none", name: t("background.none"), face: scene("checks") },
    { value: "blur", name: t("background.blur"), face: blurred() },
  ];
  const choose = (kind) => lay(kind === "none" ? PLAIN.background : { kind });
  const group = tiles("background.kinds", options, () => background().kind, choose);
  group.element.append(...bringPicture());
  return group;
}

function blurred() {
  const face = scene("blurred");
  if (album.current.thumb) face.prepend(h("img", { class: "behind", src: album.current.thumb, alt: "" }));
  return face;
}

function colours() {
  const options = COLOURS.map((colour) => {
    const value = { kind: "colour", colour };
    return { value: valueOf(value), name: t("background.colour", { colour }), face: scene("plain", groundOf(value)) };
  });
  const choose = (value) => lay({ kind: "colour", colour: value.split(" ")[1] });
  return tiles("background.colours", options, () => valueOf(background()), choose, { small: true });
}

function ownColour() {
  const value = () => (background().kind === "colour" ? background().colour : "#ffffff");
  return picker("background.own_colour", value, (colour, act) => lay({ kind: "colour", colour }, act));
}

function gradients() {
  const options = GRADIENTS.map(([colour, end]) => {
    const value = { kind: "gradient", colour, end };
    return {
      value: valueOf(value),
      name: t("background.gradient", { colour, end }),
      face: scene("plain", groundOf(value)),
    };
  });
  const choose = (value) => {
    const [kind, colour, end] = value.split(" ");
    lay({ kind, colour, end });
  };
  return tiles("background.gradients", options, () => valueOf(background()), choose, { small: true });
}

/** Two colours of one's own. */
function ownGradient() {
  const now = () =>
    background().kind === "gradient" ? background() : { colour: GRADIENTS[0][0], end: GRADIENTS[0][1] };
  const ends = [
    picker(
      "background.upper",
      () => now().colour,
      (colour, act) => lay({ kind: "gradient", colour, end: now().end }, act),
    ),
    picker(
      "background.lower",
      () => now().end,
      (end, act) => lay({ kind: "gradient", colour: now().colour, end }, act),
    ),
  ];
  return {
    element: h("div", { class: "row" }, ...ends.map((end) => end.element)),
    sync: () => ends.forEach((end) => end.sync()),
  };
}

function ownPictures() {
  const options = pictures.map((file) => {
    const value = { kind: "picture", file };
    return { value: valueOf(value), name: file.name, face: scene("plain", groundOf(value)) };
  });
  const choose = (value) => lay({ kind: "picture", file: pictures.find((file) => value.endsWith(addressOf(file))) });
  return tiles("background.pictures", options, () => valueOf(background()), choose, { small: true });
}

/** A tile that asks for a picture. */
function bringPicture() {
  const input = h("input", { type: "file", accept: "image/*", hidden: true });
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (!file) return;
    pictures = [file, ...pictures].slice(0, OWN);
    lay({ kind: "picture", file });
    album.tell("grounds");
  });
  const face = h("span", { class: "scene paper drawing" }, icon("picture"));
  const words = h("span", { class: "words" }, h("span", { class: "name" }, t("background.picture")));
  const title = t("background.own_picture");
  return [h("button", { class: "tile", title, onclick: () => input.click() }, face, words), input];
}
