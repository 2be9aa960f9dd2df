/** Pictures come in: dropped, pasted, picked, or as a sample; what cannot become one is told at once. */

import { album } from "./album.js";
import { Failure } from "./api.js";
import { byId, canvasOf, h, toBlob } from "./dom.js";
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

/** Who made the samples, as `ATTRIBUTION.md` says. */
const CREDITS = {
  lemur: "Mathias Appel, CC0",
  astronaut: "NASA",
  coffee: "Rachel Michetti, CC0",
  otters: "budgie-backgrounds, CC0",
};

/** How many of the files that were left out are told by name. */
const TOLD = 3;
const QUALITY = 0.95;

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

/** Put pictures on the desk, one after the other, show the first of them, and start the work on each. */
async function take(files) {
  const strangers = [];
  let first = true;
  for (const file of files) {
    const kind = await kindOf(file);
    if (kind === "stranger") {
      strangers.push(file);
      continue;
    }
    const item = album.add(file);
    if (first) album.show(item);
    first = false;
    await accept(item, kind);
  }
  if (strangers.length) tellStrangers(strangers);
}

function tellStrangers(files) {
  const why = ({ name, size }) => (size ? t("intake.stranger", { name }) : t("intake.empty", { name }));
  const lines = files.slice(0, TOLD).map(why);
  if (files.length > TOLD) lines.push(t("intake.more", { count: number(files.length - TOLD) }));
  notice(lines.join("\n"));
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

/** Give a picture as many pixels as the server takes, and go on with it. */
export async function shrink(item) {
  const { failure } = item;
  album.touch(item, { state: "opening", failure: null });
  const type = item.file.type === "image/jpeg" ? "image/jpeg" : "image/png";
  const blob = await smaller(item.file, limits.max_megapixels * 1e6, type).catch(() => null);
  // A browser may have no room for it.
  if (!blob) {
    album.touch(item, { state: "failed", failure });
    return;
  }
  item.take(new File([blob], item.name, { type }));
  await accept(item, "shown");
}

async function smaller(file, pixels, type) {
  const image = await createImageBitmap(file);
  const scale = Math.sqrt(pixels / (image.width * image.height));
  const canvas = canvasOf(Math.floor(image.width * scale), Math.floor(image.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return toBlob(canvas, type, QUALITY);
}

/** The limits in words, for the messages about what exceeds them. */
export const limitWords = () => ({
  megabytes: number((limits.max_bytes ?? 0) / 1e6, 1),
  megapixels: number(limits.max_megapixels ?? 0, 1),
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

const creditOf = (name) => t("samples.credit", { name: t(`samples.${name}`), credit: CREDITS[name] });

/** The pictures for a first try, and who made them. */
export function showSamples() {
  const names = Object.keys(CREDITS);
  byId("samples").replaceChildren(...names.map(sampleOf));
  byId("credits").textContent = t("samples.credits", { list: names.map(creditOf).join("; ") });
}

function sampleOf(name) {
  const address = `studio/samples/${name}.jpg`;
  const bring = async () => {
    const answer = await fetch(address);
    take([new File([await answer.blob()], `${name}.jpg`, { type: "image/jpeg" })]);
  };
  const picture = h("img", { src: address, alt: "", loading: "lazy", draggable: false });
  const button = h("button", { class: "sample", title: creditOf(name), onclick: bring }, picture);
  button.setAttribute("aria-label", t("samples.try", { name: t(`samples.${name}`) }));
  return h("li", {}, button, h("small", { "aria-hidden": "true" }, t(`samples.${name}`)));
}
