"""Gain and share retained of dreams for each update rule and each preset.

    python benchmarks/dream_ways.py --data ESC-10 [--clips 1]

Measured as in dream_fidelity.py, on one layer. Writes docs/benchmarks/dreams/dream_ways.md, and a
picture of each preset into docs/images.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dream_fidelity
import methods
import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.audio.spectrogram_image import levels_db
from keras_sounddream.deepdream.presets import PRESETS
from keras_sounddream.files import written_beside

ROOT = pathlib.Path(__file__).parents[1]
LAYER = "block3_conv2"
WAYS = {
    "default": {},
    **{f"preset `{name}`": {"preset": name} for name in PRESETS},
    "mask, 20 dB": {"parameterization": "mask"},
    "mask, 10 dB": {"parameterization": "mask", "mask_db": 10.0},
    "momentum 0.8, 1 dB": {"momentum": 0.8, "step_size": 1.0},
    "Gaussian smoothing, 1 bin": {"smoothing": "gaussian"},
    "Laplacian pyramid": {"smoothing": "laplacian"},
    "deviation, 0.2 dB": {"normalization": "deviation", "step_size": 0.2},
    "blend 0.2": {"source_mix": 0.2},
    "zoom 0.05": {"scale": 0.05},
    "one octave of 40": {"octaves": 1, "steps": 40},
}


class Way(methods.Method):
    """A dream of ours under some settings."""

    def __init__(self, model, name, settings):
        super().__init__(model, LAYER)
        self.name = name
        self.dream = DeepDream(model, objectives.layer(LAYER), **settings)

    def __call__(self, waveform):
        result = self.dream.run(waveform)
        before, believed = result.objective_before, result.objective_believed
        return result.waveform, float(before[0]), float(believed[0])


def table(rows):
    """A line a way, in Markdown."""
    yield (
        "| way | steps | gain, median (tenth … tenth) | retained, median | retained, worst tenth | "
        "flatness of what is added − input's | added, dB | s per clip |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name in WAYS:
        chosen = [row for row in rows if row["method"] == name]
        figure = {key: np.array([row[key] for row in chosen]) for key in chosen[0] if key != "clip"}
        low, high = np.quantile(figure["gain"], (0.1, 0.9))
        flat = figure["flatness_added"] - figure["flatness_input"]
        yield (
            f"| {name} | {chosen[0]['steps']} | {np.median(figure['gain']):.2f} ({low:.2f} … {high:.2f}) | "
            f"{np.median(figure['kept']):.2f} | {np.quantile(figure['kept'], 0.1):.2f} | "
            f"{np.median(flat):+.3f} | {np.median(figure['added_db']):+.1f} | "
            f"{np.median(figure['seconds']):.1f} |"
        )


def draw(model):
    """Draws the spectrogram of an example, and of its dream under each preset."""
    waveform = audio.load(ROOT / "examples" / "speech.flac", model.sample_rate)
    dreams = {"input": waveform}
    for name in PRESETS:
        dream = DeepDream(model, objectives.layer(LAYER), preset=name)
        dreams[name] = dream.run(waveform).waveform
    levels = {name: levels_db(sound[0], model.sample_rate) for name, sound in dreams.items()}
    loudest = max(level.max() for level in levels.values())
    figure = Figure(figsize=(8, 9), layout="constrained")
    for axes, (name, level) in zip(
        figure.subplots(len(levels), sharex=True), levels.items(), strict=True
    ):
        extent = (0, waveform.shape[1] / model.sample_rate, 0, model.sample_rate / 2000)
        scale = {"vmin": loudest - 80, "vmax": loudest, "cmap": "magma"}
        axes.imshow(level.T, origin="lower", aspect="auto", extent=extent, **scale)
        axes.set(title=name, ylabel="frequency (kHz)")
    axes.set(xlabel="time (s)")
    with written_beside(ROOT / "docs" / "images" / "presets.png", overwrite=True) as temporary:
        figure.savefig(temporary, dpi=70)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--clips", type=int, default=1)
    arguments = parser.parse_args()
    model = applications.LogMelCNN()
    clips = dream_fidelity.first_clips(arguments.data, arguments.clips)
    sounds = [np.clip(audio.load(clip.path, model.sample_rate), -1, 1) for clip in clips]
    rows = []
    for name, settings in tqdm(WAYS.items()):
        way = Way(model, name, settings)
        for clip, waveform in zip(clips, sounds, strict=True):
            scores = model(waveform)[0].numpy()
            row = dream_fidelity.measure(way, model, clip, LAYER, scores, waveform)
            steps = way.dream.settings.octaves * way.dream.settings.steps
            rows.append({**row, "steps": steps})
    lines = [
        "# Update rules and presets, measured",
        "",
        f"Written by `benchmarks/dream_ways.py`: {len(clips)} clips of ESC-10's fold 5, layer `{LAYER}`;"
        " *retained* and *gain* as in [dream_fidelity.md](dream_fidelity.md), read off 16-bit files"
        " at the input's loudness. The seconds are for comparison with each other only.",
        "",
        *table(rows),
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_ways.md").write_text("\n".join(lines))
    print("\n".join(lines))
    draw(model)


if __name__ == "__main__":
    main()
