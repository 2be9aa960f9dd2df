/** The pictures on the desk: which there are, which is looked at, and how each shall look. */

import { History } from "./history.js";
import { changed, PLAIN } from "./look.js";

let made = 0;

/** One picture and what has become of it. */
class Item {
  constructor(file, look) {
    this.id = ++made;
    this.name = file.name;
    this.take(file);
    this.history = new History({ look, strokes: [] });
    this.handed = this.history.now; // what was chosen and painted when it was last saved
    this.size = null; // [width, height]; null while, or where, the browser cannot tell
    this.thumb = ""; // a small copy of the picture,
    this.cutThumb = ""; // of the cutout in its frame,
    this.subject = ""; // and of the subject alone
    this.state = "opening"; // then waiting, uploading, working, resting, done or failed
    this.progress = 0;
    this.failure = null;
    this.returns = 0; // how often it was sent again by itself
    this.source = null; // what the server found, plain
    this.shot = null; // what it made of that, as it is looked at
    this.mask = null; // what the strokes have left, as it is sent
    this.work = null; // stops the requests for what is shown,
    this.saving = null; // and those for what is saved
    this.shots = new Map();
    this.sharp = false; // every pixel is shown
  }

  get look() {
    return this.history.now.look;
  }

  get strokes() {
    return this.history.now.strokes;
  }

  /** Whether nothing was found in it, nor painted. */
  get isEmpty() {
    return this.source !== null && this.source.box === null && !this.strokes.length;
  }

  /** Be another file. */
  take(file) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.file = file;
    this.url = URL.createObjectURL(file);
  }

  /** Stop all work for it. */
  rest() {
    this.work?.abort();
    this.saving?.abort();
    this.work = this.saving = null;
  }

  /** Let go of everything that the browser keeps for it. */
  discard() {
    for (const url of [this.url, this.thumb, this.cutThumb, this.subject]) URL.revokeObjectURL(url);
    this.shots.forEach((shot) => URL.revokeObjectURL(shot.url));
  }

  get isReady() {
    return this.shot !== null && this.state === "done";
  }
}

class Album extends EventTarget {
  items = [];
  current = null;
  shared = true;
  brushing = false;
  look = PLAIN;

  add(file) {
    const item = new Item(file, this.look);
    this.items = [...this.items, item];
    this.tell("list");
    return item;
  }

  /** Take a picture from the desk; the place where it was. */
  remove(item) {
    const place = this.items.indexOf(item);
    this.items = this.items.filter((other) => other !== item);
    item.rest();
    if (this.current === item) {
      this.current = this.items[Math.min(place, this.items.length - 1)] ?? null;
      this.tell("show");
    }
    this.tell("list");
    return place;
  }

  /** Lay a picture back to where it was. */
  restore(item, place) {
    this.items = this.items.toSpliced(place, 0, item);
    this.tell("list");
    this.show(item);
  }

  show(item) {
    if (item === this.current) return;
    this.current = item;
    this.tell("show");
  }

  /** Look at the picture some places further on, around the end. */
  step(places) {
    const place = this.items.indexOf(this.current);
    const count = this.items.length;
    if (count) this.show(this.items[(place + places + count) % count]);
  }

  /** Say that something of a picture is not what it was. */
  touch(item, changes = {}) {
    Object.assign(item, changes);
    this.tell("item", item);
  }

  /** Change the look of the current picture, or of all; see `History.add` for the act. */
  restyle(changes, act = {}) {
    for (const item of this.shared ? this.items : [this.current]) {
      item.history.add(act, { look: changed(item.look, changes) });
    }
    this.#dressed();
  }

  /** Let other strokes be those of a picture. */
  paint(item, strokes) {
    item.history.add({}, { strokes });
    this.tell("strokes", item);
  }

  /** Take the last act on the current picture back, in all pictures that it was the last one for. */
  undo() {
    this.#step("last", "undo");
  }

  /** Do again what was taken back. */
  redo() {
    this.#step("next", "redo");
  }

  #step(which, way) {
    const act = this.current.history[which];
    if (!act) return;
    const strokes = this.current.strokes;
    for (const item of this.items) if (item.history[which] === act) item.history[way]();
    if (this.current.strokes === strokes) this.#dressed();
    else this.tell("strokes");
  }

  #dressed() {
    this.look = this.current.look;
    this.tell("look");
  }

  brush(on) {
    if (this.brushing === on) return;
    this.brushing = on;
    this.tell("brush");
  }

  tell(what, item = this.current) {
    this.dispatchEvent(new CustomEvent(what, { detail: item }));
  }

  /** Listen to several events at once. */
  on(names, listener) {
    for (const name of names.split(" ")) this.addEventListener(name, (event) => listener(event.detail, name));
  }
}

export const album = new Album();
