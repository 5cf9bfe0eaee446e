"""SoundNet8 with its trained weights: on real sounds, and what they give at the end of a sound."""

import keras
import numpy as np
import pytest
from places import shared_data

from keras_sounddream import applications, audio
from keras_sounddream.applications import classify, soundnet
from keras_sounddream.datasets import esc10
from keras_sounddream.training.transfer import PROTOCOLS, layer_activations

RATE = 22050


@pytest.fixture(scope="module")
def trained():
    path = shared_data("weights") / "soundnet8" / "sound8.npy"
    if not path.is_file():
        pytest.skip(f"needs trained weights: {path} is absent")
    return applications.SoundNet8(weights=path)


@pytest.fixture(scope="module")
def clips():
    """One clip a class of ESC-10's fold 5."""
    found = [clip for clip in esc10.read_clips(shared_data("esc10")) if clip.fold == 5]
    return [clip.path for clip in found[::8]]


def test_short_clips_get_names_of_their_own(trained, clips):
    best = [classify.classify_file(trained, path, 1) for path in clips]
    objects = [one["objects"][0][1] for one in best]
    assert len(set(objects)) >= 7  # when only the end was read: one for all
    assert "Norfolk terrier" not in objects
    assert objects[3] == "diaper, nappy, napkin"  # the crying baby
    scenes = [one["scenes"][0][1] for one in best]
    assert len(set(scenes)) >= 6


@pytest.mark.parametrize("seconds", [12.5, 16, 22, 25])
def test_every_step_is_as_trusted_as_at_twenty_seconds(trained, clips, seconds):
    for path in clips[:3]:
        waveform = np.resize(audio.load(path, RATE), (1, round(seconds * RATE)))
        frames = keras.Model(trained.input, trained.get_layer("conv7_relu").output)(waveform)
        size = np.abs(frames)[0].mean(axis=1)
        assert size[-1] > 20 * np.median(size)  # what no head reads
        scores = np.asarray(trained(waveform)["objects"])[0]
        labels = soundnet.decode_predictions(scores[None], top=1)[0]
        assert not any(best[0][1].startswith("Norfolk terrier") for best in labels)


def test_features_by_the_authors_protocol_are_of_ten_seconds(trained, clips):
    settings = {key: PROTOCOLS["soundnet"][key] for key in ("seconds", "keep_bands")}
    whole = layer_activations(trained, "pool5", clips[:2], "none", family=soundnet, **settings)
    frames = soundnet.seconds_to_frames(trained, "pool5", 10)
    assert [len(one) for one in whole] == [frames, frames]
    scores = layer_activations(trained, "scenes", clips[:2], "none", family=soundnet)
    assert [len(one) for one in scores] == [4, 4]
