/** What the subject casts. */

import { album } from "../album.js";
import { t } from "../locale.js";
import { scene, tiles } from "../tiles.js";

/** Kinds of the server, and the classes that draw them on tiles. */
const KINDS = { drop: "floats", contact: "stands", cast: "sunlit" };

export function shadowTab() {
  const none = { value: "", name: t("shadow.none"), face: scene("paper") };
  const options = Object.keys(KINDS).map((kind) => ({ value: kind, name: t(`shadow.${kind}`), face: shaded(kind) }));
  return [
    tiles(
      "shadow.kinds",
      [none, ...options],
      () => album.current.look.shadow,
      (shadow) => album.restyle({ shadow }),
    ),
  ];
}

function shaded(kind) {
  const face = scene(`paper ${KINDS[kind]}`);
  const subject = face.querySelector("img");
  if (kind === "cast" && subject) {
    const cast = subject.cloneNode();
    cast.className = "cast-shadow";
    face.prepend(cast);
  }
  return face;
}
