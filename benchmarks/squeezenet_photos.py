"""First classes of SqueezeNet on photographs, and a dream of one.

    python benchmarks/squeezenet_photos.py PHOTOS --v1-0 WEIGHTS --v1-1 WEIGHTS_WITHOUT_TOP

Writes docs/benchmarks/models/squeezenet_photos.md.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image

from keras_sounddream.applications import SqueezeNet, squeezenet
from keras_sounddream.images.io import load_picture
from keras_sounddream.workflows.dream import dream_file

ROOT = pathlib.Path(__file__).parents[1]
SIDE, WIDER = 227, 300  # pixels
LAYERS = ("fire2_concat", "fire5_concat", "fire9_concat")
SUFFIXES = (".png", ".jpg")


def square(path, side):
    """The middle square of a photograph: float32 `(side, side, 3)`."""
    picture = load_picture(path)[0].astype("uint8")
    short = min(picture.shape[:2])
    top, left = ((n - short) // 2 for n in picture.shape[:2])
    middle = Image.fromarray(picture[top : top + short, left : left + short])
    return np.asarray(middle.resize((side, side), Image.BILINEAR), "float32")


def name_photos(photos, weights):
    """Lines of a table of the labels of photographs."""
    plain, padded = (SqueezeNet(weights=weights, conv10_padding=n) for n in (0, 1))
    lines = [
        "| photo | first | second | third | fourth | fifth | first, padded | order |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for photo in photos:
        picture = squeezenet.preprocess_input(square(photo, SIDE))
        best, soft = (
            squeezenet.decode_predictions(model.predict(picture, verbose=0))[0]
            for model in (plain, padded)
        )
        cells = [f"{label.split(', ')[0]} {score:.3f}" for _, label, score in (*best, soft[0])]
        same = sum(a[0] == b[0] for a, b in zip(best, soft, strict=True))
        lines.append(f"| {photo.name} | {' | '.join(cells)} | {same} of 5 |")
    return lines


def crops(photos):
    """Five pieces of each photograph: float32 `(pieces, SIDE, SIDE, 3)`."""
    rest = WIDER - SIDE
    corners = ((0, 0), (0, rest), (rest, 0), (rest, rest), (rest // 2, rest // 2))
    squares = [square(photo, WIDER) for photo in photos]
    return np.stack([s[y : y + SIDE, x : x + SIDE] for s in squares for y, x in corners])


def similarities(features):
    """Cosines between the pieces' features, less their mean, each pair once."""
    features = features - features.mean(axis=0)
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    return (features @ features.T)[np.triu_indices(len(features), 1)]


def compare(photos, weights):
    """Lines that say whether the two versions find the same pieces alike."""
    pieces = crops(photos)

    def features(version, path):
        keras.utils.set_random_seed(0)
        model = SqueezeNet(False, path, pooling="avg", version=version)
        return model, model.predict(pieces, verbose=0)

    _, first = features("1.0", weights["1.0"])
    model, second = features("1.1", weights["1.1"])
    _, untrained = features("1.1", None)
    agree, chance = (
        np.corrcoef(similarities(first), similarities(other))[0, 1] for other in (second, untrained)
    )
    normed = second - second.mean(axis=0)
    normed /= np.linalg.norm(normed, axis=1, keepdims=True)
    cosines = normed @ normed.T - 2 * np.eye(len(normed))
    per_photo = len(pieces) // len(photos)
    right = np.mean(np.argmax(cosines, axis=1) // per_photo == np.arange(len(pieces)) // per_photo)
    zeros = [
        np.mean(bank == 0) for bank in squeezenet.banks(model).predict(pieces, verbose=0).values()
    ]
    return [
        f"{len(pieces)} pieces, {per_photo} of each photo, by the means of the last bank. The piece that version"
        f" 1.1 finds nearest is of the same photo in {right:.0%} of cases. Cosines between all pairs of pieces in"
        f" version 1.1 go with those in version 1.0 with a correlation of {agree:.2f} (with random weights:"
        f" {chance:.2f}). Zeros in its four banks: {', '.join(f'{share:.0%}' for share in zeros)}.",
    ]


def dream(photo, weights):
    """Lines of a table of dreams on a photograph, read off PNG files."""
    lines = ["| version | layer | gain | retained | s |", "|---|---|---|---|---|"]
    for version, path in weights.items():
        model = (
            SqueezeNet(False, path, version=version)
            if version == "1.1"
            else SqueezeNet(weights=path)
        )
        for layer in LAYERS:
            with tempfile.TemporaryDirectory() as folder:
                result = dream_file(photo, f"{folder}/dream.png", model, [layer], progress=False)
            lines.append(
                f"| {version} | `{layer}` | {result.gain[0]:.1f} | {result.retained[0]:.3f} | {result.seconds:.0f} |"
            )
            print(lines[-1], flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=pathlib.Path, help="folder")
    parser.add_argument("--v1-0", required=True, help="weights of version 1.0, with the top")
    parser.add_argument("--v1-1", required=True, help="weights of version 1.1, without the top")
    parser.add_argument("--dream", default="chelsea.png", help="photo to dream on")
    arguments = parser.parse_args()
    photos = sorted(path for path in arguments.photos.iterdir() if path.suffix in SUFFIXES)
    weights = {"1.0": arguments.v1_0, "1.1": arguments.v1_1}
    lines = [
        "# SqueezeNet on photographs",
        "",
        f"Written by `benchmarks/squeezenet_photos.py`. Version 1.0 with weights of Caffe's model that had been pruned"
        f" to 256 values a layer; the middle square of each photo, {SIDE} x {SIDE}.",
        "",
        *name_photos(photos, weights["1.0"]),
        "",
        "*Padded*: `conv10_padding=1`, as in Caffe's model, where zeros around the last convolution's input thin the",
        "mean over positions: the scores are less sure, the order hardly changes. *Order*: of the five, how many labels",
        "have the same place in both.",
        "",
        "## Version 1.1, without its top",
        "",
        *compare(photos, weights),
        "",
        "## Dreams",
        "",
        f"On {arguments.dream}, 4 octaves of 10 steps; read off the PNG file that was written.",
        "",
        *dream(arguments.photos / arguments.dream, weights),
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "models" / "squeezenet_photos.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
