/** When the server cannot be reached: look for it, and go on with what it was wanted for once it answers. */

import { album } from "./album.js";
import { isReady } from "./api.js";
import { again, isCutOff } from "./news.js";

const PACE = 3000;
/** How often one picture goes out again by itself; more would send what a server breaks off for ever. */
const OFTEN = 3;

let due = 0;

const waits = (item) => isCutOff(item) && item.returns < OFTEN;

export function startComeback() {
  album.on("item", (item) => {
    if (item.state === "done") item.returns = 0;
    if (waits(item)) due ||= setTimeout(look, PACE);
  });
}

async function look() {
  const ready = await isReady();
  due = 0;
  const items = album.items.filter(waits);
  if (!ready && items.length) due = setTimeout(look, PACE);
  if (!ready) return;
  for (const item of items) {
    item.returns += 1;
    again(item);
  }
}
