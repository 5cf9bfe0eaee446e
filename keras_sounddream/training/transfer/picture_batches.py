"""Pictures to train on: resized once, kept in one file, and augmented batch by batch."""

import hashlib
import json
import pathlib
import warnings
from collections.abc import Sequence

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.digests import sampled_checksum
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import written_beside
from keras_sounddream.images.io import load_square
from keras_sounddream.training.step_batches import StepBatches
from keras_sounddream.types import Array, PathLike

_COPIED = 256  # pictures at once


class StoredPictures:
    """The central squares of picture files, kept as bytes in one file and read from there.

    Indexed by numbers, or one, it gives float32 `(pictures, size, size, 3)` in [0, 255].

    Args:
        paths: of picture files.
        size: height and width that they are resized to.
        folder: of the file, which is made unless it is there for the same files.
        broken: `"fail"` to stop at the first that cannot be read, or `"skip"` to leave it out, with
            a warning.

    Attributes:
        size: height and width.

    Raises:
        InputError: if a picture cannot be read, or with `"skip"` none, or the file cannot be
            written.
    """

    def __init__(
        self,
        paths: Sequence[pathlib.Path],
        size: int,
        folder: PathLike,
        broken: str = "fail",
    ) -> None:
        shape = (len(paths), size, size, 3)
        marks = [broken] if broken != "fail" else []
        path = pathlib.Path(folder) / f"pictures-{_digest(paths, size, *marks)}.npy"
        if not _holds(path, shape, broken == "skip"):
            with written_beside(path, overwrite=True) as temporary:
                _write(paths, temporary, shape, broken)
        self._pixels = np.load(path, mmap_mode="r")
        self.size = size

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, numbers: slice | Array) -> Array:
        return self._pixels[numbers].astype("float32")

    @property
    def checksum(self) -> int:
        """By which a run knows that its pictures are the same."""
        return sampled_checksum(self._pixels)


class AugmentedPictures(StepBatches):
    """Batches of pictures that are flipped, sheared and zoomed at random.

    What lies outside of a picture is filled with its edge.

    Args:
        stored: the pictures.
        labels: class index of each.
        num_classes: length of a one-hot target.
        epochs: passes over the pictures.
        batch_size: pictures of each batch; those that fill no batch are left out of an epoch.
        seed: of everything random.
        flip: whether half of the pictures are flipped left to right.
        shear: the most that a picture is sheared, as a share of its height.
        zoom: the most that a picture is enlarged or shrunk along each axis.
    """

    def __init__(
        self,
        stored: StoredPictures | Array,
        labels: Sequence[int],
        num_classes: int,
        epochs: int,
        batch_size: int = 32,
        seed: int = 0,
        *,
        flip: bool = True,
        shear: float = 0.2,
        zoom: float = 0.2,
    ) -> None:
        super().__init__(epochs, seed)
        self.stored, self.batch_size = stored, batch_size
        self.targets = np.eye(num_classes, dtype="float32")[list(labels)]
        self.flip, self.shear, self.zoom = flip, shear, zoom

    @property
    def steps_per_epoch(self) -> int:
        """Batches in a pass over the pictures."""
        return len(self.stored) // self.batch_size

    def batch(self, step: int) -> tuple[Array, Array]:
        """Draws the batch of a step.

        Args:
            step: from 0, counted through all epochs.

        Returns:
            `(pictures, targets)`: float32 `(batch, size, size, 3)` in [0, 255], and
            `(batch, classes)`, one-hot.
        """
        epoch, index = self.position(step)
        order = self.order(epoch, len(self.stored))
        chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
        pictures = self.stored[chosen]
        rng = np.random.default_rng((self.seed, epoch, index))
        changed = keras.ops.image.affine_transform(
            pictures,
            self._transforms(rng, *pictures.shape[:2]),
            fill_mode="nearest",
            data_format="channels_last",
        )
        return keras.ops.convert_to_numpy(changed), self.targets[chosen]

    def _transforms(self, rng, count, size):
        """From places of the output to places of the input, about the centre: `(count, 8)`."""
        across, down = 1 / rng.uniform(1 - self.zoom, 1 + self.zoom, (2, count))
        across *= np.where(self.flip & (rng.random(count) < 0.5), -1, 1)
        shear = rng.uniform(-self.shear, self.shear, count)
        centre, none = (size - 1) / 2, np.zeros(count)
        moved = centre * (1 - across - shear), centre * (1 - down)
        rows = across, shear, moved[0], none, down, moved[1], none, none
        return np.stack(rows, axis=1).astype("float32")


def _digest(paths, size, *marks):
    """Tells files apart by their names, sizes and times."""
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(json.dumps([size, facts, *marks]).encode()).hexdigest()[:16]


def _holds(path, shape, fewer):
    """Whether a file holds bytes of a shape, or of fewer pictures."""
    try:
        pixels = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return False
    enough = 0 < len(pixels) <= shape[0] if fewer else len(pixels) == shape[0]
    return enough and pixels.shape[1:] == shape[1:] and pixels.dtype == "uint8"


def _write(paths, target, shape, broken):
    """Writes the pictures that can be read: as many as there are, or fewer if some are skipped."""
    pixels, count, faults = np.lib.format.open_memmap(target, "w+", "uint8", shape), 0, []
    for path in tqdm(paths, desc="pictures", unit="picture"):
        try:
            pixels[count] = load_square(path, shape[1])
            count += 1
        except InputError as error:
            if broken == "fail":
                raise
            faults.append(str(error))
    pixels.flush()
    if faults:
        _shorten(target, pixels, count, faults)


def _shorten(target, pixels, count, faults):
    """Leaves the first `count` pictures in a file, and warns of the others."""
    if not count:
        raise InputError(f"Nothing can be read. {faults[0]}")
    whole = target.with_name(f"{target.name}.whole")
    target.rename(whole)
    kept = np.lib.format.open_memmap(target, "w+", "uint8", (count, *pixels.shape[1:]))
    for first in range(0, count, _COPIED):
        kept[first : first + _COPIED] = pixels[first : min(first + _COPIED, count)]
    kept.flush()
    whole.unlink()
    text = f"{len(faults)} of {len(pixels)} pictures are left out. {faults[0]}"
    warnings.warn(text, InputWarning, stacklevel=4)
