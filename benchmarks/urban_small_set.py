"""UrbanSound8K's recipe from end to end, on a small set in its layout made from ESC-10.

    python benchmarks/urban_small_set.py --data ESC-10 --work FOLDER [--steps 300]

UrbanSound8K may not be used commercially and is large; ESC-10 is at hand. Its clips are cut to 4 s
(every eighth to 1.5 s), stored at several rates and depths, and named and tabled as UrbanSound8K's.
The names of the classes are stand-ins. Writes docs/benchmarks/training/urban_sound_small_set.md. A
run that was interrupted goes on.
"""

import argparse
import csv
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import soundfile

from keras_sounddream.audio import load
from keras_sounddream.datasets.urbansound8k import LABELS
from keras_sounddream.training import evaluation
from keras_sounddream.training.recipes import esc10, urbansound8k

PAGE = (
    pathlib.Path(__file__).parents[1]
    / "docs"
    / "benchmarks"
    / "training"
    / "urban_sound_small_set.md"
)
STAND_INS = {
    "dog": "dog_bark",
    "rain": "air_conditioner",
    "sea_waves": "siren",
    "crying_baby": "children_playing",
    "clock_tick": "jackhammer",
    "sneezing": "gun_shot",
    "helicopter": "engine_idling",
    "chainsaw": "drilling",
    "rooster": "car_horn",
    "crackling_fire": "street_music",
}
COLUMNS = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")
RATES = ((44100, "PCM_16"), (22050, "PCM_24"), (48000, "PCM_16"), (16000, "FLOAT"))
SHORT_EVERY, SHORT_SECONDS, SECONDS = 8, 1.5, 4.0

TEXT = """# UrbanSound8K's recipe on a small set

The recipe of [UrbanSoundCNN](../../models/urban_sound_cnn.md) from end to end, on {count} clips of ESC-10 that
`benchmarks/urban_small_set.py` puts into UrbanSound8K's layout: ten folds, four rates and depths,
every eighth clip cut to 1.5 s. The names of the classes are stand-ins (a rooster is called a
car_horn), so this page shows that the recipe works, and nothing about UrbanSound8K. `xsmall`,
{steps} steps of {batch} clips.

| protocol | clips: training, validation, test | right, of the whole test part |
|---|---|---|
{rows}

The confusion matrix of {matrix_of}, rows the true classes:

```
{matrix}
```
"""


def make_set(data, folder, per_class=40):
    """Writes clips of ESC-10 in UrbanSound8K's layout; a recording stays in one fold."""
    rows, counts = [], [0] * len(LABELS)
    for clip in esc10.read_clips(data):
        label = LABELS.index(STAND_INS[esc10.LABELS[clip.label]])
        number, counts[label] = counts[label], counts[label] + 1
        if number >= per_class:
            continue
        recording = clip.path.name.split("-")[1]
        fold = 2 * clip.fold - int(recording) % 2
        rate, subtype = RATES[number % len(RATES)]
        seconds = SHORT_SECONDS if number % SHORT_EVERY == 0 else SECONDS
        path = folder / "audio" / f"fold{fold}" / f"{recording}-{label}-{number}-0.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        waveform = load(clip.path, rate)[0, : round(seconds * rate)]
        if not path.exists():
            soundfile.write(path, waveform.clip(-1, 1), rate, subtype)
        rows.append((path.name, recording, 0.0, seconds, 1, fold, label, LABELS[label]))
    (folder / "metadata").mkdir(exist_ok=True)
    with open(folder / "metadata" / "UrbanSound8K.csv", "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return rows


def measure(data, work, settings):
    """A row of the table, and the confusion matrix."""
    parts = urbansound8k.read_parts(data, settings)
    model = urbansound8k.train(data, work / f"{settings.protocol}_{settings.tagging}", settings)
    clips, scores = urbansound8k.evaluate(model, data, settings)
    confusion = evaluation.confusion_matrix([clip.label for clip in clips], scores)
    sizes = ", ".join(str(len(part)) for part in parts.values())
    name = urbansound8k.describe_test(settings)
    return name, f"| {name} | {sizes} | {evaluation.accuracy(confusion):.1%} |", confusion


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    rows = make_set(arguments.data, arguments.work / "UrbanSound8K")
    common = {
        "steps": arguments.steps,
        "batch_size": arguments.batch_size,
        "precision": arguments.precision,
        "checkpoint_steps": 100,
    }
    runs = [
        urbansound8k.Settings(**common),
        urbansound8k.Settings(protocol="nine_class", **common),
    ]
    found = [measure(arguments.work / "UrbanSound8K", arguments.work, run) for run in runs]
    name, _, confusion = found[0]
    page = TEXT.format(
        count=len(rows),
        steps=arguments.steps,
        batch=arguments.batch_size,
        rows="\n".join(row for _, row, _ in found),
        matrix_of=name,
        matrix=evaluation.table(confusion, LABELS),
    )
    PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
