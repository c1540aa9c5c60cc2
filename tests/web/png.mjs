// A screenshot as grey levels, and the shape in it. Reads what Chromium writes: 8 bits a channel, RGB(A),
// not interlaced.
import { inflateSync } from "node:zlib";

export function decode(png) {
  let at = 8;
  let head = null;
  const data = [];
  while (at < png.length) {
    const n = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + n);
    if (type === "IHDR") head = { width: body.readUInt32BE(0), height: body.readUInt32BE(4), depth: body[8], colour: body[9], interlaced: body[12] };
    if (type === "IDAT") data.push(body);
    at += 12 + n;
  }
  if (!head || head.depth !== 8 || ![2, 6].includes(head.colour) || head.interlaced) throw new Error("not a screenshot");
  const channels = head.colour === 6 ? 4 : 3;
  const stride = head.width * channels;
  const raw = inflateSync(Buffer.concat(data));
  const line = Buffer.alloc(stride);
  const grey = new Float32Array(head.width * head.height);
  for (let y = 0; y < head.height; y++) {
    const filter = raw[y * (stride + 1)];
    const above = Buffer.from(line); // the line before, zeros at first
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? line[x - channels] : 0;
      const up = above[x];
      const corner = x >= channels ? above[x - channels] : 0;
      const p = left + up - corner;
      const paeth = Math.abs(p - left) <= Math.abs(p - up) && Math.abs(p - left) <= Math.abs(p - corner) ? left : Math.abs(p - up) <= Math.abs(p - corner) ? up : corner;
      const guess = [0, left, up, (left + up) >> 1, paeth][filter];
      line[x] = raw[y * (stride + 1) + 1 + x] + guess;
    }
    for (let x = 0; x < head.width; x++) grey[y * head.width + x] = 0.2126 * line[x * channels] + 0.7152 * line[x * channels + 1] + 0.0722 * line[x * channels + 2];
  }
  return { width: head.width, height: head.height, grey };
}

/** The ink of a mark, cut to its box and laid on 24 × 24: what differs from the corner's grey. */
export function outline(image) {
  const ground = image.grey[0];
  const ink = (x, y) => Math.abs(image.grey[y * image.width + x] - ground) > 40;
  let [x0, y0, x1, y1] = [image.width, image.height, 0, 0];
  for (let y = 0; y < image.height; y++)
    for (let x = 0; x < image.width; x++)
      if (ink(x, y)) [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
  const size = 24;
  const cells = new Uint8Array(size * size);
  const side = Math.max(x1 - x0, y1 - y0);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const px = Math.floor(x0 + ((x + 0.5) * side) / size);
      const py = Math.floor(y0 + ((y + 0.5) * side) / size);
      cells[y * size + x] = px < x1 && py < y1 && ink(px, py) ? 1 : 0;
    }
  const count = cells.reduce((n, c) => n + c, 0);
  if (count < 8) throw new Error("there is nothing drawn");
  /** Cells that only one of two has, over those that any has. */
  const differs = (other) => {
    let one = 0;
    let any = 0;
    for (let i = 0; i < cells.length; i++) {
      one += cells[i] !== other.cells[i];
      any += cells[i] || other.cells[i] ? 1 : 0;
    }
    return one / any;
  };
  return { cells, differs };
}
