"""A small set of music in six genres at 16 kHz, and the WaveNet that makes such music."""

import dataclasses
import pathlib

from keras_sounddream.applications.wavenet import WaveNet
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.file_lists import list_table
from keras_sounddream.errors import InputError
from keras_sounddream.training import wavenet
from keras_sounddream.training.wavenet.pieces import Segments

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


def read_music(data, folder):
    """Reads the tracks, each in two parts.

    Args:
        data: str or path of the set, with `tracks.csv`.
        folder: str or path to keep the tracks in, decoded.

    Returns:
        `(train, test)`: `Sounds` with the condition `genre`; of each track all but the last tenth,
        and that.
    """
    listed = list_table(pathlib.Path(data) / "tracks.csv", ["genre"])
    return split_ends(store_sounds(listed, folder, SAMPLE_RATE, progress=False), HELD_OUT)


def split_ends(sounds, share):
    """Parts each sound in two.

    Args:
        sounds: `Sounds`.
        share: float, how much of each sound is in the second part; a sample at least of both.

    Returns:
        `(first, second)`, two `Sounds`, which share the samples.

    Raises:
        InputError: if a sound is too short.
    """
    ends = (sounds.lengths * share).round().astype("int64")
    if not (ends.min() > 0 and (sounds.lengths - ends).min() > 0):
        raise InputError(f"Expected sounds of which {share} can be parted. One is too short.")
    middle = sounds.starts + sounds.lengths - ends
    return (
        dataclasses.replace(sounds, lengths=sounds.lengths - ends),
        dataclasses.replace(sounds, starts=middle, lengths=ends),
    )


def train(data, folder, steps=STEPS, seed=0, strategy=None):
    """Trains the WaveNet on all but the ends of the tracks.

    Args:
        data: as of `read_music`.
        folder: str or path for the state; an interrupted run goes on from there.
        steps: int, of four pieces.
        seed: int.
        strategy: `tf.distribute.Strategy`, as of `wavenet.train`.

    Returns:
        `keras.Model`.
    """
    music, _ = read_music(data, folder)
    plan = WaveNet(**NETWORK).plan
    pieces = Segments(music, plan, PIECE_SAMPLES, 4, seed, starts=STARTS)
    settings = wavenet.Settings(
        steps, learning_rate=2e-3, warm_up=300, average=0.999, seed=seed, sound_steps=500
    )
    return wavenet.train(lambda: WaveNet(**NETWORK), pieces, folder, settings, strategy=strategy)
