/** The page begins here. */

import { album } from "./album.js";
import { meet } from "./api.js";
import { startCaption } from "./caption.js";
import { startComeback } from "./comeback.js";
import { byId, placeIcons } from "./dom.js";
import { showSamples, startIntake } from "./intake.js";
import { allowAsking, startKey } from "./key.js";
import { change, following, preferred, speak, t } from "./locale.js";
import { again, canRetry, startNews } from "./news.js";
import { notice } from "./notices.js";
import { startPanel } from "./panel.js";
import { startSave } from "./save.js";
import { startShortcuts } from "./shortcuts.js";
import { isSettled, refresh, startShots } from "./shots.js";
import { startStage } from "./stage.js";
import { startStrip } from "./strip.js";
import { startTheme } from "./theme.js";
import { startThumbs } from "./thumbs.js";

const UNKNOWN = { version: "", keys: false, limits: {}, models: [], presets: [] };
/** Milliseconds that a choice rests before it is asked of the server; a slider passes many on its way. */
const CALM = 150;

let due = 0;

/** Have the server make what the choices ask for, once they are made. */
function renew() {
  clearTimeout(due);
  due = setTimeout(() => {
    const item = album.current;
    if (item?.source && !isSettled(item)) refresh(item);
  }, CALM);
}

/** Another choice may be one that the server can fulfil; without a key none is. */
const mayWorkNow = (item) => canRetry(item) && !item.failure.asksForKey;

function showRoom() {
  const [welcome, work] = [byId("welcome"), byId("work")];
  const empty = album.items.length === 0;
  const from = empty ? work : welcome;
  const moves = from.contains(document.activeElement);
  welcome.hidden = !empty;
  work.hidden = empty;
  // The focus would be lost with the room that it was in.
  if (moves) byId(empty ? "choose" : "stage").focus();
}

function sayLanguage() {
  byId("language").textContent = t(`language.${following()}`);
  showSamples();
}

async function start() {
  startTheme();
  placeIcons(document);
  await speak(preferred());
  sayLanguage();
  document.addEventListener("language", sayLanguage);
  byId("language").addEventListener("click", change);
  const server = await meet().catch(() => null);
  if (!server) notice(t("error.offline"));
  const about = server ?? UNKNOWN;
  byId("version").textContent = `Mattebox ${about.version}`;
  byId("docs").hidden = !about.docs;
  for (const begin of [startIntake, startKey, startShots, startPanel, startNews]) begin(about);
  const rooms = [startStage, startStrip, startCaption, startComeback, startThumbs, startSave, startShortcuts];
  for (const begin of rooms) begin();
  album.on("list", showRoom);
  album.on("show look brush", renew);
  album.on("look", () => album.items.filter(mayWorkNow).forEach(again));
  document.addEventListener("key", () => {
    allowAsking();
    album.items.filter((item) => item.failure?.asksForKey).forEach(again);
  });
  document.body.hidden = false;
}

start();
