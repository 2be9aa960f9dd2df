/** Grounds to choose from, and how they look before the server has laid them. */

export const COLOURS = [
  "#ffffff",
  "#f3efe6",
  "#d9d9d6",
  "#111111",
  "#f6c8c8",
  "#ffd9a0",
  "#fff1a8",
  "#cfe8c5",
  "#bfe3e6",
  "#c5d4f3",
  "#dccdf0",
  "#e4572e",
  "#17836f",
  "#2a5bd7",
];

export const GRADIENTS = [
  ["#fdfbfb", "#d6d9de"],
  ["#fbe3c8", "#e8a17f"],
  ["#d4e8ff", "#7fa6dc"],
  ["#e5f3d8", "#8dbb86"],
  ["#eadcf8", "#a68bd3"],
  ["#4b5563", "#111827"],
];

const addresses = new WeakMap();

/** The address of a background picture, the same one each time. */
export function addressOf(file) {
  if (!addresses.has(file)) addresses.set(file, URL.createObjectURL(file));
  return addresses.get(file);
}

/** A ground in the words of CSS; null when only the server can make it. */
export function groundOf({ kind, colour, end, file }) {
  if (kind === "colour") return colour;
  if (kind === "gradient") return `linear-gradient(${colour}, ${end})`;
  if (kind === "picture") return `center / cover no-repeat url("${addressOf(file)}")`;
  return kind === "none" ? "" : null;
}
