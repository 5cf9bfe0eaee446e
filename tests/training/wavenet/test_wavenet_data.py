"""Segments that a WaveNet is trained on, against the sounds that they are cut from."""

import dataclasses

import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training.wavenet.segments import Segments, cheapest_segment_length, epoch_cost

LENGTHS = (1, 7, 8, 9, 40, 23)
DIGITS = ("one", "two", "one", "two", "two", "one")
PLAN = WaveNetConfig(
    sample_rate=8000,
    dilations=(1, 2, 4),
    skip_channels=4,
    conditions={"digit": ("one", "two")},
)


def example_sounds():
    """Sounds whose samples are all different, and so tell where they come from."""
    numbers = np.split(np.arange(1, 1 + sum(LENGTHS)) / 32768, np.cumsum(LENGTHS)[:-1])
    return hold_sounds([each.astype("float32") for each in numbers], 8000, {"digit": DIGITS})


def pieces(piece_samples=8, batch_size=4, **options):
    return Segments(example_sounds(), PLAN, piece_samples, batch_size, **options)


@pytest.mark.parametrize("piece_samples", [1, 5, 8, 64])
@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_each_sample_is_predicted_once_an_epoch(piece_samples, batch_size):
    made = pieces(piece_samples, batch_size, seed=3)
    for epoch in (0, 1):
        steps = range(epoch * made.steps_per_epoch, (epoch + 1) * made.steps_per_epoch)
        batches = [made.batch(step) for step in steps]
        found = np.concatenate([targets[weights == 1] for _, targets, weights in batches])
        assert sorted(np.round(found * 32768)) == list(range(1, 1 + sum(LENGTHS)))
        rest = np.concatenate([targets[weights == 0] for _, targets, weights in batches])
        assert not rest.any()


def test_a_target_follows_the_samples_that_it_is_predicted_from():
    made, field = pieces(), PLAN.receptive_field
    sounds, seen = made.sounds, 0
    for step in range(made.steps_per_epoch):
        inputs, targets, weights = made.batch(step)
        for window, aim, weight, digit in zip(
            inputs["waveform"], targets, weights, inputs["digit"], strict=True
        ):
            for place in np.flatnonzero(weight):
                number = round(float(aim[place]) * 32768) - 1  # of all samples
                sound = np.searchsorted(sounds.starts, number, "right") - 1
                padded = np.concatenate([np.zeros(field), sounds.waveform(sound)[0]])
                start = number - sounds.starts[sound]
                np.testing.assert_array_equal(
                    window[place : place + field], padded[start : start + field]
                )
                assert PLAN.conditions["digit"][digit] == DIGITS[sound]
                seen += 1
    assert seen == sum(LENGTHS)


def test_batches_fit_the_model_and_all_have_one_shape():
    model = applications.WaveNet(
        dilations=PLAN.dilations,
        skip_channels=4,
        sample_rate=8000,
        conditions=PLAN.conditions,
    )
    made = Segments(example_sounds(), model.plan, 8, 4)
    shapes = set()
    for step in range(2 * made.steps_per_epoch):
        inputs, targets, weights = made.batch(step)
        assert {x.dtype for x in (inputs["waveform"], targets, weights)} == {np.dtype("float32")}
        assert inputs["digit"].dtype == "int32"
        shapes.add((inputs["waveform"].shape, inputs["digit"].shape, targets.shape, weights.shape))
    assert shapes == {((4, PLAN.receptive_field + 7), (4,), (4, 8), (4, 8))}
    assert model(inputs).shape == (4, 8, 256)


def test_some_pieces_begin_out_of_silence():
    field, begun, known = PLAN.receptive_field, 0, 0
    for step in range(400):
        one, other = (pieces(seed=1, starts=starts).batch(step) for starts in (0.25, 0))
        for found, wanted in zip(one[1:], other[1:], strict=True):
            np.testing.assert_array_equal(found, wanted)
        silent, whole = one[0]["waveform"], other[0]["waveform"]
        changed = (silent != whole).any(1)
        assert not silent[changed, :field].any()
        np.testing.assert_array_equal(silent[:, field:], whole[:, field:])
        begun += changed.sum()
        known += whole[:, :field].any(1).sum()
    assert begun / known == pytest.approx(0.25, abs=0.04)


FRAMED = dataclasses.replace(PLAN, local_channels=1, local_hop=4)


def framed_sounds():
    """Sounds with frames that tell which sound they are of, and which frame they are."""
    numbers = [np.arange(-(-length // 4))[:, None] for length in LENGTHS]
    return example_sounds().with_frames([100 * i + each for i, each in enumerate(numbers)])


@pytest.mark.parametrize("starts", [0, 1])
def test_a_target_is_predicted_with_the_frame_of_the_sample_before_it(starts):
    made, field, seen = Segments(framed_sounds(), FRAMED, 8, 4, seed=3, starts=starts), 9, []
    assert (FRAMED.receptive_field, FRAMED.lead) == (field, 12)
    for step in range(made.steps_per_epoch):
        inputs, targets, weights = made.batch(step)
        for row, place in zip(*np.nonzero(weights), strict=True):
            number = round(float(targets[row, place]) * 32768) - 1  # of all samples
            sound = np.searchsorted(made.sounds.starts, number, "right") - 1
            sample = number - made.sounds.starts[sound]
            frame = max(sample - 1, sample // 8 * 8 * starts) // 4
            before = field + place - 1  # in the window
            assert inputs["local_condition"][row, before // 4, 0] == 100 * sound + frame
            assert starts or sample < 1 or inputs["waveform"][row, before] * 32768 == number
            seen.append(number)
    assert sorted(seen) == list(range(sum(LENGTHS)))


def test_frames_stay_with_their_sounds():
    part = framed_sounds().part([False, True, True, False, True, True])
    assert [int(each[0, 0]) for each in part.frames] == [100, 200, 400, 500]
    model = applications.WaveNet(
        dilations=PLAN.dilations,
        skip_channels=4,
        sample_rate=8000,
        conditions=PLAN.conditions,
        local_channels=1,
        local_hop=4,
    )
    piece = cheapest_segment_length(part, model.plan, longest=90)
    inputs, targets, _ = next(iter(Segments(part, model.plan, piece, 2).dataset()))
    assert (piece % 4, model(inputs).shape[:2]) == (0, targets.shape)


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([np.zeros((1, 1))] * 5, "for each of 6 sounds. Received: 5"),
        ([np.zeros(3)] * 6, "frames .frames, channels."),
        ([np.zeros((9, 1 + i)) for i in range(6)], "frames .frames, channels."),
        ([np.full((9, 1), np.nan)] * 6, "finite"),
        ([np.zeros((10, 2))] * 6, "frames of 1 channels, .* Received: 2 channels"),
        ([np.zeros((9, 1))] * 6, "Expected 10 frames, each of 4 samples, of sound 4. Received: 9"),
    ],
)
def test_frames_that_do_not_fit_are_refused(frames, words):
    with pytest.raises(InputError, match=words):
        Segments(example_sounds().with_frames(frames), FRAMED, 8, 4)


def test_a_batch_depends_on_seed_and_step_alone():
    made = pieces(seed=5, starts=0.5)
    forwards = [made.batch(step) for step in range(9)]
    again = pieces(seed=5, starts=0.5)
    for step in (8, 2, 5, 0):
        for one, other in zip(flat(forwards[step]), flat(again.batch(step)), strict=True):
            np.testing.assert_array_equal(one, other)
    assert any((pieces(seed=6).batch(s)[1] != forwards[s][1]).any() for s in range(3))
    epoch = made.steps_per_epoch
    assert any((made.batch(s)[1] != made.batch(s + epoch)[1]).any() for s in range(3))


def test_the_data_set_goes_on_from_any_step():
    made = pieces()
    for first, count in ((0, 3), (7, 2)):
        found = list(made.dataset(first, count).as_numpy_iterator())
        assert len(found) == count
        for step, batch in enumerate(found, first):
            assert batch[0].keys() == {"waveform", "digit"}
            for one, other in zip(flat(batch), flat(made.batch(step)), strict=True):
                np.testing.assert_array_equal(one, other)
    spec = made.dataset().element_spec
    assert spec[0]["waveform"].shape == (4, PLAN.receptive_field + 7)


def flat(batch):
    inputs, targets, weights = batch
    return [inputs[name] for name in sorted(inputs)] + [targets, weights]


def test_pieces_are_dealt_evenly_to_the_steps_of_an_epoch():
    made = pieces(8, 4)
    counts = [len(made.members(step)) for step in range(made.steps_per_epoch)]
    assert (made.num_pieces, sum(counts)) == (13, 13)
    assert len(made) == made.steps_per_epoch == 4
    assert max(counts) - min(counts) <= 1
    assert sorted(np.concatenate([made.members(s) for s in range(4)])) == list(range(13))


def test_unshuffled_pieces_come_in_the_order_of_the_sounds():
    made = pieces(shuffle=False)
    found = [made.batch(s) for s in range(4)]
    order = np.concatenate([targets[weights == 1] for _, targets, weights in found])
    np.testing.assert_array_equal(np.round(order * 32768), np.arange(1, 1 + sum(LENGTHS)))


def test_the_cost_of_an_epoch_counts_the_products_of_each_layer():
    plan = WaveNetConfig(
        dilations=(2, 3), residual_channels=3, dilation_channels=5, skip_channels=7
    )
    sounds = hold_sounds([np.ones(10) / 2, np.ones(4) / 2], 16000)
    first, last = 8 + 3, 8  # samples that come out of each layer, of pieces of 8
    products = (first + last) * (2 * 2 * 3 * 5 + 5 * 3) + 2 * 8 * 5 * 7 + 8 * 7 * (7 + 256)
    assert epoch_cost(sounds, plan, 8) == 3 * products / 14


def test_the_thrifty_piece_costs_least():
    plan = WaveNetConfig(dilations=(1, 2, 4, 8, 16, 32) * 3)
    sounds = hold_sounds([np.ones(length) / 2 for length in (1000, 1020, 1024)], 16000)
    assert cheapest_segment_length(sounds, plan) == 1024  # a piece a sound, and hardly any silence
    assert cheapest_segment_length(sounds, plan, longest=700) == 512
    costs = {length: epoch_cost(sounds, plan, length) for length in range(64, 4096, 64)}
    assert min(costs, key=costs.get) == 1024


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"piece_samples": 0}, "`piece_samples` must be an int of at least 1. Received: 0"),
        ({"batch_size": 2.0}, "`batch_size` must be an int of at least 1. Received: 2.0"),
        ({"seed": -1}, "`seed` must be an int from 0 to"),
        ({"starts": 1.5}, "`starts` must be at least 0 and at most 1. Received: 1.5"),
        ({"starts": float("nan")}, "`starts` must be at least 0 and at most 1. Received: nan"),
        ({"plan": WaveNetConfig()}, "Expected sounds at the model's 16000 Hz. They are at 8000 Hz"),
        (
            {"plan": WaveNetConfig(sample_rate=8000, local_channels=2)},
            "with_frames.* Received: none",
        ),
        ({"plan": FRAMED, "sounds": framed_sounds(), "piece_samples": 9}, "whole frames of 4"),
        (
            {"plan": WaveNetConfig(sample_rate=8000, conditions={"mood": ("calm",)})},
            "labels of: digit.",
        ),
        (
            {"plan": WaveNetConfig(sample_rate=8000, conditions={"digit": ("one",)})},
            "There is no digit 'two'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    arguments = {"sounds": example_sounds(), "plan": PLAN, "piece_samples": 8, "batch_size": 4}
    with pytest.raises(InputError, match=words):
        Segments(**arguments | change)
