"""Dreams made of names: layers, channels, classes, and files of guides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.validation import find_kind
from keras_sounddream.workflows.classes import with_classes
from keras_sounddream.workflows.media import files_of
from keras_sounddream.workflows.objective_from_files import GUIDANCES, find_objective

if TYPE_CHECKING:
    import keras

    from keras_sounddream.types import PathLike

# A class without guides; other networks hear it more often than with the gradient as it is.
OF_A_CLASS: dict[str, Any] = {"smoothing": "gaussian", "smoothing_width": (2.0, 2.0)}


def make_dream(
    model: keras.Model,
    layers: Sequence[str] = (),
    guides: Sequence[PathLike] = (),
    label: str | None = None,
    guidance: str = GUIDANCES[0],
    **settings: Any,
) -> DeepDream:
    """Makes the dream that layers, guides and a class stand for.

    Guides beside a class alone are sounds of the class: the dream begins with one of them, see
    `deepdream.imprint`, under the preset `"heard"` if no other is given. Otherwise they are
    followed in the layers.

    Args:
        model: takes waveforms or pictures.
        layers: see `find_objective`.
        guides: sound or picture files.
        label: a class; see `find_objective`.
        guidance: see `find_objective`.
        **settings: arguments of `DeepDream`.

    Raises:
        InputError: as `find_objective` and `DeepDream` do.
    """
    find_kind(model)
    of_sounds = files_of(model).kind == "sound"
    if label is not None and not of_sounds:
        model = with_classes(model)
    of_a_class = label is not None and not layers and of_sounds
    begins = of_a_class and bool(guides) and guidance == GUIDANCES[0]
    mode = settings.get("preprocessing")
    objective = find_objective(model, layers, () if begins else guides, label, mode, guidance)
    if of_a_class and settings.get("preset") is None:
        settings = {**({"preset": "heard"} if begins else OF_A_CLASS), **_given(settings)}
    dream = DeepDream(model, objective, **settings)
    if begins:
        dream.guides = [files_of(model).guide(path, model, mode)[0] for path in guides]
    return dream


def _given(settings):
    return {name: value for name, value in settings.items() if value is not None}
