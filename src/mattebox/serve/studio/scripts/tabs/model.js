/** Which model finds the subject, and under which terms. */

import { album } from "../album.js";
import { t, tOr } from "../locale.js";
import { hint, tiles } from "../tiles.js";
import { h } from "../dom.js";

/** The end of a card's text that points to a file of the source, where a page cannot lead. */
const POINTER = /; see \S+\.md$/;

export function modelTab({ models }) {
  const usual = models.find((model) => model.default)?.name ?? "";
  const options = models.map((model) => ({
    value: model.name,
    name: tOr(`model.${model.name}`, model.title),
    face: terms(model),
  }));
  const chosen = () => album.current.look.model || usual;
  const group = tiles("model.title", options, chosen, (name) => album.restyle({ model: name === usual ? "" : name }));
  group.element.classList.add("models");
  return [group, hint(() => (models.length > 1 ? null : t("model.only")))];
}

/** A model's licences in words, and a plain warning where they forbid selling. */
function terms({ licence, non_commercial: restricted }) {
  const lines = ["code", "weights", "data"].map((part) =>
    h("span", {}, t(`licence.${part}`, { terms: licence[part].replace(POINTER, "") })),
  );
  const warning = restricted ? h("strong", { class: "restricted" }, t("licence.restricted")) : null;
  return h("span", { class: "terms" }, warning, ...lines);
}
