/** A ZIP archive of files that are compressed already: stored one after the other, with a list at the end. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

const UTF8 = 0x0800;
const VERSION = 20;

function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 0xff];
  return (sum ^ 0xffffffff) >>> 0;
}

/** Numbers as little-endian bytes; each is [bytes it takes, value]. */
function packed(numbers) {
  const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [width]) => sum + width, 0)));
  let place = 0;
  for (const [width, value] of numbers) {
    if (width === 2) view.setUint16(place, value, true);
    else view.setUint32(place, value, true);
    place += width;
  }
  return view.buffer;
}

function dosTime(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const day = ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  return [
    [2, time],
    [2, day],
  ];
}

/**
 * Pack files into one.
 *
 * @param {{name: string, blob: Blob}[]} files with names that differ.
 * @returns {Promise<Blob>}
 */
export async function zip(files) {
  const parts = [];
  const list = [];
  const when = dosTime(new Date());
  let place = 0;
  for (const { name, blob } of files) {
    const title = new TextEncoder().encode(name);
    const sum = checksum(new Uint8Array(await blob.arrayBuffer()));
    const about = [
      [2, VERSION],
      [2, UTF8],
      [2, 0],
      ...when,
      [4, sum],
      [4, blob.size],
      [4, blob.size],
      [2, title.length],
      [2, 0],
    ];
    const head = packed([[4, 0x04034b50], ...about]);
    parts.push(head, title, blob);
    list.push(packed([[4, 0x02014b50], [2, VERSION], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, place]]), title);
    place += head.byteLength + title.length + blob.size;
  }
  const length = list.reduce((sum, part) => sum + part.byteLength, 0);
  const end = packed([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, files.length],
    [2, files.length],
    [4, length],
    [4, place],
    [2, 0],
  ]);
  return new Blob([...parts, ...list, end], { type: "application/zip" });
}
