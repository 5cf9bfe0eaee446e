"""The dream of the page as an ONNX file, and its comparison with TensorFlow's."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import ExportError
from keras_sounddream.export.metadata import Metadata
from keras_sounddream.export.onnx.files import open_file
from keras_sounddream.export.onnx.writer import write_function
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.types import Array
from keras_sounddream.web.choices import Term, choose
from keras_sounddream.web.steering import dream_steps, portably_steered

_LIMIT = 2e-3  # by how much a file's objectives may differ from the model's


def write_step(dream: DeepDream, path: pathlib.Path) -> None:
    """Writes `SteeredAscent.one_step` of a dream as an ONNX file, for sounds of any length."""
    rate, least = dream.sample_rate, dream.analysis.frame_length
    metadata = Metadata(dream.model.name, ("dream_step",), rate, least)
    write_function(portably_steered(dream).trace_step(), metadata, path)


def open_step(path: pathlib.Path, name: str) -> Callable[..., dict[str, Array]]:
    """`one_step` of a file of `write_step`, in ONNX Runtime; `name` is of the model."""
    session = open_file(path, f"the page's dream of {name}")
    names = [output.name for output in session.get_outputs()]
    return lambda **inputs: dict(zip(names, session.run(None, inputs), strict=True))


def verify_step(path: pathlib.Path, dream: DeepDream, terms: Sequence[Term]) -> float:
    """Compares a file of `write_step` with TensorFlow's dream: the largest relative difference.

    A step in each octave is made on the last term, from a synthetic voice; what is compared is the
    objective before each.

    Raises:
        ExportError: if they differ.
    """
    term, sound = terms[-1], speech_like(dream.sample_rate, dream.sample_rate)
    width = (term.smoothing, term.smoothing)
    own = DeepDream(
        dream.model, term.objective, steps=1, smoothing="gaussian", smoothing_width=width
    )
    wanted = own.run(sound).objective[:, 0]
    choice = choose(terms, term.name, own.settings.strength, 1)
    step = open_step(path, dream.model.name)
    octaves, bins = dream.settings.octaves, dream.analysis.num_bins
    made = [one["objective"] for one in dream_steps(step, sound, choice, octaves, bins)]
    difference = float(np.max(np.abs(np.concatenate(made) - wanted)) / np.max(np.abs(wanted)))
    if not difference <= _LIMIT:
        raise ExportError(
            f"The page's dream of {dream.model.name} on {term.name} differs by {difference:.1e} "
            "from TensorFlow's. Nothing was written."
        )
    return difference
