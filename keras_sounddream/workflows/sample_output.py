"""Files that samples of a generator are written to, checked before TensorFlow is imported."""

import pathlib

from keras_sounddream.audio import io as sound_io
from keras_sounddream.errors import InputError
from keras_sounddream.images.io import SUFFIXES
from keras_sounddream.types import PathLike


def check_samples_output(path: PathLike, overwrite: bool, sounds: bool | None = None) -> str:
    """Checks a file that samples can be written to: `"sound"`, `"animation"` or `"picture"`.

    `sounds`: whether the generator makes sounds, if it is known.

    Raises:
        InputError: if its suffix is of no such file, or it exists.
    """
    suffix = pathlib.Path(path).suffix.lower()
    if suffix in (".gif", *SUFFIXES):
        return "animation" if suffix == ".gif" else "picture"
    if not sound_io.is_written(suffix):
        raise InputError(
            f"Expected a picture (.png), an animation (.gif) or a sound (.wav). Received: {path}"
        )
    sound_io.check_sound_output(path, overwrite)
    if sounds is False:
        raise InputError(f"The generator makes pictures: write .png or .gif. Received: {path}")
    return "sound"
