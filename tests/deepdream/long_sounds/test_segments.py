"""Segments cover a sound, come whole out of any blocks, and join at one level."""

import numpy as np
import pytest

from keras_sounddream.deepdream.long_sounds.segments import cut, take_segments


@pytest.mark.parametrize("num_samples", [1, 999, 4000, 4001, 4400, 7777, 40000, 123457])
@pytest.mark.parametrize("overlap", [0, 333, 2000])
def test_segments_cover_the_sound_and_overlap_enough(num_samples, overlap):
    segments = cut(num_samples, 4000, overlap, 10)
    starts, length = segments.starts, segments.length
    assert starts[0] == 0
    assert num_samples <= starts[-1] + length < num_samples + 10
    assert all(start % 10 == 0 for start in starts)
    assert length <= 4000
    assert len(starts) * length <= num_samples + (len(starts) - 1) * (overlap + 10) + 20 * len(
        starts
    )
    gaps = np.diff(starts)
    assert (gaps > 0).all()
    assert (gaps <= length - overlap).all()
    assert np.ptp(gaps) <= 10 if len(gaps) else True
    for seam, before, after in zip(segments.seams, starts, starts[1:], strict=False):
        assert after <= seam <= seam + segments.fade <= before + length
    assert (np.diff(segments.bounds) >= [0, *[segments.fade] * len(gaps)]).all()


@pytest.mark.parametrize("block", [1, 700, 5000, 20000])
@pytest.mark.parametrize("first", [0, 2])
def test_segments_are_taken_from_blocks_of_any_size(block, first):
    sound = np.arange(12345, dtype="float32")
    segments = cut(len(sound), 4000, 500, 10)
    blocks = (sound[at : at + block] for at in range(0, len(sound), block))
    taken = list(take_segments(blocks, segments, first))
    assert len(taken) == len(segments.starts) - first
    padded = np.append(sound, np.zeros(10, "float32"))
    for start, segment in zip(segments.starts[first:], taken, strict=True):
        np.testing.assert_array_equal(segment, padded[start : start + segments.length])
