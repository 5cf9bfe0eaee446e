"""The Free Spoken Digit Dataset: its words, and the recipe of the WaveNet that speaks them."""

import pathlib
from typing import TYPE_CHECKING

import keras

from keras_sounddream.applications.wavenet import PRETRAINED, WaveNet
from keras_sounddream.datasets.corpus import Sounds, hold_sounds
from keras_sounddream.datasets.corpus_cache import store_sounds
from keras_sounddream.datasets.file_lists import SoundFiles
from keras_sounddream.errors import InputError
from keras_sounddream.training.wavenet.fit import train as train_wavenet
from keras_sounddream.training.wavenet.settings import corpus_settings
from keras_sounddream.training.wavenet.whole_sounds import WholeSounds
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

SAMPLE_RATE = 8000
TEST_TAKES = range(5)
TAIL_SECONDS = 0.1  # of silence behind each word, which is learned too: so words end
LENGTHS = (3700, 4500, 5500, 8592)  # samples, with the silence
STEPS = 6000
PEAK = 0.6  # that each word is brought to: Theo's median is 0.03, Lucas's 0.47

NETWORK = PRETRAINED["fsdd"]["plan"]
DIGITS, SPEAKERS = NETWORK["conditions"].values()


def list_words(data: PathLike, test: bool) -> SoundFiles:
    """Recordings of the test set (takes 0 to 4 of each speaker and digit) or of the training set.

    With the conditions `digit` and `speaker`; an `InputError` if there is none.
    """
    paths = sorted((pathlib.Path(data) / "recordings").glob("[0-9]_*_*.*"))
    names = [path.stem.split("_") for path in paths]
    part = [
        (path, DIGITS[int(digit)], speaker)
        for path, (digit, speaker, take) in zip(paths, names, strict=True)
        if (int(take) in TEST_TAKES) == test
    ]
    if not part:
        raise InputError(
            f"Expected recordings such as recordings/7_jackson_32.wav in {data}. Found none. Get "
            "them from github.com/Jakobovski/free-spoken-digit-dataset."
        )
    files, digits, speakers = zip(*part, strict=True)
    return SoundFiles(files, {"digit": digits, "speaker": speakers})


def read_words(data: PathLike, folder: PathLike, test: bool) -> Sounds:
    """Recordings of `list_words`, each brought to the same peak; `folder` keeps them decoded."""
    words = store_sounds(list_words(data, test), folder, SAMPLE_RATE, progress=False)
    waveforms = [words.waveform(number)[0] for number in range(len(words))]
    as_loud = [PEAK * waveform / max(abs(waveform).max(), 1e-4) for waveform in waveforms]
    return hold_sounds(as_loud, SAMPLE_RATE, words.labels)


def train(
    data: PathLike,
    folder: PathLike,
    steps: int = STEPS,
    seed: int = 0,
    strategy: "tf.distribute.Strategy | None" = None,
    weights: PathLike | None = None,
) -> keras.Model:
    """Trains the WaveNet on the training takes, each word whole and out of silence.

    Args:
        data: folder of the data set, with a folder `recordings`.
        folder: for the state; an interrupted run goes on from there.
        steps: batches of four words.
        seed: of weights and batches.
        strategy: to share each batch out by, see `wavenet.train`; `None` for one device.
        weights: to begin with, `"fsdd"` or a file; `None` for random ones.
            A run that began with others does not go on with these.

    Returns:
        The trained model.

    Raises:
        InputError: see `wavenet.train`; also if there is no data, or no such weights.
    """
    words = read_words(data, folder, test=False)
    tail = round(TAIL_SECONDS * SAMPLE_RATE)
    batches = WholeSounds(words, WaveNet(**NETWORK).plan, LENGTHS, 4, seed, tail)
    goes_on = weights is not None
    settings = corpus_settings(steps, seed, goes_on)

    def build():
        return WaveNet(weights=weights, **NETWORK)

    return train_wavenet(build, batches, folder, settings, strategy=strategy, goes_on=goes_on)
