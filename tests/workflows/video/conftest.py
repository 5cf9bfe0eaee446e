"""Small videos with known contents, and small networks to dream them with."""

import sys
from fractions import Fraction

import numpy as np
import pytest

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parents[3] / "examples"))

av = pytest.importorskip("av")
cv2 = pytest.importorskip("cv2")

RATE = 24000


def write(path, frames=None, times=None, sound=None, unit=Fraction(1, 1000), start=0, **options):
    """Writes frames `(count, height, width, 3)` at times in units, and sound `(samples, …)`."""
    with av.open(str(path), "w") as file:
        packets = []
        if frames is not None:
            stream = file.add_stream(options.get("codec", "libx264"), 25, options={"crf": "10"})
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = options.get("pix_fmt", "yuv420p")
            stream.time_base = stream.codec_context.time_base = unit
            times = np.arange(len(frames)) * 40 if times is None else times
            for time, pixels in zip(times, frames, strict=True):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
                frame.pts, frame.time_base = int(time), unit
                packets += stream.encode(frame)
            packets += stream.encode(None)
        if sound is not None:
            sound = np.asarray(sound, "float32").reshape(len(sound), -1)
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
            stream = file.add_stream(options.get("sound_codec", "aac"), RATE, layout=layout)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            packets += stream.encode(frame)
            packets += stream.encode(None)
        for packet in packets:
            file.mux(packet)
    return path


def read_frames(path):
    """Times in s and pixels of all frames."""
    with av.open(str(path)) as file:
        frames = [(f.time, f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]
    return np.array([time for time, _ in frames]), [pixels for _, pixels in frames]


def pan(count, height=48, width=64, step=2, seed=0):
    """A smooth random picture that moves to the left, `step` pixels a frame."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0, 255, (height, width + step * count, 3)).astype("float32")
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    smooth = (smooth - smooth.mean()) * 4 + 128
    whole = np.clip(smooth, 0, 255).astype("uint8")
    return np.stack([whole[:, step * i : step * i + width] for i in range(count)])


def tone(seconds, hertz=440, level=0.3):
    """A tone: float32 `(samples,)`."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(
        "float32"
    )


def picture_model():
    """A random network of pictures with a class score."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 5, padding="same", activation="relu", name="conv1")(inputs)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv2")(x)
    return keras.Model(inputs, x, name="eye")


@pytest.fixture(scope="session")
def eye():
    """A random network of pictures."""
    return picture_model()


@pytest.fixture(scope="session")
def picture_dream(eye):
    """A quick dream of frames."""
    from keras_sounddream import DeepDream

    return DeepDream(eye, "conv2", octaves=2, steps=1, roll_pixels=4)


@pytest.fixture(scope="session")
def sound_dream(small_model):
    """A quick dream of sound."""
    from keras_sounddream import DeepDream

    return DeepDream(small_model, "conv2", octaves=1, steps=2)
