"""Units of the last layers of LogMelCNN and YAMNet that separate ESC-10's classes best.

    python benchmarks/units.py --data ESC-10 --weights yamnet.h5 [--pages FOLDER]

LogMelCNN hears the fold that it was not trained on, YAMNet all clips. Writes
docs/benchmarks/models/units_esc10.md, and with --pages the pages to listen to.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream import applications
from keras_sounddream.reports.units import write_units
from keras_sounddream.training.recipes import esc10
from keras_sounddream.training.transfer.units import measure_units

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "models" / "units_esc10.md"

TEXT = """# Units and the classes of ESC-10

Written by `benchmarks/units.py`. What counts of a unit is the mean of its activation over
time, and over frequency rows. *AUC* is the share of pairs of a clip of a class and one of another in which
the unit responds more to the first; a unit's own class is the one of its highest AUC. *Shuffled* is the
highest AUC of all units with the labels shuffled: what chance makes of so many units and so few clips.

| model, layer | clips | units | own AUC, median | units with 0.9 or more | shuffled | page, MB |
|---|---|---|---|---|---|---|
{totals}

The best unit of each class, its AUC and d′, and how many units have the class as their own:

| class | {heads} |
|---|{rules}
{classes}

LogMelCNN was trained on the four other folds; YAMNet on AudioSet, and on none of these labels.
"""


def total(name, found, size):
    """A row of the first table."""
    area = found.auc.max(axis=1)
    return (
        f"| {name} | {len(found.clips)} | {len(area)} | {np.median(area):.3f} | {np.mean(area >= 0.9):.0%} "
        f"| {found.shuffled:.3f} | {size / 1e6:.1f} |"
    )


def cell(found, label):
    """What a layer knows of a class."""
    unit = int(found.auc[:, label].argmax())
    own = np.count_nonzero(found.best == label)
    return f"{unit}: {found.auc[unit, label]:.3f}, {found.d_prime[unit, label]:.1f}; {own}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--weights", required=True, help="of YAMNet")
    parser.add_argument("--pages", type=pathlib.Path, default=pathlib.Path("units_esc10"))
    arguments = parser.parse_args()
    arguments.pages.mkdir(parents=True, exist_ok=True)
    clips = esc10.read_clips(arguments.data)
    runs = {
        "LogMelCNN, `block4_conv2`": (
            applications.LogMelCNN(),
            "block4_conv2",
            [clip for clip in clips if clip.fold == 5],
        ),
        "YAMNet, `embeddings`": (
            applications.YAMNet(weights=arguments.weights),
            "embeddings",
            clips,
        ),
    }
    totals, measured = [], {}
    for name, (model, layer, heard) in runs.items():
        found = measured[name] = measure_units(model, layer, heard, esc10.LABELS)
        page = arguments.pages / f"{model.name}_{layer}.html"
        write_units(found, page, overwrite=True)
        totals.append(total(name, found, page.stat().st_size))
    classes = [
        f"| {label} | {' | '.join(cell(found, i) for found in measured.values())} |"
        for i, label in enumerate(esc10.LABELS)
    ]
    page = TEXT.format(
        totals="\n".join(totals),
        heads=" | ".join(measured),
        rules="---|" * len(measured),
        classes="\n".join(classes),
    )
    PAGE.write_text(page)
    print(page)


if __name__ == "__main__":
    main()
