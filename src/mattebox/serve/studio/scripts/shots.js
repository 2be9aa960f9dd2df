/** From a picture to what the server makes of it: which requests that takes, and what of it is known already. */

import { album } from "./album.js";
import { cut, Failure } from "./api.js";
import { toBlob } from "./dom.js";
import { askForKey, currentKey } from "./key.js";
import { dressFields, isPlain, subjectFields } from "./look.js";
import { pause, Queue } from "./queue.js";
import { keyOf, opacityOf, paintStroke } from "./strokes.js";

const AT_ONCE = 2;
const PATIENCE = 10;
const PREVIEW = 4;
const KEPT = 6;

const queue = new Queue(AT_ONCE);
const files = new WeakMap();

let needsKey = false;
let counted = 0;

export function startShots({ keys }) {
  needsKey = keys;
}

/** Bring what is shown of a picture up to date; an older attempt is given up. */
export async function refresh(item) {
  item.work?.abort();
  item.work = new AbortController();
  const { signal } = item.work;
  try {
    await develop(item, signal);
    album.touch(item, { state: "done", failure: null });
  } catch (failure) {
    if (!signal.aborted) album.touch(item, { state: "failed", failure: asFailure(failure) });
  }
}

async function develop(item, signal) {
  const source = await shoot(item, { plain: true, masked: false, full: album.brushing, signal });
  if (item.source !== source) album.touch(item, { source });
  const shot = await shoot(item, { plain: album.brushing, full: item.sharp, signal });
  album.touch(item, { shot });
}

/** What a save writes: the whole picture in the format that was chosen. */
export async function finished(item, format = item.look.format) {
  item.saving ??= new AbortController();
  try {
    return await shoot(item, { full: true, format, signal: item.saving.signal });
  } finally {
    if (item.shot) album.touch(item, { state: "done" });
  }
}

/** Whether a shot shows fewer pixels than the picture has. */
export const isPreview = (item) => !item.sharp && !album.brushing && shrinks(item, false);

/** Whether what is shown is what the choices ask for. */
export const isCurrent = (item) => item.shot?.key === orderOf(item, { plain: album.brushing, full: item.sharp }).key;

/** Whether nothing more is to be asked for; the brush needs every pixel of what was found. */
export function isSettled(item) {
  const whole = () => orderOf(item, { plain: true, masked: false, full: true }).key;
  return isCurrent(item) && (!album.brushing || item.source.key === whole());
}

/**
 * Have the server make one picture, unless it has.
 *
 * @param {object} item
 * @param {{plain?: boolean, masked?: boolean, full?: boolean, format?: string, signal: AbortSignal}} options `plain`
 *   leaves out the dressing, `masked` takes the strokes of the brush along, `full` is the picture's own size.
 */
async function shoot(item, options) {
  const order = orderOf(item, options);
  const known = item.shots.get(order.key);
  if (known) return known;
  const mask = order.masked ? await maskOf(item, options.signal) : null;
  const form = new FormData();
  form.append("image", item.file, item.name);
  if (mask) form.append("mask", mask, "mask.png");
  for (const [name, value] of order.fields) if (value) form.append(name, value);
  const urgent = () => item === album.current;
  const answer = await queue.add(() => send(item, form, options.signal), { signal: options.signal, urgent });
  return keep(item, order.key, shotOf(order.key, answer));
}

function orderOf(item, { plain = false, masked = true, full = false, format = "png" }) {
  const painted = masked && item.strokes.length > 0;
  const fields = [
    ...subjectFields(item.look, painted),
    ...(plain || isPlain(item.look) ? [] : dressFields(item.look)),
    ["max_megapixels", shrinks(item, full) ? String(PREVIEW) : ""],
    ["format", format],
  ];
  const said = fields.map(([name, value]) => [name, value instanceof Blob ? numberOf(value) : value]);
  const subject = painted ? [keyOf(item.strokes), item.look.keepLargest] : [];
  return { fields, masked: painted, key: JSON.stringify([said, subject]) };
}

const shrinks = (item, full) => !full && !(item.size && (item.size[0] * item.size[1]) / 1e6 <= PREVIEW);

/** What tells one file from another, whatever they are called. */
function numberOf(file) {
  if (!files.has(file)) files.set(file, ++counted);
  return files.get(file);
}

/** Ask until there is an answer: a busy server says when to come again, a missing key is asked for. */
async function send(item, form, signal) {
  if (needsKey && !currentKey() && !(await askForKey())) throw new Failure("no_key");
  for (let attempt = 1; ; attempt += 1) {
    album.touch(item, { state: "uploading", progress: 0 });
    const key = currentKey();
    try {
      const sent = (share) => album.touch(item, { state: share < 1 ? "uploading" : "working", progress: share });
      return await cut(form, { key, signal, sent });
    } catch (failure) {
      if (failure.asksForKey) {
        if (key === currentKey() && !(await askForKey({ wrong: true }))) throw failure;
      } else if (failure.wait && attempt < PATIENCE) {
        album.touch(item, { state: "resting", until: Date.now() + failure.wait * 1000 });
        await pause(failure.wait, signal);
      } else throw failure;
    }
  }
}

function shotOf(key, { blob, header }) {
  const side = (name) => (header(name) === null ? null : Number(header(name)));
  const [left, top, width, height] = ["Left", "Top", "Width", "Height"].map((name) => side(`X-Foreground-${name}`));
  return {
    key,
    blob,
    url: URL.createObjectURL(blob),
    size: [side("X-Width"), side("X-Height")],
    box: width && height ? { left, top, width, height } : null,
  };
}

/** Keep a shot, and let go of the oldest that is neither shown nor needed. */
function keep(item, key, shot) {
  item.shots.set(key, shot);
  for (const [old, other] of item.shots) {
    if (item.shots.size <= KEPT) break;
    if ([shot, item.shot, item.source].includes(other)) continue;
    URL.revokeObjectURL(other.url);
    item.shots.delete(old);
  }
  return shot;
}

/** The opacity that the strokes have left, as the picture that is sent with it. */
async function maskOf(item, signal) {
  const source = await shoot(item, { plain: true, masked: false, full: true, signal });
  const key = `${source.key} ${keyOf(item.strokes)}`;
  if (item.mask?.key === key) return item.mask.blob;
  const image = await createImageBitmap(source.blob);
  const canvas = opacityOf(image, image.width, image.height);
  image.close();
  const context = canvas.getContext("2d");
  for (const stroke of item.strokes) paintStroke(context, stroke, 1);
  item.mask = { key, blob: await toBlob(canvas, "image/png") };
  return item.mask.blob;
}

const asFailure = (failure) =>
  failure instanceof Failure ? failure : new Failure("unknown", { title: failure.message });
