"""Keras's registry of our classes, filled without importing them.

`keras.models.load_model` finds classes by their registered names. Importing them all when this
package is imported would import Keras and TensorFlow; so a stand-in is registered for each, as
soon as Keras is imported, and imports its class when a file asks for it.
"""

import importlib
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Any

from keras_sounddream.backend import explain_failed_import

CLASSES = {  # of `keras.saving.register_keras_serializable`: module, inside `keras_sounddream`
    "AudioModel": "applications.base",
    "CentredLogMel": "applications.efficientat.front_end",
    "Constant": "deepdream.network.wrapping_layers",
    "DeepDream": "deepdream.model",
    "DilatedConv1D": "applications.wavenet.layers",
    "Divergence": "training.distillation.fit",
    "DreamMask": "filters.layer",
    "FrontEnd": "audio.spectral.front_ends",
    "Gate": "applications.wavenet.layers",
    "Generator": "applications.generators.generator",
    "JoinPatches": "applications.yamnet.patches",
    "JoinWindows": "deepdream.network.wrapping_layers",
    "LevelConv1D": "applications.wavenet.layers",
    "LibrosaMel": "audio.spectral.front_ends",
    "LogMelSpectrogram": "audio.layers",
    "LogStftMagnitude": "audio.spectral.front_ends",
    "LongEnough": "applications.soundnet.network",
    "MuLaw": "audio.layers",
    "NextSample": "training.wavenet.losses",
    "Objective": "deepdream.objectives.objective",
    "Patches": "applications.yamnet.patches",
    "PictureChange": "filters.picture_layer",
    "PixelScaling": "images.front_end",
    "RandomEqualizer": "deepdream.params.random_transforms",
    "RandomGain": "deepdream.params.random_transforms",
    "RandomMask": "deepdream.params.random_transforms",
    "RandomNoise": "deepdream.params.random_transforms",
    "RandomPitch": "deepdream.params.random_transforms",
    "RandomRoom": "deepdream.params.random_transforms",
    "Resample": "deepdream.network.resampling",
    "SparsePowerSpectrogram": "applications.urban_sound_cnn.power_spectrogram",
    "SqueezeNetModel": "applications.squeezenet.model",
    "StftMagnitude": "audio.spectral.front_ends",
    "Stretch": "applications.wavenet.layers",
    "WaveNetModel": "applications.wavenet.layers",
    "Windows": "deepdream.network.wrapping_layers",
}


class Deferred:
    """Stands for a class until it is imported: Keras asks only for `from_config`."""

    def __init__(self, module: str, name: str):
        self._module = module
        self.__name__ = name

    def from_config(self, config: dict[str, Any], **options: Any) -> Any:
        """Imports the class, which registers itself in place of this, and calls its own."""
        module = importlib.import_module(f"keras_sounddream.{self._module}")
        return getattr(module, self.__name__).from_config(config, **options)


class KerasFinder:
    """A finder of `sys.meta_path` that registers the classes as soon as Keras is imported."""

    def __init__(self) -> None:
        self._busy = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "keras" or self._busy:
            return None
        self._busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy = False
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: types.ModuleType) -> None:
                try:
                    execute(module)
                except (ImportError, ValueError) as error:
                    raise explain_failed_import(error) from None
                sys.meta_path.remove(self)  # type: ignore[arg-type]
                _register(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _register(keras: types.ModuleType) -> None:
    registry = keras.saving.get_custom_objects()
    for name, module in CLASSES.items():
        registry.setdefault(f"keras_sounddream>{name}", Deferred(module, name))


def install() -> None:
    """Registers the classes now, or as soon as Keras is imported."""
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "saving"):
        _register(keras)
    else:
        sys.meta_path.insert(0, KerasFinder())  # type: ignore[arg-type]
