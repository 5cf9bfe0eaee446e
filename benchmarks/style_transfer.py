"""Style transfer: how far statistics and content come, and what a network trained apart names.

    python benchmarks/style_transfer.py --data ESC-10 --squeezenet FILE --mobilenet FILE --yamnet FILE \
        --pictures DIR --work DIR

Writes docs/benchmarks/dreams/style_transfer.md, after each network of sounds. Rows are kept in the
work folder, so that the next call goes on from there.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import style_sounds
from style_sounds import CONTENTS, MIXES_DB, ROWS, STYLES

from keras_sounddream import StyleTransfer
from keras_sounddream.applications import SqueezeNet
from keras_sounddream.deepdream.style_transfer import with_average_pooling
from keras_sounddream.images import io

PAGE = pathlib.Path(__file__).parents[1] / "docs/benchmarks/dreams/style_transfer.md"
PARTS = {"style": 97, "content": 94}  # the falls, in %, of New Deep Dreams' VGG19 in 100 steps
SIZE = 96  # pixels, of the pictures


def picture(path):
    """A photograph of `SIZE` pixels a side: float32 `(size, size, 3)`."""
    pixels = io.load_picture(path)[0]
    return np.asarray(keras.ops.image.resize(pixels, (SIZE, SIZE), antialias=True))


def networks_of_pictures(arguments):
    keras.utils.set_random_seed(0)
    vgg = keras.applications.VGG19(weights=None, include_top=False)
    mobilenet, _ = io.load_network("mobilenet", arguments.mobilenet)
    return {
        "SqueezeNet 1.0, average pooling": (
            with_average_pooling(SqueezeNet(weights=arguments.squeezenet, include_top=False)),
            None,
        ),
        "MobileNet 0.25": (mobilenet, "tf"),
        "VGG19, random weights, average pooling": (with_average_pooling(vgg), "caffe"),
    }


def reconstruct(model, mode, part, photo, other):
    """A row: the objective at the first and the last step of a reconstruction from noise."""
    settings = {} if mode is None else {"preprocessing": mode}
    start = time.perf_counter()
    transfer = StyleTransfer(model, [other], preset=f"new_deep_dreams_{part}", **settings)
    result = transfer.run(photo)
    # noise scored as the ascent read it, then the file that would be written
    return {
        "first": -float(result.objective[0, 0]),
        "last": -float(result.objective_real[0]),
        "seconds": time.perf_counter() - start,
    }


def kept(path, make):
    """Result of `make`, from its file if it is there."""
    if not path.exists():
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


def middle(rows, key):
    """Median of a figure of some rows."""
    return np.median([row[key] for row in rows])


def page(pictures, sounds, alone):
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("tensorflow", "keras"))
    judges = list(alone[0]["scores"])
    return f"""# Style transfer, measured

Written by `benchmarks/style_transfer.py` with {versions}, {os.cpu_count()} cores, beside other work.

## Reconstruction from noise in 100 steps

Presets `new_deep_dreams_style` and `new_deep_dreams_content`, photographs of {SIZE} x {SIZE} pixels: the
loss (squared difference of Gram matrices, or of activations) at the first step, and of the picture
rounded to 8 bits. New Deep Dreams' VGG19 came down by 97.0 % (style) and 94.1 % (content), at learning
rates of 0.05 and 0.01; the presets' are 0.08 and 0.025. "less" marks a fall below theirs. With random
weights, a deep layer hardly tells pictures apart, so that its loss is small from the first step.

| network | what | first | last | fall | s |
|---|---|---|---|---|---|
{_lines(_picture_row(*item) for item in pictures.items())}

## Sounds: the statistics

{len(STYLES)} styles ({", ".join(STYLES)}) on {len(CONTENTS)} contents ({", ".join(CONTENTS)}), clips of
ESC-10's fold 5, {style_sounds.SECONDS:g} s, all at {style_sounds.LEVEL_DB:g} dB; `StyleTransfer` with its
defaults but for what is named, and at several content weights. Medians over the pairs. *Distance* is
that of the style's statistics, relative to their size; seconds are per pair.

| network | content weight | distance before | after | lost | similarity | s |
|---|---|---|---|---|---|---|
{_lines(_figures_row(row, sounds) for row in _measured(sounds))}
{_missing(sounds)}
## Sounds: what networks trained apart name

Two networks that took no part name the results, among ESC-10's ten classes: UrbanSoundCNN, trained on
folds 1 to 4 as LogMelCNN was, on another spectrogram; and YAMNet, trained on AudioSet alone, whose
classes are matched as in [YAMNet on ESC-10](../models/yamnet_esc10.md). The first name can be the style's
or the content's, not both; so *both* counts the pairs whose first two names are these two, in either
order. Shares of the pairs, in %; behind a network its content weight. A mixture has the style's clip
laid over the content, {_levels()} dB above it; nothing is transferred.

| | judge | style named first | content named first | style in the first two | content in the first two | both |
|---|---|---|---|---|---|---|
{_lines(_named_rows(sounds, judges))}

What a judge does not name in the clip itself, it can hardly name in a dream. Alone, the clips are named:

| clip | {" | ".join(judges)} |
|---|{"---|" * len(judges)}
{_lines(_alone_row(row) for row in alone)}
"""


def _lines(rows):
    return "\n".join(rows)


def _levels():
    return ", ".join(f"{level:g}" for level in MIXES_DB)


def _picture_row(key, row):
    (network, part), fall = key, 100 * (1 - row["last"] / row["first"])
    less = "" if fall >= PARTS[part] else " (less)"
    numbers = f"{row['first']:.3g} | {row['last']:.3g} | **{fall:.1f} %**{less}"
    return f"| {network} | {part} | {numbers} | {row['seconds']:.0f} |"


def _measured(sounds):
    return [row for row in ROWS if row.name in sounds]


def _missing(sounds):
    """A line of the rows that were not run, or nothing."""
    names = [row.name for row in ROWS if row.name not in sounds]
    return f"\nNot run yet: {'; '.join(names)}.\n" if names else ""


def _figures_row(row, sounds):
    figures, label = sounds[row.name], row.model + (row.note and f", {row.note}")
    distances = f"{middle(figures, 'before'):.2f} | {middle(figures, 'after'):.3f}"
    kept_of = f"{middle(figures, 'lost'):.1%} | {middle(figures, 'similarity'):.2f}"
    seconds = f"{middle(figures, 'seconds'):.0f}"
    return f"| {label} | {row.content_weight:g} | {distances} | {kept_of} | {seconds} |"


def _named_rows(sounds, judges):
    for name, rows in sounds.items():
        for judge in judges:
            cells = [f"{share:.0f}" for share in style_sounds.shares(rows, judge).values()]
            yield f"| {name} | {judge} | {' | '.join(cells[:-1])} | **{cells[-1]}** |"


def _alone_row(row):
    cells = [
        f"{style_sounds.first(row, judge, 1)[0]}, {max(scores):.2f}"
        for judge, scores in row["scores"].items()
    ]
    return f"| {row['style']} | {' | '.join(cells)} |"


def kept_pictures(arguments):
    """Rows of the pictures, by network and part."""
    photos = [picture(arguments.pictures / name) for name in ("chelsea.png", "coffee.png")]
    return {
        (name, part): kept(
            arguments.work / f"{name.split(',')[0].replace(' ', '_')}_{part}.json",
            lambda m=model, mode=mode, part=part: reconstruct(m, mode, part, *photos),
        )
        for name, (model, mode) in networks_of_pictures(arguments).items()
        for part in PARTS
    }


def kept_sounds(arguments):
    """Rows of the sounds by their names, and those of clips alone: pairs, one after each row."""
    sounds, judging = style_sounds.Sounds(arguments.data), style_sounds.judges(arguments.yamnet)
    work, done, transfers = arguments.work, {}, {}
    alone = kept(work / "alone.json", lambda: style_sounds.alone(sounds, judging))
    for level in MIXES_DB:
        rows = kept(
            work / f"mix{level:+g}.json", lambda x=level: style_sounds.mix(x, sounds, judging)
        )
        done[rows[0]["row"]] = rows
    for row in ROWS:

        def make(row=row):
            key = (row.model, row.note)
            if key not in transfers:
                transfers.clear()  # one network in memory at a time
                transfers[key] = style_sounds.Transfers(row, sounds)
            return transfers[key].run(row, judging)

        done[row.name] = kept(work / f"{''.join(filter(_plain, row.name))}.json", make)
        yield done, alone


def _plain(letter):
    return letter.isalnum() or letter in "._"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("data", "squeezenet", "mobilenet", "yamnet", "pictures", "work"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    pictures = kept_pictures(arguments)
    for sounds, alone in kept_sounds(arguments):
        PAGE.write_text(page(pictures, sounds, alone))


if __name__ == "__main__":
    main()
