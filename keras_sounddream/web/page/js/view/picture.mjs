// Spectrograms on a canvas: time to the right, frequency upwards on a mel-like axis.

const FLOOR_DB = -80;
const COLOURS = [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10],
  [252, 255, 164]];
const ROWS = 160;
const BEND = 700; // Hz, below which the axis is nearly linear

export function draw(canvas, { frames, bins, db }, rate) {
  canvas.width = frames;
  canvas.height = ROWS;
  const image = new ImageData(frames, ROWS), top = Math.log1p(rate / 2 / BEND);
  for (let row = 0; row < ROWS; row++) {
    const hz = BEND * Math.expm1(top * (ROWS - 0.5 - row) / ROWS);
    const bin = Math.min(bins - 1, Math.round(hz / (rate / 2) * bins));
    for (let frame = 0; frame < frames; frame++) {
      const colour = colourOf(1 - db[frame * bins + bin] / FLOOR_DB);
      image.data.set(colour, 4 * (row * frames + frame));
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function colourOf(share) {
  const place = Math.max(0, Math.min(1, share)) * (COLOURS.length - 1);
  const below = Math.min(COLOURS.length - 2, Math.floor(place)), rest = place - below;
  const mix = COLOURS[below].map((c, i) => c + rest * (COLOURS[below + 1][i] - c));
  return [...mix, 255];
}
