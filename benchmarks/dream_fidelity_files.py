"""The gain of dreams that exported files make, for `dream_fidelity.py --runtime`."""

import json
import pathlib
import tempfile

import exported
import methods
import numpy as np
from export_cases import last_bit, rounding
from tqdm import tqdm

from keras_sounddream import applications, audio
from keras_sounddream.export.tasks import find_tasks

PYTHON = "python"
TITLES = {
    PYTHON: "Python",
    "last bit": "Python, last bit of the sound changed",
    "rounding": "Python, sound changed by rounding",
    "litert": "**LiteRT**",
    "onnx": "**ONNX Runtime**",
}
NAMES = {"litert": "LiteRT", "onnx": "ONNX"}
SECONDS = 5.0
_SAMPLES = 2000  # of a bootstrap


def dreamers(ours, runtime, sounds, folder):
    """Those who dream: dict of functions from a waveform to a dream."""
    add_noise, rng = rounding(ours.dream.analysis, sounds)[1], np.random.default_rng(0)
    (task,) = find_tasks(ours.dream, ["dream"])
    path, _ = exported.export(ours.dream, task, runtime, folder, SECONDS)
    runner = exported.open_file(path, task, runtime)
    return {
        PYTHON: lambda sound: ours.dream.run(sound).waveform,
        "last bit": lambda sound: ours.dream.run(last_bit(sound, rng)).waveform,
        "rounding": lambda sound: ours.dream.run(add_noise(sound, rng)).waveform,
        runtime: lambda sound: runner.run("dream", sound)["waveform"],
    }


def run(clips, layers, runtime, work, through_file):
    """Gains by who dreamed, layer and clip: those of `work`, and what was missing there."""
    path = work / "dream_fidelity_files.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    gains = {tuple(key): gain for key, gain in map(json.loads, lines)}
    model = applications.LogMelCNN()
    samples = round(SECONDS * model.sample_rate)
    sounds = {
        clip.path.name: np.resize(
            np.clip(audio.load(clip.path, model.sample_rate), -1, 1), (1, samples)
        )
        for clip in clips
    }
    wanted = (PYTHON, "last bit", "rounding", runtime)
    keys = [(who, layer, name) for layer in layers for name in sounds for who in wanted]
    with open(path, "a") as file, tqdm(total=len(keys), unit="dream") as bar:
        for layer in layers:
            missing = [key for key in keys if key[1] == layer and key not in gains]
            bar.update(len(sounds) * len(wanted) - len(missing))
            if not missing:
                continue
            ours = methods.Ours(model, layer)
            with tempfile.TemporaryDirectory() as folder:
                made = dreamers(ours, runtime, list(sounds.values()), pathlib.Path(folder))
            for key in missing:
                sound = sounds[key[2]]
                heard = through_file(made[key[0]](sound))
                gains[key] = ours.read(heard) / ours.read(sound)
                file.write(json.dumps([key, gains[key]]) + "\n")
                file.flush()
                bar.update()
    return {key: gains[key] for key in keys}


def by_who(gains, layers, runtime):
    """Gains of each who at some layers, in one order: dict of arrays."""
    return {
        who: np.array(
            [gain for (w, layer, _), gain in gains.items() if w == who and layer in layers]
        )
        for who in (PYTHON, "last bit", "rounding", runtime)
    }


def beside(found, python):
    """Some gains beside Python's on the same sounds: dict of figures."""
    picks = np.random.default_rng(0).integers(0, len(found), (_SAMPLES, len(found)))
    drawn = np.median(found[picks], axis=1) / np.median(python[picks], axis=1)
    ratio, logs = found / python, np.log(found / python)
    return {
        "medians": np.median(found) / np.median(python),
        "interval": np.quantile(drawn, (0.025, 0.975)),
        "median": np.median(ratio),
        "spread": np.quantile(ratio, (0.1, 0.9)),
        "mean": np.exp(logs.mean()),
        "error": 2 * logs.std(ddof=1) / np.sqrt(len(logs)),
    }


def table(gains, layers, runtime):
    """Each who, a layer a line, beside Python, in Markdown."""
    lines = [
        "| layer | dreamed by | dreams | gain, median | ÷ Python's, dream by dream: mean"
        " (± 2 standard errors) | median (tenth … tenth) | ratio of the medians (95 %) |",
        "|---|---|---|---|---|---|---|",
    ]
    for chosen in [*((layer,) for layer in layers), layers]:
        found = by_who(gains, chosen, runtime)
        for who, values in found.items():
            name = "all" if chosen == layers else chosen[0]
            start = f"| {name} | {TITLES[who]} | {len(values)} | {np.median(values):.3f} |"
            lines.append(
                start + (" – | – | – |" if who == PYTHON else _cells(values, found[PYTHON]))
            )
    return lines


def _cells(found, python):
    known = beside(found, python)
    return (
        f" {known['mean']:.4f} (± {known['error']:.4f}) | {known['median']:.4f}"
        " ({:.3f} … {:.3f}) |".format(*known["spread"])
        + f" {known['medians']:.4f}"
        + " ({:.3f} … {:.3f}) |".format(*known["interval"])
    )


def verdict(gains, layers, runtime):
    """Sentences: what was wanted, and what is."""
    found = by_who(gains, layers, runtime)
    known = {who: beside(values, found[PYTHON]) for who, values in found.items()}
    words = {
        who: f"{k['mean']:.4f} ± {k['error']:.4f} in the mean, {k['median']:.4f} in the median"
        for who, k in known.items()
    }
    return (
        f"Wanted: the gain of the {NAMES[runtime]} file's dreams within 1 % of Python's. Dream by dream it is"
        f" **{words[runtime]}** times Python's; Python's own after a last bit is {words['last bit']}. The ratio of"
        f" the medians, {known[runtime]['medians']:.4f}, is the least certain of the three: the middle of dreams"
        " whose gains span a decade moves with every one of them, as Python's own,"
        f" {known['last bit']['medians']:.4f}, shows."
    )


def page(gains, layers, runtime):
    """The page's lines."""
    name, count = NAMES[runtime], len(gains) // 4
    sound = "one" if count == len(layers) else f"{count // len(layers)}"
    return [
        f"# Gain of dreams by {name} files",
        "",
        f"Written by `benchmarks/dream_fidelity.py --runtime {runtime}`. {count} dreams ({sound} clips of ESC-10's"
        f" fold 5, {SECONDS:g} s each; layers {', '.join(layers)}) of {methods.STEPS} gradient steps, by `DeepDream` in"
        f" Python and by the {name} file that `export_model` makes of it. Each is written as 16-bit WAV and read"
        " again. *Gain*: the objective in that file ÷ that of the input.",
        "",
        "Forty steps of 4 dB are chaotic, in Python too: a rounding error is enough to lead a dream to another,"
        " as good a one. So the same is measured of Python against itself, once the last bit of every sample is"
        " changed, and once noise is added as large as the rounding of the file's Fourier transforms. What can"
        " be the same is not a dream but what dreams are worth: the ratio of gains dream by dream, whose"
        " mean is geometric, and the ratio of their medians, with the interval that drawing dreams again gives.",
        "",
        verdict(gains, layers, runtime),
        "",
        *table(gains, layers, runtime),
    ]
