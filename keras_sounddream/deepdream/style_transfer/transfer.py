"""StyleTransfer: the style of examples on the content of a sound or picture, by `DeepDream`."""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_sounddream.checks import check, choice, number
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.objectives.objective import Objective, finite_list
from keras_sounddream.deepdream.objectives.styles import content, style
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.deepdream.params.spectrogram import as_array
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.deepdream.style_transfer.networks import (
    NETWORKS,
    StyleLayer,
    default_layers,
)
from keras_sounddream.deepdream.style_transfer.presets import choose
from keras_sounddream.deepdream.validation import find_kind, settle_preprocessing
from keras_sounddream.errors import InputError
from keras_sounddream.images.pixel_range import check_pixels
from keras_sounddream.types import Array, PathLike


class StyleTransfer:
    """Gives a sound or picture the style of others, and keeps its content.

    A dream whose objective is `objectives.style` of some layers and `objectives.content` of others:
    the ascent, its settings, loudness, tiles and exports are `DeepDream`'s.

    Args:
        model: as `DeepDream` takes it, or a name in `style_transfer.NETWORKS`:
            `"random_convolution"` or `"sound_texture"`.
        styles: examples: sounds `(samples,)` or `(1, samples)` at the model's rate, in [-1, 1], or
            pictures `(height, width, 3)` in [0, 255], of any length or size.
        style_layers: names, or `StyleLayer`s with a statistic each; by default those of
            `style_transfer.default_layers`.
        content_layers: names; by default the same function's.
        style_weight: of the mean over the layers' style terms; 0 for content alone.
        content_weight: of the mean over the layers' content terms; 0 for style alone.
        shares: of each style, 0 or more; by default equal.
        masks: a mask for each style, where the dream is to have it, see `objectives.style`; by
            default each style everywhere.
        relative: see `objectives.style`.
        level_db: RMS in dB of full scale that the styles of sounds are brought to before they are
            measured, best the content's, whose loudness the dream has; by default their own.
        preset: a name in `style_transfer.PRESETS`; arguments that are given count before it.
        optimizer: of Keras, to follow the gradient with; see `DeepDream.compile`.
        names: of the styles, for the dream's title.
        **settings: of `DeepDream`. Sounds begin with the content and noise 20 dB below it
            (`begin_with`), since what is silent has nothing that a gradient could raise.

    Attributes:
        dream: `DeepDream`.

    Raises:
        InputError: if a style, layer, mask or setting is none that the model takes.

    Example:
        transfer = StyleTransfer("random_convolution", [rain])
        result = transfer.run(speech)
    """

    def __init__(
        self,
        model: keras.Model | str,
        styles: Sequence[Array],
        *,
        style_layers: Sequence[str | StyleLayer] | None = None,
        content_layers: Sequence[str] | None = None,
        style_weight: float | None = None,
        content_weight: float | None = None,
        shares: Sequence[float] | None = None,
        masks: Sequence[Array] | None = None,
        relative: bool | None = None,
        level_db: float | None = None,
        preset: str | None = None,
        optimizer: Any = None,
        names: Sequence[str] = (),
        **settings: Any,
    ):
        model = build(model)
        kind = find_kind(model)
        own: dict[str, Any] = {"style_weight": style_weight, "content_weight": content_weight}
        own |= {"relative": relative, "optimizer": optimizer}
        given = {name: x for name, x in {**own, **settings}.items() if x is not None}
        settings = choose(kind, preset, given)
        own = {name: settings.pop(name) for name in own}
        if kind == "picture":
            settings = settle_preprocessing(model, settings)
            styles = _pictures(styles, settings.get("preprocessing", "tf"))
        if level_db is not None:
            styles = [_at_level(sound, level_db, kind) for sound in styles]
        if masks is not None and (settings.get("tile_pixels") or settings.get("tile_seconds")):
            raise InputError("Masks are of whole sounds and pictures: leave tiles or masks out.")
        layers = default_layers(model)
        style_layers = layers[0] if style_layers is None else _layers(style_layers)
        terms = _styles(model, style_layers, styles, shares, masks, names, own)
        terms += _contents(content_layers or layers[1], own)
        self.dream = DeepDream(model, _sum(terms), **settings)
        if own["optimizer"] is not None:
            self.dream.compile(keras.optimizers.get(own["optimizer"]))

    def run(self, content: Array, **options: Any) -> DreamResult:
        """Transfers the style to a sound or picture, or a batch of them.

        Args:
            content: see `DeepDream.run`.
            **options: `progress` and `callbacks` of `DeepDream.run`.

        Returns:
            `DreamResult`: its objective is at most 0.

        Raises:
            InputError: see `DeepDream.run`.
        """
        return self.dream.run(content, **options)

    def export(self, filepath: PathLike, format: str | None = None, **options: Any) -> Any:
        """Exports the transfer as `DeepDream.export` does."""
        return self.dream.export(filepath, format, **options)


def build(model: keras.Model | str) -> keras.Model:
    """The model itself, or that of a name in `NETWORKS`.

    Raises:
        InputError: if there is no such name.
    """
    if not isinstance(model, str):
        return model
    return NETWORKS[check("model", model, choice(NETWORKS))]()


def level_db(waveform: Array) -> float | None:
    """RMS of a sound in dB of full scale; `None` of silence."""
    size = float(np.sqrt(np.mean(np.square(waveform))))
    return 20 * math.log10(size) if size > 0 else None


def _at_level(sound, wanted, kind):
    """A sound at a level in dB; what is no sound, or silent, is left for its check."""
    if kind == "picture":
        raise InputError("`level_db` is of sounds, and this network takes pictures: leave it out.")
    wanted = check("level_db", wanted, number(-120.0, 0.0))
    try:
        own = level_db(np.asarray(sound, "float32"))
    except (TypeError, ValueError):
        own = None
    return sound if own is None else np.asarray(sound, "float32") * 10 ** ((wanted - own) / 20)


def _layers(layers):
    """`StyleLayer`s of names, or of tuples of a name, a statistic and positions."""
    rows = [(layer,) if isinstance(layer, str) else layer for layer in _listed(layers)]
    if not rows or not all(isinstance(row, tuple) and 1 <= len(row) <= 3 for row in rows):
        raise InputError(
            f"Expected a list of `style_layers`, names or StyleLayer. Received: {layers!r}"
        )
    return [StyleLayer(*row) for row in rows]


def _listed(values):
    return values if isinstance(values, list | tuple) else ()


def _pictures(styles, mode):
    """Styles as a network takes them; what is no list is left for its check."""
    pictures = [as_array(picture, "a picture") for picture in _listed(styles)]
    for picture in filter(np.size, pictures):
        check_pixels(picture)
    batches = [picture[np.newaxis] if picture.ndim == 3 else picture for picture in pictures]
    return [np.asarray(preprocess(batch, mode)) for batch in batches] or styles


def _styles(model, layers, styles, shares, masks, names, own) -> list[Objective]:
    """Terms of style: of all examples together, or of each under its mask."""
    weight = check("style_weight", own["style_weight"], number(0)) / len(layers)
    if not weight:
        return []
    if shares is not None:
        shares = _checked_shares(shares, styles)
    groups = [(styles, shares, None, weight, names)]
    if masks is not None:
        groups = _under_masks(styles, shares, masks, weight, names)
    make: Callable[..., Objective] = functools.partial(style, model, relative=own["relative"])
    return [
        factor
        * make([name], some, of, statistic=statistic, over=over, mask=mask).named(_title(called))
        for some, of, mask, factor, called in groups
        for name, statistic, over in layers
    ]


def _checked_shares(shares, styles):
    shares = finite_list("shares", shares, rank=1)
    if isinstance(styles, list | tuple) and len(shares) != len(styles):
        raise InputError(f"Expected {len(styles)} `shares`, one per style. Received: {len(shares)}")
    if min(shares) < 0 or max(shares) == 0:
        raise InputError(f"`shares` must be 0 or more, and one above 0. Received: {shares}")
    return shares


def _title(names):
    return f"the style of {' and '.join(names)}" if names else "the style"


def _under_masks(styles, shares, masks, weight, names):
    """A group for each style, with its mask, its weight and its name."""
    called = [[name] for name in names] if names else [()] * len(styles)
    shares = [1.0] * len(styles) if shares is None else shares
    for name, given in (("masks", masks), ("shares", shares)):
        if not isinstance(given, list | tuple) or len(given) != len(styles):
            received = len(given) if isinstance(given, list | tuple) else given
            raise InputError(
                f"Expected {len(styles)} `{name}`, one per style. Received: {received}"
            )
    return [
        ([example], None, mask, weight * share, name)
        for example, mask, share, name in zip(styles, masks, shares, called, strict=True)
    ]


def _contents(layers, own) -> list[Objective]:
    weight = check("content_weight", own["content_weight"], number(0))
    if not weight:
        return []
    return [weight / len(layers) * content(layers, own["relative"]).named("the content")]


def _sum(terms):
    if not terms:
        raise InputError("Expected a `style_weight` or a `content_weight` above 0. Received: 0, 0")
    return functools.reduce(operator.add, terms)
