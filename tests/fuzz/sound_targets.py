"""Targets that read sounds, tags, tables and texts: nothing of Keras or TensorFlow."""

import atexit
import functools
import pathlib
import shutil
import tempfile
import warnings

import numpy as np
from fuzz.sound_seeds import RATE, known_samples

from keras_sounddream.errors import InputError

_BEGINNINGS = {  # of files: the suffix that a user would see
    **{b"OggS": ".ogg", b"fLaC": ".flac", b"ID3": ".mp3", b"\xff": ".mp3", b"FORM": ".aiff"},
    **{b".snd": ".au", b"\x00\x00\x00": ".m4a"},
}


class WrongAnswerError(AssertionError):
    """An answer that is known to be wrong."""


@functools.cache
def folder():
    """A folder of this process for the files of targets."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def written(data, name):
    """Path of a file with these bytes."""
    path = folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def suffix(data):
    """The suffix that fits the beginning of a file."""
    return next((end for begin, end in _BEGINNINGS.items() if data.startswith(begin)), ".wav")


def attempt(function, *arguments):
    """What a function returns, or its `InputError`; and whether it warned."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            return function(*arguments), bool(said)
        except InputError as error:
            return error, bool(said)


def sound(data):
    """`audio.load`, `read_blocks` and `is_sound`, which must agree."""
    from keras_sounddream.audio import io, streaming

    path = written(data, f"sound{suffix(data)}")
    loaded, warned = attempt(io.load, path, RATE)
    io.is_sound(path)
    blocks, _ = attempt(lambda: np.concatenate(list(streaming.read_blocks(path, RATE)))[None])
    _agree(loaded, blocks, "load", "read_blocks")
    if isinstance(loaded, InputError):
        raise loaded
    _check_waveform(loaded, 2)
    expected = known_samples().get(data, 0)
    if loaded.shape[1] < expected and not warned:
        raise WrongAnswerError(f"{loaded.shape[1]} of {expected} samples, without a warning")


def lite_sound(data):
    """`lite.io.load`, which must agree with `audio.load`."""
    from keras_sounddream.audio import io
    from keras_sounddream.lite import io as lite_io

    path = written(data, f"lite{suffix(data)}")
    ours, _ = attempt(lite_io.load, path, 16000)
    theirs, _ = attempt(lambda: io.load(path, 16000)[0])
    _agree(ours, theirs, "lite.load", "audio.load")
    if isinstance(ours, InputError):
        raise ours
    _check_waveform(ours, 1)


def _agree(one, other, name, other_name):
    refused = [isinstance(each, InputError) for each in (one, other)]
    if refused[0] != refused[1]:
        reason = one if refused[0] else other
        raise WrongAnswerError(f"{name} and {other_name} differ on whether it is read: {reason}")
    if not refused[0] and not np.array_equal(one, other, equal_nan=True):
        raise WrongAnswerError(f"{name} and {other_name} differ: {one.shape}, {other.shape}")


def _check_waveform(waveform, rank):
    if waveform.dtype != "float32" or waveform.ndim != rank or not waveform.size:
        raise WrongAnswerError(f"no waveform: {waveform.dtype} {waveform.shape}")
    if not np.isfinite(waveform).all():
        raise WrongAnswerError("it holds values that are not finite")


def raw_samples(data):
    """`decode_pcm` of bytes that arrive in pieces: the same as at once."""
    from keras_sounddream.lite.streams import decode_pcm

    channels = 1 + data[0] % 4 if data else 1
    size = 1 + len(data) % 97
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    made = [np.concatenate([*decode_pcm(each, channels), []]) for each in (pieces, [data])]
    if not np.array_equal(*made):
        raise WrongAnswerError("samples depend on where the bytes were cut")


def coded_sound(data):
    """Sounds in videos and MP4, by PyAV."""
    from keras_sounddream.datasets.videos import read_sound

    read_sound(written(data, "coded.m4a"), RATE, 10.0)


def data_check(data):
    """`data check` and `data summary` of a folder with one whole sound and this one."""
    from keras_sounddream.datasets.inspection import checks, summary

    whole = next(iter(known_samples()))
    written(whole, "checked/whole.wav")
    for old in (folder() / "checked").glob("damaged.*"):
        old.unlink()
    written(data, f"checked/damaged{suffix(data)}")
    checks.check(folder() / "checked", progress=False)
    measured, labels, left_out = summary.measure_folder(folder() / "checked", progress=False)
    summary.sum_up(measured, labels, left_out)


def music_tags(data):
    """Genre and year; and the list of a folder of music, which names what it leaves out."""
    from keras_sounddream.datasets import music_tags as tags

    for old in (folder() / "music").glob("*"):
        old.unlink()
    path = written(data, f"music/song{suffix(data)}")
    attempt(lambda: tags.list_music(path.parent, progress=False))
    found = tags.read_tags(path)
    if not all(isinstance(genre, str) for genre in found.genres):
        raise WrongAnswerError(f"genres that are no str: {found.genres}")


def table(data):
    """A CSV as a table of sounds, of genres, of ESC-50 and of UrbanSound8K."""
    from keras_sounddream.datasets import clip_sets, file_lists, music_tags, urbansound8k

    root = folder() / "tables"
    readers = (
        lambda: file_lists.list_table(written(data, "tables/table.csv"), ["digit"]),
        lambda: music_tags.read_genres(written(data, "tables/genres.csv")),
        lambda: written(data, "tables/meta/esc50.csv") and clip_sets.read_esc50(root, False),
        lambda: (
            written(data, "tables/metadata/UrbanSound8K.csv")
            and urbansound8k.read_clips(root, False)
        ),
    )
    answers = [attempt(reader)[0] for reader in readers]
    if all(isinstance(answer, InputError) for answer in answers):
        raise answers[0]


def training_log(data):
    """A log, and the lines that sum it up."""
    from keras_sounddream.reports import training_log as logs

    lines = logs.sum_up(logs.read_log(written(data, "log.jsonl")))
    if not lines:
        raise WrongAnswerError("no line sums it up")


def settings(data):
    """A file of settings, and the network that it describes."""
    from keras_sounddream.applications.wavenet.config import WaveNetConfig
    from keras_sounddream.cli.options.wavenet import read_object

    known = WaveNetConfig.__dataclass_fields__
    found = read_object(written(data, "settings.json"))
    WaveNetConfig(**{name: value for name, value in found.items() if name in known})
