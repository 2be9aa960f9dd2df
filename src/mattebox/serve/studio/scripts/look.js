/** What a picture shall look like, and the form fields that ask the server for it. */

export const PLAIN = Object.freeze({
  model: "",
  keepLargest: false,
  background: Object.freeze({ kind: "none" }),
  crop: null,
  preset: "",
  shadow: "",
  format: "png",
});

const NONE = PLAIN.background;

/** A look with some of it changed; of two things that contradict each other, the newer one stays. */
export function changed(look, changes) {
  const next = { ...look, ...changes };
  if (changes.preset) {
    next.crop = null;
    // A shop's rule says what stands behind; what is chosen afterwards goes before it.
    next.background = changes.background ?? NONE;
  }
  if (changes.crop !== undefined && changes.crop !== null) next.preset = "";
  if (changes.background?.kind === "blur") Object.assign(next, { preset: "", shadow: "" });
  if (changes.shadow && next.background.kind === "blur") next.background = NONE;
  return next;
}

/** What stands behind: what was chosen, or what the shop asks for. */
export function groundIn({ background, preset }, presets) {
  const asked = presets.find(({ name }) => name === preset)?.background;
  return background === NONE && asked?.startsWith("#") ? { kind: "colour", colour: asked } : background;
}

/** Whether the cutout is left as it is. */
export const isPlain = (look) => look.background === NONE && look.crop === null && !look.preset && !look.shadow;

/** Whether the frame stays that of the picture. */
export const keepsFrame = (look) => look.crop === null && !look.preset;

/** The fields that decide what is cut out. */
export function subjectFields(look, masked) {
  return [
    ["model", look.model],
    // A mask that was painted holds the pieces that the user wants.
    ["keep_largest", look.keepLargest && !masked ? "true" : ""],
  ];
}

/** The fields that decide how it is dressed. */
export function dressFields(look) {
  const { kind, colour, end, file } = look.background;
  const fields = [
    ["crop", look.crop === null ? "" : `${look.crop}%`],
    ["preset", look.preset],
    ["shadow", look.shadow],
  ];
  if (kind === "blur") fields.push(["background", "blur"]);
  if (kind === "colour" || kind === "gradient") fields.push(["background", colour]);
  if (kind === "gradient") fields.push(["gradient_end", end]);
  if (kind === "picture") fields.push(["background_picture", file]);
  return fields;
}
