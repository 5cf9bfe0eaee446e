"""Time of a step of a picture's dream, beside the same dream by two other implementations.

    pip install tf-keras-vis
    python benchmarks/dream_peers.py [--picture FILE] [--weights FILE.h5]

Writes docs/benchmarks/dreams/dream_peers.md. The others are the tiled loop of TensorFlow's
DeepDream tutorial, written afresh from its page, and tf-keras-vis's `ActivationMaximization`. All
dream the same dream: the mean of squares of one layer, gradients divided by their deviation, the
same sizes of the picture, the same number of steps and their length. Times are medians of
alternating runs of several traces; memory is what a fresh process takes at most, less what it had
taken with the model built. The gain is the objective of the dream, read in float32 by the model
itself, divided by that of the picture.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from keras_sounddream import DeepDream, objectives
from keras_sounddream.deepdream.ascent.loop import WatchedFlow, ascend
from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
OCTAVES, STEPS, FACTOR = 3, 2, 1.3
STEP_SIZE = 0.01  # of a range of 2, the tutorial's
ROLL, TILE = 32, 512  # pixels
TRACES, REPEATS = 2, 3
SIZES = ((512, 512), (768, 1024))  # rows, columns
GREY = 127.5


def ours(network, layer, **settings):
    """Our dream, through what `run` goes through, less the readings before and after it."""
    dream = DeepDream(
        network,
        objectives.layer(layer),
        octaves=OCTAVES,
        steps=STEPS,
        step_size=STEP_SIZE * GREY,
        time_factor=FACTOR,
        frequency_factor=FACTOR,
        normalization="deviation",
        keep_source_detail=False,
        roll_pixels=ROLL,
        **settings,
    )

    def run(picture):
        ascent, source = dream.ascent, tf.constant(picture[np.newaxis])
        return ascend(ascent.traced, source, WatchedFlow(ascent, dream), None).numpy()[0]

    return run


def tutorial(network, layer, keep_last=True):
    """The tutorial's loop over tiles.

    Where there are several, it leaves out the last of each row and column, so that of 1024 x 768
    pixels it reads 512 x 512 in a step; `keep_last` reads them all.
    """
    model = _up_to(network, layer)

    def starts(length):
        found = tf.range(0, length, TILE)
        return found if keep_last or len(found) == 1 else found[:-1]

    @tf.function(input_signature=[tf.TensorSpec((None, None, 3)), tf.TensorSpec((2,), "int32")])
    def gradient_of(picture, size):
        shift = tf.random.uniform((2,), -TILE, TILE, "int32")
        rolled = tf.roll(picture, shift, (0, 1))
        total = tf.zeros_like(rolled)
        for column in starts(size[1]):
            for row in starts(size[0]):
                with tf.GradientTape() as tape:
                    tape.watch(rolled)
                    tile = rolled[row : row + TILE, column : column + TILE]
                    objective = tf.reduce_mean(tf.square(model(tile[tf.newaxis])))
                total += tape.gradient(objective, rolled)
        total = tf.roll(total, -shift, (0, 1))
        return total / (tf.math.reduce_std(total) + 1e-8)

    def run(picture):
        dreamed = tf.constant(picture / GREY - 1)
        for size in _octave_sizes(picture):
            dreamed = tf.image.resize(dreamed, size)
            for _ in range(STEPS):
                dreamed += STEP_SIZE * gradient_of(dreamed, tf.constant(size))
                dreamed = tf.clip_by_value(dreamed, -1, 1)
        return dreamed.numpy()

    return run


def tf_keras_vis(network, layer):
    """The dream by `ActivationMaximization`, which has no octaves: once for each size."""
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.activation_maximization.input_modifiers import Jitter

    maximize = ActivationMaximization(_up_to(network, layer), clone=False)

    def run(picture):
        dreamed = tf.constant(picture[np.newaxis] / GREY - 1)
        for size in _octave_sizes(picture):
            dreamed = maximize(
                lambda activations: tf.reduce_mean(tf.square(activations), axis=(1, 2, 3)),
                seed_input=tf.image.resize(dreamed, size),
                input_range=(-1.0, 1.0),
                input_modifiers=[Jitter(ROLL)],
                regularizers=[],
                steps=STEPS,
                optimizer=keras.optimizers.SGD(STEP_SIZE),
                gradient_modifier=lambda g: g / (tf.math.reduce_std(g) + 1e-8),
            )
        return dreamed.numpy()[0]

    return run


# Name, how it is made, its settings, and whether one tile holds the smaller picture whole, so that
# there is nothing to tell apart.
CONTENDERS = {
    "ours": (ours, {}, False),
    "ours, exact tiles of 768": (ours, {"tile_pixels": 768}, True),
    "ours, bfloat16": (ours, {"precision": "bfloat16"}, False),
    "tutorial": (tutorial, {}, False),
    "tutorial, its last tiles left out": (tutorial, {"keep_last": False}, True),
    "tf-keras-vis": (tf_keras_vis, {}, False),
}


def contenders(size):
    """Names of those that differ on pictures of a size."""
    return [name for name, row in CONTENDERS.items() if max(size) > TILE or not row[2]]


def _up_to(network, layer):
    return keras.Model(network.inputs[0], network.get_layer(layer).output)


def _octave_sizes(picture):
    return [
        [round(length / FACTOR ** (OCTAVES - 1 - octave)) for length in picture.shape[:2]]
        for octave in range(OCTAVES)
    ]


def make_network(weights):
    """MobileNet 0.25 with its weights and a layer of it, or an InceptionV3 of random ones."""
    if weights:
        network = keras.applications.MobileNet(
            alpha=0.25, include_top=False, weights=None, input_shape=(None, None, 3)
        )
        whole = keras.applications.MobileNet(alpha=0.25, weights=weights)
        network.set_weights(whole.get_weights()[: len(network.weights)])
        return network, "conv_pw_11_relu"
    keras.utils.set_random_seed(0)
    return keras.applications.InceptionV3(include_top=False, weights=None), "mixed5"


def make_picture(size, file=None):
    """Reads a picture, or draws smooth random shapes: float32 `(*size, 3)` in [0, 255]."""
    if file:
        loaded = keras.utils.load_img(file, target_size=size, keep_aspect_ratio=True)
        return keras.utils.img_to_array(loaded)
    coarse = np.random.default_rng(0).uniform(0, 255, (1, 24, 32, 3)).astype("float32")
    return tf.image.resize(coarse, size, "bicubic").numpy()[0].clip(0, 255)


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare_seconds(network, layer, picture):
    """Median seconds a step of each contender, in turns: dict."""
    names = contenders(picture.shape[:2])
    times = {name: [] for name in names}
    for _ in range(TRACES):
        dreams = {n: CONTENDERS[n][0](network, layer, **CONTENDERS[n][1]) for n in names}
        for dream in dreams.values():
            dream(picture)
        for _ in range(REPEATS):
            for name, dream in dreams.items():
                times[name].append(seconds_of(lambda dream=dream: dream(picture)))
    return {name: np.median(found) / (OCTAVES * STEPS) for name, found in times.items()}


def gain(name, network, layer, picture):
    """Objective of a contender's dream, divided by that of the picture."""
    make, settings, _ = CONTENDERS[name]
    dreamed = make(network, layer, **settings)(picture)
    dreamed = dreamed / GREY - 1 if dreamed.max() > 1 else dreamed
    model = _up_to(network, layer)
    before, after = (
        np.square(model(each[np.newaxis]).numpy()).mean() for each in (picture / GREY - 1, dreamed)
    )
    return after / before


def peak_memory(name, size, arguments):
    """MB that one contender takes at most, in a process of its own."""
    command = [sys.executable, __file__, "--alone", json.dumps([name, size])]
    for option in ("picture", "weights"):
        if getattr(arguments, option):
            command += [f"--{option}", getattr(arguments, option)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_peak_memory(name, size, arguments):
    network, layer = make_network(arguments.weights)
    picture = make_picture(size, arguments.picture)
    before = most_taken()
    make, settings, _ = CONTENDERS[name]
    make(network, layer, **settings)(picture)
    print(most_taken() - before)


def most_taken():
    """MB this process ever took. `ru_maxrss` would begin with what its parent took."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def table(size, seconds, memory, gains):
    rows, columns = size
    lines = [
        f"## {columns} x {rows}",
        "",
        "| dream | seconds a step | of ours | peak memory (MB) | of ours | gain |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in seconds.items():
        lines.append(
            f"| {name} | {each:.3f} | {each / seconds['ours']:.2f} | {memory[name]:.0f} | "
            f"{memory[name] / memory['ours']:.2f} | {gains[name]:.2f} |"
        )
    return [*lines, "", headline(seconds, memory), ""]


def headline(seconds, memory):
    """What it comes to: ours in half precision beside each of the others."""
    ours = "ours, bfloat16"
    parts = [
        f"{seconds[name] / seconds[ours]:.1f} times as fast as {name} in "
        f"{memory[ours] / memory[name]:.2f} of its memory"
        for name in ("tutorial", "tf-keras-vis")
    ]
    return f'**Ours with `precision="bfloat16"`: {", and ".join(parts)}.**'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", help="a photo; by default one that is drawn")
    parser.add_argument("--weights", help="of the whole MobileNet 0.25, which is dreamed by then")
    parser.add_argument("--alone", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="The structure of `inputs`")  # tf-keras-vis's lists
    if arguments.alone:
        print_peak_memory(*arguments.alone, arguments)
        return
    network, layer = make_network(arguments.weights)
    weights = "ImageNet weights" if arguments.weights else "random weights"
    lines = [
        "# Picture dreams beside other implementations",
        "",
        f"Written by `benchmarks/dream_peers.py` on {describe()},"
        f" TensorFlow {tf.__version__}, Keras {keras.__version__}.",
        "",
        f"Layer `{layer}` of {network.name} with {weights}; {OCTAVES} octaves of {STEPS} steps, each "
        f"{FACTOR:g} times as large",
        f"as the one before; the tutorial's tiles are of {TILE} pixels. A step is the mean over the",
        f"octaves; times are medians of {REPEATS} alternating runs of each of {TRACES} traces.",
        "",
    ]
    for size in SIZES:
        seconds = compare_seconds(network, layer, make_picture(size, arguments.picture))
        memory = {name: peak_memory(name, size, arguments) for name in seconds}
        picture = make_picture(size, arguments.picture)
        gains = {name: gain(name, network, layer, picture) for name in seconds}
        lines += table(size, seconds, memory, gains)
        print("\n".join(lines), flush=True)
    lines += [
        "The tutorial leaves out the last tile of each row and column wherever there are several: of",
        "1024 x 768 it reads a third in a step, and the rest of the picture stays as it is. The row",
        "without that name reads them all. tf-keras-vis runs eagerly, as its documentation has it;",
        "version 0.8.7 needed no patch for this with Keras 3. Gains differ by how far a picture is rolled",
        f"before a step: by {ROLL} pixels in ours and in tf-keras-vis, by up to {TILE} in the tutorial.",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_peers.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
