"""Pictures and patches of sounds' spectrograms from a folder, as pixels to train a generator on."""

import pathlib
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.applications.generators.pictures import to_pixels
from keras_sounddream.audio.loudness import SILENCE
from keras_sounddream.audio.spectrogram_patches import SpectrogramPatches
from keras_sounddream.audio.waveforms import check_audible
from keras_sounddream.datasets.file_lists import SoundFiles, find_media
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.images.io import cut_square, load_picture
from keras_sounddream.types import Array, PathLike

_HOPS = 4  # patches begin so often per length of one
_QUIET_DB = 30.0  # below a sound's loudest patch: those are left out
_LEVEL = 0.1  # root mean square of a sound's loudest patch: -20 dB


def read_folder(
    folder: PathLike,
    size: int,
    patches: SpectrogramPatches | None = None,
    crops: int = 1,
    leave_out: Sequence[str] = (),
) -> tuple[Array, SpectrogramPatches | None]:
    """Reads the pictures of a folder; or, where it holds none, the patches of its sounds.

    Args:
        folder: with subfolders.
        size: rows and columns of the pictures, which are cropped to squares.
        patches: the scale of patches; `None` for 64 frames of 64 bands at 24 kHz.
        crops: squares that are cut from each picture, see `read_pictures`.
        leave_out: patterns of names of files that are not used, see `file_lists.find_media`.

    Returns:
        `(pictures, patches)`: uint8 `(count, size, size, 3)` and `None`; or uint8 `(count, frames,
        bands, 1)` and the scale.

    Raises:
        InputError: if there is no such folder, nothing in it can be read or is left, patches are
            of another size, or there is nothing but sounds and `crops` is not 1.
    """
    checks.check("size", size, checks.integer(1))
    paths, kind = find_media(folder, leave_out)
    if kind == "picture":
        return read_pictures(paths, size, crops), None
    if crops != 1:
        raise InputError(f"`crops` are of pictures, and there are none in {folder}: leave it out.")
    patches = patches or SpectrogramPatches()
    if patches.shape[:2] != (size, size):
        raise InputError(f"Patches of sounds are {patches.shape[:2]} in size, not {size} x {size}.")
    return read_patches(paths, patches), patches


def read_pictures(paths: Iterable[pathlib.Path], size: int, crops: int = 1) -> Array:
    """Pictures, cropped to squares: uint8 `(count * crops, size, size, 3)`.

    The first of a picture is the square in its middle; the others are drawn at random, from as
    large as that down to `size` pixels, the same ones every time.
    """
    checks.check("crops", crops, checks.integer(1))
    pictures, faults, rng = [], [], np.random.default_rng(0)
    for path in tqdm(list(paths), desc="pictures", unit="file"):
        try:
            picture = load_picture(path)[0]
        except InputError as error:
            faults.append(str(error))
            continue
        side = min(picture.shape[:2])
        pictures.append(
            cut_square(picture, [(n - side) // 2 for n in picture.shape[:2]], side, size)
        )
        for _ in range(crops - 1):
            part = round(side * (min(size, side) / side) ** rng.random())
            corner = [rng.integers(n - part + 1) for n in picture.shape[:2]]
            pictures.append(cut_square(picture, corner, part, size))
    return _usable(pictures, faults, each=crops)


def read_patches(paths: Iterable[pathlib.Path], patches: SpectrogramPatches) -> Array:
    """Overlapping patches of sounds, each sound at one level: uint8 `(count, frames, bands, 1)`.

    Patches that are 30 dB softer than the loudest of their sound are left out.
    """
    paths = tuple(paths)
    pixels, faults, peaks = [], [], [0.0]
    waveforms = SoundFiles(paths, {}).waveforms(patches.sample_rate)
    for waveform in tqdm(waveforms, desc="patches", unit="sound", total=len(paths)):
        if isinstance(waveform, InputError):
            faults.append(str(waveform))
            continue
        peaks.append(float(np.abs(waveform).max()))
        cut = cut_sound(waveform, patches)
        if len(cut):
            pixels.append(to_pixels(patches.to_patches(cut)))
    if len(peaks) > 1:
        check_audible(peaks)
    return np.concatenate(_usable(pixels, faults, stack=False))


def cut_sound(waveform: Array, patches: SpectrogramPatches) -> Array:
    """Pieces of a sound `(samples,)` as long as a patch: float32 `(count, num_samples)`."""
    length = patches.num_samples
    waveform = np.pad(waveform, (0, max(0, length - len(waveform))))
    views = np.lib.stride_tricks.sliding_window_view(waveform, length)[:: length // _HOPS]
    levels = np.sqrt(np.mean(np.square(views, dtype="float64"), axis=1))
    if levels.max() < SILENCE:
        return np.zeros((0, length), "float32")
    heard = levels >= levels.max() * 10 ** (-_QUIET_DB / 20)
    return (views[heard] * (_LEVEL / levels.max())).astype("float32")


def _usable(arrays, faults, stack=True, each=1):
    """What was read, with a warning of what was not."""
    if not arrays:
        raise InputError(f"Nothing can be read. {faults[0] if faults else 'The folder is empty.'}")
    if faults:
        files = len(arrays) // each + len(faults)
        text = f"{len(faults)} of {files} files are left out. {faults[0]}"
        warnings.warn(text, InputWarning, stacklevel=3)
    return np.stack(arrays) if stack else arrays
