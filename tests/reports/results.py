"""Results with known numbers, for tests of pages: no network is needed."""

import types

import numpy as np

RATE = 24000


def of_sound(source, dream, **changed):
    """A `DreamResult` of sounds `(batch, samples)`."""
    return _result(source, waveform=dream, picture=None, sample_rate=RATE, **changed)


def of_picture(source, dream, **changed):
    """A `DreamResult` of pictures `(batch, height, width, 3)`."""
    return _result(source, waveform=None, picture=dream, sample_rate=None, **changed)


def _result(source, waveform, picture, sample_rate, **changed):
    figures = {
        "objective_before": 2.0,
        "objective_believed": 10.4,
        "objective_real": 10.0,
        "gain": 5.0,
        "retained": 0.95,
        "objective": list(np.linspace(2, 10.2, 12)),
        "seconds": 1.25,
        "steps": 12,
        "layers": ["conv2"],
        "name": "1 * layer('conv2')",
        "precision": "float32",
        "sample_rate": sample_rate,
        **changed,
    }
    return types.SimpleNamespace(
        source=source,
        waveform=waveform,
        picture=picture,
        sample_rate=sample_rate,
        figures=lambda example=0: figures,
    )
