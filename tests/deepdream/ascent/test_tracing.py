"""Graphs of the ascent, traced once for all lengths and sizes."""

import numpy as np
import tensorflow as tf

from keras_sounddream.deepdream.ascent.tracing import relaxed_shape, trace


def test_one_trace_serves_every_size_and_keeps_the_numbers():
    traces = []

    @trace
    def double(state, scale, weights=None):
        traces.append(state["picture"].shape)
        return {"picture": scale * state["picture"]}

    for size in (3, 5, 8):
        picture = tf.random.normal((1, size, size + 1, 3))
        found = double({"picture": picture}, tf.constant(2.0), None)["picture"]
        np.testing.assert_array_equal(found, 2 * picture)
    assert len(traces) == 1
    assert traces[0].as_list() == [1, None, None, 3]


def test_a_batch_of_another_size_has_a_trace_of_its_own():
    traces = []

    @trace
    def double(waveform, weights=None):
        traces.append(waveform.shape.as_list())
        return 2 * waveform

    for batch, samples in ((1, 3), (2, 3), (1, 4), (2, 5)):
        double(tf.zeros((batch, samples)), None)
    assert traces == [[1, None], [2, None]]


def test_a_loose_shape_keeps_rank_and_channels():
    assert relaxed_shape(tf.zeros((1, 4, 5, 3))).as_list() == [None, None, None, 3]
    assert relaxed_shape(tf.zeros((2, 7))).as_list() == [None, None]
    assert relaxed_shape(tf.constant(0)).as_list() == []
