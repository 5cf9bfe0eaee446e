"""What is kept of a long dream while it is being made, so that it can go on."""

import contextlib
import hashlib
import json
import os

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside

_BLOCK_SAMPLES = 2**16


class StreamCheckpoint:
    """The finished samples, the figures, and the end of the last segment, in a folder.

    The folder lies beside the output, as `OUT.part`, and appears with the first finished
    segment. It is whole at every moment: the state is one file that is renamed, and says how
    many of the samples count.

    Args:
        path: `pathlib.Path` of the output.
        identity: dict that JSON can hold, all that tells one dream from another.
        overwrite: bool, whether a dream of another identity may be discarded.

    Attributes:
        rows: list of dict, the figures of each finished segment.
        num_samples: int, finished.
        tail: float32 `(samples,)`, of the last segment, to be cross-faded with the next.

    Raises:
        InputError: if the folder holds a dream of another identity and `overwrite` is false.
    """

    def __init__(self, path, identity, overwrite=False):
        self.folder = path.with_name(path.name + ".part")
        self.identity = json.loads(json.dumps(identity, default=str))
        self.rows, self.num_samples, self.tail = [], 0, np.zeros(0, "float32")
        state = self.folder / "state.json"
        if not state.exists():
            return
        found = json.loads(state.read_text())
        if found["identity"] != self.identity:
            if not overwrite:
                raise InputError(_difference(self.folder, found["identity"], self.identity))
            self.discard()
            return
        self.rows, self.num_samples = found["rows"], found["num_samples"]
        self.tail = np.load(self._tail_path())

    def append(self, samples, tail, row):
        """Keeps what one more segment has finished.

        Args:
            samples: int16 `(samples,)`, which no later segment will change.
            tail: float32 `(samples,)`, to be cross-faded with the next.
            row: dict, the figures of the segment.

        Raises:
            InputError: if the folder cannot be written to.
        """
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

    def blocks(self):
        """Gives the finished samples.

        Yields:
            int16 `(samples,)`.
        """
        with open(self.folder / "samples.s16", "rb") as file:
            while data := file.read(2 * _BLOCK_SAMPLES):
                yield np.frombuffer(data, "<i2").astype("int16")

    def discard(self):
        """Removes the folder, and nothing in it that is not a partial dream's."""
        for pattern in ("state.json", "samples.s16", "tail-*.npy", ".*.json", ".*.npy"):
            for path in self.folder.glob(pattern):
                path.unlink()
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _tail_path(self):
        return self.folder / f"tail-{len(self.rows)}.npy"


def identify(dream, **more):
    """Describes a dream so that two of one description give the same bytes.

    Args:
        dream: `DeepDream`.
        **more: whatever else the bytes depend on.

    Returns:
        dict: the dream's settings, a SHA-256 of its network, and `more`.
    """
    config = {**dream.get_config()}
    network = _without_names(config.pop("model"), dream.model)
    digest = hashlib.sha256(json.dumps(network, sort_keys=True, default=str).encode())
    for weight in dream.model.weights:
        digest.update(np.ascontiguousarray(weight).tobytes())
    return {**config, "model": digest.hexdigest(), **more}


def _without_names(config, model):
    """A model's configuration with numbers for the names that Keras counts up on its own."""
    names = {layer.name: f"#{i}" for i, layer in enumerate([model, *model.layers])}

    def replace(value):
        if isinstance(value, dict):
            return {key: replace(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [replace(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    return replace(config)


def _difference(folder, found, wanted):
    names = sorted(n for n in {*found, *wanted} if found.get(n) != wanted.get(n))
    said = [
        f"{name} (there {_short(found.get(name))}, here {_short(wanted.get(name))})"
        for name in names
    ]
    return (
        f"{folder} holds a dream that was interrupted, of other settings: {', '.join(said)}. Go on "
        "with the same, choose another output, or discard it with --force (overwrite=True)."
    )


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:36]} …"
