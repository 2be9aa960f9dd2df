/** Where a picture lies on the stage: zoom and place, by wheel, fingers, keys and buttons. */

const STEP = 1.25;
const LARGEST = 16;
const RIM = 20;
const ENLARGED = 2;

export class View extends EventTarget {
  /** @param {HTMLElement} stage in which the picture lies. */
  constructor(stage) {
    super();
    this.stage = stage;
    this.size = [1, 1]; // of the picture, in its pixels
    this.scale = 1; // screen pixels for one of the picture's
    this.left = this.top = 0;
    this.fitted = true;
    new ResizeObserver(() => (this.fitted ? this.fit() : this.#settle())).observe(stage);
  }

  get room() {
    return [this.stage.clientWidth, this.stage.clientHeight];
  }

  /** The picture's rectangle on the stage. */
  get rect() {
    return { left: this.left, top: this.top, width: this.size[0] * this.scale, height: this.size[1] * this.scale };
  }

  /** Show a picture of another size: as a whole, or, when it is the same picture with more pixels, where it was. */
  show(size, { anew = false } = {}) {
    const same = !anew && !this.fitted && Math.abs((size[0] * this.size[1]) / (size[1] * this.size[0]) - 1) < 0.01;
    if (same) this.scale *= this.size[0] / size[0];
    this.size = size;
    if (same) this.#settle();
    else this.fit();
  }

  get #whole() {
    const [width, height] = this.room;
    return Math.min((width - 2 * RIM) / this.size[0], (height - 2 * RIM) / this.size[1]);
  }

  fit() {
    this.fitted = true;
    this.scale = Math.max(0.001, Math.min(ENLARGED, this.#whole));
    this.#settle();
  }

  /** Zoom by a factor; the point (x, y) of the stage stays where it is. */
  zoom(factor, x = this.room[0] / 2, y = this.room[1] / 2) {
    const least = Math.min(this.#whole, 1);
    const scale = Math.min(LARGEST, Math.max(least, this.scale * factor));
    this.left = x - (x - this.left) * (scale / this.scale);
    this.top = y - (y - this.top) * (scale / this.scale);
    this.fitted = scale <= least;
    this.scale = scale;
    this.#settle();
  }

  zoomIn() {
    this.zoom(STEP);
  }

  zoomOut() {
    this.zoom(1 / STEP);
  }

  /** One pixel of the picture to one of the screen. */
  actual() {
    this.zoom(1 / devicePixelRatio / this.scale);
  }

  pan(across, down) {
    this.left += across;
    this.top += down;
    this.#settle();
  }

  /** A point of the stage in pixels of the picture. */
  toPicture(x, y) {
    return [(x - this.left) / this.scale, (y - this.top) / this.scale];
  }

  #settle() {
    const [width, height] = this.room;
    this.left = held(this.left, this.size[0] * this.scale, width);
    this.top = held(this.top, this.size[1] * this.scale, height);
    this.dispatchEvent(new Event("change"));
  }
}

/** What is smaller than the stage stays in its middle; what is larger does not leave it. */
function held(start, length, room) {
  if (length + 2 * RIM <= room) return (room - length) / 2;
  return Math.min(RIM, Math.max(room - length - RIM, start));
}

/** Let wheel and fingers move a view; one finger or the mouse belongs to `single`, unless that leaves it. */
export function steer(view, single) {
  const { stage } = view;
  const fingers = new Map();
  let drag = null;

  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [[x1, y1], [x2, y2]] = [...fingers.values()];
    return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, length: Math.hypot(x1 - x2, y1 - y2) };
  };

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      view.zoom(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 100 : 400)), ...at(event));
    },
    { passive: false },
  );

  // The right button moves the picture while the left one paints.
  stage.addEventListener("contextmenu", (event) => event.preventDefault());

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button, .compare")) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 2) {
      if (drag === single) single.cancel();
      drag = null;
    } else if (fingers.size === 1) {
      drag = event.button === 0 && single.takes() ? single : view;
      if (drag === single) single.start(...at(event));
    }
  });

  stage.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) {
      single.hover(...at(event));
      return;
    }
    const before = fingers.size === 2 ? spread() : null;
    const [oldX, oldY] = fingers.get(event.pointerId);
    const [x, y] = at(event);
    fingers.set(event.pointerId, [x, y]);
    if (before) {
      const after = spread();
      view.zoom(after.length / before.length, after.x, after.y);
      view.pan(after.x - before.x, after.y - before.y);
    } else if (drag === single) single.move(x, y);
    else if (drag === view) view.pan(x - oldX, y - oldY);
  });

  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (drag === single) event.type === "pointerup" ? single.end() : single.cancel();
    drag = null;
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("pointerleave", () => single.leave());
}
