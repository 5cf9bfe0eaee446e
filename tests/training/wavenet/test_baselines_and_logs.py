"""Predictions without a network, the log of steps, local conditions, and the table of bits."""

import json
import math

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training.wavenet import baselines, local_conditions
from keras_sounddream.training.wavenet.evaluation import table_of_bits
from keras_sounddream.training.wavenet.logging import StepLog
from keras_sounddream.training.wavenet.losses import level_edges

FAIR = np.array([[1, 1], [1, 1]])  # two levels, each as often after either
ALTERNATING = np.array([[0, 5], [5, 0]])
CONSTANT = np.array([[8, 0], [0, 0]])


@pytest.mark.parametrize(
    ("trained", "measured", "bits"),
    [
        (FAIR, None, 1.0),
        (ALTERNATING, None, 1.0),
        (CONSTANT, None, 0.0),
        (np.full((4, 4), 3), None, 2.0),
        (CONSTANT, CONSTANT, -math.log2(9 / 10)),  # no level is impossible
        (CONSTANT, np.array([[0, 0], [0, 1]]), -math.log2(1 / 10)),
    ],
)
def test_the_marginal_predicts_by_shares(trained, measured, bits):
    assert baselines.bits(baselines.marginal_nats(trained, measured)) == pytest.approx(bits)


def test_a_chain_predicts_by_the_sample_before():
    often = 10**6 * ALTERNATING
    assert baselines.markov_nats(often, ALTERNATING) == pytest.approx(0, abs=1e-4)
    assert baselines.markov_nats(np.zeros((2, 2)), FAIR) == pytest.approx(math.log(2))
    smooth = (5 + 16) / (5 + 32)  # 32 samples of the marginal, which is even
    assert baselines.markov_nats(ALTERNATING, ALTERNATING) == pytest.approx(-math.log(smooth))


def test_pairs_are_counted_from_silence_and_not_across_sounds():
    sounds = hold_sounds([np.full(3, 0.9), np.zeros(2)], 8000)
    counts = baselines.level_pairs(sounds, 16)
    silence = int(np.flatnonzero(counts.diagonal())[0])
    loud = int(np.flatnonzero(counts.diagonal())[-1])
    assert counts.sum() == 5
    assert (counts[silence, loud], counts[loud, loud]) == (1, 2)
    assert (counts[silence, silence], counts[loud, silence]) == (2, 0)


def test_parts_of_a_long_sound_are_counted_as_one(monkeypatch, rng):
    sounds = hold_sounds([rng.uniform(-1, 1, 50)], 8000)
    expected = baselines.level_pairs(sounds, 16)
    monkeypatch.setattr(baselines, "_MOST_AT_ONCE", 7)
    np.testing.assert_array_equal(baselines.level_pairs(sounds, 16), expected)


@pytest.mark.parametrize("levels", [2, 3, 16, 256])
def test_the_edges_of_levels_rise_and_mirror(levels):
    edges = level_edges(levels)
    assert edges.shape == (levels + 1,)
    assert np.all(np.diff(edges) > 0)
    np.testing.assert_allclose(edges, -edges[::-1], atol=1e-12)
    assert edges[-1] > 1e3
    assert np.all(np.abs(edges[1:-1]) < 1)


def test_the_table_has_the_network_in_bold():
    lines = table_of_bits({"the network": 2.5, "a chain": 3.25})
    assert lines == [
        "| predicted by | bits per sample |",
        "|---|---|",
        "| **the network** | **2.500** |",
        "| a chain | 3.250 |",
    ]


def log_steps(path, first, losses):
    log = StepLog(path, first, 7.0)
    log.on_train_begin()
    for step, loss in enumerate(losses, start=first):
        log.on_epoch_end(step, {"nats": loss})
    log.on_train_end()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_log_has_an_object_per_step(tmp_path):
    rows = log_steps(tmp_path / "log.jsonl", 0, [2 * math.log(2), 1.0])
    assert [row["step"] for row in rows] == [1, 2]
    assert rows[0]["bits_per_sample"] == pytest.approx(2)
    assert rows[0]["marginal_bits"] == 7.0
    assert rows[1]["loss"] == 1.0
    assert all(row["seconds"] >= 0 for row in rows)


@pytest.mark.parametrize("torn", ["", '{"step": 3, "lo', '{"step": 3}'])
def test_a_torn_line_is_cut_and_the_restart_noted(tmp_path, torn):
    path = tmp_path / "log.jsonl"
    log_steps(path, 0, [1.0, 1.0])
    with open(path, "a") as file:
        file.write(torn)
    rows = log_steps(path, 2, [0.5])
    assert [row["step"] for row in rows] == [1, 2, 2, 3]
    assert rows[2] == {"restart": True, "step": 2}


FRAMED = WaveNetConfig(sample_rate=8000, dilations=(1, 2), local_channels=2, local_hop=4)


def framed(counts=(3, 5), channels=2, lengths=(12, 20)):
    sounds = hold_sounds([np.zeros(length) for length in lengths], 8000)
    frames = [
        np.repeat(np.arange(count, dtype="float32")[:, None], channels, axis=1) for count in counts
    ]
    return sounds, frames


@pytest.mark.parametrize(
    ("num_samples", "turn", "numbers"),
    [
        (4, 0, [0]),
        (5, 0, [0, 1]),
        (12, 0, [0, 1, 2]),
        (20, 0, [0, 1, 2, 2, 2]),  # the last goes on
        (20, 1, [0, 1, 2, 3, 4]),
        (8, 3, [0, 1]),  # behind the last sound comes the first
    ],
)
def test_examples_have_the_frames_of_a_sound(num_samples, turn, numbers):
    sounds, frames = framed()
    condition = local_conditions.example_frames(
        sounds.with_frames(frames), FRAMED, num_samples, turn
    )
    assert condition["local_condition"].shape == (1, len(numbers), 2)
    assert condition["local_condition"][0, :, 0].tolist() == numbers


def test_a_plan_without_local_condition_has_no_frames():
    sounds, _ = framed()
    plan = WaveNetConfig(sample_rate=8000, dilations=(1, 2))
    assert local_conditions.example_frames(sounds, plan, 9, 0) == {}
    local_conditions.check_frames(sounds, plan, 9)


@pytest.mark.parametrize(
    ("given", "piece_samples", "message"),
    [
        ({"channels": 3}, 8, "frames of 2 channels, .* Received: 3 channels"),
        ({"counts": (2, 5)}, 8, "Expected 3 frames, each of 4 samples, of .* Received: 2"),
        ({}, 10, "must be whole frames of 4 samples. Received: 10"),
    ],
)
def test_frames_that_do_not_fit_are_named(given, piece_samples, message):
    sounds, frames = framed(**given)
    with pytest.raises(InputError, match=message):
        local_conditions.check_frames(sounds.with_frames(frames), FRAMED, piece_samples)
