/** Small pictures: of what came in, and of the subject that was found in it. */

import { album } from "./album.js";
import { canvasOf, toBlob } from "./dom.js";

const SIDE = 256;

/** A small copy of a part of an image, as the address of a picture. */
export async function thumbOf(image, { left, top, width, height }) {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = canvasOf(width * scale, height * scale);
  canvas.getContext("2d").drawImage(image, left, top, width, height, 0, 0, canvas.width, canvas.height);
  return URL.createObjectURL(await toBlob(canvas, "image/png"));
}

/** Whenever a subject was found, make the small pictures of it: in its frame for the strip, alone for the tiles. */
export function startThumbs() {
  album.on("item", async (item) => {
    const { source } = item;
    if (!source || item.drawn === source) return;
    item.drawn = source;
    const image = await createImageBitmap(source.blob);
    const { width, height } = image;
    const [cutThumb, subject] = source.box
      ? [await thumbOf(image, { left: 0, top: 0, width, height }), await thumbOf(image, source.box)]
      : ["", ""];
    image.close();
    album.touch(item, { cutThumb, subject });
    album.tell("subject", item);
  });
}
