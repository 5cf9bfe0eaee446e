"""Former import paths of public modules: each still imports, with a `DeprecationWarning`."""

import importlib
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Sequence
from typing import Any

MOVED = {  # former module: modules that hold its names now, inside `keras_sounddream`
    "data": ("datasets.inspection",),
    "data.check": ("datasets.inspection.checks",),
    "deepdream.photo": ("images.io",),
    "deepdream.recorder": ("deepdream.callbacks.recorder",),
    "deepdream.scores": ("workflows.scores",),
    "deepdream.session": ("workflows.dream",),
    "deepdream.streaming": ("deepdream.long_sounds.stream",),
    "deepdream.tensorboard": ("deepdream.callbacks.tensorboard",),
    "reports.animation": ("reports.dream.animation",),
    "reports.page": ("reports.dream.page",),
    "reports.training": ("reports.training_log",),
    "training.activations": ("training.transfer.activations",),
    "training.clip_sets": ("datasets.clip_sets",),
    "training.data_set_sounds": ("datasets.tfds.sounds",),
    "training.esc10": ("training.recipes.esc10", "datasets.esc10"),
    "training.finetune": ("training.transfer.fine_tuning",),
    "training.music_tags": ("datasets.music_tags",),
    "training.probe": ("training.transfer.linear_probe",),
    "training.sound_lists": ("datasets.file_lists",),
    "training.sounds": ("datasets.corpus",),
    "training.stored_features": ("training.transfer.feature_cache",),
    "training.stored_sounds": ("datasets.corpus_cache",),
    "training.strategies": ("training.distributed.strategies",),
    "training.teachers": ("training.distillation.teachers",),
    "training.units": ("training.transfer.units",),
    "training.wavenet_data": ("training.wavenet.segments",),
    "training.wavenet_loss": ("training.wavenet.losses",),
    "training.whole_sounds": ("training.wavenet.whole_sounds",),
}
RENAMED = {"Pieces": "Segments", "thrifty_piece": "cheapest_segment_length"}
_ROOT = "keras_sounddream."


class MovedFinder:
    """A finder of `sys.meta_path` for `MOVED`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith(_ROOT) or name.removeprefix(_ROOT) not in MOVED:
            return None
        is_package = any(other.startswith(f"{name.removeprefix(_ROOT)}.") for other in MOVED)
        loader: Any = MovedFinder
        return importlib.machinery.ModuleSpec(name, loader, is_package=is_package)

    @staticmethod
    def create_module(spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        return None  # an ordinary one

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        former = module.__name__
        homes = [_ROOT + home for home in MOVED[former.removeprefix(_ROOT)]]
        warnings.warn(f"{former} is {homes[0]} now.", DeprecationWarning, stacklevel=2)

        def get_attribute(name: str) -> object:
            for home in map(importlib.import_module, homes):
                if hasattr(home, RENAMED.get(name, name)):
                    return getattr(home, RENAMED.get(name, name))
            raise AttributeError(f"module {former!r} has no attribute {name!r}")

        module.__dict__["__getattr__"] = get_attribute


def install() -> None:
    """Adds the finder, behind those that find what exists."""
    if MovedFinder not in sys.meta_path:
        sys.meta_path.append(MovedFinder)  # type: ignore[arg-type]
