"""Settings of a filter's training."""

import dataclasses

from keras_sounddream import checks

_ALLOWED = {
    "steps": checks.integer(1),
    "batch_size": checks.integer(1),
    "crop_seconds": checks.number(0.1, 60),
    "crop_pixels": checks.integer(16, 1024),
    "learning_rate": checks.number(0, above=True),
    "keep": checks.number(0),
    "level_db": checks.optional(checks.number(-120.0, 0.0)),
    "smallest": checks.number(0.1, 1),
    "seed": checks.seed(negative=False),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of a filter's training, of sounds or pictures.

    Args:
        steps: one batch each, rounded up to whole fifties.
        batch_size: crops per step.
        crop_seconds: length of a crop of sounds, s.
        crop_pixels: height and width of a crop of pictures.
        learning_rate: the highest, of Adam; it rises for 50 steps and falls along a cosine to 0.
        keep: weight of what is lost of sounds, or changed of pictures, beside the objective's rise.
        level_db: of sounds, RMS in dB of full scale at which the objective is read, see
            `DreamLoss`: that of a style's examples; `None` for each crop's own.
        smallest: of pictures, the smallest scale at which the objective is read, 0.1 to 1; see
            `PictureLoss`.
        seed: of weights and crops.

    Raises:
        InputError: if a number is out of range.
    """

    steps: int = 2000
    batch_size: int = 4
    crop_seconds: float = 2.5
    crop_pixels: int = 160
    learning_rate: float = 2e-3
    keep: float = 0.2
    level_db: float | None = None
    smallest: float = 0.6
    seed: int = 0

    def __post_init__(self) -> None:
        checks.check_fields(self, _ALLOWED)
