// What an ONNX file that `sounddream export` wrote says of itself, read without ONNX Runtime.

const MOST_BYTES = 400e6;
const PROPERTIES = 14; // number of the field of an ONNX model that holds its metadata
const KEY = "sounddream.json"; // among them
const VARINT = 0, EIGHT_BYTES = 1, CONTENT = 2, FOUR_BYTES = 5; // kinds of fields
const EXPORT = "write one with: sounddream export yamnet --format onnx -o yamnet.onnx";

export class NetworkFileError extends Error {}

// `{name, rate, labels}` of a file that names sounds; throws a sentence where it does not.
export function readNetwork(buffer) {
  if (!buffer.byteLength) throw new NetworkFileError("This file is empty: choose another one.");
  if (buffer.byteLength > MOST_BYTES) {
    throw new NetworkFileError("This file is larger than 400 MB: choose a smaller network.");
  }
  const told = readProperties(new Uint8Array(buffer)).get(KEY);
  if (told === undefined) {
    throw new NetworkFileError(`This ONNX file does not tell its classes: ${EXPORT}`);
  }
  return checked(parse(told));
}

function checked({ model, tasks, input, sample_rate: rate, samples, labels }) {
  const [task] = Array.isArray(tasks) ? tasks : [];
  refuse(task !== "classify", `holds the task ${task}, where classify was expected: ${EXPORT}`);
  refuse(input !== "waveform", "takes pictures: choose one that takes sounds");
  refuse(samples !== null, "takes sounds of one length: export it without --seconds");
  refuse(!(rate >= 1000 && rate <= 768000), `names a sample rate of ${rate} Hz: it is damaged`);
  const isList = Array.isArray(labels) && labels.every((label) => typeof label === "string");
  refuse(!isList || !labels.length, "has no one list of classes: choose another one");
  return { name: String(model), rate, labels };
}

function refuse(is, sentence) {
  if (is) throw new NetworkFileError(`This network ${sentence}.`);
}

function parse(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw damaged();
  }
}

// The metadata of an ONNX file, key → text.
function readProperties(bytes) {
  const properties = [...contents(bytes)].filter(([number]) => number === PROPERTIES);
  return new Map(properties.map(([, pair]) => {
    const texts = new Map(contents(pair));
    return [1, 2].map((number) => new TextDecoder().decode(texts.get(number)));
  }));
}

// Yields number and bytes of each field with content in a message of protocol buffers.
function* contents(bytes) {
  for (let at = 0; at < bytes.length;) {
    const [key, behind] = readVarint(bytes, at), number = Math.floor(key / 8), kind = key % 8;
    if (number === 0) throw damaged();
    if (kind === VARINT) [, at] = readVarint(bytes, behind);
    else if (kind === EIGHT_BYTES) at = behind + 8;
    else if (kind === FOUR_BYTES) at = behind + 4;
    else if (kind === CONTENT) {
      const [size, start] = readVarint(bytes, behind);
      at = start + size;
      yield [number, bytes.subarray(start, at)];
    } else throw damaged();
    if (at > bytes.length) throw damaged();
  }
}

// A number of seven bits a byte, lowest first, and where it ends.
function readVarint(bytes, at) {
  let value = 0;
  for (let i = 0; i < 10 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 127) * 2 ** (7 * i);
    if (bytes[at + i] < 128) return [value, at + i + 1];
  }
  throw damaged();
}

function damaged() {
  return new NetworkFileError("This is no ONNX file, or a damaged one: choose another one.");
}
