/** The brush: erase and restore by hand, seen at once, and made true by the server when the stroke is done. */

import { album } from "./album.js";
import { byId, canvasOf } from "./dom.js";
import { isCurrent, refresh } from "./shots.js";
import { newStroke, opacityOf, paintStroke } from "./strokes.js";

const DRAWN = 2e6;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PACE = 12;

export const SIZES = [4, 200];
/** What the next stroke does; the size is its width in pixels of the screen. */
export const tool = { mode: "erase", size: 40, softness: 0.4 };

const canvas = byId("paint");
const context = canvas.getContext("2d");
const nib = byId("nib");

let view = null;
let sketch = null; // what is needed to draw strokes on one picture: { item, source, scale, picture, found, settled }
let stroke = null;
let ahead = null; // the picture of which more is drawn than the server has made
let point = [0, 0];
let over = false;

export function startBrush(stageView) {
  view = stageView;
  view.addEventListener("change", drawNib);
  album.on("show item brush", () => {
    if (album.brushing && album.current) prepare(album.current);
    else sketch = stroke = null;
    if (ahead && (ahead !== album.current || !album.brushing || (!stroke && isCurrent(ahead)))) ahead = null;
    drawNib();
  });
  album.on("strokes", follow);
}

/** Whether strokes of a picture are drawn that its shot does not show yet. */
export const aheadOf = (item) => ahead === item;

/** Make ready to draw on a picture, when the whole of what was found in it is here. */
async function prepare(item) {
  const { source } = item;
  if (!source || sketch?.source === source || item.size === null || source.size[0] < item.size[0]) return;
  stroke = null;
  sketch = { item, source, settled: null };
  const mine = sketch;
  const image = await createImageBitmap(source.blob);
  const picture = new Image();
  picture.src = item.url;
  await picture.decode();
  if (sketch !== mine) return;
  const scale = Math.min(1, Math.sqrt(DRAWN / (image.width * image.height)));
  const found = opacityOf(image, image.width * scale, image.height * scale);
  image.close();
  Object.assign(sketch, { scale, picture, found });
  settle();
  if (item.strokes.length && !isCurrent(item)) draw();
  else album.touch(item);
}

/** Draw the strokes that are done; those that follow are drawn on top of them. */
function settle() {
  const { found, item, scale } = sketch;
  sketch.settled ??= canvasOf(found.width, found.height);
  const target = sketch.settled.getContext("2d");
  target.clearRect(0, 0, found.width, found.height);
  target.drawImage(found, 0, 0);
  for (const each of item.strokes) paintStroke(target, each, scale);
}

function draw() {
  const { settled, picture, scale } = sketch;
  if (canvas.width !== settled.width || canvas.height !== settled.height) {
    [canvas.width, canvas.height] = [settled.width, settled.height];
  }
  context.globalCompositeOperation = "copy";
  context.drawImage(settled, 0, 0);
  context.globalCompositeOperation = "source-over";
  if (stroke) paintStroke(context, stroke, scale);
  context.globalCompositeOperation = "source-in";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  ahead = sketch.item;
  album.touch(sketch.item);
}

/** A point of the stage in pixels of the picture itself. */
function place(x, y) {
  const share = sketch.item.size[0] / view.size[0];
  return view.toPicture(x, y).map((value) => value * share);
}

/** What one finger, or the mouse, does on the stage while the brush is out. */
export const hand = {
  takes: () => album.brushing && Boolean(sketch?.settled) && sketch.item === album.current,
  start(x, y) {
    const radius = (tool.size / 2 / view.scale) * (sketch.item.size[0] / view.size[0]);
    stroke = newStroke(tool.mode, radius, tool.softness);
    this.move(x, y);
  },
  move(x, y) {
    this.hover(x, y);
    if (!stroke) return;
    stroke.points.push(place(x, y));
    draw();
  },
  end() {
    if (!stroke) return;
    const made = stroke;
    stroke = null;
    album.paint(sketch.item, [...sketch.item.strokes, made]);
  },
  cancel() {
    if (!stroke) return;
    stroke = null;
    draw();
  },
  hover(x, y) {
    point = [x, y];
    over = true;
    drawNib();
  },
  leave() {
    over = stroke !== null;
    drawNib();
  },
};

export function drawNib() {
  nib.hidden = !album.brushing || !over;
  Object.assign(nib.style, {
    width: `${tool.size}px`,
    height: `${tool.size}px`,
    transform: `translate(${point[0] - tool.size / 2}px, ${point[1] - tool.size / 2}px)`,
  });
  nib.classList.toggle("restores", tool.mode === "restore");
}

/** Bring the drawing, and then the server's picture, to the strokes that there are now. */
function follow(item) {
  if (sketch?.settled && sketch.item === item) {
    settle();
    draw();
  }
  refresh(item);
}

/** Move the brush by keys, and paint where it is; whether the key was for the brush. */
export function steerBrush(event) {
  if (!album.brushing || !sketch?.settled) return false;
  if (event.key in MOVES) {
    const pace = PACE * (event.shiftKey ? 5 : 1);
    const [across, down] = MOVES[event.key];
    const [width, height] = view.room;
    const inside = (value, room) => Math.min(room, Math.max(0, value));
    hand.hover(inside(point[0] + across * pace, width), inside(point[1] + down * pace, height));
    return true;
  }
  if (event.key !== " " && event.key !== "Enter") return false;
  hand.start(...point);
  hand.end();
  return true;
}

/** Put the brush in the middle, for those who bring it by key. */
export function centreBrush() {
  const [width, height] = view.room;
  hand.hover(width / 2, height / 2);
}
