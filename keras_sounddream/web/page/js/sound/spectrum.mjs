// Spectrograms: a short-time Fourier transform in dB, to be drawn.

const LENGTH = 1024;
const FLOOR_DB = -80;

// `{frames, bins, db}` of a sound: Float32Array of frames × bins, 0 dB for a full-scale sine.
export function spectrogram(sound, columns = 400) {
  const step = Math.max(64, Math.floor(sound.length / columns));
  const frames = Math.max(1, Math.ceil(sound.length / step)), bins = LENGTH / 2;
  const db = new Float32Array(frames * bins);
  const real = new Float64Array(LENGTH), imaginary = new Float64Array(LENGTH);
  for (let frame = 0; frame < frames; frame++) {
    for (let i = 0; i < LENGTH; i++) {
      real[i] = HANN[i] * (sound[frame * step + i - LENGTH / 2] || 0);
      imaginary[i] = 0;
    }
    transform(real, imaginary);
    for (let bin = 0; bin < bins; bin++) {
      const power = real[bin] ** 2 + imaginary[bin] ** 2;
      db[frame * bins + bin] = Math.max(FLOOR_DB, 10 * Math.log10(power / FULL + 1e-12));
    }
  }
  return { frames, bins, db };
}

const HANN = Float64Array.from({ length: LENGTH }, (_, i) =>
  0.5 - 0.5 * Math.cos(2 * Math.PI * i / LENGTH));
const FULL = (HANN.reduce((a, b) => a + b) / 2) ** 2;

// Fourier transform in place, of a power of two.
export function transform(real, imaginary) {
  const length = real.length;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let size = 2; size <= length; size *= 2) butterflies(real, imaginary, size);
}

function butterflies(real, imaginary, size) {
  const half = size / 2;
  for (let k = 0; k < half; k++) {
    const angle = -2 * Math.PI * k / size, cosine = Math.cos(angle), sine = Math.sin(angle);
    for (let i = k; i < real.length; i += size) {
      const j = i + half;
      const a = real[j] * cosine - imaginary[j] * sine;
      const b = real[j] * sine + imaginary[j] * cosine;
      real[j] = real[i] - a; imaginary[j] = imaginary[i] - b;
      real[i] += a; imaginary[i] += b;
    }
  }
}
