"""A small set in UrbanSound8K's own layout: tones, as low or high as their class."""

import csv

import numpy as np
import soundfile

from keras_sounddream.datasets.urbansound8k import LABELS

COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")


def make(folder, rng, seconds=(4.0, 1.5), folds=range(1, 11)):
    """Writes a recording a class and fold, as a slice of each length; rates and bits differ."""
    rows = []
    for label, name in enumerate(LABELS):
        for fold in folds:
            recording = 1000 + 100 * label + fold
            for i, length in enumerate(seconds):
                rate = (8000, 22050, 44100)[(label + fold) % 3]
                path = folder / "audio" / f"fold{fold}" / f"{recording}-{label}-0-{i}.wav"
                write_tone(path, label, length, rate, rng)
                rows.append((path.name, recording, 0.0, length, 1, fold, label, name))
    write_table(folder, rows)
    return rows


def write_tone(path, label, seconds, rate, rng):
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 150 * 1.4**label * time) + rng.normal(0, 0.01, len(time))
    soundfile.write(path, np.stack([tone, tone], axis=1), rate, "PCM_16" if label % 2 else "PCM_24")


def write_table(folder, rows, columns=COLUMNS):
    (folder / "metadata").mkdir(parents=True, exist_ok=True)
    with open(folder / "metadata" / "UrbanSound8K.csv", "w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
