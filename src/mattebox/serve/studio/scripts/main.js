/** The page begins here. */

import { album } from "./album.js";
import { meet } from "./api.js";
import { byId, placeIcons } from "./dom.js";
import { startIntake, startSamples } from "./intake.js";
import { allowAsking, startKey } from "./key.js";
import { change, following, preferred, speak, t } from "./locale.js";
import { canRetry, retry, startNews } from "./news.js";
import { notice } from "./notices.js";
import { startPanel } from "./panel.js";
import { startSave } from "./save.js";
import { startShortcuts } from "./shortcuts.js";
import { isSettled, refresh, startShots } from "./shots.js";
import { startStage } from "./stage.js";
import { startStrip } from "./strip.js";
import { startTheme } from "./theme.js";
import { startThumbs } from "./thumbs.js";

const SAMPLES = ["lemur", "walker", "coffee", "otters"];
const UNKNOWN = { keys: false, limits: {}, models: [], presets: [] };
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
  const empty = album.items.length === 0;
  byId("welcome").hidden = !empty;
  byId("work").hidden = empty;
}

function sayLanguage() {
  byId("language").textContent = t(`language.${following()}`);
  startSamples(SAMPLES);
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
  for (const begin of [startIntake, startKey, startShots, startPanel]) begin(about);
  for (const begin of [startStage, startStrip, startNews, startThumbs, startSave, startShortcuts]) begin();
  album.on("list", showRoom);
  album.on("show look brush", renew);
  album.on("look", () => album.items.filter(mayWorkNow).forEach(retry));
  document.addEventListener("key", () => {
    allowAsking();
    album.items.filter((item) => item.failure?.asksForKey).forEach(retry);
  });
  document.body.hidden = false;
}

start();
