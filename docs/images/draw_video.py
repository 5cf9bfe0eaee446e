"""The strip of docs/guides/video.md: frames of a dreamed clip, and the level of its sound.

    python docs/images/draw_video.py PHOTO SOUND SQUEEZENET_WEIGHTS

Makes a clip of a pan over the photo with the sound, dreams it by `sounddream dream`, and writes
docs/images/dream_video.png.
"""

import pathlib
import sys
import tempfile

import av
import matplotlib.pyplot as plt
import numpy as np

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "examples")]
from dream_video import clip  # noqa: E402
from make_videos import write_video  # noqa: E402

from keras_sounddream import audio  # noqa: E402
from keras_sounddream.cli.main import main  # noqa: E402
from keras_sounddream.datasets.videos import read_sound  # noqa: E402
from keras_sounddream.workflows.video.signals import loudness  # noqa: E402

SECONDS, PER_SECOND, RATE, SHOWN = 2.0, 15, 22050, 6


def frames_of(path):
    """All frames of a video."""
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def draw(frames, samples, path):
    """Draws frames of the dream above, and the level of the sound below."""
    places = np.linspace(0, len(frames) - 1, SHOWN).round().astype(int)
    grid = {"height_ratios": [1, 0.45], "hspace": 0.04, "wspace": 0.03}
    figure, axes = plt.subplots(2, SHOWN, figsize=(12, 2.8), gridspec_kw=grid)
    for column, place in enumerate(places):
        axes[0, column].imshow(frames[place])
        axes[0, column].axis("off")
        axes[1, column].remove()
    level = figure.add_subplot(axes[0, 0].get_gridspec()[1, :])
    times = np.arange(len(samples)) / RATE
    curve = loudness([samples[:, np.newaxis]], RATE)
    level.fill_between(curve.times, 0, curve.values, color="#1f4e79", alpha=0.35, lw=0)
    level.plot(times, samples / np.abs(samples).max() / 2 + 0.5, color="#1f4e79", lw=0.2)
    for place in places:
        level.axvline(place / PER_SECOND, color="#a5306f", lw=1)
    level.set(xlim=(0, SECONDS), ylim=(0, 1), yticks=[0, 1], xlabel="s", ylabel="loudness")
    figure.savefig(path, dpi=100, bbox_inches="tight")


def run(photo, sound, weights):
    """Makes the clip, dreams it, draws it."""
    with tempfile.TemporaryDirectory() as name:
        source, dreamed = pathlib.Path(name) / "clip.mp4", pathlib.Path(name) / "out.mp4"
        count = round(SECONDS * PER_SECOND)
        samples = audio.load(sound, RATE)[0]
        samples = np.resize(samples, round(SECONDS * RATE))
        samples *= np.where(np.arange(len(samples)) < len(samples) // 3, 0.03, 1)  # soft, then loud
        frames = np.stack(list(clip(photo, count, 180, 320, PER_SECOND)))
        write_video(source, frames, samples.astype("float32"), RATE, PER_SECOND)
        options = ["--model", "squeezenet", "--weights", weights, "--couple", "loudness:strength"]
        assert (
            main(["dream", str(source), "-o", str(dreamed), *options, "--sound-model", "none"]) == 0
        )
        heard = read_sound(dreamed, RATE)[: len(samples)] / 32768
        draw(frames_of(dreamed), heard, ROOT / "docs" / "images" / "dream_video.png")


if __name__ == "__main__":
    run(*sys.argv[1:4])
