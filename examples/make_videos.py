"""Makes small videos whose sound goes with their picture, with NumPy and PyAV.

    python examples/make_videos.py FOLDER [COUNT]

A thing stands in a place: a shape before a colour. What it is sets the timbre of the sound, where
it is the pitch. Sizes, positions, shades, levels and noise are drawn anew each time; thing and
place change from one time step of a video to the next, or stay.
"""

import pathlib
import sys
from fractions import Fraction

import av
import numpy as np

THINGS = ("disc", "square", "cross", "stripes")  # heard as tone, buzz, noise, knocks
PLACES = ("red", "green", "blue")  # heard as low, middle, high
PITCHES_HZ = ((110, 165), (330, 495), (990, 1485))
COLOURS = ((150, 40, 40), (40, 130, 50), (45, 55, 160))
RATE, PICTURES_PER_SECOND, SIZE = 22050, 5, 64


def draw(thing, place, rng):
    """A picture: uint8 `(64, 64, 3)`."""
    across, down = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    x, y = (np.abs(axis - rng.uniform(22, 42)) for axis in (across, down))
    radius = rng.uniform(10, 18)
    near = np.maximum(x, y) < radius
    inside = {
        "disc": np.hypot(x, y) < radius,
        "square": near,
        "cross": near & (np.minimum(x, y) < radius / 3),
        "stripes": near & ((down // 3) % 2 == 0),
    }[THINGS[thing]]
    picture = np.where(inside[..., None], rng.uniform(190, 250), COLOURS[place])
    picture = picture * rng.uniform(0.8, 1.1) + rng.normal(0, 8, picture.shape)
    return picture.clip(0, 255).astype("uint8")


def sound(thing, place, seconds, rng):
    """A sound: float32 `(samples,)` at 22 050 Hz."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = np.exp(rng.uniform(*np.log(PITCHES_HZ[place])))
    tone = np.sin(2 * np.pi * (hertz * time + rng.random()))
    knocks = rng.uniform(4, 8)
    samples = {
        "disc": lambda: tone,
        "square": lambda: np.tanh(8 * tone),
        "cross": lambda: tone * np.repeat(rng.normal(size=time.size // 40 + 1), 40)[: time.size],
        "stripes": lambda: tone * np.exp(-12 * ((knocks * time + rng.random()) % 1)),
    }[THINGS[thing]]()
    samples = samples / np.sqrt(np.mean(samples**2)) * 10 ** rng.uniform(-1.6, -1.0)
    return np.clip(samples + rng.normal(0, 0.001, time.size), -1, 1).astype("float32")


def write_video(path, pictures, samples, rate=RATE, per_second=PICTURES_PER_SECOND):
    """Writes pictures `(count, height, width, 3)` and sound `(samples,)`; either may be `None`."""
    with av.open(str(path), "w") as file:
        streams = []
        if pictures is not None:
            seen = file.add_stream("mpeg4", per_second, bit_rate=2_000_000)
            seen.height, seen.width = pictures.shape[1:3]
            seen.pix_fmt = "yuv420p"
            streams.append((seen, (av.VideoFrame.from_ndarray(p, "rgb24") for p in pictures)))
        if samples is not None:
            heard = file.add_stream("aac", rate, layout="mono")
            streams.append((heard, _blocks(samples, rate)))
        for stream, frames in streams:
            for frame in frames:
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))


def _blocks(samples, rate, length=1024):
    for start in range(0, len(samples), length):
        block = av.AudioFrame.from_ndarray(samples[None, start : start + length], "fltp", "mono")
        block.sample_rate, block.pts, block.time_base = rate, start, Fraction(1, rate)
        yield block


def make_videos(folder, count, steps=4, step_seconds=5.0, seed=0, change=True):
    """Writes `video000.mp4` …; gives what is in each: int `(count, steps, 2)`, thing and place."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    truth = rng.integers((len(THINGS), len(PLACES)), size=(count, steps, 2))
    truth = truth if change else np.repeat(truth[:, :1], steps, axis=1)
    per_step = round(step_seconds * PICTURES_PER_SECOND)
    for number, scenes in enumerate(truth):
        pictures = [draw(*scene, rng) for scene in scenes for _ in range(per_step)]
        samples = np.concatenate([sound(*scene, step_seconds, rng) for scene in scenes])
        write_video(folder / f"video{number:03d}.mp4", np.stack(pictures), samples)
    return truth


if __name__ == "__main__":
    make_videos(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100)
