"""Roll and dither."""

import numpy as np

from keras_sounddream.deepdream.params.transforms import dither, draw_dither, roll


def test_roll_moves_by_a_seeded_number_of_samples(rng):
    waveform = rng.normal(size=(2, 100)).astype("float32")
    moved = roll(waveform, 10, seed=3, step=5).numpy()
    shifts = [s for s in range(-10, 11) if np.array_equal(np.roll(waveform, s, axis=1), moved)]
    assert len(shifts) == 1
    np.testing.assert_array_equal(moved, roll(waveform, 10, seed=3, step=5))
    others = [roll(waveform, 10, seed=3, step=s).numpy() for s in range(8)]
    assert len({other.tobytes() for other in others}) > 3
    assert roll(waveform, 0, seed=3, step=5) is waveform


def test_dither_is_at_the_last_bit_and_alike_for_every_example():
    silence = np.zeros((2, 50000), "float32")
    noise = dither(silence, seed=0).numpy()
    np.testing.assert_allclose(noise.std() * 32768, 1, atol=0.02)
    np.testing.assert_array_equal(noise[0], noise[1])
    assert dither(silence, seed=1).numpy().tobytes() != noise.tobytes()


def test_dither_repeats_a_table_that_does_not_depend_on_the_length():
    longer, shorter = (dither(np.zeros((1, n), "float32"), seed=4).numpy() for n in (140000, 99))
    table = draw_dither(4).numpy()
    np.testing.assert_array_equal(longer, np.resize(table, longer.shape))
    np.testing.assert_array_equal(shorter, table[:, :99])
