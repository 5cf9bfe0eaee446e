"""Changes of a sound that fade in and out at its edges."""

import numpy as np

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.edges import fade_edges

ANALYSIS = Analysis(sample_rate=8000)  # frames of 320 samples


def test_a_change_begins_and_ends_with_nothing_and_is_whole_between(rng):
    change = rng.normal(size=(2, 1000)).astype("float32")
    faded = np.asarray(fade_edges(change, ANALYSIS))
    assert np.abs(faded[:, [0, -1]]).max() < 1e-3
    np.testing.assert_array_equal(faded[:, 80:-80], change[:, 80:-80])
    share = faded / change
    assert np.all(np.diff(share[0, :80]) > 0)
    np.testing.assert_allclose(share[0, :80], share[0, :-81:-1], rtol=1e-5)


def test_a_change_of_one_frame_has_room_for_both_fades():
    change = np.ones((1, ANALYSIS.frame_length), "float32")
    faded = np.asarray(fade_edges(change, ANALYSIS))
    assert faded.shape == change.shape
    assert np.count_nonzero(faded == 1) == 160
