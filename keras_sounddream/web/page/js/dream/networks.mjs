// The network's files in ONNX Runtime, as functions of arrays.

const TYPES = new Map([[Float32Array, "float32"], [Int32Array, "int32"]]);

// `(named arrays) => named arrays` of an ONNX file; arrays are `{data, shape}`.
export async function openNetwork(ort, bytes) {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  return async (inputs) => {
    const given = Object.entries(inputs).map(([name, { data, shape }]) =>
      [name, new ort.Tensor(TYPES.get(data.constructor), data, shape)]);
    const made = await session.run(Object.fromEntries(given));
    const arrays = session.outputNames.map((name) =>
      [name, { data: made[name].data, shape: made[name].dims }]);
    return Object.fromEntries(arrays);
  };
}

// Highest classes first: `[{label, score}]`, of the output `scores` `(1, classes)`.
export async function classify(network, sound, labels) {
  const { scores } = await network({ waveform: { data: sound, shape: [1, sound.length] } });
  const count = scores?.data.length ?? "no";
  if (count !== labels.length) {
    throw new Error(`it outputs ${count} scores for ${labels.length} classes`);
  }
  const named = labels.map((label, i) => ({ label, score: scores.data[i] }));
  return named.sort((a, b) => b.score - a.score);
}
