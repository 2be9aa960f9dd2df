/** The picture that is looked at: the server's answer, or, while that is on its way, the nearest thing at hand. */

import { album } from "./album.js";
import { aheadOf, hand, startBrush } from "./brush.js";
import { showCompare, startCompare, sweep } from "./compare.js";
import { byId } from "./dom.js";
import { groundOf } from "./grounds.js";
import { keepsFrame } from "./look.js";
import { showNews } from "./news.js";
import { isCurrent, isPreview, refresh } from "./shots.js";
import { steer, View } from "./view.js";

const stage = byId("stage");
const frame = byId("frame");
const after = byId("after");
const original = byId("original");

export const view = new View(stage);

let shown = { item: null, url: "", ready: false };

export function startStage() {
  view.addEventListener("change", place);
  view.addEventListener("change", sharpen);
  startCompare(view);
  startBrush(view);
  steer(view, hand);
  for (const [id, act] of Object.entries({ "zoom-in": "zoomIn", "zoom-out": "zoomOut", "zoom-fit": "fit" })) {
    byId(id).addEventListener("click", () => view[act]());
  }
  album.on("show look brush", draw);
  album.on("item", (item) => item === album.current && draw());
}

function draw() {
  const item = album.current;
  if (!item) {
    shown = { item: null, url: "", ready: false };
    return;
  }
  stage.classList.toggle("brushing", hand.takes());
  showNews(item);
  const scene = sceneOf(item);
  if (!scene.shot) showOriginal(item);
  else if (scene.shot.url !== shown.url || item !== shown.item) swap(item, scene);
  else if (shown.ready) dress(item, scene);
}

/** What can be shown now: the shot that was asked for, what was found on a drawn ground, or the shot before it. */
function sceneOf(item) {
  const { source, shot, look } = item;
  if (shot && isCurrent(item)) return { shot, ground: "" };
  if (album.brushing && source) return { shot: source, ground: "" };
  const ground = groundOf(look.background);
  if (source && keepsFrame(look) && ground !== null && !item.strokes.length) {
    return { shot: source, ground };
  }
  return { shot: shot ?? null, ground: "" };
}

/** Show another image, once it can be shown without a flash. */
async function swap(item, scene) {
  const { shot } = scene;
  const first = shown.item !== item;
  const mine = (shown = { item, url: shot.url, ready: false });
  const image = new Image();
  image.src = shot.url;
  // One that was taken from the desk meanwhile cannot be decoded, nor is it what is to be shown.
  await image.decode().catch(() => {});
  if (shown !== mine) return;
  mine.ready = true;
  after.src = shot.url;
  original.src = item.url;
  view.show([image.naturalWidth, image.naturalHeight], { anew: first });
  dress(item, scene);
  if (!item.uncovered && shot === item.shot) {
    item.uncovered = true;
    if (!album.brushing) sweep();
  }
}

function dress(item, { shot, ground }) {
  const ahead = aheadOf(item);
  frame.style.background = ground;
  frame.classList.remove("raw");
  frame.hidden = false;
  after.hidden = ahead;
  byId("paint").hidden = !ahead;
  align(item, shot);
  // The brush, and who looks for a subject that was not found, need to see what was removed.
  const ghost = album.brushing || item.isEmpty;
  showCompare(item.size !== null && !ghost);
  byId("before").classList.toggle("ghost", ghost);
  if (ghost) byId("before").hidden = item.size === null;
}

/** Nothing has come back yet: the picture as it is. */
function showOriginal(item) {
  frame.style.background = "";
  frame.classList.add("raw");
  frame.hidden = item.size === null;
  showCompare(false);
  byId("paint").hidden = true;
  after.hidden = item.size === null;
  if (item.size === null || (shown.item === item && shown.url === item.url)) return;
  shown = { item, url: item.url, ready: true };
  after.src = item.url;
  view.show(item.size, { anew: true });
}

/** Lay the "before" so that the subject stands where it stands in the result. */
function align(item, shot) {
  const [width, height] = shot.size;
  const from = item.source?.box;
  const to = shot.box;
  let [left, top, across, down] = [0, 0, width, height];
  if (shot !== item.source && from && to && !keepsFrame(item.look) && !album.brushing) {
    const scale = Math.max(to.width / from.width, to.height / from.height);
    [across, down] = item.source.size.map((side) => side * scale);
    [left, top] = [to.left - from.left * scale, to.top - from.top * scale];
  }
  const share = (value, whole) => `${(100 * value) / whole}%`;
  Object.assign(original.style, {
    left: share(left, width),
    top: share(top, height),
    width: share(across, width),
    height: share(down, height),
  });
}

function place() {
  const { left, top, width, height } = view.rect;
  Object.assign(frame.style, {
    transform: `translate(${left}px, ${top}px)`,
    width: `${width}px`,
    height: `${height}px`,
  });
  frame.classList.toggle("pixels", view.scale * devicePixelRatio > 3);
  byId("zoom-value").textContent = `${Math.round(view.scale * devicePixelRatio * 100)}%`;
}

/** Have every pixel, once the user looks close enough to see that some are missing. */
function sharpen() {
  const item = album.current;
  if (!item?.isReady || view.fitted || !isPreview(item) || view.scale * devicePixelRatio <= 1) return;
  item.sharp = true;
  refresh(item);
}
