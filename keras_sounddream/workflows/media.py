"""Sound files and picture files: checking, reading and writing what a model takes.

A workflow asks `files_of(model)` once, and needs no other switch between sounds and pictures.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import TYPE_CHECKING

from keras_sounddream.audio import io as sound_io
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import keras

MAX_SECONDS = 60.0  # longer sounds are streamed; their plots show their beginning
_MARGIN_SECONDS = 1.0  # read beyond that, as lossy formats add a little to a sound of that length


@dataclasses.dataclass(frozen=True)
class Source:
    """The content of a file that was opened once.

    Attributes:
        path: the file.
        data: float32 `(1, samples)` at `sample_rate`, the beginning alone if `is_long`; or
            `(1, height, width, 3)` in [0, 255].
        sample_rate: int, Hz, the file's own; `None` for a picture.
        is_long: whether it is a sound that has to be streamed.
    """

    path: PathLike
    data: Array
    sample_rate: int | None = None
    is_long: bool = False

    def at(self, sample_rate: int | None) -> Array:
        """`data`, a sound at another rate."""
        if self.sample_rate is None:
            return self.data
        return sound_io.resample(self.data, self.sample_rate, sample_rate)


class SoundFiles:
    """Files of models that take waveforms."""

    kind = "sound"
    gallery_suffixes = (".wav", ".png")  # the dream and its plot

    def check_output(self, path: PathLike, overwrite: bool) -> pathlib.Path:
        """The path of a sound file that can be written."""
        return sound_io.check_sound_output(path, overwrite)

    def read(self, path: PathLike, model: keras.Model, whole: bool = False) -> Source:
        """The sound in a file; of a long one the beginning, unless `whole`."""
        most_seconds = None if whole else MAX_SECONDS + _MARGIN_SECONDS
        try:
            waveform, rate = sound_io.read(path, most_seconds)
        except InputError:
            from keras_sounddream.images.io import is_picture

            if is_picture(path):
                raise InputError(
                    f"{path} is a picture, and {model.name} takes sounds. Name a network of "
                    "pictures, such as --model mobilenet --weights imagenet."
                ) from None
            raise
        return Source(path, waveform, rate, waveform.shape[1] > MAX_SECONDS * rate)

    def save(self, path: PathLike, batch: Array, sample_rate: int | None, overwrite: bool) -> None:
        """Writes the one sound of a batch."""
        sound_io.save(path, batch, sample_rate, overwrite=overwrite)

    def guide(self, path: PathLike, model: keras.Model, preprocessing: str | None) -> Array:
        """A guide's sound as the model takes it, `(1, samples)`."""
        from keras_sounddream.audio.layers import find_sample_rate

        return self.read(path, model, whole=True).at(find_sample_rate(model))


class PictureFiles:
    """Files of models that take pictures."""

    kind = "picture"
    gallery_suffixes = (".png",)

    def check_output(self, path: PathLike, overwrite: bool) -> pathlib.Path:
        """The path of a picture file that can be written."""
        from keras_sounddream.images.io import check_photo_output

        return check_photo_output(path, overwrite)

    def read(self, path: PathLike, model: keras.Model, whole: bool = True) -> Source:
        """The picture in a file."""
        from keras_sounddream.images.io import load_picture

        try:
            return Source(path, load_picture(path))
        except InputError:
            if sound_io.is_sound(path):
                raise InputError(
                    f"{path} is a sound, and {model.name} takes pictures. Leave --model out, or "
                    "name a network of sounds."
                ) from None
            raise

    def save(self, path: PathLike, batch: Array, sample_rate: int | None, overwrite: bool) -> None:
        """Writes the first picture of a batch."""
        from keras_sounddream.images.io import save_picture

        save_picture(path, batch[0], overwrite)

    def guide(self, path: PathLike, model: keras.Model, preprocessing: str | None) -> Array:
        """A guide's pixels as the model takes them, `(1, height, width, 3)`."""
        return self.model_input(self.read(path, model).data, model, preprocessing)

    def model_input(self, pixels: Array, model: keras.Model, preprocessing: str | None) -> Array:
        """Pixels as the model takes them: a model with a layer `front_end` preprocesses itself."""
        from keras_sounddream.deepdream.params.pixels import preprocess

        has_front_end = "front_end" in (layer.name for layer in model.layers)
        return preprocess(pixels, preprocessing or ("none" if has_front_end else "tf"))


SOUND_FILES, PICTURE_FILES = SoundFiles(), PictureFiles()


def files_of(model: keras.Model) -> SoundFiles | PictureFiles:
    """The kind of files that a model takes."""
    from keras_sounddream.deepdream.network.checks import takes_pictures

    return PICTURE_FILES if takes_pictures(model) else SOUND_FILES


def too_long(path: PathLike) -> InputError:
    """The error of a sound that is too long for a gallery."""
    return InputError(
        f"Expected at most {MAX_SECONDS:.0f} s for a gallery. {path} lasts "
        f"{sound_io.seconds_of(path):.0f} s: cut a piece out."
    )


def check_names(inputs: tuple[PathLike, ...], output: PathLike, overwrite: bool) -> None:
    """Checks what names of files reveal before a model is loaded.

    Raises:
        InputError: if an input is not there, or the output cannot be a sound or a picture.
    """
    for path in map(pathlib.Path, inputs):
        if path.is_dir() or not path.exists():
            problem = f"{path} is a folder" if path.is_dir() else f"there is no {path}"
            raise InputError(f"Expected a sound or a picture, but {problem}. Check the path.")
    if check_output(output, overwrite).suffix.lower() not in PICTURE_SUFFIXES:
        SOUND_FILES.check_output(output, overwrite)


PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
