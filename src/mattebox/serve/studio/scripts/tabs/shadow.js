/** What the subject casts. */

import { album } from "../album.js";
import { t } from "../locale.js";
import { hint, scene, tiles } from "../tiles.js";

/** Kinds of the server, and the classes that draw them on tiles. */
const KINDS = { drop: "floats", contact: "stands", cast: "sunlit" };

export function shadowTab({ presets }) {
  const preset = () => presets.find(({ name }) => name === album.current.look.preset);
  const none = { value: "", name: t("shadow.none"), face: scene("paper") };
  const options = Object.keys(KINDS).map((kind) => ({ value: kind, name: t(`shadow.${kind}`), face: shaded(kind) }));
  return [
    tiles(
      "shadow.kinds",
      [none, ...options],
      () => album.current.look.shadow || preset()?.shadow || "",
      (shadow) => album.restyle({ shadow }),
    ),
    hint(() => (isCut(album.current) ? t("shadow.cut") : null)),
    hint(() => (album.current.look.shadow && preset()?.rule ? t("shadow.shop") : null)),
  ];
}

/** Whether the lower edge of a picture cuts its subject off, so that there is no ground below it. */
const isCut = ({ source }) => Boolean(source?.box) && source.box.top + source.box.height >= source.size[1];

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
