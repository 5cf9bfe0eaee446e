"""Flicker, step, time and memory of dreams of videos.

    python benchmarks/dream_video.py --photos DIR --mobilenet FILE --squeezenet FILE

Writes docs/benchmarks/dreams/dream_video.md. A clip is a pan and zoom over a photo, whose motion is
known to the last pixel; SqueezeNet and MobileNet have their ImageNet weights.
"""

import argparse
import itertools
import json
import os
import pathlib
import platform
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "examples"))
from make_videos import write_video  # noqa: E402

PER_SECOND, HEIGHT, WIDTH = 25, 144, 256
FRAMES = 10
PHOTOS = ("chelsea.png", "coffee.png")
RATE = 22050
MEMORY = (96, 170, 10)  # height, width, frames per second


def clip(photo, count, height=HEIGHT, width=WIDTH, per_second=PER_SECOND):
    """Frames of a pan and zoom: uint8 `(height, width, 3)` each."""
    from PIL import Image

    pixels = np.asarray(Image.open(photo).convert("RGB"))
    rows, columns = pixels.shape[:2]
    for number in range(count):
        seconds = number / per_second
        wide = columns * (0.55 + 0.1 * np.sin(seconds))
        high = wide * height / width
        left = columns * (0.45 + 0.1 * np.sin(0.9 * seconds)) - wide / 2
        top = rows * (0.5 + 0.05 * np.cos(0.7 * seconds)) - high / 2
        place = np.array([[wide / width, 0, left], [0, high / height, top]], "float32")
        yield cv2.warpAffine(
            pixels,
            place,
            (width, height),
            flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )


def make_dream(name, weights):
    """A dream of frames by the defaults of the command line."""
    from keras_sounddream.cli.options.common import load_any
    from keras_sounddream.workflows.making import make_dream
    from keras_sounddream.workflows.video.frames import SETTINGS

    model, required = load_any(name, weights)
    return make_dream(model, **required, **SETTINGS)


def flicker(frames, dreams):
    """Mean difference of neighbouring dreams, one warped onto the other, in levels of 255."""
    from keras_sounddream.workflows.video.flow import find_motion

    differences, seen = 0.0, 0.0
    for pair, (before, after) in zip(
        itertools.pairwise(frames), itertools.pairwise(dreams), strict=True
    ):
        motion = find_motion(*pair)
        visible = motion.visible[..., np.newaxis]
        differences += np.abs(motion.warp(before) - after * visible).sum()
        seen += 3 * visible.sum()
    return differences / seen


def stability(name, weights, photos):
    """Rows of the table of one network."""
    from keras_sounddream.workflows.video.frames import FrameDream

    dream = make_dream(name, weights)
    for photo in PHOTOS:
        frames = list(clip(photos / photo, FRAMES))
        dreamer, carried, together = FrameDream(dream, 0.9, 360), None, []
        for frame in frames:
            start = time.perf_counter()
            carried = dreamer.advance(carried, frame, None)
            seconds = time.perf_counter() - start
            together.append(dreamer.shown(frame, carried, 1.0).astype("float32"))
        alone = [
            dreamer.shown(frame, dreamer.advance(None, frame, None), 1.0).astype("float32")
            for frame in frames
        ]
        plain = [frame.astype("float32") for frame in frames]
        values = [flicker(frames, images) for images in (plain, alone, together)]
        scores = [
            np.mean([float(dream.score(image[np.newaxis])[0]) for image in images])
            for images in (plain, alone, together)
        ]
        yield (
            f"| {name}, `{dream.title}` | {photo} | {values[0]:.2f} | {values[1]:.2f} | "
            f"{values[2]:.2f} | **{values[2] / values[1]:.2f}** | {scores[1] / scores[0]:.2f} | "
            f"{scores[2] / scores[0]:.2f} | {seconds:.2f} |"
        )


def step(dream, folder):
    """Greatest distance in ms of a dreamed click from its dreamed flash; frames last 20 to 60."""
    import av

    from keras_sounddream.datasets.videos import read_sound
    from keras_sounddream.workflows.video import dream_video

    frames = np.full((75, 64, 64, 3), 60, "uint8")
    frames[:, ::4] = 90
    flashes, samples = [10, 31, 52, 70], np.zeros(3 * RATE, "float32")
    samples += np.random.default_rng(0).normal(0, 1e-3, samples.shape).astype("float32")
    click = np.sin(2 * np.pi * 1000 * np.arange(RATE // 100) / RATE)
    for flash in flashes:
        frames[flash] = 230
        place = round(flash / 25 * RATE)
        samples[place : place + len(click)] += 0.8 * click
    write_video(folder / "step.mp4", frames, samples, RATE, 25)
    dream_video(folder / "step.mp4", folder / "step_out.mp4", dream, sound_dream(), progress=False)
    with av.open(str(folder / "step_out.mp4")) as file:
        shown = [(f.time, f.to_ndarray(format="rgb24").mean()) for f in file.decode(video=0)]
    times = sorted(time for time, _ in sorted(shown, key=lambda pair: -pair[1])[: len(flashes)])
    heard = np.abs(read_sound(folder / "step_out.mp4", RATE) / 32768)
    begins = []
    for seconds in times:
        first = max(round((seconds - 0.1) * RATE), 0)
        near = heard[first : first + RATE // 5]
        begins.append((first + np.argmax(near > near.max() / 2)) / RATE - seconds)
    return 1000 * np.abs(begins).max()


def sound_dream():
    """A quick dream of sound."""
    from keras_sounddream import applications
    from keras_sounddream.workflows.making import make_dream

    return make_dream(applications.LogMelCNN(), ["block3_conv2"], octaves=1, steps=2)


def measure(seconds, photo, weights):
    """Dreams a clip in this process; prints figures as JSON."""
    from keras_sounddream.workflows.video import dream_video

    _height, _width, _per_second = MEMORY
    dream = make_dream("mobilenet", weights)
    ear = sound_dream()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        video = folder / "in.mp4"
        make = [sys.executable, __file__, "--photos", photo, "--make", str(seconds), str(video)]
        subprocess.run(make, check=True)  # in a process of its own: it holds all frames
        start = time.perf_counter()
        result = dream_video(
            video, folder / "out.mp4", dream, ear, ["loudness:strength"], progress=False
        )
        passed = time.perf_counter() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"mb": most, "seconds": passed, "frame": result.seconds / result.num_frames}
    print(json.dumps(figures))


def make_clip(seconds, photo, path):
    """Writes a clip with a melody of tones."""
    height, width, per_second = MEMORY
    frames = np.stack(list(clip(photo, seconds * per_second, height, width, per_second)))
    times = np.arange(seconds * RATE) / RATE
    samples = 0.3 * np.sin(2 * np.pi * 220 * 2 ** (np.floor(times * 2) % 8 / 8) * times)
    write_video(path, frames, samples.astype("float32"), RATE, per_second)


def page(rows, offset, memory):
    """The page's text."""
    import av
    import tensorflow as tf

    versions = f"TensorFlow {tf.__version__}, PyAV {av.__version__}, OpenCV {cv2.__version__}"
    height, width, per_second = MEMORY
    growth = memory[-1][1]["mb"] - memory[0][1]["mb"]
    return [
        "# Dreams of videos: flicker, time and memory",
        "",
        f"Written by `benchmarks/dream_video.py` with {os.cpu_count()} cores ({platform.machine()}), "
        f"{versions}. Other work ran on the machine: times are upper bounds.",
        "",
        "## Flicker",
        "",
        f"{FRAMES} frames of {WIDTH} x {HEIGHT} pixels at {PER_SECOND} per second, a pan and zoom over "
        "a photo. Difference: mean of |dream, warped along the motion - next dream| where both frames "
        "show the place, in levels of 255. Alone: each frame is dreamed as the first is, with as many "
        "steps as the video has in ten frames, so that both dreams are about as strong. To reach: "
        "a ratio of at most 0.5.",
        "",
        "| network, objective | photo | difference of the source | of dreams alone | of the video | "
        "ratio | objective alone ÷ source | of the video ÷ source | s per frame |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "## Step of sound and pictures",
        "",
        f"Clicks of 10 ms at flashes of one frame, dreamed and written as MP4, then read again: the "
        f"click begins at most {offset:.1f} ms from the beginning of its flash. A frame lasts 40 ms.",
        "",
        "## Memory",
        "",
        f"Whole processes, with Python, TensorFlow and both networks: MobileNet on {width} x {height} "
        f"pixels, {per_second} frames per second, LogMelCNN on the sound, `loudness:strength`.",
        "",
        "| length (s) | memory (MB) | s per frame | s in all |",
        "|---|---|---|---|",
        *(
            f"| {seconds} | {row['mb']:.0f} | {row['frame']:.2f} | {row['seconds']:.0f} |"
            for seconds, row in memory
        ),
        "",
        f"The longer clip takes {growth:+.0f} MB. Sound is dreamed in segments of 20 s, and one of 10 s "
        "is shorter than that.",
        "",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=pathlib.Path, required=True)
    parser.add_argument("--mobilenet")
    parser.add_argument("--squeezenet")
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 60])
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    photo = arguments.photos / PHOTOS[0]
    if arguments.make:
        make_clip(int(arguments.make[0]), photo, arguments.make[1])
        return
    if arguments.measure:
        measure(arguments.measure, str(arguments.photos), arguments.mobilenet)
        return
    memory = []
    for seconds in arguments.lengths:
        again = ["--photos", arguments.photos, "--mobilenet", arguments.mobilenet]
        command = [sys.executable, __file__, *map(str, again), "--measure", str(seconds)]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        memory.append((seconds, json.loads(said.splitlines()[-1])))
        print(memory[-1], flush=True)
    rows = []
    for name in ("mobilenet", "squeezenet"):
        for row in stability(name, getattr(arguments, name), arguments.photos):
            rows.append(row)
            print(row, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        dream = make_dream("mobilenet", arguments.mobilenet)
        offset = step(dream, pathlib.Path(folder))
    text = "\n".join(page(rows, offset, memory))
    (ROOT / "docs" / "benchmarks" / "dreams" / "dream_video.md").write_text(text)


if __name__ == "__main__":
    main()
