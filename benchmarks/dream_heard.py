"""Dreams of a class, heard by a network that was trained apart from the one they were dreamed on.

    python benchmarks/dream_heard.py --data ESC-10 --weights yamnet_folded.npz --tflite FILE --work DIR

Writes docs/benchmarks/dreams/dream_heard.md. Ten classes by ten clips, dreamed on one YAMNet and
heard by the other. What was dreamed is kept in DIR, so that the next call goes on from there.
"""

import argparse
import functools
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # several times as quick on most processors

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, objectives
from keras_sounddream.applications import YAMNet
from keras_sounddream.applications.base import read_labels
from keras_sounddream.audio import load
from keras_sounddream.audio.preservation import lost, similarity
from keras_sounddream.deepdream import params
from keras_sounddream.deepdream.imprint import find_start, fitted
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
LABELS = read_labels("audioset.txt")
RATE, SECONDS = 16000, 0.975  # a patch of YAMNet's
TEST_FOLD = 5
CLASSES = {  # ESC-10's in their order, each by AudioSet's name, with what else AudioSet calls it
    "Dog": "Animal; Domestic animals, pets; Bark; Yip; Howl; Bow-wow; Growling; Whimper (dog); "
    "Canidae, dogs, wolves",
    "Rain": "Water; Raindrop; Rain on surface",
    "Ocean": "Water; Waves, surf",
    "Baby cry, infant cry": "Crying, sobbing; Whimper",
    "Tick-tock": "Clock; Tick; Mechanisms",
    "Sneeze": "",
    "Helicopter": "Vehicle; Aircraft; Aircraft engine",
    "Chainsaw": "Engine; Light engine (high frequency); Tools; Power tool",
    "Chicken, rooster": "Animal; Livestock, farm animals, working animals; Fowl; Cluck; "
    "Crowing, cock-a-doodle-doo",
    "Fire": "Crackle",
}
FORMER = {  # the default before masks
    "parameterization": "log_magnitude",
    "step_size": 4.0,
    "time_factor": 2.0,
    "frequency_factor": 2.0,
}
SMOOTH = {"octaves": 1, "steps": 40, "step_size": 2.0, "smoothing": "gaussian"}
SMOOTH |= {"smoothing_width": (2.0, 2.0)}
COLOURS = (params.RandomGain(6.0), params.RandomEqualizer(4.0), params.RandomNoise(20.0))
PLACES = (params.RandomPitch(1.0), params.RandomMask(0.2), params.RandomRoom(0.4, RATE))
METHODS = {  # name: settings, whether guides begin it, whether both ways are measured
    "logit, guides: preset `heard`": ({"preset": "heard"}, True, True),
    "logit, the default": ({}, False, True),
    "logit, log-magnitude, the former default": (FORMER, False, False),
    "logit, mask, gradient smoothed": (SMOOTH, False, False),
    "logit, the default, under random gain, equaliser, noise": (
        {"transforms": COLOURS},
        False,
        False,
    ),
    "logit, the default, under random pitch, masks, rooms": ({"transforms": PLACES}, False, False),
}
IMPRINTED = "guides alone, no ascent"
WAYS = {"folded": "dreamed on YAMNet, heard by the TFLite network", "tflite": "the other way round"}


def clips_of(data):
    """Waveforms of the test fold by class, and guides of the other folds."""
    tested, guides = {name: [] for name in CLASSES}, {name: [] for name in CLASSES}
    names = list(CLASSES)
    for clip in esc10.read_clips(data):
        name = names[clip.label]
        (tested if clip.fold == TEST_FOLD else guides)[name].append(clip.path)
    samples = round(SECONDS * RATE)
    return [
        {
            name: [fitted(load(path, RATE), samples) for path in paths]
            for name, paths in group.items()
        }
        for group in (tested, guides)
    ]


def sources_of(name, tested):
    """Ten clips to dream a class on: one of each class, the next one's second for its own."""
    names = list(CLASSES)
    chosen = {other: clips[0] for other, clips in tested.items()}
    following = names[(names.index(name) + 1) % len(names)]
    chosen[name] = tested[following][1]
    return np.stack(list(chosen.values()))


def listener(model):
    """Scores of sounds `(batch, samples)` as a NumPy array."""
    return lambda sounds: model.predict(np.asarray(sounds), verbose=0)


def ranks_of(scores, name):
    """Rank of a class among all, and among all but its other names."""
    index = LABELS.index(name)
    kin = [LABELS.index(other) for other in CLASSES[name].split("; ") if other]
    above = scores > scores[:, index : index + 1]
    rank = above.sum(axis=1) + 1
    return rank.tolist(), (rank - above[:, kin].sum(axis=1)).tolist()


def measures(name, sources, dreams, own, other):
    """One row of the file of rows, without its keys."""
    index = LABELS.index(name)
    heard = other(dreams)
    rank, among_others = ranks_of(heard, name)
    return {
        "own": own(dreams)[:, index].tolist(),
        "other": heard[:, index].tolist(),
        "rank": rank,
        "apart": among_others,
        "lost": lost(sources, dreams, RATE).tolist(),
        "similarity": similarity(sources, dreams, RATE).tolist(),
    }


def written(waveforms):
    return np.round(np.asarray(waveforms) * 32768) / np.float32(32768)


@functools.cache
def dream_of(method, model):
    """A dream of any of the classes, chosen by the weights of its terms."""
    settings = METHODS[method][0] if method in METHODS else {}
    return DeepDream(model, sum(objectives.logit(LABELS.index(c)) for c in CLASSES), **settings)


def dreams_of(method, model, name, sources, guides):
    """Dreams as a 16-bit file holds them."""
    dream = dream_of(method, model)
    weights = np.tile(np.array(list(CLASSES)) == name, (len(sources), 1)).astype("float32")
    if method == IMPRINTED:
        return written(find_start(dream, sources, guides[name], weights=weights))
    chosen = guides[name] if METHODS[method][1] else ()
    return written(dream.run(sources, weights=weights, guides=chosen).dream)


def wanted():
    """Method, way and class of each row, the most telling first."""
    yield from (("clips", way, name) for way in WAYS for name in CLASSES)
    yield from (("real", way, name) for way in WAYS for name in CLASSES)
    for method, (_, guided, both) in METHODS.items():
        for way in WAYS if both else ("folded",):
            yield from ((method, way, name) for name in CLASSES)
            if guided and way == "folded":
                yield from ((IMPRINTED, way, name) for name in CLASSES)


def measure(key, models, tested, guides):
    method, way, name = key
    own, other = (listener(models[k]) for k in (way, *[k for k in WAYS if k != way]))
    if method == "real":
        real = np.stack(tested[name])
        return measures(name, real, real, own, other)
    sources = sources_of(name, tested)
    if method == "clips":
        return measures(name, sources, sources, own, other)
    dreams = dreams_of(method, models[way], name, sources, guides)
    return measures(name, sources, dreams, own, other)


def read_rows(path):
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {tuple(row.pop("key")): row for row in rows}


def add_rows(path, ways, models, tested, guides):
    rows = read_rows(path)
    for key in wanted():
        if key in rows or key[1] not in ways:
            continue
        start = time.perf_counter()
        row = measure(key, models, tested, guides)
        row["seconds"] = time.perf_counter() - start
        with path.open("a") as file:
            file.write(json.dumps({"key": key, **row}) + "\n")
        found = f"{np.mean(np.array(row['rank']) <= 5):.0%} first five"
        print(*key, found, f"{row['seconds']:.0f} s", flush=True)
    return read_rows(path)


def share(values, most):
    return f"{np.mean(np.array(values) <= most):.0%}"


def line(title, rows):
    """One row of the table by method, of the rows of all classes."""
    every = {k: np.concatenate([row[k] for row in rows]) for k in rows[0] if k != "seconds"}
    cells = [
        title,
        f"{np.median(every['own']):.3f}",
        f"{np.median(every['other']):.3f}",
        f"**{share(every['rank'], 1)}**",
        f"**{share(every['rank'], 5)}**",
        share(every["apart"], 1),
        f"{np.median(every['rank']):.0f}",
        f"{np.median(every['lost']):.1%}",
        f"{np.quantile(every['lost'], 0.9):.1%}",
        f"{np.median(every['similarity']):.2f}",
        f"{sum(row['seconds'] for row in rows) / len(every['rank']):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def tables(rows):
    """Lines of the tables by method, and of the table by class."""
    titles = {"clips": "the clips before", "real": "real sounds of the class (fold 5)"}
    methods = list(dict.fromkeys(method for method, _, _ in wanted()))
    for way, text in WAYS.items():
        yield from ("", f"## {text[0].upper()}{text[1:]}", "")
        yield (
            "| | own score | other's score | first | first five | first, apart from its other names"
            " | median rank | lost | worst tenth | similarity | s a dream |"
        )
        yield "|" + "---|" * 11
        for method in methods:
            asked = [key for key in wanted() if key[:2] == (method, way)]
            found = [rows[key] for key in asked if key in rows]
            missing = len(asked) - len(found)
            note = f" ({missing} classes of 10 not measured yet)" if missing else ""
            if found:
                yield line(titles.get(method, method) + note, found)
            elif asked:
                yield f"| {titles.get(method, method)} | not measured yet |" + " |" * 9
    best = next(iter(METHODS))
    yield from ("", f"## Class by class: {best}", "")
    yield "| class | real sounds: first five | own score | other's score | first | first five | lost |"
    yield "|" + "---|" * 7
    for name in CLASSES:
        if (best, "folded", name) not in rows:
            yield f"| {name} | not measured yet |" + " |" * 5
            continue
        row, real = rows[best, "folded", name], rows["real", "folded", name]
        cells = [name, share(real["rank"], 5), f"{np.median(row['own']):.2f}"]
        cells += [f"{np.median(row['other']):.2f}", share(row["rank"], 1), share(row["rank"], 5)]
        yield "| " + " | ".join([*cells, f"{np.median(row['lost']):.1%}"]) + " |"


def write(rows):
    """Writes the page."""
    head = [
        "# Dreams of a class, heard by another network",
        "",
        f"Written by `benchmarks/dream_heard.py` with TensorFlow {tf.__version__}, Keras"
        f" {keras.__version__}: ten classes by ten clips of ESC-10's fold {TEST_FOLD}, none of the"
        f" class itself, the loudest {SECONDS} s of each; guides are the class's clips of the other"
        " folds. Scores, ranks among 521 classes, *lost* and *similarity* are read off what a"
        " 16-bit file holds. Medians of the hundred dreams; the other network was trained apart"
        " from the one that was dreamed on.",
    ]
    trials = (ROOT / "benchmarks" / "dream_heard_trials.md").read_text()
    target = ROOT / "docs" / "benchmarks" / "dreams" / "dream_heard.md"
    target.write_text("\n".join([*head, *tables(rows)]) + "\n" + trials)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--weights", required=True, help="yamnet.h5, or .npz")
    parser.add_argument("--tflite", required=True, help="the official TFLite classifier")
    parser.add_argument("--work", required=True, help="folder of the rows that are measured")
    parser.add_argument("--way", choices=WAYS, help="measure only this way, and write no page")
    parser.add_argument("--write", action="store_true", help="write the page of what is measured")
    arguments = parser.parse_args()
    work = pathlib.Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    if arguments.write:
        return write(read_rows(work / "rows.jsonl"))
    models = {
        "folded": YAMNet(weights=arguments.weights),
        "tflite": YAMNet(weights=arguments.tflite),
    }
    tested, guides = clips_of(arguments.data)
    ways = [arguments.way] if arguments.way else list(WAYS)
    rows = add_rows(work / "rows.jsonl", ways, models, tested, guides)
    if not arguments.way:
        write(rows)


if __name__ == "__main__":
    main()
