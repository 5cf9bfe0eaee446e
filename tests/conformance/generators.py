"""The table of generators, autoencoders and CatDogNet: what goes in, and what comes out."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from keras_sounddream.applications import generators
from keras_sounddream.audio import SpectrogramPatches
from keras_sounddream.images import CatDogNet

_SMALL = {"latent_size": 6, "width": 0.05}
_SOUNDS = {"channels": 1, "patches": SpectrogramPatches(), **_SMALL}


@dataclasses.dataclass(frozen=True)
class Row:
    """A small model, and what its file takes and gives."""

    name: str
    build: Callable
    parameters: int  # of the next
    full: Callable  # the model as its constructor makes it
    input: str  # name of the first task's input
    shape: tuple  # of that, without the batch
    tasks: tuple  # all, the one that ONNX holds first
    outputs: dict  # shapes by name, of the first task

    def model(self):
        """The small model, with weights of a size that makes something of each input."""
        keras.utils.set_random_seed(1)
        model, first = self.build(), keras.initializers.HeNormal()
        for weight in model.trainable_weights:
            if weight.path.endswith("kernel"):
                weight.assign(first(weight.shape))
        for seed in range(8):
            model(self.examples(16, seed), training=True)
        return model

    def examples(self, count=2, seed=0):
        """Inputs by a seed: latents on their sphere, pictures in [0, 1] or [-1, 1]."""
        if self.input == "latent":
            return generators.draw_latents(count, self.shape[0], seed)
        low = {"original": -1, "picture": 0}[self.input]
        pixels = np.random.default_rng(seed).uniform(low, 1, (count, *self.shape))
        return pixels.astype("float32")


def _auto(settings):
    return generators.Autoencoder(generators.DCGANGenerator(**settings), width=0.05)


ROWS = [
    Row(
        "DCGANGenerator",
        lambda: generators.DCGANGenerator(**_SMALL),
        2_043_011,
        generators.DCGANGenerator,
        "latent",
        (6,),
        ("generate",),
        {"picture": (64, 64, 3)},
    ),
    Row(
        "DCGANGenerator of sounds",
        lambda: generators.DCGANGenerator(**_SOUNDS),
        2_040_705,
        lambda: generators.DCGANGenerator(channels=1),
        "latent",
        (6,),
        ("generate",),
        {"picture": (64, 64, 1)},
    ),
    Row(
        "GAN256Generator",
        lambda: generators.GAN256Generator(**_SMALL),
        3_704_632,
        generators.GAN256Generator,
        "latent",
        (6,),
        ("generate",),
        {"picture": (256, 256, 3)},
    ),
    Row(
        "Autoencoder",
        lambda: _auto(_SMALL),
        7_762_727,
        lambda: generators.Autoencoder(generators.DCGANGenerator()),
        "original",
        (64, 64, 3),
        ("encode", "decode"),
        {"latent": (6,), "picture": (64, 64, 3)},
    ),
    Row(
        "Autoencoder of sounds",
        lambda: _auto(_SOUNDS),
        7_759_845,
        lambda: generators.Autoencoder(generators.DCGANGenerator(channels=1)),
        "original",
        (64, 64, 1),
        ("encode", "decode"),
        {"latent": (6,), "picture": (64, 64, 1)},
    ),
    Row(
        "CatDogNet",
        lambda: CatDogNet(input_shape=(52, 48, 3)),
        26_417_534,
        CatDogNet,
        "picture",
        (52, 48, 3),
        ("classify", "embed"),
        {"scores": (2,)},
    ),
]
