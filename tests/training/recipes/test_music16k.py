"""The tracks of six genres, parted at their ends."""

import numpy as np
import pytest
from places import shared_data

from keras_sounddream import InputError
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training.recipes import music16k


def test_each_sound_is_parted_near_its_end():
    sounds = hold_sounds([np.arange(20) / 100, np.arange(40) / 100], 16000)
    first, second = music16k.split_ends(sounds, 0.1)
    assert (first.lengths.tolist(), second.lengths.tolist()) == ([18, 36], [2, 4])
    for number in range(2):
        whole = np.concatenate([part.waveform(number)[0] for part in (first, second)])
        np.testing.assert_array_equal(whole, sounds.waveform(number)[0])
    with pytest.raises(InputError, match="One is too short"):
        music16k.split_ends(hold_sounds([np.zeros(3)], 16000), 0.1)


def test_the_tracks_are_read_by_genre(tmp_path):
    train, test = music16k.read_music(shared_data("music16k"), tmp_path)
    assert train.conditions == {"genre": music16k.GENRES}
    assert len(train) == len(test) == 17
    assert test.seconds == pytest.approx(95, abs=0.5)
    assert train.seconds + test.seconds == pytest.approx(950.5, abs=1)
