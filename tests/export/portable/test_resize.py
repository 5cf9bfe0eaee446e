"""An octave's grid along time, of any length."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream.deepdream.params.spectrogram import coarsen
from keras_sounddream.export.portable.resize import coarsen_frames


@pytest.fixture(scope="module")
def of_any_length():
    specs = [tf.TensorSpec((1, None, 3)), tf.TensorSpec(())]
    return tf.function(coarsen_frames, input_signature=specs)


@pytest.mark.parametrize("factor", [8.0, 2.0, 1 / 0.7, 1.0])
@pytest.mark.parametrize("frames", [1, 2, 3, 7, 101, 1000])
def test_cells_are_those_of_resizing(of_any_length, rng, frames, factor):
    x = rng.normal(size=(1, frames, 3)).astype("float32")
    found = of_any_length(tf.constant(x), tf.constant(factor))
    np.testing.assert_allclose(found, coarsen(x, factor, 1.0), atol=2e-6)
