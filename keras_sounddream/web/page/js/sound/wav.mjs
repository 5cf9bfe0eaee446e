// WAV files: samples read at their own rate, and written with 16 bits.

const HEADER = 44;
const INTEGER = 1, FLOAT = 3, EXTENSIBLE = 0xfffe;

export class SoundError extends Error {}

export function isWav(buffer) {
  return buffer.byteLength >= 12 && word(buffer, 0) === "RIFF" && word(buffer, 8) === "WAVE";
}

// `{rate, channels}`: Hz, and Float32Arrays in [-1, 1]; of `start` to `start + most` seconds.
export function readWav(buffer, start = 0, most = Infinity) {
  const { format, offset, size } = findChunks(buffer);
  const read = READERS[`${format.kind}:${format.bits}`];
  if (!read) throw new SoundError(`This WAV holds ${format.bits}-bit samples of a kind ` +
    "(compressed) that this page does not read: save it as 16-bit PCM.");
  const frameBytes = format.count * format.bits / 8;
  const frames = Math.floor(size / frameBytes);
  const first = Math.min(frames, Math.floor(start * format.rate));
  const length = Math.min(frames - first, Math.ceil(most * format.rate));
  const view = new DataView(buffer, offset + first * frameBytes, length * frameBytes);
  const channels = Array.from({ length: format.count }, (_, channel) =>
    samples(view, read, length, frameBytes, channel * format.bits / 8));
  return { rate: format.rate, channels, seconds: frames / format.rate };
}

// ArrayBuffer of a mono sound, with 16 bits a sample.
export function writeWav(sound, rate) {
  const view = new DataView(new ArrayBuffer(HEADER + 2 * sound.length));
  const text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); text(8, "WAVEfmt "); text(36, "data");
  view.setUint32(4, HEADER - 8 + 2 * sound.length, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, INTEGER, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, 2 * sound.length, true);
  sound.forEach((x, i) => view.setInt16(HEADER + 2 * i, sixteenBits(x), true));
  return view.buffer;
}

function sixteenBits(x) {
  return Math.max(-32768, Math.min(32767, Math.round(x * 32768)));
}

// Kind and bits: how a sample is read.
const READERS = {
  [`${INTEGER}:8`]: (view, at) => (view.getUint8(at) - 128) / 128,
  [`${INTEGER}:16`]: (view, at) => view.getInt16(at, true) / 32768,
  [`${INTEGER}:24`]: (view, at) =>
    (view.getInt8(at + 2) * 65536 + view.getUint16(at, true)) / 8388608,
  [`${INTEGER}:32`]: (view, at) => view.getInt32(at, true) / 2147483648,
  [`${FLOAT}:32`]: (view, at) => view.getFloat32(at, true),
  [`${FLOAT}:64`]: (view, at) => view.getFloat64(at, true),
};

function samples(view, read, length, frameBytes, at) {
  const sound = new Float32Array(length);
  for (let i = 0; i < length; i++) sound[i] = read(view, i * frameBytes + at);
  return sound;
}

function word(buffer, at) {
  return String.fromCharCode(...new Uint8Array(buffer, at, 4));
}

function findChunks(buffer) {
  const view = new DataView(buffer);
  let format = null;
  for (let at = 12; at + 8 <= buffer.byteLength;) {
    const name = word(buffer, at), size = view.getUint32(at + 4, true);
    const there = Math.min(size, buffer.byteLength - at - 8);
    if (name === "fmt " && there >= 16) format = readFormat(view, at + 8, there);
    if (name === "data" && format) return { format, offset: at + 8, size: there };
    at += 8 + size + size % 2;
  }
  throw new SoundError("This WAV file is damaged or cut off: it holds no samples.");
}

function readFormat(view, at, size) {
  let kind = view.getUint16(at, true);
  if (kind === EXTENSIBLE && size >= 26) kind = view.getUint16(at + 24, true);
  const [count, rate] = [view.getUint16(at + 2, true), view.getUint32(at + 4, true)];
  if (!count || rate < 1000 || rate > 768000) {
    throw new SoundError(`This WAV file names ${count} channels at ${rate} Hz: it is damaged.`);
  }
  return { kind, count, rate, bits: view.getUint16(at + 14, true) };
}
