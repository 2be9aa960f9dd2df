/** Strokes of the brush, and what they do to an opacity. */

import { canvasOf } from "./dom.js";

let strokes = 0;

/**
 * One stroke.
 *
 * @param {"erase"|"restore"} mode
 * @param {number} radius in pixels of the picture.
 * @param {number} softness 0 for a hard rim, 1 for one that is soft up to the middle.
 */
export const newStroke = (mode, radius, softness) => ({ id: ++strokes, mode, radius, softness, points: [] });

/** What tells these strokes from any others. */
export const keyOf = (list) => list.map((stroke) => stroke.id).join(",");

/** White where a cutout is visible, as opaque as it is; the form in which an opacity is painted and sent. */
export function opacityOf(image, width, height) {
  const canvas = canvasOf(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Paint a stroke on an opacity that is `scale` times as large as the picture. */
export function paintStroke(context, stroke, scale) {
  const { points, radius, softness, mode } = stroke;
  const away = 2 * (context.canvas.width + radius * scale);
  context.save();
  context.globalCompositeOperation = mode === "erase" ? "destination-out" : "source-over";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = Math.max(0.5, 2 * radius * scale * (1 - softness / 2));
  context.strokeStyle = "white";
  if (softness > 0) {
    // Drawn outside, so that only its blurred shadow falls on the canvas: the one soft brush that all browsers have.
    context.shadowColor = "white";
    context.shadowBlur = radius * scale * softness;
    context.shadowOffsetX = away;
  }
  context.beginPath();
  const shift = softness > 0 ? -away : 0;
  const [[x, y]] = points;
  context.moveTo(x * scale + shift, y * scale);
  for (const [px, py] of points.length > 1 ? points.slice(1) : [[x + 0.01, y]]) {
    context.lineTo(px * scale + shift, py * scale);
  }
  context.stroke();
  context.restore();
}
