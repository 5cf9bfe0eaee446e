"""Music in six genres at 16 kHz, a small set: its parts, and the recipe of a WaveNet on it."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING

import keras

from keras_sounddream.applications.wavenet import WaveNet
from keras_sounddream.datasets.corpus import Sounds
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.file_lists import list_table
from keras_sounddream.errors import InputError
from keras_sounddream.training.wavenet.fit import train as train_wavenet
from keras_sounddream.training.wavenet.segments import Segments
from keras_sounddream.training.wavenet.settings import corpus_settings
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

SAMPLE_RATE = 16000
HELD_OUT = 0.1  # of each track, at its end
GENRES = ("chiptune", "classical", "electronic", "folk", "jazz", "lofi")
STEPS = 5000
PIECE_SAMPLES = 4096
STARTS = 0.1  # of the pieces begin out of silence, or the network would stay silent in it

NETWORK = {
    "sample_rate": SAMPLE_RATE,
    "dilations": tuple(2**i for i in range(10)) * 3,
    "residual_channels": 32,
    "dilation_channels": 32,
    "skip_channels": 128,
    "conditions": {"genre": GENRES},
    "condition_channels": 16,
}


def read_music(data: PathLike, folder: PathLike) -> tuple[Sounds, Sounds]:
    """All but the last tenth of each track, and the last tenths, with the condition `genre`.

    `data` is a folder with `tracks.csv`; `folder` keeps the tracks decoded.
    """
    files = list_table(pathlib.Path(data) / "tracks.csv", ["genre"])
    return split_ends(store_sounds(files, folder, SAMPLE_RATE, progress=False), HELD_OUT)


def split_ends(sounds: Sounds, share: float) -> tuple[Sounds, Sounds]:
    """Sounds without their ends, and their ends, a `share` of each; they share the samples.

    An `InputError` if a sound is too short for a sample in either.
    """
    ends = (sounds.lengths * share).round().astype("int64")
    if not (ends.min() > 0 and (sounds.lengths - ends).min() > 0):
        raise InputError(f"Expected sounds of which {share} can be parted. One is too short.")
    middle = sounds.starts + sounds.lengths - ends
    return (
        dataclasses.replace(sounds, lengths=sounds.lengths - ends),
        dataclasses.replace(sounds, starts=middle, lengths=ends),
    )


def train(
    data: PathLike,
    folder: PathLike,
    steps: int = STEPS,
    seed: int = 0,
    strategy: "tf.distribute.Strategy | None" = None,
    weights: PathLike | None = None,
) -> keras.Model:
    """Trains the WaveNet on all but the ends of the tracks.

    Args:
        data: folder of the set, with `tracks.csv`.
        folder: for the state; an interrupted run goes on from there.
        steps: batches of four pieces.
        seed: of weights and batches.
        strategy: to share each batch out by, see `wavenet.train`; `None` for one device.
        weights: to begin with, `"music16k"` or a file; `None` for random ones.
            A run that began with others does not go on with these.

    Returns:
        The trained model.

    Raises:
        InputError: see `wavenet.train`; also if there is no data, or no such weights.
    """
    music, _ = read_music(data, folder)
    pieces = Segments(music, WaveNet(**NETWORK).plan, PIECE_SAMPLES, 4, seed, starts=STARTS)
    goes_on = weights is not None
    settings = corpus_settings(steps, seed, goes_on)

    def build():
        return WaveNet(weights=weights, **NETWORK)

    return train_wavenet(build, pieces, folder, settings, strategy=strategy, goes_on=goes_on)
