/** Which model finds the subject, and under which terms. */

import { album } from "../album.js";
import { t, tOr } from "../locale.js";
import { tiles } from "../tiles.js";
import { h } from "../dom.js";

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
  return [group];
}

/** A model's licences in words, and a plain warning where they forbid selling. */
function terms({ licence, non_commercial: restricted }) {
  const lines = ["code", "weights", "data"].map((part) =>
    h("span", {}, t(`licence.${part}`, { terms: licence[part] })),
  );
  const warning = restricted ? h("strong", { class: "restricted" }, t("licence.restricted")) : null;
  return h("span", { class: "terms" }, warning, ...lines);
}
