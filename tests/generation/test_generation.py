"""Generation: cached against naive, sample for sample, and against chances that are known."""

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.audio.mu_law import levels_to_waveform, waveform_to_levels
from keras_sounddream.generation import fast, sampling

SMALL = {"dilations": (1, 2, 4, 1, 2), "residual_channels": 6, "dilation_channels": 5}
SMALL |= {"skip_channels": 7, "classes": 16, "initial_filter_width": 4, "sample_rate": 100}
CONDITIONS = {"genre": ("classical", "metal", "rock"), "mood": ("calm", "wild")}
KINDS = {
    "plain": {},
    "narrow": {"filter_width": 1},
    "odd": {"dilations": (3, 5, 3), "filter_width": 4},
    "scalar": {"scalar_input": True},
    "mixture": {"scalar_input": True, "output": "mixture_of_logistics", "mixtures": 3},
    "mixture_of_levels": {"output": "mixture_of_logistics", "mixtures": 2},
    "conditioned": {"local_channels": 2, "local_hop": 3, "conditions": CONDITIONS},
}
SOUND = np.random.default_rng(3).uniform(-1, 1, (2, 9))
LABELS = {"genre": ["rock", "metal"], "mood": ["calm", "wild"]}


def build(**settings):
    """A small network with weights that are not small."""
    keras.utils.set_random_seed(0)
    model = applications.WaveNet(**{**SMALL, **settings})
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


def both(model, seconds=0.4, **settings):
    """The same sound by both methods."""
    if model.conditions:
        settings["conditions"] = LABELS
    if model.plan.local_channels:
        settings["local_condition"] = np.random.default_rng(2).normal(size=(2, 20, 2))
    return [
        generate(model, seconds, method=method, batch_size=2, **settings)
        for method in ("cached", "naive")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_cached_equals_naive_draw_for_draw(kind):
    model = build(**KINDS[kind])
    cached_sound, naive_sound = both(model)
    assert cached_sound.shape == (2, 40)
    np.testing.assert_allclose(cached_sound, naive_sound, atol=1e-4)
    if model.plan.output == "softmax":
        np.testing.assert_array_equal(cached_sound, naive_sound)
    assert len(np.unique(cached_sound)) > 4


@pytest.mark.parametrize(
    "settings",
    [{"temperature": 0}, {"top_k": 3, "temperature": 2.0}, {"prime": SOUND, "seed": 7}],
    ids=["likeliest", "wild", "primed"],
)
def test_settings_mean_the_same_to_both(settings):
    found, naive_sound = both(build(), **settings)
    np.testing.assert_array_equal(found, naive_sound)


def test_pieces_make_the_same_as_one(monkeypatch):
    model = build()
    whole = generate(model, 0.5, batch_size=2)
    monkeypatch.setattr(fast, "CHUNK", 7)
    np.testing.assert_array_equal(generate(model, 0.5, batch_size=2), whole)


@pytest.mark.parametrize("kind", ["plain", "conditioned"])
def test_lengths_share_one_compiled_loop(kind, monkeypatch):
    monkeypatch.setattr(fast, "CHUNK", 11)  # as no other test has it, so the loop is a new one
    model, settings = build(**KINDS[kind]), {}
    if model.conditions:
        settings["conditions"] = {name: [labels[0]] for name, labels in CONDITIONS.items()}
        settings["local_condition"] = np.random.default_rng(2).normal(size=(1, 20, 2))
    whole = generate(model, 0.37, **settings)
    for samples in (1, 5, 10, 11, 12, 23):
        made = generate(model, samples / 100, **settings)
        np.testing.assert_array_equal(made, whole[:, :samples])
    assert fast._loop(model.plan, 11, None, False, True).experimental_get_tracing_count() == 1


def test_an_example_does_not_depend_on_its_batch():
    model = build()
    np.testing.assert_array_equal(generate(model, 0.3, batch_size=3)[:1], generate(model, 0.3))


@pytest.mark.parametrize("kind", ["plain", "conditioned"])
def test_the_beginning_is_read_a_few_sounds_at_once(kind, monkeypatch):
    model, prime = build(**KINDS[kind]), np.tile(SOUND, (2, 1))[:3]
    settings = {"prime": prime}
    if model.conditions:
        settings["conditions"] = {"genre": ["rock", "metal", "rock"], "mood": ["calm"] * 3}
        settings["local_condition"] = np.random.default_rng(2).normal(size=(3, 20, 2))
    whole = generate(model, 0.3, **settings)
    monkeypatch.setattr(fast, "_ROWS", 2)
    np.testing.assert_array_equal(generate(model, 0.3, **settings), whole)


def test_goes_on_from_its_own_sound():
    model = build()
    whole = generate(model, 0.6, temperature=0)
    assert model.receptive_field <= 30
    rest = generate(model, 0.3, temperature=0, prime=whole[:, :30])
    np.testing.assert_array_equal(rest, whole[:, 30:])


def test_draws_as_often_as_the_softmax_says():
    plan = build().plan
    logits = np.log(np.array([[0.5, 0.25, 0.125, 0.125] + [1e-9] * 12], "float32"))
    numbers = (np.arange(800, dtype="float32")[:, None] + 0.5) / 800
    scores = np.repeat(logits, 800, axis=0)

    def counts(**settings):
        given = {"temperature": 1.0, **settings}
        sample = sampling.draw(scores, numbers, plan, **given)
        levels = np.searchsorted(levels_to_waveform(range(16), 16), sample)
        return np.bincount(levels, minlength=4).tolist()

    assert counts() == [400, 200, 100, 100]
    assert counts(temperature=0.5) == pytest.approx([582, 145, 36, 36], abs=2)
    assert counts(temperature=None) == [800, 0, 0, 0]
    assert counts(top_k=2) == pytest.approx([533, 267, 0, 0], abs=1)


def test_a_mixture_is_drawn_from_its_logistics():
    plan = build(**KINDS["mixture"]).plan
    scores = np.array([[0, 0, -50, -0.5, 0.5, 0, -4, -4, -4]], "float32")
    numbers = np.random.default_rng(0).random((20000, 2)).astype("float32")
    sample = np.asarray(sampling.draw(np.repeat(scores, 20000, 0), numbers, plan, 1.0))
    high = sample[sample > 0]
    assert len(high) == pytest.approx(10000, abs=300)
    assert high.mean() == pytest.approx(0.5, abs=0.002)
    assert high.std() == pytest.approx(np.exp(-4) * np.pi / np.sqrt(3), rel=0.05)


def test_levels_are_fed_back_as_they_were_drawn():
    for levels in (16, 256, 1024):
        again = waveform_to_levels(levels_to_waveform(range(levels), levels), levels)
        np.testing.assert_array_equal(again, range(levels))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 0}, "`seconds` above 0. Received: 0"),
        ({"temperature": -1}, "`temperature` of 0 or more. Received: -1"),
        ({"seed": -1}, "`seed`, an int of 0 or more. Received: -1"),
        ({"method": "fast"}, "`method` must be one of"),
        ({"top_k": 17}, "`top_k` from 1 to 16. Received: 17"),
        ({"conditions": {"genre": ["metall"], "mood": ["calm"]}}, "Did you mean metal?"),
        ({"conditions": {}}, "Expected a label for the condition 'genre'"),
        ({"prime": np.zeros((3, 5))}, "as many of each, or one of it. Received: .*'prime': 3"),
        ({"prime": np.array([np.nan])}, "of finite numbers"),
        ({"local_condition": np.zeros((2, 5, 1))}, "takes no `local_condition`"),
        ({"path": "out.xyz"}, "No sound format"),
        ({"path": "out.wav"}, "Expected a batch of one to write"),
    ],
)
def test_bad_settings_are_named(settings, message):
    given = {"seconds": 0.1, "conditions": LABELS, **settings}
    with pytest.raises(InputError, match=message):
        generate(build(conditions=CONDITIONS), **given)


def test_other_models_are_refused():
    with pytest.raises(InputError, match="a model of applications.WaveNet"):
        generate(keras.Sequential(), 1.0)
    with pytest.raises(InputError, match="takes levels"):
        generate(build(include_front_end=False), 1.0)
    with pytest.raises(InputError, match=r"\(batch, 4 frames or more, 2\). Received: None"):
        generate(build(local_channels=2, local_hop=3), 0.1)
