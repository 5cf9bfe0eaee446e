"""Bursts that a dream adds above the band of its source.

    python benchmarks/dream_stripes.py FILE … [--layers block3_conv2 …] [--batch 10] [--work FOLDER]

Each sound is low-passed at 5 kHz, so that the band above holds nothing, brought to a peak of full
scale, and dreamed on, with the default, with `vivid` and without bounds. A burst is the level of
the loudest 20 ms above 6 kHz in the dream as 16 bits hold it, in dB of the dream's root mean
square. Writes docs/benchmarks/dreams/dream_stripes.md. An interrupted run goes on from FOLDER.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import scipy.signal
from tqdm import tqdm

from keras_sounddream import DeepDream, applications, audio

ROOT = pathlib.Path(__file__).parents[1]
RATE = applications.log_mel_cnn.ANALYSIS.sample_rate
SECONDS = 2.0
BAND_HZ, ABOVE_HZ = 5000, 6000
FRAME = round(0.020 * RATE)
MOST_DB = -60
WAYS = {
    "default": {},
    "vivid": {"preset": "vivid"},
    "log_magnitude": {"parameterization": "log_magnitude"},
}


def band_limited(path):
    """The loudest `SECONDS` of a sound below `BAND_HZ`, at full scale: float32 `(samples,)`."""
    sound = audio.load(path, RATE)[0]
    low = scipy.signal.firwin(1025, BAND_HZ, fs=RATE, window=("kaiser", 14))
    sound = scipy.signal.fftconvolve(np.pad(sound, (0, len(low))), low)
    count = round(SECONDS * RATE)
    sound = np.resize(sound, max(count, len(sound)))
    power = np.cumsum(np.pad(sound**2, (1, 0)))
    start = int(np.argmax(power[count:] - power[:-count]))
    cut = sound[start : start + count]
    cut = cut * scipy.signal.windows.tukey(
        count, 2 * FRAME / count
    )  # no edge is a burst of its own
    return (cut / np.abs(cut).max()).astype("float32")


def burst_db(sound):
    """Level of the loudest frame above `ABOVE_HZ`, in dB of the root mean square."""
    high = scipy.signal.firwin(1025, ABOVE_HZ, fs=RATE, window=("kaiser", 14), pass_zero=False)
    above = scipy.signal.fftconvolve(np.pad(sound, len(high)), high)
    frames = above[: len(above) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames**2, axis=1).max() / np.mean(sound**2)
    return float(10 * np.log10(power + 1e-20))


def measure(paths, layers, size, work, ways):
    """Bursts by way, layer and file: those of `work`, and what was missing there."""
    stored = work / "dream_stripes.jsonl"
    lines = stored.read_text().splitlines() if stored.exists() else []
    rows = {tuple(key): row for key, row in map(json.loads, lines)}
    model = applications.LogMelCNN()
    parts = [paths[i : i + size] for i in range(0, len(paths), size)]
    for way in ways:
        settings = WAYS[way]
        for layer in layers:
            dream = DeepDream(model, layer, **settings)
            for part in tqdm(parts, desc=f"{way}, {layer}"):
                if all((way, layer, str(path)) in rows for path in part):
                    continue
                batch = np.stack([band_limited(path) for path in part])
                result = dream.run(batch)
                heard = np.asarray(dream.param.as_written(result.waveform))
                for path, before, after, gain in zip(part, batch, heard, result.gain, strict=True):
                    key = (way, layer, str(path))
                    rows[key] = [burst_db(before), burst_db(after), float(gain)]
                    with open(stored, "a") as file:
                        file.write(json.dumps([key, rows[key]]) + "\n")
    return rows


def page(rows, layers):
    """The page's lines."""
    count = len({key[2] for key in rows})
    lines = [
        "# Bursts above the band of the source",
        "",
        f"Written by `benchmarks/dream_stripes.py`: {count} sounds, low-passed at {BAND_HZ / 1000:g} "
        f"kHz, at full scale. The loudest 20 ms above {ABOVE_HZ / 1000:g} kHz in the dream, in dB of "
        f"its root mean square; none is to be above {MOST_DB} dB.",
        "",
        f"| way | layer | input, loudest | dream, median | dream, loudest | above {MOST_DB} dB | gain |",
        "|---|---|---|---|---|---|---|",
    ]
    for way in WAYS:
        for layer in layers:
            own = [row for key, row in rows.items() if key[:2] == (way, layer)]
            if not own:
                continue
            before, after, gain = np.array(own).T
            lines.append(
                f"| {way} | {layer} | {before.max():.0f} dB | {np.median(after):.0f} dB | "
                f"{after.max():.0f} dB | {np.sum(after > MOST_DB)} of {len(after)} | "
                f"{np.median(gain):.2f} |"
            )
    return [*lines, ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--layers", nargs="+", default=["block3_conv2"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."))
    options = parser.parse_args()
    rows = measure(options.files, options.layers, options.batch, options.work, options.ways)
    lines = page(rows, options.layers)
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_stripes.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
