"""Whole sounds out of silence, against the network itself and the sounds that they are."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.applications.wavenet.config import WaveNetConfig
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training import wavenet
from keras_sounddream.training.wavenet.whole_sounds import WholeSounds, from_silence

CONDITIONS = {"genre": ("classical", "metal", "rock"), "mood": ("calm", "wild")}
KINDS = {
    "plain": {},
    "wide": {"filter_width": 3, "use_biases": False},
    "narrow": {"filter_width": 1},
    "scalar": {"scalar_input": True, "initial_filter_width": 4},
    "conditioned": {"conditions": CONDITIONS},
}
LENGTHS = (3, 9, 4, 20, 8, 10)


def build(**settings):
    model = applications.WaveNet(
        **{
            "sample_rate": 8000,
            "dilations": (1, 3, 2, 4),
            "residual_channels": 5,
            "dilation_channels": 4,
            "skip_channels": 6,
            **settings,
        }
    )
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


def sounds():
    numbers = np.split(np.arange(1, 1 + sum(LENGTHS)) / 100, np.cumsum(LENGTHS)[:-1])
    return hold_sounds(numbers, 8000, {"mood": ["calm", "wild"] * 3})


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_the_network_says_after_silence(kind, rng):
    model = build(**KINDS[kind])
    sound = rng.uniform(-1, 1, (2, 30)).astype("float32")
    ids = {name: np.array([0, 1]) for name in model.conditions}
    later = np.pad(sound, ((0, 0), (model.receptive_field, 0)))[:, :-1]
    given, padded = ({"waveform": x, **ids} if ids else x for x in (sound, later))
    np.testing.assert_allclose(from_silence(model)(given), model(padded), atol=1e-5)


def test_its_weights_are_the_models():
    model = build()
    learner = from_silence(model)
    assert {id(x) for x in learner.weights} == {id(x) for x in model.weights}


def test_each_sound_is_in_a_batch_of_its_length_once_an_epoch():
    plan = WaveNetConfig(sample_rate=8000, conditions={"mood": ("calm", "wild")})
    made = WholeSounds(sounds(), plan, (6, 12), 2, seed=3, tail=2)
    assert (made.steps_per_epoch, made.piece_samples) == (3, 12)
    for epoch in (0, 1):
        batches = [made.batch(3 * epoch + place) for place in range(3)]
        firsts = [x for inputs, _, _ in batches for x in inputs["waveform"][:, 0] if x]
        assert np.round(np.multiply(sorted(firsts), 100)).tolist() == [1, 4, 13, 17, 37, 45]
        for inputs, targets, weights in batches:
            np.testing.assert_array_equal(inputs["waveform"], targets)
            for waveform, weight, mood in zip(targets, weights, inputs["mood"], strict=True):
                length = np.count_nonzero(waveform)
                if length:
                    assert weight.sum() == min(length + 2, len(waveform))
                    assert len(waveform) == (6 if length + 2 <= 6 else 12)
                    first = round(float(waveform[0]) * 100)
                    assert mood == [1, 4, 13, 17, 37, 45].index(first) % 2
    orders = [made.batch(step)[1].tobytes() for step in (0, 3)]
    assert orders[0] != orders[1]


def test_a_network_learns_from_them_to_begin_and_to_end(tmp_path):
    wave = 0.5 * np.cos(np.arange(40) / 2)
    words = hold_sounds([wave, wave[:30]] * 2, 8000, {"mood": ["calm", "wild"] * 2})

    def small():
        return applications.WaveNet(
            sample_rate=8000,
            dilations=(1, 2, 4, 8, 16, 16),
            skip_channels=16,
            conditions=words.conditions,
        )

    batches = WholeSounds(words, small().plan, (50, 60), 2, tail=20)
    settings = wavenet.Settings(180, learning_rate=5e-3, jit_compile=False)
    model = wavenet.train(small, batches, tmp_path, settings)

    made = generate(model, 60 / 8000, conditions={"mood": ["calm", "wild"]}, temperature=0)
    for sound, length in zip(made, (40, 30), strict=True):
        np.testing.assert_allclose(sound[:length], wave[:length], atol=0.03)
        assert not np.abs(sound[length : length + 15]).max() > 1e-4


def test_sounds_at_another_rate_are_refused():
    with pytest.raises(InputError, match="Expected sounds at the model's 16000 Hz"):
        WholeSounds(sounds(), WaveNetConfig(), (6,), 2)


def test_a_chosen_strategy_trains_alike(tmp_path):
    import tensorflow as tf

    words = hold_sounds([0.5 * np.sin(np.arange(80) / 2)] * 4, 8000)
    small = {"sample_rate": 8000, "dilations": (1, 2), "skip_channels": 8}
    found = []
    for strategy in (None, tf.distribute.MirroredStrategy(["CPU:0"])):
        batches = WholeSounds(words, WaveNetConfig(**small), (80,), 2)
        settings = wavenet.Settings(4, jit_compile=False, decay=False, summary_steps=2)
        model = wavenet.train(
            lambda: applications.WaveNet(**small),
            batches,
            tmp_path / str(len(found)),
            settings,
            strategy=strategy,
        )
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    keras.backend.clear_session()
