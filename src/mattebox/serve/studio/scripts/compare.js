/** The line between before and after: dragged, moved by keys, and swept once when a result comes in. */

import { album } from "./album.js";
import { byId } from "./dom.js";
import { number, t } from "./locale.js";

const line = byId("compare");
const before = byId("before");
const SWEEP = 900;
const KEYS = { ArrowLeft: -0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowUp: 0.05, PageDown: -0.25, PageUp: 0.25 };

/** How much of the visible picture shows its "before", from the left. */
let share = 0;
let sweeping = 0;
let view = null;

export function startCompare(stageView) {
  view = stageView;
  view.addEventListener("change", draw);
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.focus();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const [left, right] = span();
    set((event.clientX - view.stage.getBoundingClientRect().left - left) / (right - left));
  });
  line.addEventListener("keydown", (event) => {
    const to = { Home: 0, End: 1 }[event.key] ?? (event.key in KEYS ? share + KEYS[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    set(to);
  });
}

/** Show all of the "before", or none of it. */
export function flip() {
  set(share > 0.5 ? 0 : 1);
}

/** Uncover a result that has just come in. */
export function sweep() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    set(0);
    return;
  }
  const start = performance.now();
  const step = (now) => {
    const done = Math.min(1, (now - start) / SWEEP);
    share = (1 - done) ** 3;
    draw();
    sweeping = done < 1 ? requestAnimationFrame(step) : 0;
  };
  cancelAnimationFrame(sweeping);
  sweeping = requestAnimationFrame(step);
}

export function showCompare(on) {
  line.hidden = before.hidden = !on;
  draw();
}

function set(value) {
  cancelAnimationFrame(sweeping);
  share = Math.min(1, Math.max(0, value));
  draw();
}

/** The part of the picture's width that is on the stage. */
function span() {
  const { left, width } = view.rect;
  return [Math.max(0, left), Math.min(view.room[0], left + width)];
}

function draw() {
  if (line.hidden || !album.current) return;
  const [left, right] = span();
  const x = left + share * (right - left);
  const { left: start, top, width, height } = view.rect;
  line.style.transform = `translateX(${x}px)`;
  line.style.top = `${Math.max(0, top)}px`;
  line.style.height = `${Math.min(view.room[1], top + height) - Math.max(0, top)}px`;
  before.style.clipPath = `inset(0 ${Math.max(0, width - (x - start))}px 0 0)`;
  line.classList.toggle("between", share > 0.08 && share < 0.92);
  line.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  line.setAttribute("aria-valuetext", t("compare.value", { share: number(share * 100) }));
}
