/** The pictures on the desk: which there are, which is looked at, and how each shall look. */

import { changed, PLAIN } from "./look.js";
import { Edits } from "./edits.js";

let made = 0;

/** One picture and what has become of it. */
class Item {
  constructor(file, look) {
    this.id = ++made;
    this.file = file;
    this.name = file.name;
    this.look = look;
    this.url = URL.createObjectURL(file);
    this.size = null; // [width, height]; null while, or where, the browser cannot tell
    this.thumb = ""; // a small copy of the picture,
    this.cutThumb = ""; // of the cutout in its frame,
    this.subject = ""; // and of the subject alone
    this.state = "opening"; // then waiting, uploading, working, resting, done or failed
    this.progress = 0;
    this.failure = null;
    this.source = null; // what the server found, plain
    this.shot = null; // what it made of that, as it is looked at
    this.edits = new Edits();
    this.mask = null; // what the strokes have left, as it is sent
    this.work = null; // stops the requests for what is shown,
    this.saving = null; // and those for what is saved
    this.shots = new Map();
    this.sharp = false; // every pixel is shown
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
    if (!this.current) this.show(item);
    return item;
  }

  remove(item) {
    const place = this.items.indexOf(item);
    this.items = this.items.filter((other) => other !== item);
    item.work?.abort();
    item.saving?.abort();
    for (const url of [item.url, item.thumb, item.cutThumb, item.subject]) URL.revokeObjectURL(url);
    item.shots.forEach((shot) => URL.revokeObjectURL(shot.url));
    if (this.current === item) {
      this.current = this.items[Math.min(place, this.items.length - 1)] ?? null;
      this.tell("show");
    }
    this.tell("list");
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

  /** Change the look of the current picture, or of all. */
  restyle(changes) {
    for (const item of this.shared ? this.items : [this.current]) item.look = changed(item.look, changes);
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
