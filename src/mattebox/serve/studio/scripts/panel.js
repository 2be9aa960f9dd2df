/** The panel of choices: tabs, and what is on the one that is open. */

import { album } from "./album.js";
import { centreBrush, tool } from "./brush.js";
import { byId, h, icon } from "./dom.js";
import { t } from "./locale.js";
import { backgroundTab } from "./tabs/background.js";
import { frameTab } from "./tabs/frame.js";
import { modelTab } from "./tabs/model.js";
import { retouchTab } from "./tabs/retouch.js";
import { shadowTab } from "./tabs/shadow.js";
import { toggle } from "./tiles.js";

const TABS = [
  { name: "background", drawing: "ground", build: backgroundTab },
  { name: "frame", drawing: "frame", build: frameTab },
  { name: "shadow", drawing: "shadow", build: shadowTab },
  { name: "brush", drawing: "brush", build: retouchTab },
  { name: "model", drawing: "model", build: modelTab },
];

const bar = byId("tabs");
const choices = byId("choices");

let server = null;
let open = TABS[0];
let controls = [];

export function startPanel(about) {
  server = about;
  build();
  document.addEventListener("language", build);
  album.on("show subject grounds", (item) => item === album.current && fill());
  album.on("list look strokes tool item", () => controls.forEach((control) => control.sync()));
}

/** Whether choices are for all pictures; strokes never are. */
function shared() {
  const control = toggle(
    "panel.shared",
    () => album.shared,
    (on) => {
      album.shared = on;
    },
  );
  const sync = () => {
    control.element.hidden = album.items.length < 2;
    control.sync();
  };
  return { ...control, sync };
}

/** Have the brush at hand, in the middle of the picture for those who bring it by key. */
export function takeBrush(mode) {
  tool.mode = mode;
  openTab("brush");
  byId("stage").focus();
  centreBrush();
}

/** Open a tab by its name. */
export function openTab(name, { focus = false } = {}) {
  open = TABS.find((tab) => tab.name === name);
  for (const button of bar.children) {
    const chosen = button.dataset.name === name;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    if (chosen && focus) button.focus();
  }
  choices.setAttribute("aria-labelledby", `tab-${name}`);
  choices.scrollTop = 0;
  fill();
  album.brush(name === "brush");
}

function build() {
  bar.replaceChildren(
    ...TABS.map(({ name, drawing }) =>
      h(
        "button",
        {
          id: `tab-${name}`,
          role: "tab",
          "aria-controls": "choices",
          "data-name": name,
          onclick: () => openTab(name),
          onkeydown: move,
        },
        icon(drawing),
        h("span", {}, t(`tab.${name}`)),
      ),
    ),
  );
  openTab(open.name);
}

function move(event) {
  const places = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!places) return;
  event.preventDefault();
  const place = (TABS.indexOf(open) + places + TABS.length) % TABS.length;
  openTab(TABS[place].name, { focus: true });
}

/** Make the controls of the open tab anew; a control that had the focus has it again. */
function fill() {
  controls = [];
  if (!album.current) {
    choices.replaceChildren();
    return;
  }
  const focused = placeOfFocus();
  controls = open.name === "brush" ? open.build(server) : [shared(), ...open.build(server)];
  choices.replaceChildren(...controls.map((control) => control.element));
  controls.forEach((control) => control.sync());
  if (focused >= 0) reachable()[focused]?.focus();
}

const reachable = () => [...choices.querySelectorAll("input, button")];
const placeOfFocus = () => reachable().indexOf(document.activeElement);
