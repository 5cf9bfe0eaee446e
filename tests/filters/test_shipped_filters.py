"""Filters that ship: what they raise is what their dream raises, and the sound stays."""

import json

import numpy as np
import pytest
from places import ROOT

from keras_sounddream import applications, audio, objectives
from keras_sounddream.deepdream import DeepDream
from keras_sounddream.filters import PRETRAINED, DreamFilter

FILES = {
    row["name"]: row
    for row in json.loads((ROOT / "saved_models" / "manifest.json").read_text())["files"]
}
OBJECTIVES = {
    "block3_conv2": lambda model: objectives.layer("block3_conv2"),
    "rooster": lambda model: objectives.logit(objectives.find_label(model, "rooster")),
}


def test_every_filter_is_in_the_manifest_and_small():
    assert set(OBJECTIVES) == set(PRETRAINED)
    for row in PRETRAINED.values():
        assert FILES[row["file"]]["sha256"] == row["sha256"]
        assert FILES[row["file"]]["bytes"] < 1_000_000


@pytest.mark.parametrize("key", PRETRAINED)
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
