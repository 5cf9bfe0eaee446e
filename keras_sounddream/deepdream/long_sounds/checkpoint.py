"""Checkpoint of a long dream: the finished segments on disk, from which it can be resumed."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.digests import weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.files import read_json, written_beside
from keras_sounddream.leftovers import is_unfinished, remove
from keras_sounddream.types import Array

_BLOCK_SAMPLES = 2**16
_FORMAT = 2  # of the state; those of another number cannot be resumed
_OURS = re.compile(r"state\.json|samples\.[sfu]\d+|tail-\d+\.npy")
_LONGEST_LIST = 100_000  # characters of JSON, of a setting
_NAMES = {"<i2": "samples.s16", "<f4": "samples.f32", "|u1": "samples.u8"}


class StreamCheckpoint:
    """The finished samples, the measurements, and the end of the last segment, in a folder.

    The folder lies beside the output, as `OUT.part`, and appears with the first finished segment.
    It is consistent at every moment: its state is one file, which is replaced atomically and holds
    the number of valid samples and checksums of everything. One process at a time may write to it.

    Args:
        path: of the output.
        identity: all that distinguishes one dream from another, in JSON's types.
        overwrite: whether a dream of another identity, or a damaged one, may be discarded.
        channels: of the samples; `None` for samples without that axis.
        dtype: that they are kept in, `"<i2"` or `"<f4"`; or `"|u1"` for encoded bytes.

    Attributes:
        rows: measurements of each finished segment.
        num_samples: finished samples.
        tail: float32 `(samples, channels)`, end of the last segment, to be cross-faded with
            the next.

    Raises:
        InputError: if the folder holds a dream of another identity, or one that is damaged, and
            `overwrite` is false.
    """

    def __init__(
        self,
        path: pathlib.Path,
        identity: dict[str, Any],
        overwrite: bool = False,
        channels: int | None = None,
        dtype: str = "<i2",
    ):
        self._dtype, self._shape = np.dtype(dtype), () if channels is None else (channels,)
        self._width = self._dtype.itemsize * (channels or 1)  # bytes per sample
        self._samples_name = _NAMES[dtype]
        self.folder = path.with_name(path.name + ".part")
        self.identity = json.loads(json.dumps(identity, default=str))
        self.rows: list[dict[str, Any]] = []
        self.num_samples, self.tail, self._checksum = 0, np.zeros((0, *self._shape), "float32"), 0
        if not os.path.lexists(self._state_path):
            return
        try:
            self._resume()
        except InputError:
            if not overwrite:
                raise
            self.discard()

    def _resume(self):
        """Takes up what the folder holds."""
        state = self._read_state()
        if state["identity"] != self.identity:
            raise InputError(_difference(self.folder, state["identity"], self.identity))
        tail_path = self._tail_path(len(state["rows"]))
        if _checksum(tail_path) != state["tail"]:
            raise InputError(self._damage(f"{tail_path.name} is not that of its state"))
        if _checksum(self._samples_path, self._width * state["num_samples"]) != state["samples"]:
            raise InputError(self._damage(f"{self._samples_name} is not that of its state"))
        self.rows, self.num_samples = state["rows"], state["num_samples"]
        self._checksum, self.tail = state["samples"], np.load(tail_path)

    def append(self, samples: Array, tail: Array, row: dict[str, Any]) -> None:
        """Adds one segment's final samples, its float32 tail and its measurements.

        Raises InputError if the folder cannot be written, or another process has written to it.
        """
        self._check_alone()
        try:
            self._append(samples, tail, row)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"Cannot write to {self.folder}: {reason}.") from error

    def _append(self, samples, tail, row):
        old = self._tail_path(len(self.rows))
        self.folder.mkdir(exist_ok=True)
        data = samples.astype(self._dtype).tobytes()
        with open(self._samples_path, "r+b" if self.rows else "wb") as file:
            file.seek(self._width * self.num_samples)
            file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)
        self.num_samples += len(samples)
        self.tail, self._checksum = tail, zlib.crc32(data, self._checksum)
        with written_beside(self._tail_path(len(self.rows)), overwrite=True) as temporary:
            np.save(temporary, tail)
        self._write_state()
        old.unlink(missing_ok=True)

    def blocks(self) -> Iterator[Array]:
        """Blocks of the finished samples, `(samples, channels)`.

        Raises InputError, after the last, if they are not those that were appended.
        """
        self._check_alone()
        checksum = 0
        with open(self._samples_path, "rb") as file:
            while data := file.read(self._width * _BLOCK_SAMPLES):
                checksum = zlib.crc32(data, checksum)
                whole = data[: len(data) // self._width * self._width]
                samples = np.frombuffer(whole, self._dtype).reshape(-1, *self._shape)
                yield samples.astype(self._dtype.newbyteorder("="))
        if checksum != self._checksum:
            raise InputError(self._damage(f"{self._samples_name} changed while it was written"))

    def discard(self) -> None:
        """Removes the checkpoint's files, and the folder if it holds no others."""
        for path in self.folder.glob("*"):
            if is_unfinished(path.name) or _OURS.fullmatch(path.name):
                remove(path)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _check_alone(self):
        """An `InputError` if the state is not the one that this process wrote or took up."""
        there = len(self._read_state()["rows"]) if os.path.lexists(self._state_path) else 0
        if there != len(self.rows):
            raise InputError(
                f"Another process dreams into {self.folder}: it has finished {there} segments, "
                f"this one {len(self.rows)}. Wait for it, or choose another output."
            )

    def _read_state(self):
        """The state, which is as it was written."""
        try:
            content = read_json(self._state_path, "")
            state = content["state"]
            is_whole = content["format"] == _FORMAT and content["sum"] == _sum_of(state)
        except (InputError, LookupError, TypeError):
            is_whole = False
        if not is_whole:
            raise InputError(self._damage("state.json cannot be read"))
        return state

    def _write_state(self):
        state = {
            "num_samples": self.num_samples,
            "rows": self.rows,
            "identity": self.identity,
            "samples": self._checksum,
            "tail": _checksum(self._tail_path(len(self.rows))),
        }
        content = {"format": _FORMAT, "sum": _sum_of(state), "state": state}
        with written_beside(self._state_path, overwrite=True) as temporary:
            temporary.write_text(json.dumps(content))

    def _damage(self, reason):
        return (
            f"{self.folder} holds an interrupted dream that is damaged or of another version "
            f"({reason}). Begin anew with --force (overwrite=True), or choose another output."
        )

    @property
    def _state_path(self):
        return self.folder / "state.json"

    @property
    def _samples_path(self):
        return self.folder / self._samples_name

    def _tail_path(self, number):
        return self.folder / f"tail-{number}.npy"


def identify(dream: DeepDream, **more: Any) -> dict[str, Any]:
    """All that a dream's bytes depend on: its settings, a SHA-256 of its network, and `more`."""
    config = {**dream.get_config()}
    network = _without_names(config.pop("model"), dream.model)
    facts = json.dumps([network, weights_digest(dream.model)], sort_keys=True, default=str)
    return _shortened({**config, "model": _digest(facts), **more})


def _shortened(value):
    """Settings whose long lists, such as a style's statistics, are SHA-256s of them."""
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    text = json.dumps(value, default=str) if isinstance(value, list) else ""
    return _digest(text) if len(text) > _LONGEST_LIST else value


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _without_names(config, model):
    """A model's configuration with numbers in place of the names that Keras numbers."""
    names = {layer.name: f"#{i}" for i, layer in enumerate([model, *model.layers])}

    def replace(value):
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [replace(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    return replace(config)


def _checksum(path, num_bytes=None):
    """CRC-32 of a file, or of its first bytes; `None` if there are not so many."""
    checksum, left = 0, num_bytes
    try:
        with open(path, "rb") as file:
            while data := file.read(2**20 if left is None else min(2**20, left)):
                checksum = zlib.crc32(data, checksum)
                left = left and left - len(data)
    except OSError:
        return None
    return None if left else checksum


def _sum_of(state):
    return zlib.crc32(json.dumps(state, sort_keys=True).encode())


def _difference(folder, stored, wanted):
    names = sorted(n for n in {*stored, *wanted} if stored.get(n) != wanted.get(n))
    pairs = [
        f"{name} (there {_short(stored.get(name))}, here {_short(wanted.get(name))})"
        for name in names
    ]
    return (
        f"{folder} holds a dream that was interrupted, of other settings: {', '.join(pairs)}. Go "
        "on with the same, choose another output, or discard it with --force (overwrite=True)."
    )


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:36]} …"
