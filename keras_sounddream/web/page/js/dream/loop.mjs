// The loop of a dream: octaves, coarse to fine, and the steps of each.

// Names of what strength decides, in the order of the graph's input `bounds`.
const BOUNDS = ["mask_db", "fall_db", "ceiling_db", "step_size"];

// The settings of a strength from 0 to 1, between those of the table's rows.
export function boundsAt(strength, table) {
  const after = table.findIndex((row) => row.strength >= strength);
  const [high, low] = [table[after], table[Math.max(0, after - 1)]];
  const share = high === low ? 0 : (strength - low.strength) / (high.strength - low.strength);
  return BOUNDS.map((name) => low[name] + share * (high[name] - low[name]));
}

// Yields `{done, total, objective, dream}` after each step; `objective` is that before it.
// `step` runs the graph: named arrays to named arrays. `choice` has `weights`, one for each term,
// `smoothing`, `strength` and `steps` of an octave.
export async function* dream(step, sound, choice, page) {
  let mask = { data: new Float32Array(page.bins), shape: [1, 1, page.bins] };
  const fixed = {
    waveform: { data: sound, shape: [1, sound.length] },
    weights: { data: Float32Array.from(choice.weights), shape: [1, choice.weights.length] },
    bounds: { data: Float32Array.from(boundsAt(choice.strength, page.strengths)), shape: [4] },
    smoothing: { data: Float32Array.of(choice.smoothing), shape: [] },
  };
  const total = page.octaves * choice.steps;
  for (let number = 0; number < total; number++) {
    const octave = Math.floor(number / choice.steps);
    const place = { data: Int32Array.of(octave, number), shape: [2] };
    const made = await step({ ...fixed, mask, place });
    mask = made.next;
    yield { done: number + 1, total, objective: made.objective.data[0], dream: made.dream.data };
  }
}
