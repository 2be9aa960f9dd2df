/** Pictures come in: dropped, pasted, picked, or as a sample; what cannot become one is told at once. */

import { album } from "./album.js";
import { Failure } from "./api.js";
import { byId, h } from "./dom.js";
import { number, t } from "./locale.js";
import { notice } from "./notices.js";
import { refresh } from "./shots.js";
import { thumbOf } from "./thumbs.js";

/** How files begin that browsers show; a file that begins so and does not open is damaged. */
const SHOWN = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47],
  [0x47, 0x49, 0x46, 0x38],
  [0x42, 0x4d],
];
/** Those that the server may know and a browser need not: TIFF of both kinds. */
const SENT = [
  [0x49, 0x49, 0x2a, 0x00],
  [0x4d, 0x4d, 0x00, 0x2a],
];

let limits = {};

export function startIntake(about) {
  limits = about.limits;
  byId("files").addEventListener("change", takeInput);
  byId("folder").addEventListener("change", takeInput);
  for (const id of ["choose", "add"]) byId(id).addEventListener("click", () => byId("files").click());
  byId("choose-folder").addEventListener("click", () => byId("folder").click());
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  startDrop();
}

function takeInput(event) {
  take([...event.target.files]);
  event.target.value = "";
}

/** Put pictures on the desk, one after the other, and start the work on each. */
async function take(files) {
  let strangers = 0;
  for (const file of files) {
    const kind = await kindOf(file);
    if (kind === "stranger") strangers += 1;
    else await accept(album.add(file), kind);
  }
  if (strangers) notice(t("intake.strangers", { count: number(strangers) }));
}

async function accept(item, kind) {
  const failure = tooHeavy(item.file) ?? (await open(item, kind));
  if (failure) album.touch(item, { state: "failed", failure });
  else {
    album.touch(item, { state: "waiting" });
    refresh(item);
  }
}

function tooHeavy(file) {
  const allowed = limits.max_bytes;
  return allowed && file.size > allowed ? new Failure("file_too_heavy") : null;
}

/** Learn a picture's size, and make its thumbnail; what is wrong with it, if something is. */
async function open(item, kind) {
  const image = new Image();
  image.src = item.url;
  try {
    await image.decode();
  } catch {
    return kind === "shown" ? new Failure("failed_to_read_image") : null;
  }
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const allowed = limits.max_megapixels;
  if (allowed && (width * height) / 1e6 > allowed) return new Failure("too_many_pixels");
  item.size = [width, height];
  album.touch(item, { thumb: await thumbOf(image, { left: 0, top: 0, width, height }) });
  return null;
}

/** The limits in words, for the messages about what exceeds them. */
export const limitWords = () => ({
  megabytes: number((limits.max_bytes ?? 0) / 1e6),
  megapixels: number(limits.max_megapixels ?? 0),
});

/** `shown` by browsers, `sent` in the hope that the server knows it, or a `stranger`. */
async function kindOf(file) {
  const bytes = new Uint8Array(
    await file
      .slice(0, 12)
      .arrayBuffer()
      .catch(() => new ArrayBuffer(0)),
  );
  const begins = (signature) => signature.every((value, place) => bytes[place] === value);
  const words = String.fromCharCode(...bytes);
  if (SHOWN.some(begins) || (words.startsWith("RIFF") && words.slice(8) === "WEBP")) return "shown";
  return SENT.some(begins) || words.slice(4, 8) === "ftyp" ? "sent" : "stranger";
}

function startDrop() {
  let depth = 0;
  const veil = (change) => {
    depth = Math.max(0, depth + change);
    byId("veil").hidden = depth === 0;
  };
  const carries = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragenter", (event) => carries(event) && veil(1));
  document.addEventListener("dragleave", (event) => carries(event) && veil(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    depth = 0;
    veil(0);
    // Entries are gone once the event is over, so they are all asked for before anything is awaited.
    const entries = [...event.dataTransfer.items].map((each) => each.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files];
    take(entries.length ? (await Promise.all(entries.map(filesOf))).flat() : files);
  });
}

/** Every file of what was dropped, folders and what lies in them too. */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    found.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}

/** The pictures for a first try. */
export function startSamples(names) {
  byId("samples").replaceChildren(...names.map(sampleOf));
}

function sampleOf(name) {
  const address = `studio/samples/${name}.jpg`;
  const bring = async () => {
    const answer = await fetch(address);
    take([new File([await answer.blob()], `${name}.jpg`, { type: "image/jpeg" })]);
  };
  const picture = h("img", { src: address, alt: "", loading: "lazy", draggable: false });
  const button = h("button", { class: "sample", onclick: bring }, picture);
  button.setAttribute("aria-label", t("samples.try", { name: t(`samples.${name}`) }));
  return h("li", {}, button, h("small", {}, t(`samples.${name}.credit`)));
}
