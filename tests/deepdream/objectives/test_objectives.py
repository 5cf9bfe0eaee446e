"""Objectives: what they read, how they add, and that ascent raises each."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.network.lookup import INPUT, SOURCE
from keras_sounddream.deepdream.objectives.objective import term
from keras_sounddream.deepdream.objectives.terms import TERMS

ALL = [
    objectives.layer("conv2"),
    objectives.channel("conv2", 3),
    objectives.layer("conv1") + objectives.layer("conv2"),
    0.2 * objectives.channel("conv1", 1) + 0.8 * objectives.layer("conv2"),
    objectives.channel("conv2", 1) - 0.1 * objectives.layer("conv1"),
    objectives.neurons("conv2", [1, 3]),
    objectives.neurons("conv2", [1, 3], box=[[0.25, 0.5], [0.0, 0.5]]),
    objectives.direction("conv2", [1, 0, -1, 2, 0, 0, 1, 1]),
]

EXAMPLES = {  # one a kind, on a layer of 3 channels and one position axis
    "layer": objectives.layer("conv"),
    "channel": objectives.channel("conv", 1),
    "neurons": objectives.neurons("conv", [0, 2]),
    "neurons_at": objectives.neurons("conv", [0, 2], box=[[0.25, 0.5]]),
    "logit": objectives.logit(1, "classes"),
    "direction": objectives.direction("conv", [1.0, -1.0, 2.0]),
    "guided": term("guided", "conv", weights=[1.0, -0.5, 0.25]),
    "guided_locally": term("guided_locally", "conv", weights=[[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]),
    "matched": term("matched", "conv", vectors=[[1.0, 0.0, 0.5], [0.0, 2.0, -1.0]]),
    "inverted": term("inverted", "conv", target=[[1.0, 0.0, 0.5], [0.0, 2.0, -1.0]]),
    "style": term(
        "style", "conv", statistic="gram", over="positions", target=[[1.0] * 9], relative=True
    ),
    "content": objectives.content(["conv"]),
    "diversity": objectives.diversity("conv"),
    "total_variation": objectives.total_variation(),
    "l2_to_source": objectives.l2_to_source(),
    "energy_protection": objectives.energy_protection(stretch=8),
}

each_kind = pytest.mark.parametrize("kind", EXAMPLES)


@pytest.fixture(scope="module")
def network():
    """From waveforms to what the examples read: a convolution, and three classes."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None,), name="waveform")
    x = keras.layers.Reshape((-1, 1))(inputs)
    x = keras.layers.Conv1D(3, 9, activation="relu", name="conv")(x)
    scores = keras.layers.Dense(3, name="scores")(keras.layers.GlobalMaxPooling1D()(x))
    classes = keras.layers.Softmax(name="classes")(scores)
    keras.Model(inputs, classes, name="tiny")
    return keras.Model(inputs, {"conv": x, "classes/logits": scores})


def activations_like(rng, shape=(2, 6, 3)):
    """Random numbers for all that `EXAMPLES` reads."""
    names = ("conv", "classes/logits", "conv/source")
    layers = {name: rng.normal(size=shape).astype("float32") for name in names}
    sounds = {name: rng.normal(size=(2, 40)).astype("float32") for name in (INPUT, SOURCE)}
    return {**layers, **sounds}


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_three_steps_of_ascent_raise_it(objective, small_model, chirp):
    dream = DeepDream(small_model, objective, octaves=1, steps=3, roll_seconds=0.0)
    result = dream.run(chirp)
    assert result.objective_real[0] > result.objective_before[0]


@each_kind
def test_three_steps_of_plain_ascent_raise_each_kind(kind, network, rng):
    source = tf.constant(rng.normal(0, 0.1, (2, 200)), "float32")
    dreamed = source + tf.constant(rng.normal(0, 0.05, (2, 200)), "float32")

    def score(dreamed):
        read = {INPUT: dreamed, SOURCE: source, "conv/source": network(source)["conv"]}
        return EXAMPLES[kind]({**network(dreamed), **read})

    before = score(dreamed)
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(dreamed)
            scores = score(dreamed)
        gradient = tape.gradient(scores, dreamed)
        dreamed += 0.002 * gradient / tf.sqrt(tf.reduce_mean(gradient**2, axis=1, keepdims=True))
    assert (score(dreamed) > before).numpy().all()


def test_there_is_an_example_of_every_kind():
    registered = {"custom", "unit_of_each"}  # the second by `maximization`, once it is imported
    assert {*EXAMPLES, *registered} == {*TERMS, *registered}
    assert all(example.terms[0]["kind"] == kind for kind, example in EXAMPLES.items())


def test_scores_are_the_arithmetic_they_are_named_by():
    activation = np.array([[[1.0, -2.0], [3.0, 4.0]]], "float32")
    layer, channel = objectives.layer("a"), objectives.channel("a", 1)
    assert float(layer({"a": activation})[0]) == np.mean([1, 4, 9, 16])
    assert float(channel({"a": activation})[0]) == np.mean([0, 16])
    both = (0.5 * layer - 2 * channel)({"a": activation})
    assert float(both[0]) == 0.5 * 7.5 - 2 * 8
    assert (layer + channel).layers == ("a",)
    assert sum([layer, channel]).terms == (layer + channel).terms
    assert (-layer / 2).terms[0]["weight"] == -0.5
    assert type((layer * np.float32(0.5)).terms[0]["weight"]) is float


LAYER = [[[3.0, -4.0], [0.0, 2.0], [1.0, 1.0], [-1.0, 0.0]]]  # four positions, two channels


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (objectives.layer("a"), [12.5, 2.0, 1.0, 0.5]),
        (objectives.channel("a", 0), [9, 0, 1, 0]),
        (objectives.neurons("a", [0, 1]), [4.5, 2, 1, 0]),
        (objectives.neurons("a", [0], box=[[0.0, 0.5]]), [18, 0, 0, 0]),
        (objectives.neurons("a", [0], box=[[0.6, 0.6]]), [0, 0, 4, 0]),
        (objectives.neurons("a", [0], box=[[0.0, 1.0]]), [9, 0, 1, 0]),
        (objectives.logit(1, "b"), [-4, 2, 1, 0]),
        (objectives.logit_difference(0, 1, "b"), [7, -2, 0, -1]),
        (objectives.direction("a", [0, 2], cosine_power=0), [-8, 4, 2, 0]),
        (objectives.direction("a", [0, 2]), [-0.8, 4, 2 * 0.5**0.5, 0]),
        (objectives.direction("a", [0, 2], cosine_power=2), [-0.08, 4, 1, 0]),
        (term("guided", "a", weights=[1.0, 0.5]), [1, 1, 1.5, -1]),
        (term("guided_locally", "a", weights=[[1.0, 0.0], [0.0, 1.0]]), [3, 0.5, 1, 0]),
        (term("matched", "a", vectors=[[1.0, 0.0], [0.0, -1.0]]), [4, 0, 1, 0]),
        (
            term("inverted", "a", target=[[3, -4], [0, 0], [0, 0], [1, 0]]),
            [0, -8 / 13, -4 / 13, -8 / 13],
        ),
    ],
    ids=repr,
)
def test_maps_are_the_arithmetic_they_are_named_by(objective, expected):
    activations = {"a": np.array(LAYER, "float32"), "b/logits": np.array(LAYER, "float32")}
    total = sum(weight * scores for weight, scores in objective.score_maps(activations))
    np.testing.assert_allclose(total, [expected], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(objective(activations), [np.mean(expected)], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("objective", "dreamed", "source", "expected"),
    [
        (objectives.total_variation(), [[1, 3, 0]], None, -(2 + 3) / 2),
        (objectives.total_variation(), [[[[1], [3]], [[1], [0]]]], None, -(2 + 1) / 2 - 3 / 2),
        (objectives.l2_to_source(), [[1, 3]], [[0, 1]], -(1 + 4) / 2),
        (objectives.l2_to_source(), [[[[1, 3]]]], [[[[0, 1]]]], -(1 + 4) / 2),
        # levels: 1, 2 and (the last, of one sample) 1; of the source 1, 1 and 4
        (
            objectives.energy_protection(stretch=2),
            [[1, -1, 2, 2, 1]],
            [[-1, 1, 1, 1, 4]],
            -(np.log(2) ** 2 + np.log(4) ** 2) / 3,
        ),
        (
            objectives.energy_protection(stretch=2),
            np.full((1, 3, 2, 3), 2.0),
            np.ones((1, 3, 2, 3)),
            -(np.log(2) ** 2),
        ),
    ],
)
def test_scores_of_what_is_dreamed(objective, dreamed, source, expected):
    activations = {INPUT: np.array(dreamed, "float32")}
    if source is not None:
        activations[SOURCE] = np.array(source, "float32")
    assert objective.needs_source == (source is not None)
    np.testing.assert_allclose(objective(activations), [expected], rtol=1e-5)


def test_diversity_is_the_cosine_of_gram_matrices(rng):
    features = rng.normal(size=(3, 5, 4, 2)).astype("float32")
    flat = features.reshape(3, 20, 2)
    grams = [(one.T @ one).ravel() / np.linalg.norm(one.T @ one) for one in flat]
    expected = [-np.mean([grams[i] @ grams[j] for j in range(3) if j != i]) for i in range(3)]
    scores = objectives.diversity("a")({"a": features})
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert abs(float(objectives.diversity("a")({"a": features[:1]})[0])) < 1e-6


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 9)], ids=str)
def test_local_weights_are_interpolated_between_the_middles_of_cells(shape, rng):
    grid = rng.normal(size=(3, 2)[: len(shape)]).astype("float32")
    expected = grid
    for axis, (cells, length) in enumerate(zip(grid.shape, shape, strict=True)):
        places = (np.arange(length) + 0.5) / length
        middles = (np.arange(cells) + 0.5) / cells
        expected = np.apply_along_axis(
            lambda row, p=places, m=middles: np.interp(p, m, row), axis, expected
        )
    objective = term("guided_locally", "a", weights=grid[..., None].tolist())
    ((_, scores),) = objective.score_maps({"a": np.ones((1, *shape, 1), "float32")})
    np.testing.assert_allclose(scores[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if kind != "diversity"])
def test_scores_are_per_example(kind, rng):
    activations = activations_like(rng)
    together = EXAMPLES[kind](activations)
    assert together.shape == (2,)
    for i in range(2):
        one = {name: values[i : i + 1] for name, values in activations.items()}
        np.testing.assert_allclose(together[i], EXAMPLES[kind](one)[0], rtol=1e-5)


@each_kind
def test_local_means_that_a_part_scores_as_it_does_in_the_whole(kind, rng):
    whole = activations_like(rng)
    part = {name: values[:1, 1:4] for name, values in whole.items()}
    ((_, scores),) = EXAMPLES[kind].score_maps(whole)
    ((_, alone),) = EXAMPLES[kind].score_maps(part)
    scores = np.array(scores)[(slice(1), slice(1, 4))[: np.ndim(scores)]]
    same = scores.shape == alone.shape and np.allclose(scores, alone, rtol=1e-5, atol=1e-6)
    assert same == EXAMPLES[kind].is_local == TERMS[kind].local


@each_kind
@pytest.mark.parametrize("positions", [0, 1, 2])
def test_each_kind_works_in_a_graph_of_unknown_sizes(kind, positions, rng):
    whole = activations_like(rng, shape=(2, *(6, 5)[:positions], 3))
    whole = {name: np.abs(values) for name, values in whole.items()}
    settings = dict(EXAMPLES[kind].terms[0]["settings"])
    if kind == "neurons_at":
        settings["box"] = [[0.25, 0.5], [0.0, 1.0]][:positions]
    if kind == "guided_locally":
        settings["weights"] = np.ones((*(2, 2)[:positions], 3)).tolist()
    if kind == "inverted":
        settings["target"] = np.ones((*(2, 2)[:positions], 3)).tolist()
    objective = term(kind, EXAMPLES[kind].terms[0]["layer"], **settings)
    if positions == 2:
        for name in (INPUT, SOURCE):
            whole[name] = rng.uniform(size=(2, 20, 24, 3)).astype("float32")

    def unknown(values):
        channels = 3 if values.ndim == 4 or values.shape[-1] == 3 else None
        return tf.TensorSpec((*[None] * (values.ndim - 1), channels), "float32")

    @tf.function(input_signature=[{name: unknown(values) for name, values in whole.items()}])
    def score_and_slope(activations):
        with tf.GradientTape() as tape:
            tape.watch(activations)
            scores = objective(activations)
        slopes = tape.gradient(scores, activations, unconnected_gradients="zero")
        return scores, tf.nest.flatten(slopes)

    scores, slopes = score_and_slope(whole)
    np.testing.assert_allclose(scores, objective(whole), rtol=1e-4, atol=1e-6)
    assert any(np.any(slope) for slope in slopes)
    scores, slopes = score_and_slope(
        {name: np.zeros_like(values) for name, values in whole.items()}
    )
    assert all(np.isfinite(values).all() for values in (scores, *slopes))


@each_kind
def test_saves_and_reloads(kind, rng):
    objective = 0.2 * EXAMPLES[kind] - objectives.layer("conv")
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(objective)))
    again = keras.saving.deserialize_keras_object(config)
    assert repr(again) == repr(objective)
    assert again.terms == objective.terms
    activations = activations_like(rng)
    np.testing.assert_array_equal(again(activations), objective(activations))


def test_says_what_it_reads():
    objective = sum(EXAMPLES.values())
    assert objective.layers == ("conv",)
    assert objective.logit_layers == ("classes",)
    assert objective.needs_source
    assert not EXAMPLES["total_variation"].needs_source
    assert not objective.is_local
    assert (EXAMPLES["layer"] + EXAMPLES["logit"]).is_local


def test_is_spelled_as_it_was_called():
    assert repr(objectives.logit(3)) == "1 * logit(None, 3)"
    assert repr(-objectives.total_variation()) == "-1 * total_variation()"
    long = term("matched", "conv", vectors=np.ones((20, 3)).tolist())
    assert repr(long) == "1 * matched('conv', <20 × 3 numbers>)"


def test_the_last_layer_is_filled_in(small_model):
    objective = objectives.logit_difference(1, 2) + objectives.layer("conv1")
    resolved = objective.resolved(small_model)
    assert resolved.logit_layers == ("conv2",)
    assert resolved.layers == ("conv1",)
    assert resolved.resolved(small_model) is resolved
    objective.check(small_model)


def test_find_label(small_model):
    model = keras.models.clone_model(small_model)
    with pytest.raises(InputError, match="a keras.Model with labels. Received: 'model'"):
        objectives.find_label("model", "dog")
    with pytest.raises(InputError, match="small has no labels. Give the index of 'dog'"):
        objectives.find_label(model, "dog")
    model.labels = ("rain", "dog", "rooster")
    assert objectives.find_label(model, "dog") == 1
    with pytest.raises(InputError, match="no label 'roster'. Did you mean rooster"):
        objectives.find_label(model, "roster")
    model.labels = ("lynx", "tabby, tabby cat", "tiger cat")
    assert objectives.find_label(model, "tabby") == objectives.find_label(model, "tabby, tabby cat")
    with pytest.raises(InputError, match="no label 'tabbi'. Did you mean tabby"):
        objectives.find_label(model, "tabbi")
    model.labels = tuple(f"class {i}" for i in range(1000))
    with pytest.raises(InputError, match="It has: class 0, .*, class 29, …"):
        objectives.find_label(model, "zzz")


@pytest.mark.parametrize(
    ("text", "same"),
    [("conv1", objectives.layer("conv1")), ("conv1:7", objectives.channel("conv1", 7))],
)
def test_parse(text, same):
    assert objectives.parse(text).terms == same.terms


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: objectives.parse("conv1:x"), "LAYER:CHANNEL.*'conv1:x'"),
        (lambda: objectives.parse("conv1:-1"), "LAYER:CHANNEL"),
        (lambda: objectives.parse(5), "LAYER:CHANNEL as text. Received: 5"),
        (lambda: objectives.layer(5), "the name of a layer, such as 'conv1'. Received: 5"),
        (lambda: objectives.layer(None), "the name of a layer.* Received: None"),
        (lambda: objectives.diversity(["conv1"]), r"the name of a layer.* Received: \['conv1'\]"),
        (lambda: objectives.logit(1, 5), "the name of a layer.* Received: 5"),
        (lambda: objectives.channel("conv1", True), "whole number. Received: True"),
        (lambda: objectives.channel("conv1", [1]), r"whole number. Received: \[1\]"),
        (lambda: objectives.neurons("conv1", 1), "list of channels in `indices`. Received: 1"),
        (
            lambda: objectives.neurons("conv1", "12"),
            "list of channels .* Received: '12'",
        ),
        (lambda: objectives.neurons("conv1", [[1]]), r"list of channels .* Received: \[\[1\]\]"),
        (lambda: objectives.neurons("conv1", {1}), "list of channels .* Received: {1}"),
        (lambda: objectives.energy_protection(True), "`stretch` must be an int.* Received: True"),
        (lambda: objectives.energy_protection(5.0), "`stretch` must be an int.* Received: 5.0"),
        (lambda: objectives.direction("conv1", 3), r"`vector` must have 1 axis.* shape: \(\)"),
        (lambda: objectives.direction("conv1", [1], "x"), "`cosine_power` .* Received: 'x'"),
        (lambda: objectives.Objective(None), "sequence of dict, the terms. Received: None"),
        (lambda: objectives.Objective(["conv1"]), "sequence of dict, the terms"),
        (lambda: objectives.Objective([{"kind": "layer"}]), "A term has kind, layer, weight"),
        (lambda: objectives.layer("conv1") / 0, "a number other than 0 to divide"),
        (lambda: objectives.layer("convv1"), "no layer 'convv1'. Did you mean conv1"),
        (lambda: objectives.layer("zzz"), "It has: waveform, front_end"),
        (lambda: objectives.channel("conv1", 8), "channels 0 to 7. Received: 8"),
        (lambda: objectives.channel("conv1", 1.5), "whole number. Received: 1.5"),
        (lambda: objectives.layer("waveform"), "'waveform' cannot be dreamed on"),
        (lambda: objectives.layer(INPUT), "'input' cannot be dreamed on: give it another name"),
        (lambda: objectives.neurons("conv1", [1, -1]), "channels 0 to 7. Received: -1"),
        (lambda: objectives.neurons("conv1", []), "at least one channel"),
        (lambda: objectives.neurons("conv1", [1], box=[[0, 1]]), "has 2 position axes.*Received"),
        (lambda: objectives.neurons("conv1", [1], box=[[0, 2]] * 2), "pairs.*from 0 to 1"),
        (lambda: objectives.neurons("conv1", [1], box=[[1, 0]] * 2), "pairs.*from 0 to 1"),
        (lambda: objectives.neurons("conv1", [1], box=0.5), r"`box` must have 2 axes.*shape: \(\)"),
        (lambda: objectives.logit(8), "'conv2' has channels 0 to 7. Received: 8"),
        (lambda: objectives.logit("dog"), "whole number. Received: 'dog'"),
        (lambda: objectives.direction("conv1", [1, 2]), r"shape \(8\). Received shape: \(2,\)"),
        (lambda: objectives.direction("conv1", []), "`vector` must have 1 axis and not be empty"),
        (lambda: objectives.direction("conv1", "up"), "`vector` must be numbers. Received: str"),
        (lambda: objectives.direction("conv1", [0, 0]), "points somewhere"),
        (lambda: objectives.direction("conv1", [np.nan]), "`vector` must be finite"),
        (
            lambda: objectives.direction("conv1", [1], -1),
            "`cosine_power` must be finite and at least",
        ),
        (lambda: term("guided", "conv1", weights=[[1.0] * 8]), r"Received shape: \(1, 8\)"),
        (lambda: term("matched", "conv1", vectors=[1.0] * 8), r"\(…, 8\). Received shape"),
        (lambda: term("guided_locally", "conv1", weights=[[1.0] * 8]), r"\(…, …, 8\)"),
        (lambda: objectives.diversity("conv"), "no layer 'conv'. Did you mean conv"),
        (lambda: objectives.energy_protection(0), "`stretch` must be an int of at least 1."),
        (lambda: term("layr", "conv1"), "no kind 'layr'. Did you mean layer"),
        (lambda: objectives.Objective([]), "at least one term"),
        (lambda: objectives.layer("conv1") * float("nan"), "finite number to scale by"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(make, message, small_model):
    with pytest.raises(InputError, match=message) as refusal:
        make().check(small_model)
    assert "\n" not in str(refusal.value)


def test_deep_dream_checks_its_objective(small_model):
    with pytest.raises(InputError, match="no layer 'convv1'. Did you mean conv1"):
        DeepDream(small_model, objectives.layer("convv1"))
