"""Gain against what is lost of the sound, for each strength, bound, update rule and preset.

    python benchmarks/dream_ways.py --data ESC-10 [--clips 1] [--yamnet FILE] [--soundnet FILE]

Measured as in dream_fidelity.py, on one layer; and the strengths on other networks, of which those
whose weights are given. Writes docs/benchmarks/dreams/dream_ways.md, and into docs/images a plot of
gain against loss, and a picture of each preset.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dream_fidelity
import methods
import numpy as np
from listening import Listener
from matplotlib.figure import Figure
from tqdm import tqdm

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.audio.spectrogram_image import levels_db
from keras_sounddream.deepdream.presets import PRESETS
from keras_sounddream.files import written_beside

ROOT = pathlib.Path(__file__).parents[1]
LAYER = "block3_conv2"
STRENGTHS = (0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0)
OTHERS = (0.0, 0.25, 0.5, 0.75, 1.0)  # strengths on other networks
FREE = {"parameterization": "log_magnitude", "step_size": 4.0}
WAYS = {
    **{f"strength {strength:g}": {"strength": strength} for strength in STRENGTHS},
    "mask of 12 dB both ways, no ceiling": {"mask_db": 12.0, "fall_db": 12.0, "ceiling_db": -60.0},
    "mask of 20 dB both ways, no ceiling": {"mask_db": 20.0, "fall_db": 20.0, "ceiling_db": -60.0},
    "rise of 40 dB, no ceiling": {"ceiling_db": -60.0},
    "no bounds (`log_magnitude`)": FREE,
    "no bounds, steps of 0.5 dB": {**FREE, "step_size": 0.5},
    "no bounds, source mix 0.2": {**FREE, "source_mix": 0.2},
    "momentum 0.5": {"momentum": 0.5},
    "Gaussian smoothing, 1 bin": {"smoothing": "gaussian"},
    "Laplacian pyramid": {"smoothing": "laplacian"},
    "one octave of 40": {"octaves": 1, "steps": 40},
    **{f"preset `{name}`": {"preset": name} for name in ("natural_dreams", "tutorial")},
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


def other_networks(arguments, paths):
    """Lines of a table: the strengths on networks that hear at other rates and in other ways."""
    yield "| network | layer | strength | gain, median (tenth … ninth) | lost, median | worst tenth | similarity |"
    yield "|---|---|---|---|---|---|---|"
    networks = {"UrbanSoundCNN": ("conv4", {})}
    for name, layer, weights in (
        ("YAMNet", "layer9_pointwise_relu", arguments.yamnet),
        ("SoundNet8", "conv5", arguments.soundnet),
    ):
        if weights is not None:
            top = {"include_top": False} if name == "SoundNet8" else {}
            networks[name] = layer, {"weights": weights, **top}
    for name, (layer, settings) in networks.items():
        model = getattr(applications, name)(**settings)
        rate = model.sample_rate
        for strength in OTHERS:
            dream = DeepDream(model, objectives.layer(layer), strength=strength)
            sounds = (np.clip(audio.load(path, rate), -1, 1) for path in paths)
            results = [
                dream.run(sound[:, : round(dream_fidelity.SECONDS * rate)]) for sound in sounds
            ]
            gain, lost, alike = (
                [float(getattr(result, figure)[0]) for result in results]
                for figure in ("gain", "lost", "similarity")
            )
            yield (
                f"| {name} | `{layer}` | {strength:g} | {dream_fidelity.spread(gain)} | "
                f"{np.median(lost):.1%} | {np.quantile(lost, 0.9):.1%} | {np.median(alike):.2f} |"
            )


def table(rows):
    """A line a way, in Markdown."""
    yield (
        "| way | steps | gain, median (tenth … ninth) | lost, median | lost, worst tenth | "
        "similarity | retained | s per clip |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name in WAYS:
        figure = figures_of(rows, name)
        yield (
            f"| {name} | {figure['steps'][0]} | {dream_fidelity.spread(figure['gain'])} | "
            f"{np.median(figure['lost']):.1%} | {np.quantile(figure['lost'], 0.9):.1%} | "
            f"{np.median(figure['similarity']):.2f} | {np.median(figure['kept']):.2f} | "
            f"{np.median(figure['seconds']):.1f} |"
        )


def figures_of(rows, name):
    """Arrays of one way's figures, by name."""
    chosen = [row for row in rows if row["method"] == name]
    return {key: np.array([row[key] for row in chosen]) for key in chosen[0]}


def draw_frontier(rows):
    """Plots the median gain against the median loss of each way."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    points = {name: figures_of(rows, name) for name in WAYS}
    place = {
        name: (100 * np.median(point["lost"]), np.median(point["gain"]))
        for name, point in points.items()
    }
    ours = [place[f"strength {strength:g}"] for strength in STRENGTHS]
    axes.plot(*zip(*ours, strict=True), "o-", label="strength 0 … 1")
    for strength, at in zip(STRENGTHS, ours, strict=True):
        name = {0.25: "gentle", 0.5: "default", 1.0: "vivid"}.get(strength, f"{strength:g}")
        axes.annotate(name, at, xytext=(6, -10), textcoords="offset points")
    others = {name: at for name, at in place.items() if not name.startswith("strength")}
    axes.plot(*zip(*others.values(), strict=True), "x", color="tab:red", label="other ways")
    for name, at in others.items():
        axes.annotate(name, at, xytext=(5, 3), textcoords="offset points", fontsize=7)
    axes.set(xlabel="lost (% of the sound, median)", ylabel="gain (median)", xscale="symlog")
    axes.set(xlim=(-0.1, 1000))  # room for names
    axes.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axes.legend(loc="upper left")
    axes.grid(alpha=0.3)
    with written_beside(ROOT / "docs" / "images" / "strength.png", overwrite=True) as temporary:
        figure.savefig(temporary, dpi=80)


def draw(model):
    """Draws the spectrogram of an example, and of its dream under each preset."""
    waveform = audio.load(ROOT / "examples" / "speech.flac", model.sample_rate)
    dreams = {"input": waveform}
    for name, settings in {"default": None, **PRESETS}.items():
        preset = None if settings is None else name
        dream = DeepDream(model, objectives.layer(LAYER), preset=preset)
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
    parser.add_argument("--clips", type=int, default=1, help="of each class")
    parser.add_argument("--most", type=int, default=1000, help="clips in all")
    parser.add_argument("--yamnet", help="weights of YAMNet")
    parser.add_argument("--soundnet", help="weights of SoundNet8")
    arguments = parser.parse_args()
    model = applications.LogMelCNN()
    clips = dream_fidelity.first_clips(arguments.data, arguments.clips)[: arguments.most]
    rows, deaf = [], Listener()
    for name, settings in tqdm(WAYS.items()):
        way = Way(model, name, settings)
        steps = way.dream.settings.octaves * way.dream.settings.steps
        for clip in clips:
            row = dream_fidelity.measure(way, dream_fidelity.beginning(clip.path), deaf, None)
            rows.append({"method": name, "steps": steps, **row})
    lines = [
        "# Strength, bounds, update rules and presets, measured",
        "",
        f"Written by `benchmarks/dream_ways.py`: {len(clips)} clips of ESC-10's fold 5, layer `{LAYER}`;"
        " the words are those of [dream_fidelity.md](dream_fidelity.md), read off 16-bit files"
        " at the input's loudness. The seconds are for comparison with each other only.",
        "",
        "![Gain against loss](../../images/strength.png)",
        "",
        *table(rows),
        "",
        "The same strengths on a middle layer of other networks:",
        "",
        *other_networks(arguments, [clip.path for clip in clips]),
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_ways.md").write_text("\n".join(lines))
    print("\n".join(lines))
    draw(model)
    draw_frontier(rows)


if __name__ == "__main__":
    main()
