// A dream in one pass: a filter takes a sound piece by piece, with a state from each to the next.

import { resample } from "../sound/resample.mjs";

// Yields `{done, total, dream}` after each piece; what is not dreamed yet is silent.
// `step` runs the graph: named arrays to named arrays. `rate` is of the sound, `filter` as
// `page.json` describes it.
export async function* filtered(step, sound, rate, filter) {
  const source = resample(sound, rate, filter.rate), { delay, samples } = filter;
  const total = Math.ceil((source.length + delay) / samples);
  const padded = new Float32Array(total * samples), made = new Float32Array(total * samples);
  padded.set(source);
  let state = Object.entries(filter.state).map(([name, shape]) =>
    [name, { data: new Float32Array(shape.reduce((a, b) => a * b)), shape }]);
  for (let piece = 0; piece < total; piece++) {
    const waveform = { data: padded.slice(piece * samples, (piece + 1) * samples),
      shape: [1, samples] };
    const next = await step({ waveform, ...Object.fromEntries(state) });
    made.set(next.filtered.data, piece * samples);
    state = state.map(([name]) => [name, next[`next_${name}`]]);
    const dream = resample(made.slice(delay, delay + source.length), filter.rate, rate);
    yield { done: piece + 1, total, dream: dream.slice(0, sound.length) };
  }
}
