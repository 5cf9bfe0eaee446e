// Resampling by a windowed sinc, of any two rates.

const ZEROS = 32; // of the sinc on each side
const PASS = 0.94; // of the lower rate's half: what is kept whole
const BETA = 9.0; // of the Kaiser window: 90 dB

export function resample(sound, from, to) {
  if (from === to) return sound;
  const common = divisor(from, to), up = to / common, down = from / common;
  const cutoff = PASS * Math.min(1, to / from);
  const reach = Math.ceil(ZEROS / cutoff), phases = new Map();
  const result = new Float32Array(Math.ceil(sound.length * to / from));
  for (let i = 0; i < result.length; i++) {
    const middle = Math.floor(i * down / up), phase = (i * down) % up;
    if (!phases.has(phase)) phases.set(phase, taps(phase / up, cutoff, reach));
    result[i] = product(sound, phases.get(phase), middle - reach);
  }
  return result;
}

function product(sound, weights, start) {
  let sum = 0;
  const first = Math.max(0, -start), last = Math.min(weights.length, sound.length - start);
  for (let k = first; k < last; k++) sum += weights[k] * sound[start + k];
  return sum;
}

// Weights of the samples from `reach` before a place to `reach` behind it.
function taps(fraction, cutoff, reach) {
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => {
    const x = k - reach - fraction, inside = 1 - (x / (reach + 1)) ** 2;
    return cutoff * sinc(cutoff * x) * bessel(BETA * Math.sqrt(Math.max(0, inside)));
  });
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / sum);
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function bessel(x) {
  let term = 1, sum = 1;
  for (let k = 1; term > 1e-12 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}
