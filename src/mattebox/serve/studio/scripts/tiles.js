/** Controls that look like what they do. Each is an element with a `sync` that brings it to what is chosen. */

import { album } from "./album.js";
import { h } from "./dom.js";
import { t } from "./locale.js";

let groups = 0;

/**
 * Tiles of which one is chosen: radio buttons, so that arrows move between them.
 *
 * @param {string} title key of the text above them.
 * @param {{value: string, name: string, face?: Element, note?: string}[]} options
 * @param {() => string} chosen value that is chosen now.
 * @param {(value: string) => void} choose
 */
export function tiles(title, options, chosen, choose, { small = false } = {}) {
  const group = `tiles-${++groups}`;
  const inputs = [];
  const rows = options.map(({ value, name, face, note }) => {
    const input = h("input", { type: "radio", name: group, value, class: "unseen", onchange: () => choose(value) });
    inputs.push(input);
    const words = h("span", { class: "words" }, h("span", { class: "name" }, name));
    if (note) words.append(h("small", {}, note));
    return h(
      "label",
      { class: "tile", title: small ? name : "" },
      input,
      face ?? null,
      small ? h("span", { class: "unseen" }, name) : words,
    );
  });
  const element = h("fieldset", { class: small ? "tiles small" : "tiles" }, h("legend", {}, t(title)), ...rows);
  const sync = () =>
    inputs.forEach((input) => {
      input.checked = input.value === chosen();
    });
  return { element, sync };
}

/** Tell what a control says on its way, with one object until it is let go of: all of that is one act. */
function follow(input, change) {
  let act = null;
  input.addEventListener("input", () => change((act ??= {})));
  input.addEventListener("change", () => {
    act = null;
  });
}

/** A note where there is something to say; null where there is not. */
export function hint(words) {
  const element = h("p", { class: "hint" });
  const sync = () => {
    const text = words();
    element.hidden = text === null;
    element.textContent = text ?? "";
  };
  return { element, sync };
}

/** A slider with its name and its value in words; `change` gets the value and the act. */
export function slider(title, [least, most, step], value, words, change) {
  // Not an <output>: that would take the label for itself.
  const output = h("span", { class: "value" });
  const input = h("input", { type: "range", min: least, max: most, step });
  const tell = () => {
    output.textContent = words(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  follow(input, (act) => {
    change(Number(input.value), act);
    tell();
  });
  const sync = () => {
    input.value = value();
    tell();
  };
  return { element: h("label", { class: "slider" }, h("span", {}, t(title), output), input), sync };
}

export function toggle(title, value, change) {
  const input = h("input", { type: "checkbox", role: "switch", onchange: () => change(input.checked) });
  const sync = () => {
    input.checked = value();
  };
  return { element: h("label", { class: "switch" }, input, h("span", {}, t(title))), sync };
}

/** A colour of one's own; `change` gets it and the act. */
export function picker(title, value, change) {
  const input = h("input", { type: "color" });
  follow(input, (act) => change(input.value, act));
  const sync = () => {
    input.value = value();
  };
  return { element: h("label", { class: "picker" }, input, h("span", {}, t(title))), sync };
}

/** A ground with the subject of the picture that is looked at standing on it. */
export function scene(kind, ground = "") {
  const face = h("span", { class: `scene ${kind}` });
  face.style.background = ground;
  const { current } = album;
  if (current?.subject) face.append(h("img", { src: current.subject, alt: "", draggable: false }));
  return face;
}
