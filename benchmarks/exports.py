"""Exported files beside the models they were made of: differences, sizes and seconds.

    python benchmarks/exports.py --data ESC-10 [--yamnet-weights FILE] [--clips 10] [--work FOLDER]
        [--models LogMelCNN …] [--tasks classify …] [--formats litert …]

Writes docs/benchmarks/export/exports.md. Without --yamnet-weights YAMNet is left out. An
interrupted run goes on from the rows in FOLDER; rows of an earlier run are measured again once they
are deleted there.
"""

import argparse
import json
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import exported
import keras
import numpy as np
import tensorflow as tf
from dream_fidelity import first_clips
from export_cases import CALM, DREAM_SECONDS, KINDS, OBJECTIVE, SUBJECTS, TRIES, Case
from tqdm import tqdm

from keras_sounddream.export.formats import FORMATS
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
PYTHON = "Python"
NAMES = {"saved_model": "SavedModel", "onnx": "ONNX", "litert": "LiteRT"}
_ROOM = 2.0  # times its own difference that a model's file may differ, as `export_model` allows


def measure(case, formats, folder):
    """Rows of one task of one network, a format each; all are timed together."""
    own = {name: case.own(change) for name, change in case.changes.items()}
    calls = {PYTHON: lambda: case.answer(case.sounds[0])}
    rows = {}
    for format in formats:
        path, size = exported.export(case.to_export, case.task, format, folder, case.seconds)
        for name, (of, options) in exported.RUNTIMES.items():
            if of == format:
                runner = exported.open_file(path, case.task, format, **options)
                calls[name] = lambda runner=runner: runner.run(case.task.name, case.sounds[0])
        found = [
            case.differences(runner.run(case.task.name, sound), wanted, sound)
            for sound, wanted in zip(case.sounds, case.wanted, strict=True)
        ]
        kinds = runner.operations[case.task.name]
        rows[format] = {
            "title": case.title,
            "sound_seconds": case.seconds,
            "bytes": size,
            "operations": len(kinds),
            "outside": exported.outside(format, kinds),
            "differences": found,
            "own": own,
            "share": case.share,
        }
    seconds, ratios = exported.median_seconds(calls)
    for row in rows.values():
        row |= {"seconds": seconds, "ratios": ratios}
    return rows


def run(options):
    """Makes every row that is not in the work folder yet; gives those of all runs, by their keys."""
    options.work.mkdir(parents=True, exist_ok=True)
    path = options.work / "exports.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    rows = {tuple(key): row for key, row in map(json.loads, lines)}
    clips = [clip.path for clip in first_clips(options.data, 1)][: options.clips]
    plan = [
        (subject, kind, [f for f in options.formats if key_of(subject, kind, f) not in rows])
        for subject in SUBJECTS
        for kind in subject.kinds
        if subject.name in options.models and kind in options.tasks
    ]
    with open(path, "a") as file:
        for subject, kind, formats in tqdm(plan, unit="task"):
            model = subject.build(options) if formats else None
            if not model:
                continue
            with tempfile.TemporaryDirectory() as folder:
                case = Case(subject, model, kind, clips)
                made = measure(case, formats, pathlib.Path(folder))
            for format, row in made.items():
                key = key_of(subject, kind, format)
                rows[key] = row
                file.write(json.dumps([key, row]) + "\n")
            file.flush()
    return rows


def key_of(subject, kind, format):
    return subject.name, subject.layer, kind, format


def in_order(rows):
    """Pairs of key and row, as the tables have them."""
    keys = [key_of(s, kind, f) for s in SUBJECTS for kind in s.kinds for f in NAMES]
    return [(key, rows[key]) for key in keys if key in rows]


def largest(pairs, limits):
    """Two cells: the largest difference, and the objective's, and how many keep to each limit."""
    cells = []
    for values, limit in zip(zip(*pairs, strict=True), limits, strict=True):
        cells.append(f"{max(values):.1e} ({sum(v <= limit for v in values)}/{len(values)})")
    return cells


def as_near(row, limit):
    """Which sounds' answers are within the limits, or within twice the model's own difference."""
    own = np.max(list(row["own"].values()), axis=0) if row["own"] else 0.0
    return (np.array(row["differences"]) <= np.maximum((limit, OBJECTIVE), _ROOM * own)).all(1)


def accuracy_table(rows):
    """What the files, and the model itself once a sound is changed, answer beside the model."""
    lines = [
        "| model | task | of | largest difference | objective's | as near as itself | MB |"
        " kinds of operation | not built in |",
        "|" + "---|" * 9,
    ]
    last = {key[:3]: key for key, _ in in_order(rows)}
    for key, row in in_order(rows):
        limits, start = (KINDS[key[2]].limit, OBJECTIVE), f"| {key[0]} | {row['title']} |"
        cells, near = largest(row["differences"], limits), as_near(row, limits[0])
        if not row["own"]:
            cells[1] = "–"
        lines.append(
            f"{start} {NAMES[key[3]]} | {' | '.join(cells)} | {near.sum()}/{len(near)} | "
            f"{row['bytes'] / 1e6:.2f} | {row['operations']} | {', '.join(row['outside']) or 'none'} |"
        )
        if last[key[:3]] == key:
            for name, pairs in row["own"].items():
                cells = largest(pairs, limits)
                lines.append(f"{start} *itself, {name}* | {' | '.join(cells)} | – | – | – | – |")
    return lines


def speed_table(rows):
    """Seconds a call, and how many times as fast as Python."""
    columns = [PYTHON, *exported.RUNTIMES]
    lines = [f"| model | task | sound, s | {' | '.join(columns)} |", "|" + "---|" * 8]
    seconds = {}
    for (name, _, _, _), row in in_order(rows):
        task = seconds.setdefault((name, row["title"], row["sound_seconds"]), {})
        task |= {key: (value, row["ratios"][key]) for key, value in row["seconds"].items()}
    for (name, title, sound), task in seconds.items():
        cells = [
            f"{task[key][0]:.4f}" + (f" ({task[key][1]:.1f})" if key != PYTHON else "")
            if key in task
            else "–"
            for key in columns
        ]
        lines.append(f"| {name} | {title} | {sound:g} | {' | '.join(cells)} |")
    return lines


def summary(rows):
    """What was wanted, and for what share of the answers it is so."""
    lines = []
    for kind, wanted in KINDS.items():
        limits = (wanted.limit, np.inf if kind == "step" else OBJECTIVE)
        found = {f: [r for k, r in in_order(rows) if k[2:] == (kind, f)] for f in NAMES}
        own = [o for some in found.values() for row in some for o in row["own"].values()]
        cells = [_share(np.less_equal(np.concatenate(own), limits).all(1)) if own else "–"]
        for some in found.values():
            cells += _shares(some, limits) if some else ["–"] * 2
        if any(found.values()):
            lines.append(f"| {wanted.words} | {' | '.join(cells)} |")
    return lines


def _shares(found, limits):
    pairs = np.concatenate([row["differences"] for row in found])
    near = np.concatenate([as_near(row, limits[0]) for row in found])
    return [_share((pairs <= limits).all(1)), _share(near)]


def _share(are):
    return f"{np.mean(are):.0%} of {len(are)}"


def page(rows, note=""):
    """The page's lines."""
    count = max(len(row["differences"]) for row in rows.values())
    shares = [row["share"] for row in rows.values() if row["share"]]
    noise = f"{min(shares):.0e} to {max(shares):.0e}" if shares else "a rounding error"
    return [
        "# Exported files: error, size and speed",
        "",
        f"Written by `benchmarks/exports.py` on {describe()}, TensorFlow"
        f" {tf.__version__}, Keras {keras.__version__}. Each file holds one task. Sounds: {count} clips of"
        " ESC-10's fold 5, of different classes. A *difference* is the largest, as a share of the output's"
        " peak; in brackets, on how many clips it keeps to the limit wanted. *Not built in*: operations that"
        " the plain runtime lacks, such as LiteRT's Flex.",
        "",
        "Dreams of many steps are chaotic: where a ReLU or a maximum is nearly a tie, the last bit decides, and"
        " the steps that follow lead apart. So beside each difference stands the model's *own*, in"
        " `tf.function`, from itself: once the last bit of every sample is changed, and once noise is added as"
        f" large as the rounding of the files' Fourier transforms ({noise} of the sound's level), the largest of"
        f" {TRIES} tries. *Calm*: ten steps of the largest size, of those tried, by which the model comes no further"
        f" from itself than {CALM:g} on any clip; there the limits of ten steps mean something.",
        "",
        "## What was wanted",
        "",
        "Share of the answers within the limits, of a file and of the model itself on changed sounds. *As near*:"
        " within the limits, or within twice what the model differs from itself on that clip, as `export_model`"
        " allows.",
        "",
        "| wanted | itself | " + " | ".join(f"{f} | {f}, as near" for f in NAMES.values()) + " |",
        "|" + "---|" * 8,
        *summary(rows),
        "",
        "## How near",
        "",
        *accuracy_table(rows),
        "",
        "## How fast",
        "",
        f"Seconds a call, the median of calls in turn, for one sound; dreams have {DREAM_SECONDS:g} s of it. In"
        f" brackets: how many times as fast as Python, a `tf.function`, called in the same round. It, SavedModel"
        f" and ONNX Runtime use the cores as they like. {note}".rstrip(),
        "",
        *speed_table(rows),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = list(dict.fromkeys(subject.name for subject in SUBJECTS))
    parser.add_argument("--data", required=True)
    parser.add_argument("--yamnet-weights")
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--models", nargs="+", default=names, choices=names)
    parser.add_argument("--tasks", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--formats", nargs="+", default=list(NAMES), choices=list(FORMATS))
    parser.add_argument(
        "--output",
        default=ROOT / "docs" / "benchmarks" / "export" / "exports.md",
        type=pathlib.Path,
    )
    parser.add_argument("--note", default="", help="on the machine, for the page")
    options = parser.parse_args()
    options.output.write_text("\n".join(page(run(options), options.note)) + "\n")


if __name__ == "__main__":
    main()
