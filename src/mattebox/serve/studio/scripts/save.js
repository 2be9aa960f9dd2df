/** Results leave the page: one file, all as ZIP, or the clipboard. */

import { album } from "./album.js";
import { byId, h } from "./dom.js";
import { number, t } from "./locale.js";
import { failureText } from "./news.js";
import { notice } from "./notices.js";
import { takeBrush } from "./panel.js";
import { finished } from "./shots.js";
import { zip } from "./zip.js";

const SUFFIXES = { png: "png", jpeg: "jpg", webp: "webp" };

let saving = false;

export function startSave() {
  fillFormats();
  byId("download").addEventListener("click", saveOne);
  byId("download-all").addEventListener("click", saveAll);
  byId("copy").addEventListener("click", copy);
  byId("copy").hidden = !navigator.clipboard?.write;
  album.on("list show item look", update);
  addEventListener("beforeunload", (event) => {
    if (album.items.some((item) => item.handed !== item.history.now)) event.preventDefault();
  });
}

function fillFormats() {
  const choices = Object.entries(SUFFIXES).map(([format, suffix]) =>
    h(
      "label",
      {},
      h("input", {
        type: "radio",
        name: "format",
        value: format,
        class: "unseen",
        onchange: () => album.restyle({ format }),
      }),
      h("span", {}, suffix.toUpperCase()),
    ),
  );
  byId("formats").append(...choices);
}

function update() {
  const { current, items } = album;
  const done = items.filter((item) => item.shot).length;
  byId("download").disabled = byId("copy").disabled = saving || !current?.shot;
  byId("download-all").disabled = saving || !done;
  byId("download-all").hidden = items.length < 2;
  byId("white").hidden =
    !current || current.look.format !== "jpeg" || current.look.preset !== "" || current.look.background.kind !== "none";
  for (const input of byId("formats").querySelectorAll("input")) input.checked = input.value === current?.look.format;
}

/** Do one thing at a time, and tell when it cannot be done. */
async function busy(work) {
  saving = true;
  update();
  try {
    await work();
  } catch (failure) {
    notice(failureText(failure));
  } finally {
    saving = false;
    update();
  }
}

export const saveOne = () =>
  album.current?.shot &&
  !saving &&
  busy(async () => {
    const item = album.current;
    if (item.isEmpty) {
      notice(t("save.nothing"), { answer: t("news.paint"), act: () => takeBrush("restore") });
      return;
    }
    const { now } = item.history;
    const { blob } = await finished(item);
    hand(blob, named(item));
    item.handed = now;
  });

const saveAll = () =>
  busy(async () => {
    const items = album.items.filter((item) => item.shot && !item.isEmpty);
    const states = items.map((item) => item.history.now);
    const made = await Promise.allSettled(items.map((item) => finished(item)));
    const files = [];
    made.forEach(({ value }, place) => {
      if (!value) return;
      files.push({ name: unused(named(items[place]), files), blob: value.blob });
      items[place].handed = states[place];
    });
    if (files.length) hand(await zip(files), `${t("save.archive")}.zip`);
    if (files.length < album.items.length) notice(t("save.some", { count: number(album.items.length - files.length) }));
  });

export const copy = () =>
  album.current?.shot &&
  !saving &&
  busy(async () => {
    // A promise inside, as some browsers forget that the user has asked once the answer has been waited for.
    const picture = finished(album.current, "png").then(({ blob }) => blob);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
    notice(t("save.copied"));
  });

/** A result's name, as the command line gives it: never that of its picture. */
const named = (item) => `${item.name.replace(/\.[^.]+$/, "")}_cutout.${SUFFIXES[item.look.format]}`;

function unused(name, files) {
  const taken = new Set(files.map((file) => file.name));
  const [, stem, suffix] = name.match(/^(.*)(\.[^.]+)$/s);
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${stem} (${count})${suffix}`;
  return free;
}

function hand(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
