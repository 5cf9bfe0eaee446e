"""Checkpoint of a long dream: the finished segments on disk, from which it can be resumed."""

import contextlib
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.types import Array

_BLOCK_SAMPLES = 2**16


class StreamCheckpoint:
    """The finished samples, the measurements, and the end of the last segment, in a folder.

    The folder lies beside the output, as `OUT.part`, and appears with the first finished segment.
    It is consistent at every moment: its state is one file, which is replaced atomically and holds
    the number of valid samples.

    Args:
        path: of the output.
        identity: all that distinguishes one dream from another, in JSON's types.
        overwrite: whether a dream of another identity may be discarded.

    Attributes:
        rows: measurements of each finished segment.
        num_samples: finished samples.
        tail: float32 `(samples,)`, end of the last segment, to be cross-faded with the next.

    Raises:
        InputError: if the folder holds a dream of another identity and `overwrite` is false.
    """

    def __init__(self, path: pathlib.Path, identity: dict[str, Any], overwrite: bool = False):
        self.folder = path.with_name(path.name + ".part")
        self.identity = json.loads(json.dumps(identity, default=str))
        self.rows: list[dict[str, Any]] = []
        self.num_samples, self.tail = 0, np.zeros(0, "float32")
        state_path = self.folder / "state.json"
        if not state_path.exists():
            return
        state = json.loads(state_path.read_text())
        if state["identity"] != self.identity:
            if not overwrite:
                raise InputError(_difference(self.folder, state["identity"], self.identity))
            self.discard()
            return
        self.rows, self.num_samples = state["rows"], state["num_samples"]
        self.tail = np.load(self._tail_path())

    def append(self, samples: Array, tail: Array, row: dict[str, Any]) -> None:
        """Adds one segment's final int16 samples, its float32 tail and its measurements."""
        try:
            self._append(samples, tail, row)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"Cannot write to {self.folder}: {reason}.") from error

    def _append(self, samples, tail, row):
        old = self._tail_path()
        self.folder.mkdir(exist_ok=True)
        with open(self.folder / "samples.s16", "r+b" if self.rows else "wb") as file:
            file.seek(2 * self.num_samples)
            file.write(samples.astype("<i2").tobytes())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)
        self.num_samples += len(samples)
        self.tail = tail
        with written_beside(self._tail_path(), overwrite=True) as temporary:
            np.save(temporary, tail)
        with written_beside(self.folder / "state.json", overwrite=True) as temporary:
            state = {"num_samples": self.num_samples, "rows": self.rows, "identity": self.identity}
            temporary.write_text(json.dumps(state))
        old.unlink(missing_ok=True)

    def blocks(self) -> Iterator[Array]:
        """Blocks of the finished samples, int16 `(samples,)`."""
        with open(self.folder / "samples.s16", "rb") as file:
            while data := file.read(2 * _BLOCK_SAMPLES):
                yield np.frombuffer(data, "<i2").astype("int16")

    def discard(self) -> None:
        """Removes the checkpoint's files, and the folder if it holds no others."""
        for pattern in ("state.json", "samples.s16", "tail-*.npy", ".*.json", ".*.npy"):
            for path in self.folder.glob(pattern):
                path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _tail_path(self):
        return self.folder / f"tail-{len(self.rows)}.npy"


def identify(dream: DeepDream, **more: Any) -> dict[str, Any]:
    """All that a dream's bytes depend on: its settings, a SHA-256 of its network, and `more`."""
    config = {**dream.get_config()}
    network = _without_names(config.pop("model"), dream.model)
    digest = hashlib.sha256(json.dumps(network, sort_keys=True, default=str).encode())
    for weight in dream.model.weights:
        digest.update(np.ascontiguousarray(weight).tobytes())
    return {**config, "model": digest.hexdigest(), **more}


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
