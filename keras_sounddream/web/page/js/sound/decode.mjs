// Sound files and recordings as the network takes them: mono, at its rate, checked.

import { SoundError, isWav, readWav } from "./wav.mjs";
import { resample } from "./resample.mjs";

const MOST_BYTES = 400e6;
const SILENT = 2e-6; // root mean square, below which there is nothing to dream on

// A file's sound from `start` s on: `{sound, seconds}`, of which `seconds` is the whole length.
export async function decode(buffer, rate, most, start = 0) {
  if (!buffer.byteLength) throw new SoundError("This file is empty: choose another one.");
  if (buffer.byteLength > MOST_BYTES) {
    throw new SoundError("This file is larger than 400 MB: cut a piece out of it first.");
  }
  if (!isWav(buffer)) return decodeByBrowser(buffer, rate, most, start);
  const { channels, rate: own, seconds } = readWav(buffer, start, most);
  return { sound: resample(mono(channels), own, rate), seconds };
}

// The browser reads what is no WAV, and resamples it.
async function decodeByBrowser(buffer, rate, most, start) {
  const context = new OfflineAudioContext(1, 1, rate);
  const decoded = await context.decodeAudioData(buffer.slice(0)).catch(() => {
    throw new SoundError("This browser finds no sound in the file: choose a WAV, FLAC, MP3 or " +
      "Ogg file.");
  });
  const [first, last] = [start, start + most].map((second) => Math.round(second * rate));
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, i) =>
    decoded.getChannelData(i).subarray(first, last));
  return { sound: mono(channels), seconds: decoded.duration };
}

export function mono(channels) {
  if (channels.length === 1) return channels[0];
  const count = channels.length;
  return channels[0].map((_, i) => channels.reduce((sum, one) => sum + one[i], 0) / count);
}

// The sound, fit to be dreamed on; throws a sentence where it is not.
export function checked(sound, rate, least) {
  if (!sound.every(Number.isFinite)) {
    throw new SoundError("This sound holds samples that are no numbers: save it anew.");
  }
  if (sound.length < least * rate) {
    throw new SoundError(`This sound lasts ${(sound.length / rate).toFixed(2)} s: ` +
      `choose one of ${least} s or more.`);
  }
  if (level(sound) < SILENT) {
    throw new SoundError("This sound is silent: there is nothing to dream on.");
  }
  return withinOne(sound);
}

// The sound, turned down where it exceeds 1.
export function withinOne(sound) {
  const peak = sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return peak > 1 ? sound.map((x) => x / peak) : sound;
}

export function level(sound) {
  return Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / sound.length);
}
