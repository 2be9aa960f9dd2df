/** Making and finding elements. */

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element with properties (`class`, `dataset`, attributes, `on…` listeners) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A drawing of `icons.svg`; it says nothing to screen readers, its button does. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `studio/icons.svg#${name}`);
  drawing.append(use);
  return drawing;
}

/** Put the drawings in front of the texts that ask for one with `data-icon`. */
export function placeIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) element.prepend(icon(element.dataset.icon));
}

/** Show a canvas's content as a file's bytes. */
export const toBlob = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

export function canvasOf(width, height) {
  return h("canvas", { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) });
}
