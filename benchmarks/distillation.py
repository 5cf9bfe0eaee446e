"""Distillation from video, end to end: agreement of a student of sound with teachers of pictures.

    python benchmarks/distillation.py --work FOLDER [--videos 200] [--epochs 20]

The videos are made by `examples/make_videos.py`: what is seen sets what is heard. Two teachers are
trained on pictures alone, one tells things and one places. Two students never see a picture:
SoundNet8, on videos that show one scene each, and a small network on log-mel spectrograms, on
videos whose scene changes every 5 s. Writes docs/benchmarks/training/distillation_run.md and
docs/images/distillation.png. A run that was interrupted goes on.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.training.distillation import Settings, distill
from keras_sounddream.training.distillation.teachers import Teacher

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))
from make_videos import PLACES, RATE, THINGS, draw, make_videos  # noqa: E402

SMALL_EPOCHS = 12
HEADS = {"things": THINGS, "places": PLACES}

TEXT = """# A distillation, measured

Written by `benchmarks/distillation.py`: {count} videos of 20 s that
[a script](../../../examples/make_videos.py) makes, a thing before a place; the thing sets the timbre of the
sound, the place its pitch. The teachers are small convolutional networks trained on {pictures} pictures,
and right on {accuracies} of {tested} others. The students hear the sound alone, four time steps of each
video, and learn from what the teachers say of the pictures in the middle of each step. Agreement is
the share of time steps, of videos held out, whose likeliest class is the teacher's; *chance* is that
of always naming the commonest.

| student | videos | head | chance | before | after | divergence, nats: before | after |
|---|---|---|---|---|---|---|---|
{rows}

![Agreement on the videos held out, epoch by epoch](../../images/distillation.png)

Agreement on the videos held out, epoch by epoch:

| epoch | {heads} |
|---|{rules}
{curve}

Adam, {soundnet}; {small}. SoundNet8 began with random weights. Its head hears 14.5 s at once, so it
is taught on videos that stay with one scene; the small student ({parameters} parameters) hears a
step at a time, and tells when the scene changes.
"""


def scenes(count, seed):
    """Pictures uint8 `(count, 64, 64, 3)`, and what is in them, int `(count, 2)`."""
    rng = np.random.default_rng(seed)
    truth = rng.integers((len(THINGS), len(PLACES)), size=(count, 2))
    return np.stack([draw(*one, rng) for one in truth]), truth


def train_teacher(head, pictures, truth):
    """A network that tells the classes of a head from one another."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(name=f"{head}_teacher")
    model.add(keras.Input((64, 64, 3)))
    model.add(layers.Rescaling(1 / 255))
    for filters in (16, 32, 64):
        model.add(layers.Conv2D(filters, 3, 2, padding="same", activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(32, "relu"))
    model.add(layers.Dense(len(HEADS[head]), "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pictures.astype("float32"), truth, epochs=10, batch_size=32, verbose=0)
    model.labels = HEADS[head]
    return Teacher(model)


def small_student(seconds):
    """A network on log-mel spectrograms that hears one time step at a time."""
    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=64)
    inputs = keras.Input((None,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    for number, filters in enumerate((32, 64), start=1):
        x = layers.Conv1D(filters, 5, padding="same", activation="relu", name=f"conv{number}")(x)
    x = layers.AveragePooling1D(analysis.num_frames(round(seconds * RATE)), name="pool")(x)
    outputs = {h: layers.Dense(len(c), "softmax", name=h)(x) for h, c in HEADS.items()}
    return keras.Model(inputs, outputs, name="small_student")


def run(name, work, count, change, student, teachers, settings):
    """What has come of a student."""
    videos = work / ("changing" if change else "staying")
    if not videos.is_dir():
        make_videos(videos, count, change=change)
    found = distill(videos, teachers, work / name, student, settings)
    print(name, found.curve[max(found.curve)], flush=True)
    return found


def rows(names, runs):
    """Rows of the table."""
    for name, (about, found) in zip(names, runs.items(), strict=True):
        first, last = found.curve[0], found.curve[max(found.curve)]
        for head in HEADS:
            before, after = (p[f"val_{head}_agreement"] for p in (first, last))
            apart = " | ".join(f"{p[f'val_{head}_loss']:.3f}" for p in (first, last))
            yield (
                f"| {name} | {about} | {head} | {found.chance[head]:.1%} | {before:.1%} "
                f"| **{after:.1%}** | {apart} |"
            )


def curve_rows(runs):
    """Rows of the curve."""
    longest = max(max(found.curve) for found in runs.values())
    for epoch in range(longest + 1):
        cells = [
            f"{found.curve[epoch][f'val_{head}_agreement']:.1%}" if epoch in found.curve else ""
            for found in runs.values()
            for head in HEADS
        ]
        yield f"| {epoch} | {' | '.join(cells)} |"


def draw_curve(names, runs, path):
    """Draws the curves."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    colours = iter(("#a5306f", "#e08214", "#2166ac", "#4d9a4d"))
    for name, found in zip(names, runs.values(), strict=True):
        for head in HEADS:
            points = [found.curve[e][f"val_{head}_agreement"] for e in sorted(found.curve)]
            axes.plot(sorted(found.curve), points, label=f"{name}, {head}", color=next(colours))
    axes.axhline(0.9, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="epoch", ylabel="agreement", ylim=(0, 1.02))
    axes.legend(loc="lower right", frameon=False)
    FigureCanvasAgg(figure).print_png(str(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=20, help="of SoundNet8")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    pictures, truth = scenes(3000, seed=1)
    others, answers = scenes(500, seed=2)
    teachers = {h: train_teacher(h, pictures, truth[:, i]) for i, h in enumerate(HEADS)}
    right = [
        np.mean(t.judge([t.fit(p) for p in others]).argmax(axis=1) == answers[:, i])
        for i, t in enumerate(teachers.values())
    ]
    settings = {"batch_size": 8, "held_out": 0.2}
    soundnet = Settings(learning_rate=5e-4, epochs=arguments.epochs, **settings)
    small = Settings(learning_rate=2e-3, epochs=SMALL_EPOCHS, **settings)
    student = small_student(5.0)
    rest = (teachers, arguments.work, arguments.videos)
    runs = {
        "one scene": run("soundnet8", rest[1], rest[2], False, None, teachers, soundnet),
        "scene changes": run("small", rest[1], rest[2], True, student, teachers, small),
    }
    names = ("SoundNet8", "small student")
    draw_curve(names, runs, ROOT / "docs" / "images" / "distillation.png")
    heads = [f"{name}, {head}" for name in names for head in HEADS]
    page = TEXT.format(
        count=arguments.videos,
        pictures=len(pictures),
        tested=len(others),
        accuracies=" and ".join(f"{share:.1%}" for share in right),
        rows="\n".join(rows(names, runs)),
        heads=" | ".join(heads),
        rules="---|" * len(heads),
        curve="\n".join(curve_rows(runs)),
        soundnet=f"batches of {soundnet.batch_size}, a learning rate of {soundnet.learning_rate:g} for SoundNet8",
        small=f"{small.learning_rate:g} for the small student",
        parameters=f"{student.count_params():,}",
    )
    (ROOT / "docs" / "benchmarks" / "training" / "distillation_run.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
