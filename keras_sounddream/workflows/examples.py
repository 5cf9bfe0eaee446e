"""The example sounds that ship with the package, copied to where one works."""

import pathlib
import shutil

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside
from keras_sounddream.types import PathLike

_PACKAGE = pathlib.Path(__file__).parents[1]


def example_sounds() -> list[pathlib.Path]:
    """Paths of the example sounds, in an installed package or in a checkout, by name."""
    installed = sorted((_PACKAGE / "examples").glob("*.flac"))
    return installed or sorted((_PACKAGE.parent / "examples").glob("*.flac"))


def copy_examples(folder: PathLike = "examples", overwrite: bool = False) -> list[pathlib.Path]:
    """Copies the example sounds into a folder: spoken words, a melody, a rhythm.

    Args:
        folder: made if it is missing.
        overwrite: whether files of these names may be replaced.

    Returns:
        The copies, by name.

    Raises:
        InputError: if a file is there already, if `folder` is no folder, or if the package was
            installed without its sounds. Nothing is copied then.
    """
    sources, folder = example_sounds(), pathlib.Path(folder)
    if not sources:
        raise InputError("Expected example sounds in the package. There are none: install it anew.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"Expected a folder. Received a file: {folder}")
    folder.mkdir(parents=True, exist_ok=True)
    targets = [check_output(folder / source.name, overwrite) for source in sources]
    for source, target in zip(sources, targets, strict=True):
        with written_beside(target, overwrite) as temporary:
            shutil.copyfile(source, temporary)
    return targets
