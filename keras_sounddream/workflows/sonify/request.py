"""`Request`: the sounds that `sonify_file` makes."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """The sounds that are made from a file.

    Attributes:
        method: how activations become sound; see `sonification.sonify`.
        combines: how a layer's filters are combined, each `"sum"`, `"concat"` or `"separate"`.
        mix: how layers are combined, `"sum"` or `"product"`.
        sample_rate: int, Hz, of the sounds; `None` for the method's default.
        legacy: whether the quirks of netsounds are kept.
        level_db: float, dB, the level that sounds are brought to; `None` for no change.
        preprocessing: pixels that the network takes; `None` for the model's own.
        seed: seed of random weights and of the method `"invert"`.
        bits: int, of the sound files: 16, 24, or 32 for floating point.
        save_activations: whether `.npz` files are written.
        settings: the method's own settings.
    """

    method: str = "ifft"
    combines: tuple[str, ...] = ("sum",)
    mix: str = "sum"
    sample_rate: int | None = None
    legacy: bool = False
    level_db: float | None = None
    preprocessing: str | None = None
    seed: int = 0
    bits: int = 24
    save_activations: bool = True
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
