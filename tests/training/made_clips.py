"""Small labelled sounds, in the layouts that transfer reads."""

import numpy as np
import soundfile

RATE = 16000
CLASSES = {"high": (2000, 3000), "low": (200, 400), "noise": None}  # Hz


def waveform(name, rng, seconds=0.5):
    """A tone of the class's range, or noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    if CLASSES[name] is None:
        return rng.normal(0, 0.1, len(time))
    return 0.3 * np.sin(2 * np.pi * rng.uniform(*CLASSES[name]) * time)


def folder_a_class(folder, per_class=6, classes=CLASSES):
    """As GTZAN: `high/high.00000.wav`."""
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            path = folder / name / f"{name}.{i:05d}.wav"
            soundfile.write(path, waveform(name, rng), RATE)
    return folder


def as_esc50(folder, rows=None):
    """As ESC-50: `meta/esc50.csv` and `audio/`, three folds of one clip a class."""
    rng = np.random.default_rng(0)
    (folder / "meta").mkdir(parents=True)
    (folder / "audio").mkdir()
    lines = ["filename,fold,target,category"]
    for fold in (1, 2, 3):
        for target, name in ((4, "low"), (7, "noise"), (2, "high")):
            file = f"{fold}-{target}.wav"
            soundfile.write(folder / "audio" / file, waveform(name, rng), RATE)
            lines.append(f"{file},{fold},{target},{name}_sound")
    (folder / "meta" / "esc50.csv").write_text("\n".join([*lines, *(rows or ())]))
    return folder
