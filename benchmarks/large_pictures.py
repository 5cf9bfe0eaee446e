"""Pictures larger than a generator's own: seams, and the distance of their parts to real ones.

    sounddream train gan --data PICTURES -o gan.keras --crops 150 --width 0.25 --batch-size 16 --learning-rate 0.0002 --epochs 10 --average 0.99
    python benchmarks/large_pictures.py --gan gan.keras --data PICTURES --network SQUEEZENET

SQUEEZENET is a file of ImageNet weights that `SqueezeNet` takes, PICTURES the folder that the generator
was trained on. Writes docs/benchmarks/models/large_pictures.md and docs/images/large_pictures.png.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image

from keras_sounddream import processor
from keras_sounddream.applications import SqueezeNet, generators
from keras_sounddream.applications.squeezenet import preprocess_input
from keras_sounddream.datasets.file_lists import find_pictures
from keras_sounddream.images.grid import grid
from keras_sounddream.images.io import save_picture
from keras_sounddream.training.generators import frechet_distance
from keras_sounddream.training.generators.data import read_pictures
from keras_sounddream.training.generators.frechet import features_of

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "models" / "large_pictures.md"
SIZES, OWN, SPREAD, LAYER = (256, 512), 64, 2, "fire5_concat"
JOINT = 32  # pixels from one joint to the next, of patches that overlap by half
TEXT = """# Large pictures, patch by patch

Written by `benchmarks/large_pictures.py`. Keras {keras}, {processor}. The generator is a DCGAN of
{parameters:,} parameters for 64 x 64 pixels, trained for minutes on squares of {photos} photographs. Of each
kind of picture {count} squares of 64 x 64 pixels, cut at random places, are compared with as many of the
photographs: the distance is the Frechet distance of SqueezeNet's activations (`{layer}`, averaged over
positions), as a multiple of that of two sets of real squares. *Seams* are the mean difference of neighbouring pixels across the lines where patches begin,
every {joint} pixels, over that across all other lines: 1 is none. *Contrast* is the standard deviation of pixels. Other
work shared the machine.

| picture | distance | seams | contrast | s per picture |
|---|---|---|---|---|
{rows}

{verdict}

![The generator's own pictures, one enlarged, a mosaic, tiles and maps](../../images/large_pictures.png)

The first is four of its own pictures of 64 x 64; behind it, of 256 x 256 each, one of them enlarged by cubic
interpolation, a mosaic, tiles that fade into each other, and maps that are joined before the convolutions.
"""


def parse():
    parser = argparse.ArgumentParser()
    for name in ("gan", "data", "network"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--count", type=int, default=384)
    return parser.parse_args()


def squares(pictures, count, seed=0):
    """Squares at random places: float32 `(count, 64, 64, 3)`."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        picture = pictures[number % len(pictures)]
        top, left = (rng.integers(n - OWN + 1) for n in picture.shape[:2])
        found.append(picture[top : top + OWN, left : left + OWN])
    return np.stack(found)


def seams(pictures):
    """Mean difference across joints over that across other lines, of both directions."""
    at, others = [], []
    for pixels in (pictures, pictures.swapaxes(1, 2)):
        steps = np.abs(np.diff(pixels, axis=1)).mean(axis=(0, 2, 3))
        is_joint = np.arange(1, len(steps) + 1) % JOINT == 0
        at.append(steps[is_joint].mean())
        others.append(steps[~is_joint].mean())
    return np.mean(at) / np.mean(others)


def make(generator, method, size, count):
    """Pictures `(count, size, size, 3)` in [0, 255], and seconds for each."""
    start = time.perf_counter()
    if method == "enlarged":
        own = generator.generate(generator.draw(count, 1))
        made = np.stack([enlarged(picture, size) for picture in own])
    else:
        made = [
            generators.generate_large(generator, size, method=method, spread=SPREAD, seed=seed)
            for seed in range(count)
        ]
        made = np.concatenate(made)
    return made, (time.perf_counter() - start) / count


def enlarged(picture, size):
    image = Image.fromarray(np.round(picture).astype("uint8"))
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC), "float32")


def main():
    options = parse()
    generator = generators.load_generator(options.gan)
    whole = SqueezeNet(weights=options.network)
    network = keras.Model(whole.inputs, whole.get_layer(LAYER).output)

    def features(pictures):
        return features_of(network, preprocess_input(pictures))

    paths = find_pictures(options.data)
    real = read_pictures(paths, OWN, -(-2 * options.count // len(paths))).astype("float32")
    order = np.random.default_rng(0).permutation(len(real))
    aim = features(real[order[: options.count]])
    rest = real[order[options.count : 2 * options.count]]
    own = generator.generate(generator.draw(options.count))
    found = {
        "other squares of the photographs": (rest, rest, None),
        "the generator's own, 64 pixels": (own, own, None),
    }
    for size in SIZES:
        for method in ("enlarged", "mosaic", "tiles", "maps"):
            made, seconds = make(generator, method, size, 8 if size == SIZES[0] else 3)
            found[f"{method}, {size} pixels"] = (squares(made, options.count), made, seconds)
    rows, distances, least = [], {}, None
    for name, (cut, pictures, seconds) in found.items():
        distance = frechet_distance(features(cut), aim)
        least = least or distance
        distances[name] = distance / least
        took = "" if seconds is None else f"{seconds:.2f}"
        rows.append(
            f"| {name} | {distances[name]:.1f} | {seams(pictures):.2f} | {cut.std():.0f} | {took} |"
        )
        print(rows[-1], flush=True)
    draw(generator, own, found)
    text = TEXT.format(
        keras=keras.__version__,
        processor=processor.describe(),
        parameters=generator.count_params(),
        photos=len(paths),
        count=options.count,
        layer=LAYER,
        joint=JOINT,
        rows="\n".join(rows),
        verdict=verdict_of(distances),
    )
    PAGE.write_text(text)
    print(text)


def verdict_of(distances):
    """Sentences on what the table comes to."""
    own = distances["the generator's own, 64 pixels"]
    parts = [
        f"{method} {distances[f'{method}, {SIZES[-1]} pixels'] - own:+.1f}"
        for method in ("mosaic", "tiles", "maps", "enlarged")
    ]
    return (
        f"The generator's own pictures are {own:.1f} times as far from the photographs as these from "
        f"each other, and that is most of every distance here. What "
        f"{SIZES[-1]} pixels add: {', '.join(parts)}. Whatever the method, no picture has anything larger "
        "than a patch: neighbouring patches are of neighbouring latents, and know nothing else of "
        "each other. The generator's own pictures are darker at their edges, where its convolutions are "
        "padded with zeros; that is the frame of each patch of the mosaic."
    )


def draw(generator, own, found):
    """The picture of the page."""
    size = SIZES[0]
    four = [grid(np.round(own[i : i + 1]).astype("uint8"), 1, 0) for i in range(4)]
    first = np.full((size, size, 3), 255, "uint8")
    for number, picture in enumerate(four):
        top, left = (48 + 96 * place for place in divmod(number, 2))
        first[top : top + OWN, left : left + OWN] = picture
    others = [found[f"{m}, {size} pixels"][1][0] for m in ("enlarged", "mosaic", "tiles", "maps")]
    pictures = np.stack([first, *(np.round(other).astype("uint8") for other in others)])
    save_picture(ROOT / "docs" / "images" / "large_pictures.png", grid(pictures, 5), True)


if __name__ == "__main__":
    main()
