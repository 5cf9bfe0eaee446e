"""Named sets of arguments of `StyleTransfer`, and its defaults by kind."""

from typing import Any

from keras_sounddream.checks import check, choice

SOUND_NETWORKS = ("random_convolution", "sound_texture")  # keys of `networks.NETWORKS`


def _adam(levels, **more):
    """Adam, of a learning rate in levels of a pixel, whatever the scale of the objective."""
    return {"class_name": "Adam", "config": {"learning_rate": levels, "epsilon": 1e-20, **more}}


# New Deep Dreams: squared differences as they are, Adam on pixels in [0, 1], clipped, no octaves.
# Its learning rates for style and content alone are 0.05 and 0.01, with VGG19; these bring every
# network measured down as far in as many steps: docs/benchmarks/dreams/style_transfer.md
_NEW_DEEP_DREAMS: dict[str, Any] = {
    "relative": False,
    "octaves": 1,
    "normalization": "none",
    "roll_pixels": 0,
    "keep_source_detail": False,
}
PRESETS: dict[str, dict[str, Any]] = {
    "new_deep_dreams": {
        **_NEW_DEEP_DREAMS,
        "style_weight": 0.1,
        "content_weight": 10.0,
        "steps": 50,
        "optimizer": _adam(0.01 * 255),
    },
    "new_deep_dreams_style": {
        **_NEW_DEEP_DREAMS,
        "style_weight": 1.0,
        "content_weight": 0.0,
        "begin_with": "noise",
        "steps": 100,
        "optimizer": _adam(0.08 * 255),
    },
    "new_deep_dreams_content": {
        **_NEW_DEEP_DREAMS,
        "style_weight": 0.0,
        "content_weight": 1.0,
        "begin_with": "noise",
        "steps": 100,
        "optimizer": _adam(0.025 * 255, beta_2=0.9),
    },
}
_DEFAULTS: dict[str, Any] = {
    "style_weight": 1.0,
    "content_weight": 0.1,
    "relative": True,
    "optimizer": None,
}
OF_KIND: dict[str, dict[str, Any]] = {
    "sound": {
        "begin_with": "source_and_noise",
        "parameterization": "log_magnitude",
        "octaves": 1,
        "steps": 60,
        "step_size": 2.0,
    },
    "picture": {"octaves": 2, "steps": 60, "step_size": 4.0},
}


def choose(
    kind: str, preset: str | None = None, given: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Arguments of `StyleTransfer`: those given, else the preset's, else the defaults.

    Args:
        kind: `"sound"` or `"picture"`.
        preset: key of `PRESETS`, or `None`.
        given: by name.

    Raises:
        InputError: if there is no such preset.
    """
    of_preset = PRESETS[check("preset", preset, choice(PRESETS))] if preset is not None else {}
    return {**_DEFAULTS, **OF_KIND[kind], **of_preset, **(given or {})}
