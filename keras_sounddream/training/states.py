"""States of a training in its folder: saved whole, and taken up again unless they are damaged."""

import contextlib
import json
import pathlib
import re
import time
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import keras
import numpy as np

from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import keep_folder, read_json, written_beside
from keras_sounddream.locks import locked
from keras_sounddream.types import PathLike

_APART = 1_000_003  # from the seed of one worker to that of the next
_NAME = re.compile(r"state-(\d+)\.weights\.h5")
_CHECKSUM = "sounddream_crc32"  # attribute of a state's file
_SKIPPED = "Skipping variable loading"  # Keras's warning of an optimizer that it does not restore


def claim_folder(
    folder: PathLike,
    settings: dict[str, Any],
    replaces: Callable[[dict[str, Any]], bool] = lambda held: False,
) -> None:
    """Makes a folder a run's own: a state of other settings must not be taken up.

    Args:
        folder: made if it is missing.
        settings: that JSON can hold, all that tells one run from another.
        replaces: whether the run goes on from one of other settings, by those.

    Raises:
        InputError: if it cannot be made, or holds a run of other settings.
    """
    path = keep_folder(folder) / "run.json"
    advice = "Give another folder; or remove it, if the states beside it are of these settings."
    if not path.exists() or replaces(read_json(path, advice)):
        with written_beside(path, overwrite=True) as temporary:  # another worker may do the same
            temporary.write_text(json.dumps(settings))
    held = read_json(path, advice)
    if held != settings:
        held = held if isinstance(held, dict) else {}
        names = [name for name in {**held, **settings} if held.get(name) != settings.get(name)]
        held, asked = ({name: run.get(name) for name in names} for run in (held, settings))
        raise InputError(
            f"The folder {folder} holds a run with {held}, not {asked}. Give another folder."
        )


def newest_epoch(folder: PathLike) -> int:
    """Epochs before the newest state of a folder; 0 without one."""
    return max(map(_num_epochs, _states(pathlib.Path(folder))), default=0)


class TrainingState(keras.callbacks.Callback):
    """Keeps weights, optimizer and random state after epochs, each in a file that is renamed.

    Saved are every `every`-th epoch, the `last`, and one after `minutes`; by the worker that
    `writes`. Keras does not save the state of random layers: each epoch sets it anew, from `seed`
    and `worker`.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        seed: int,
        every: int = 1,
        last: int | None = None,
        keep: int = 2,
        minutes: float | None = None,
        *,
        worker: int = 0,
    ) -> None:
        super().__init__()
        self.folder, self.seed, self.every, self.last, self.keep = folder, seed, every, last, keep
        self.minutes, self._saved = minutes, time.monotonic()
        self.worker, self.writes = worker, True

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Context in which no other run trains in the folder: the first worker holds it."""
        if self.worker:
            return contextlib.nullcontext()
        return locked(self.folder, "train", inside=True)

    def restore(self, model: keras.Model) -> int:
        """Sets a compiled model to the newest state; its number of epochs, 0 without a state.

        A state that is damaged is set aside with a warning, and the one before is taken; an
        `InputError` if all are damaged.
        """
        damaged: dict[pathlib.Path, str] = {}
        for path in reversed(_states(self.folder)):
            try:
                _load(model, path)
            except Exception as error:  # of h5py and Keras: many kinds
                damaged[path] = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
                continue
            self._set_aside(damaged, path)
            return _num_epochs(path)
        if damaged:
            path, reason = next(iter(damaged.items()))
            raise InputError(
                f"No state in {self.folder} can be read ({path.name}: {reason}). Give another "
                "folder, or remove the states to begin anew."
            )
        return 0

    def _set_aside(self, damaged, used):
        for path, reason in damaged.items():
            warnings.warn(
                f"{path} is damaged ({reason}): the training goes on from {used.name}.",
                InputWarning,
                stacklevel=3,
            )
            if self.worker == 0:
                path.rename(path.with_name(f"{path.name}.damaged"))

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        for layer in self.model._flatten_layers():
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([self.seed + _APART * self.worker, epoch << 16])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        done = epoch + 1
        late = self.minutes is not None and time.monotonic() - self._saved > 60 * self.minutes
        if not self.writes or (done % self.every and done != self.last and not late):
            return
        old = _states(self.folder)
        with written_beside(self.folder / f"state-{done:06d}.weights.h5", True) as temporary:
            self.model.save_weights(temporary)
            with h5py.File(temporary, "r+") as file:
                file.attrs[_CHECKSUM] = _checksum(file)
        for path in old[: max(0, len(old) + 1 - self.keep)]:
            path.unlink(missing_ok=True)
        self._saved = time.monotonic()


def _states(folder):
    """Paths of a folder's states, oldest first."""
    return sorted(filter(_num_epochs, folder.glob("state-*.weights.h5")), key=_num_epochs)


def _num_epochs(path):
    """Epochs before a state, by the name of its file; 0 for another file."""
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def _load(model, path):
    """Sets a compiled model to a state; raises whatever happens if it is not as it was saved."""
    with h5py.File(path, "r") as file:
        saved = file.attrs.get(_CHECKSUM)
        if saved is not None and saved != _checksum(file):
            raise InputError("it is not what was saved")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", _SKIPPED)
        model.load_weights(path)


def _checksum(file):
    """CRC-32 of the names and values of all arrays of an HDF5 file."""
    checksum = 0

    def add(name, item):
        nonlocal checksum
        if isinstance(item, h5py.Dataset):
            data = np.ascontiguousarray(item[()])
            checksum = zlib.crc32(data.tobytes(), zlib.crc32(name.encode(), checksum))

    file.visititems(add)
    return checksum
