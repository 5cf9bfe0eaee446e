"""Style transfer: how far statistics and content come, and what a network trained apart names.

    python benchmarks/style_transfer.py --data ESC-10 --squeezenet FILE --mobilenet FILE \
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

from keras_sounddream import StyleTransfer, objectives
from keras_sounddream.applications import LogMelCNN, SqueezeNet, UrbanSoundCNN, urban_sound_cnn
from keras_sounddream.audio import load
from keras_sounddream.audio.io import resample
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import DeepDream
from keras_sounddream.deepdream.style_transfer import build, with_average_pooling
from keras_sounddream.deepdream.style_transfer.transfer import level_db
from keras_sounddream.images import io
from keras_sounddream.training.recipes import esc10

PAGE = pathlib.Path(__file__).parents[1] / "docs/benchmarks/dreams/style_transfer.md"
PARTS = {"style": 97, "content": 94}  # the falls, in %, of New Deep Dreams' VGG19 in 100 steps
SIZE = 96  # pixels, of the pictures
SECONDS = 2.0
STYLES = ("rain", "rooster", "chainsaw", "crackling_fire")
CONTENTS = ("dog", "crying_baby", "clock_tick")
TEXTURES = ("rain", "crackling_fire")
NETWORKS = {  # settings, and the styles that it is tried with
    "LogMelCNN": ({}, STYLES),
    "LogMelCNN, `content_weight=2`": ({"content_weight": 2.0}, STYLES),
    "random_convolution": ({}, STYLES),
    "sound_texture, textures alone": ({}, TEXTURES),
}


def picture(path):
    """A photograph of `SIZE` pixels a side: float32 `(size, size, 3)`."""
    pixels = io.load_picture(path)[0]
    return np.asarray(keras.ops.image.resize(pixels, (SIZE, SIZE), antialias=True))


def networks_of_pictures(arguments):
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


def clips(data):
    """Two clips of each class from fold 5, at 24 kHz, of `SECONDS` from their loudest part."""
    found = {name: [] for name in (*STYLES, *CONTENTS)}
    labels = UrbanSoundCNN(weights="esc10").labels
    for clip in esc10.read_clips(data):
        name = labels[clip.label]
        if clip.fold == 5 and name in found:
            found[name].append(clip.path)
    return found


def loudest(path, rate):
    """The loudest `SECONDS` of a clip."""
    waveform, length = load(path, rate)[0], round(SECONDS * rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype="float64"))])
    first = int(np.argmax(energy[length:] - energy[:-length]))
    return waveform[first : first + length]


def listener():
    judge = UrbanSoundCNN(weights="esc10")

    def scores(batch, rate):
        heard = resample(np.atleast_2d(batch), rate, judge.sample_rate)
        return judge.predict(urban_sound_cnn.preprocess_input(heard, judge.sample_rate), verbose=0)

    return scores, list(judge.labels)


def transfer_sounds(name, settings, style, paths, scores, labels):
    """Rows of one style on a batch of contents, by one network."""
    network = name.partition(",")[0]
    model = LogMelCNN() if network == "LogMelCNN" else build(network)
    rate = find_sample_rate(model)
    contents = np.stack([loudest(paths[content][0], rate) for content in CONTENTS])
    contents *= 10 ** ((-25 - np.array([[level_db(row)] for row in contents])) / 20)
    example = load(paths[style][0], rate)
    start = time.perf_counter()
    transfer = StyleTransfer(model, [example], level_db=-25.0, **settings)
    result = transfer.run(contents)
    seconds = time.perf_counter() - start
    style_terms = [t for t in transfer.dream.objective.terms if t["kind"] == "style"]
    only = DeepDream(model, objectives.Objective(style_terms), analysis=transfer.dream.analysis)
    before, after = (np.asarray(only.score(x)) for x in (result.source, result.dream))
    heard = [scores(x, rate) for x in (result.source, result.dream)]
    itself = scores(example, rate)[0]
    return [
        {
            "network": name,
            "style": style,
            "content": content,
            "before": -float(before[i]),
            "after": -float(after[i]),
            "style_score": [float(h[i][labels.index(style)]) for h in heard],
            "content_score": [float(h[i][labels.index(content)]) for h in heard],
            "itself": float(itself[labels.index(style)]),
            "first_two": [labels[place] for place in np.argsort(-heard[1][i])[:2]],
            "lost": float(result.lost[i]),
            "similarity": float(result.similarity[i]),
            "seconds": seconds / len(CONTENTS),
        }
        for i, content in enumerate(CONTENTS)
    ]


def kept(path, make):
    """Result of `make`, from its file if it is there."""
    if not path.exists():
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


def middle(rows, key, at=None):
    """Median of a figure of some rows, or of one of its two values."""
    return np.median([row[key] if at is None else row[key][at] for row in rows])


def page(pictures, sounds):
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("tensorflow", "keras"))
    itself = {row["style"]: row["itself"] for row in sounds}
    scores = ", ".join(f"{value:.2f} ({name})" for name, value in itself.items())
    return f"""# Style transfer, measured

Written by `benchmarks/style_transfer.py` with {versions}, {os.cpu_count()} cores, beside other work.

## Reconstruction from noise in 100 steps

Presets `new_deep_dreams_style` and `new_deep_dreams_content`, photographs of {SIZE} x {SIZE} pixels: the
loss (squared difference of Gram matrices, or of activations) at the first step, and of the picture
rounded to 8 bits. New Deep Dreams' VGG19 came down by 97.0 % (style) and 94.1 % (content); "less" marks a fall below that. With random
weights, a deep layer hardly tells pictures apart, so that its loss is small from the first step.

| network | what | first | last | fall | s |
|---|---|---|---|---|---|
{_lines(_picture_row(*item) for item in pictures.items())}

## Sounds, as a network trained apart names them

{len(STYLES)} styles ({", ".join(STYLES)}) on {len(CONTENTS)} contents ({", ".join(CONTENTS)}), clips of
ESC-10's fold 5, {SECONDS:g} s, all at -25 dB; defaults of `StyleTransfer`. UrbanSoundCNN, another network
on another spectrogram, names the results; it was trained on folds 1 to 4, as LogMelCNN was. Medians over
all pairs; the scores of its classes add up to 1, so that not both can be high. *Distance* is that of the
style's statistics, relative to their size. Most seconds are of building graphs.

| network | distance before | after | style's score before | after | style named | among the first two \
| content's score before | after | content named | among the first two | lost | similarity | s |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
{_lines(_sound_row(name, sounds) for name in dict.fromkeys(row["network"] for row in sounds))}

The styles' own clips score {scores}.
""".replace("\\\n", "")


def _lines(rows):
    return "\n".join(rows)


def _picture_row(key, row):
    (network, part), fall = key, 100 * (1 - row["last"] / row["first"])
    less = "" if fall >= PARTS[part] else " (less)"
    numbers = f"{row['first']:.3g} | {row['last']:.3g} | **{fall:.1f} %**{less}"
    return f"| {network} | {part} | {numbers} | {row['seconds']:.0f} |"


def _sound_row(network, sounds):
    rows = [row for row in sounds if row["network"] == network]
    named = {
        (kind, count): np.mean([row[kind] in row["first_two"][:count] for row in rows])
        for kind in ("style", "content")
        for count in (1, 2)
    }
    cells = [network, f"{middle(rows, 'before'):.2f}", f"{middle(rows, 'after'):.3f}"]
    for kind in ("style", "content"):
        cells += [f"{middle(rows, f'{kind}_score', at):.3f}" for at in (0, 1)]
        cells += [f"**{named[kind, 1]:.0%}**", f"{named[kind, 2]:.0%}"]
    cells += [f"{middle(rows, 'lost'):.1%}", f"{middle(rows, 'similarity'):.2f}"]
    return f"| {' | '.join(cells)} | {middle(rows, 'seconds'):.0f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("data", "squeezenet", "mobilenet", "pictures", "work"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    photos = [picture(arguments.pictures / name) for name in ("chelsea.png", "coffee.png")]
    pictures = {
        (name, part): kept(
            arguments.work / f"{name.split(',')[0].replace(' ', '_')}_{part}.json",
            lambda m=model, mode=mode, part=part: reconstruct(m, mode, part, *photos),
        )
        for name, (model, mode) in networks_of_pictures(arguments).items()
        for part in PARTS
    }
    paths = clips(arguments.data)
    scores, labels = listener()
    sounds = []
    for name, (settings, styles) in NETWORKS.items():
        for style in styles:
            sounds += kept(
                arguments.work / f"{list(NETWORKS).index(name)}_{style}.json",
                lambda n=name, s=settings, k=style: transfer_sounds(n, s, k, paths, scores, labels),
            )
        PAGE.write_text(page(pictures, sounds))


if __name__ == "__main__":
    main()
