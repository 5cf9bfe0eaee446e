"""A quick start and end of the process: Keras without the large packages that it loads in case.

Where scikit-learn, matplotlib and others are installed, `import keras` imports them too, for its
wrappers and galleries: a third of the time until a command begins its work, which uses neither.
Commands that draw or fit import them themselves. At the end, Python would look through a million
objects of TensorFlow's for garbage, for most of a second, before the system takes all memory back.
"""

import atexit
import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

_NOT_FOR_KERAS = ("sklearn", "matplotlib", "scipy", "cv2", "pandas")
_OBJECTS = 100_000  # made between two collections of garbage; TensorFlow's import makes a million


class _HiddenFromKeras:
    """Finder of modules, asked first: while Keras is imported, those packages are not installed."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        if name in _NOT_FOR_KERAS and _keras_is_being_imported():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def prepare() -> None:
    """Makes the import of Keras and the end of this process quick ones."""
    if "keras" not in sys.modules and _HiddenFromKeras not in sys.meta_path:
        sys.meta_path.insert(0, _HiddenFromKeras)
        gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
        atexit.register(gc.freeze)


def _keras_is_being_imported():
    spec = getattr(sys.modules.get("keras"), "__spec__", None)
    return getattr(spec, "_initializing", False)
