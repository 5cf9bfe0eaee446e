"""Filters that ship: what they raise is what their dream raises, and the sound stays."""

import json

import numpy as np
import pytest
from places import ROOT, shared_data

from keras_sounddream import StyleTransfer, applications, audio, objectives
from keras_sounddream.audio.loudness import hold_level
from keras_sounddream.deepdream import DeepDream
from keras_sounddream.export.image_inputs import image_like
from keras_sounddream.filters import PICTURES, PRETRAINED, DreamFilter, PictureFilter
from keras_sounddream.images.io import load_picture

FILES = {
    row["name"]: row
    for row in json.loads((ROOT / "saved_models" / "manifest.json").read_text())["files"]
}
OBJECTIVES = {
    "block3_conv2": lambda model: objectives.layer("block3_conv2"),
    "rooster": lambda model: objectives.logit(objectives.find_label(model, "rooster")),
}


STYLES = ("rain_style",)
STYLE_LEVEL = 10 ** (-25 / 20)


def test_every_filter_is_in_the_manifest_and_small():
    assert {*OBJECTIVES, *STYLES} == set(PRETRAINED)
    for row in (*PRETRAINED.values(), *PICTURES.values()):
        assert FILES[row["file"]]["sha256"] == row["sha256"]
        assert FILES[row["file"]]["bytes"] < 1_000_000


@pytest.mark.parametrize("key", OBJECTIVES)
def test_a_filter_raises_what_it_learnt(key):
    model = applications.LogMelCNN()
    dream = DeepDream(model, OBJECTIVES[key](model))
    waveform = audio.load(ROOT / "examples" / "speech.flac", dream.sample_rate)[:, :72000]
    dreamer = DreamFilter(key)
    assert dreamer.count_params() < 500_000
    filtered = np.asarray(dreamer(waveform))
    before, after = (float(dream.score(each)[0]) for each in (waveform, filtered))
    assert after > (before + 3 if key == "rooster" else 2 * before)
    assert audio.lost(waveform, filtered, dream.sample_rate)[0] < 0.15


def test_a_filter_of_rain_brings_speech_nearer_to_noise():
    waveform = audio.load(ROOT / "examples" / "speech.flac", 24000)[:, :72000]
    noise = STYLE_LEVEL * np.random.default_rng(0).normal(size=(1, 72000)).astype("float32")
    dream = StyleTransfer(
        applications.LogMelCNN(), [noise], content_weight=0.0, level_db=-25.0
    ).dream
    filtered = np.asarray(DreamFilter("rain_style")(waveform))
    levelled = [hold_level(each, STYLE_LEVEL) for each in (waveform, filtered)]
    before, after = (-float(dream.score(each)[0]) for each in levelled)
    assert after < 0.7 * before  # distances
    assert audio.lost(waveform, filtered, 24000)[0] < 0.15


@pytest.mark.parametrize("key", PICTURES)
def test_a_picture_filter_changes_what_it_sees_and_no_more(key):
    picture = image_like((90, 120))
    model = PictureFilter(key)
    assert model.count_params() < 500_000
    change = np.asarray(model(picture)) - picture
    assert 4 < np.sqrt(np.mean(np.square(change))) < 40
    assert np.abs(change).max() <= 64.001


@pytest.mark.parametrize("key", PICTURES)
def test_a_picture_filter_raises_what_it_learnt(key):
    data = shared_data("weights").parent
    weights = data / "weights" / "squeezenet_v1_0" / "squeezenet_v1_0.npz"
    model = applications.SqueezeNet(weights=weights)
    dream = DeepDream(model, objectives.layer(f"{key}_concat"))
    photo = load_picture(data / "media" / "images" / "coffee.png")  # not trained on
    filtered = np.round(PictureFilter(key)(photo))
    assert float(dream.score(filtered)[0]) > 1.8 * float(dream.score(photo)[0])
