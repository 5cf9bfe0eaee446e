"""Memory and time of a dream on a picture of 1920 x 1080.

    python benchmarks/dream_hd.py [--networks MobileNet InceptionV3]

Writes docs/benchmarks/dreams/dream_hd.md. Each row runs in a process of its own, with random
weights: what a network weighs and costs does not depend on what it has learned.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys

from keras_sounddream.processor import describe

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[1]
ROWS, COLUMNS = 1080, 1920
OCTAVES, STEPS = 2, 2
LAYERS = {"MobileNet": "conv_pw_8", "InceptionV3": "mixed2"}
TILES = (0, 512, 1024)


def measure(network, tile):
    """Dreams in this process; prints its figures as JSON."""
    import keras
    import numpy as np

    from keras_sounddream import DeepDream, objectives

    model = getattr(keras.applications, network)(include_top=False, weights=None)
    picture = np.random.default_rng(0).uniform(0, 255, (ROWS, COLUMNS, 3)).astype("float32")
    settings = {"octaves": OCTAVES, "steps": STEPS, "tile_pixels": tile}
    dream = DeepDream(model, objectives.layer(LAYERS[network]), **settings)
    result = dream.run(picture)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"gb": most, "seconds": result.seconds / (OCTAVES * STEPS)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(LAYERS))
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure[0], int(arguments.measure[1]))
        return
    lines = [
        "# Large pictures: memory",
        "",
        f"Written by `benchmarks/dream_hd.py` on {describe()}: {COLUMNS} x {ROWS} pixels,"
        f" {OCTAVES} octaves of {STEPS} steps, random weights. Memory is the most that the whole"
        " process held, with Python, TensorFlow and the network.",
        "",
        "| network, layer | tiles (pixels) | memory (GB) | s a step, tracing included |",
        "|---|---|---|---|",
    ]
    for network in arguments.networks:
        for tile in TILES:
            command = [sys.executable, __file__, "--measure", network, str(tile)]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            row = json.loads(said.splitlines()[-1])
            lines.append(
                f"| {network}, `{LAYERS[network]}` | {tile or 'none'} | {row['gb']:.2f} |"
                f" {row['seconds']:.1f} |"
            )
            print(lines[-1], flush=True)
    lines += [
        "",
        "Tiles are exact, so each is read with the layer's receptive field around it: the deeper the",
        "layer, the larger tiles should be.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_hd.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
