"""Settings of a generator's training, and those that New Deep Dreams had."""

import dataclasses
from typing import Any

from keras_sounddream import checks
from keras_sounddream.applications.generators.tables import FAMILIES, size_of

KINDS = ("gan", "autoencoder")
# By the family of networks; the mistakes of then are mended: see docs/guides/generators.md.
RECIPES: dict[str, dict[str, Any]] = {
    "dcgan": {"learning_rate": 1.5e-4, "beta": 0.5, "batch_size": 32, "epochs": 500},
    "gan256": {"learning_rate": 1e-4, "beta": 0.9, "batch_size": 64, "epochs": 500},
}
_ALLOWED = {
    "kind": checks.choice(KINDS),
    "family": checks.choice(FAMILIES),
    "width": checks.number(0.02, 4),
    "epochs": checks.integer(1),
    "batch_size": checks.integer(2),
    "learning_rate": checks.number(0, above=True),
    "beta": checks.number(0, 0.999),
    "average": checks.fraction(),
    "real_label": checks.number(0.5, 1),
    "flip": checks.flag(),
    "seed": checks.seed(negative=False),
    "sample_epochs": checks.integer(1),
    "save_epochs": checks.integer(1),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How a generator is trained.

    Args:
        kind: `"gan"`, against a discriminator; or `"autoencoder"`, behind an encoder.
        family: `"dcgan"` or `"gan256"`, see `applications.generators`.
        latent_size: numbers of a latent; `None` for the family's.
        size: rows and columns of pictures; `None` for the family's.
        width: factor of all filters.
        epochs: passes over the pictures; `None` for the family's recipe, as the next three.
        batch_size: real pictures of each step, and as many made ones.
        learning_rate: of Adam, for both networks.
        beta: Adam's decay of the mean gradient.
        average: share of the old in the running mean of the weights, which are those in the end.
        real_label: what the discriminator is to say of real pictures, 1 or a little less.
        flip: whether every second picture is mirrored, by chance: not for spectrograms.
        seed: of everything random.
        sample_epochs: epochs from one grid of samples to the next.
        save_epochs: epochs from one saved state to the next.

    Raises:
        InputError: if a value is not allowed.
    """

    kind: str = "gan"
    family: str = "dcgan"
    latent_size: int | None = None
    size: int | None = None
    width: float = 1.0
    epochs: int = None  # type: ignore[assignment]
    batch_size: int = None  # type: ignore[assignment]
    learning_rate: float = None  # type: ignore[assignment]
    beta: float = None  # type: ignore[assignment]
    average: float = 0.995
    real_label: float = 0.9
    flip: bool = False
    seed: int = 0
    sample_epochs: int = 10
    save_epochs: int = 1

    def __post_init__(self) -> None:
        checks.check("family", self.family, _ALLOWED["family"])
        table = FAMILIES[self.family]
        defaults = {"latent_size": table.latent_size, "size": table.sizes[0]}
        for name, value in {**RECIPES[self.family], **defaults}.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        checks.check_fields(self, _ALLOWED)
        checks.check("size", self.size, size_of(table))
        checks.check("latent_size", self.latent_size, checks.integer(2, 65536))
