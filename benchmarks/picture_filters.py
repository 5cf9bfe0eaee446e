"""Picture dreams by filters beside dreams step by step: gain, how much is changed, and speed.

    python benchmarks/picture_filters.py --photos FOLDER --squeezenet FILE

The picture filters that ship and the dreams that they learnt, on photographs that neither saw:
coffee.png and chelsea.png of FOLDER, and the two that come with scikit-learn. Both are rounded to
8 bits. Writes docs/benchmarks/dreams/picture_filters.md and docs/images/picture_filters.png.
"""

import argparse
import importlib.metadata
import os
import pathlib
import platform
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import dream_video
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image
from sklearn.datasets import load_sample_images

from keras_sounddream import DeepDream, export_model, objectives
from keras_sounddream.applications import SqueezeNet
from keras_sounddream.filters import PICTURES, PictureFilter
from keras_sounddream.images.io import load_picture
from keras_sounddream.workflows.video.frame_filter import FrameFilter
from keras_sounddream.workflows.video.workflow import KEEP

DOCS = pathlib.Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks" / "dreams" / "picture_filters.md"
FIGURE = DOCS / "images" / "picture_filters.png"
OWN, SIDE, SHOWN = ("coffee.png", "chelsea.png"), 320, "coffee.png"
SPEED_SIZES, CALLS = ((240, 320), (480, 640)), 5
PI_4 = 12e9  # 32-bit operations per second of one core at 1.5 GHz, eight a cycle


def photos(folder):
    """Photographs by name, float32 `(1, height, width, 3)`, the shorter side `SIDE` pixels."""
    found = {name: load_picture(pathlib.Path(folder) / name)[0] for name in OWN}
    samples = load_sample_images()
    found |= {
        pathlib.Path(n).name: i for n, i in zip(samples.filenames, samples.images, strict=True)
    }
    return {name: resized(pixels) for name, pixels in found.items()}


def resized(pixels):
    image = Image.fromarray(np.asarray(pixels, "uint8"))
    factor = SIDE / min(image.size)
    size = [round(length * factor) for length in image.size]
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), "float32")[None]


def rms(change):
    return float(np.sqrt(np.mean(np.square(change))))


def measure(dream, dreamer, picture):
    """Figures of the dream, of the filter, and of the filter with a change as large as the dream's."""
    start = time.perf_counter()
    result = dream.run(picture)
    seconds = time.perf_counter() - start
    filtered = np.asarray(dreamer(picture))
    wanted, found = rms(result.dream - picture), rms(filtered - picture)
    as_large = np.clip(picture + wanted / found * (filtered - picture), 0, 255)
    before = float(dream.score(picture)[0])
    gains = [
        float(dream.score(np.round(x))[0]) / before for x in (result.dream, filtered, as_large)
    ]
    pictures = [np.round(x)[0].astype("uint8") for x in (result.dream, filtered)]
    return {"gains": gains, "rms": (wanted, found), "seconds": seconds}, pictures


def flickers(folder):
    """Flicker of filtered frames as `dream_video.py` measures it, in Markdown."""
    lines = [
        "| filter | photo | difference of the source | of frames filtered alone | of the video | "
        "ratio | change of the video ÷ alone | s per frame |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for key in PICTURES:
        dreamer = PictureFilter(key)
        for photo in OWN:
            frames = list(dream_video.clip(pathlib.Path(folder) / photo, dream_video.FRAMES))
            alone, together = (filtered(dreamer, keep, frames) for keep in (0.0, KEEP))
            start = time.perf_counter()
            filtered(dreamer, KEEP, frames)
            seconds = (time.perf_counter() - start) / len(frames)
            plain = [frame.astype("float32") for frame in frames]
            values = [dream_video.flicker(frames, each) for each in (plain, alone, together)]
            left = rms(together[-1] - plain[-1]) / rms(alone[-1] - plain[-1])
            lines.append(
                f"| `{key}` | {photo} | {values[0]:.2f} | {values[1]:.2f} | {values[2]:.2f} | "
                f"**{values[2] / values[1]:.2f}** | {left:.2f} | {seconds:.3f} |"
            )
    return lines


def filtered(dreamer, keep, frames):
    """Frames as a video shows them, float32."""
    frame_filter, carried, shown = FrameFilter(dreamer, keep, SIDE), None, []
    for frame in frames:
        carried = frame_filter.advance(carried, frame, None)
        shown.append(frame_filter.shown(frame, carried, 1.0).astype("float32"))
    return shown


def speed(dreamer, size, folder):
    """Pictures per second of processor time, LiteRT on one thread."""
    path = folder / f"{dreamer.name}_{size[0]}.tflite"
    export_model(dreamer, path, size=size, quantization="float16", verify=False)
    runner = Interpreter(str(path), num_threads=1).get_signature_runner("filter")
    picture = np.random.default_rng(0).uniform(0, 255, (1, *size, 3)).astype("float32")
    runner(picture=picture)
    start = time.process_time()
    for _ in range(CALLS):
        runner(picture=picture)
    return CALLS / (time.process_time() - start), path.stat().st_size


def multiply_adds(dreamer):
    """Multiply-adds of the network for a pixel of the picture."""
    kernels = {
        w.path.split("/")[-2]: np.prod(w.shape) for w in dreamer.weights if "kernel" in w.path
    }
    return sum(int(n) / (4 if name == "down1" else 16) for name, n in kernels.items())


def table(rows):
    lines = [
        "| filter | photo | gain of the dream | of the filter | filter ÷ dream | gain at the dream's "
        "change | change of the dream, levels RMS | of the filter | seconds of the dream |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, photo, row in rows:
        dreamed, filtered, as_large = row["gains"]
        lines.append(
            f"| `{key}` | {photo} | {dreamed:.2f} | **{filtered:.2f}** | {filtered / dreamed:.2f} | "
            f"{as_large:.2f} | {row['rms'][0]:.1f} | {row['rms'][1]:.1f} | {row['seconds']:.1f} |"
        )
    return lines


def medians(rows):
    lines = [
        "| filter | filter ÷ dream, median of the photos | at the dream's change |",
        "|---|---|---|",
    ]
    for key in PICTURES:
        gains = np.array([row["gains"] for name, _, row in rows if name == key])
        shares = np.median(gains[:, 1] / gains[:, 0]), np.median(gains[:, 2] / gains[:, 0])
        lines.append(f"| `{key}` | {shares[0]:.2f} | {shares[1]:.2f} |")
    return lines


def speeds(dreamer):
    lines = [
        "| picture | pictures per second of processor time | file, MB |",
        "|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for size in SPEED_SIZES:
            rate, size_bytes = speed(dreamer, size, pathlib.Path(folder))
            lines.append(f"| {size[1]} x {size[0]} | {rate:.1f} | {size_bytes / 1e6:.2f} |")
    return lines


def page(rows, folder):
    versions = ", ".join(
        f"{n} {importlib.metadata.version(n)}" for n in ("keras", "ai-edge-litert")
    )
    dreamer = PictureFilter(next(iter(PICTURES)))
    work = multiply_adds(dreamer)
    return [
        "# Picture dreams by filters, in one pass",
        "",
        f"Written by `benchmarks/picture_filters.py`: {versions}, {platform.machine()}. Photographs "
        f"of {SIDE} pixels at the shorter side that neither network nor filter was trained on. The dream "
        "is the default one of SqueezeNet 1.0, 40 steps in four octaves; the filter is one pass. Gain: the "
        "objective of the picture, rounded to 8 bits, ÷ that of the photograph, both at full size. "
        "*At the dream's change*: the filter's change made as large as the dream's, by one factor.",
        "",
        "![Dreams of a photograph, and the filters' in one pass](../../images/picture_filters.png)",
        "",
        "Above the dreams, below the filters; " + ", ".join(f"`{key}`" for key in PICTURES) + ".",
        "",
        *medians(rows),
        "",
        *table(rows),
        "",
        "The file of `fire8` for 160 x 120 pixels gave the same picture to 0.0004 levels on an emulated "
        "aarch64 (LiteRT 2.1.6).",
        "",
        "Flicker of filtered videos, as in [Dreams of videos](dream_video.md): the mean difference of "
        "neighbouring frames along the motion, in levels. A filter's frames alone flicker as dreams of "
        "frames alone do; so the change of the frame before is moved on, and a tenth of this frame's own "
        "is blended in. What is left of the change is that of the tenth frame.",
        "",
        *flickers(folder),
        "",
        "Speed of the LiteRT files (16-bit weights), one thread; the filters differ in their weights "
        "alone:",
        "",
        *speeds(dreamer),
        "",
        f"{work:,.0f} multiply-adds a pixel: {work * 320 * 240 / 1e9:.1f} billion for 320 x 240, of which "
        f"a core of a Raspberry Pi 4 could do {PI_4 / 2 / (work * 320 * 240):.0f} a second at most "
        "(12 billion operations per second in 32 bits, a nominal figure: none was at hand).",
        "",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--squeezenet", required=True, help="weights of SqueezeNet 1.0")
    options = parser.parse_args()
    model, rows, shown = SqueezeNet(weights=options.squeezenet), [], []
    for key in PICTURES:
        dream = DeepDream(model, objectives.layer(f"{key}_concat"))
        dreamer = PictureFilter(key)
        for name, picture in photos(options.photos).items():
            row, pictures = measure(dream, dreamer, picture)
            rows.append((key, name, row))
            shown += [np.concatenate(pictures)] if name == SHOWN else []
            print(key, name, row, flush=True)
    Image.fromarray(np.concatenate(shown, axis=1)).quantize(256).save(FIGURE, optimize=True)
    PAGE.write_text("\n".join(page(rows, options.photos)))


if __name__ == "__main__":
    main()
