"""Guides: which weights and vectors they set, and that a dream comes to resemble them."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError
from keras_sounddream.deepdream.objectives import guides, styles


@pytest.fixture(scope="module")
def same():
    """A model whose layer gives out what comes in: `(batch, time, 2)`."""
    inputs = keras.Input((None, 2))
    return keras.Model(inputs, keras.layers.Activation("linear", name="same")(inputs), name="twin")


@pytest.fixture(scope="module")
def picture_model():
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = keras.layers.GlobalAveragePooling2D(name="flat")(x)
    return keras.Model(inputs, x, name="eye")


def settings(objective):
    return objective.terms[0]["settings"]


@pytest.mark.parametrize(
    ("normalization", "expected"),
    [
        ("max", [0.5, -1]),
        ("sum", [1 / 3, -2 / 3]),
        ("l2", [1 / 5**0.5, -2 / 5**0.5]),
        ("zscore", [1, -1]),
        ("softmax", [1 / (1 + np.exp(-6)), 1 / (1 + np.exp(6))]),
    ],
)
def test_weights_are_normalised_mean_activations(same, normalization, expected):
    guide = [[1, -3], [3, -5]]  # mean 2 and -4
    objective = guides.guided(same, ["same"], [guide], normalization=normalization)
    np.testing.assert_allclose(settings(objective)["weights"], expected, rtol=1e-6)


def test_several_guides_are_added_by_weight(same):
    pair = [np.array([[1.0, 0.0]]), np.array([[0.0, 2.0], [0.0, 8.0]])]  # of two lengths
    equal = guides.guided(same, ["same"], pair)
    assert settings(equal)["weights"] == [0.5, 0.5]
    apart = guides.guided(same, ["same"], pair, weights=[3, -1])
    assert settings(apart)["weights"] == [3, -1]


def test_a_batch_counts_as_one_guide(same):
    batch = np.array([[[1.0, 0.0]], [[3.0, 8.0]]])  # mean 2 and 4
    assert settings(guides.guided(same, ["same"], [batch]))["weights"] == [0.5, 1]
    each = guides.guided(same, ["same"], batch)  # two guides: (1, 0) and (0.375, 1)
    assert settings(each)["weights"] == [0.6875, 0.5]
    by_softmax = guides.guided(same, ["same"], [batch], normalization="softmax")  # not of sums
    np.testing.assert_allclose(settings(by_softmax)["weights"][1], 1 / (1 + np.exp(-2)))


def test_layers_are_terms_of_one_objective(small_model, chirp):
    objective = guides.guided(small_model, ["conv1", "conv2"], [chirp])
    assert objective.layers == ("conv1", "conv2")
    assert [len(term["settings"]["weights"]) for term in objective.terms] == [8, 8]
    objective.check(small_model)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1], [[0.375, 0.25]]),
        ([2], [[0.25, 0.5], [0.5, 0]]),
        ([4], [[0, 0], [0.5, 1], [0, 0], [1, 0]]),
        ([3], [[0.125, 0.25], [0.25, 0.5], [0.75, 0]]),
        ([8], [[0, 0], [0, 0], [0.5, 1], [0.5, 1], [0, 0], [0, 0], [1, 0], [1, 0]]),
    ],
)
def test_local_weights_are_means_in_cells(same, cells, expected):
    guide = np.array([[0.0, 0.0], [2.0, 4.0], [0.0, 0.0], [4.0, 0.0]])
    objective = guides.guided_locally(same, ["same"], [guide], cells=cells)
    expected = np.array(expected) / np.max(expected)  # "max", over cells and channels
    np.testing.assert_allclose(settings(objective)["weights"], expected, atol=1e-7)


def test_cells_hold_means_and_not_sums(same):
    guide = np.full((12, 2), [0.0, 3.0])
    objective = guides.guided_locally(same, ["same"], [guide], normalization="softmax", cells=[2])
    expected = np.array([1, np.exp(3)]) / (2 + 2 * np.exp(3))
    np.testing.assert_allclose(settings(objective)["weights"], [expected] * 2, rtol=1e-6)


def test_local_weights_ask_for_a_sound_where_the_guide_has_it(same):
    guide = np.zeros((1, 40, 2))
    guide[:, 30:] = 1.0
    objective = guides.guided_locally(same, ["same"], [guide], cells=[8])
    early, late = np.zeros((2, 1, 100, 2), "float32")
    early[:, :20], late[:, 80:] = 1.0, 1.0
    assert float(objective({"same": early})[0]) == 0.0
    assert float(objective({"same": late})[0]) > 0.3


def test_pictures_are_guided_in_both_axes(picture_model, rng):
    guide = rng.uniform(size=(2, 12, 9, 3))
    objective = guides.guided_locally(picture_model, ["conv"], [guide, guide[0]], cells=(2, 3))
    assert np.shape(settings(objective)["weights"]) == (2, 3, 4)
    objective.check(picture_model)


def test_vectors_are_the_guides_features(same):
    pair = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0]])]
    objective = guides.matched(same, "same", pair)
    assert settings(objective)["vectors"] == [[1, 2], [3, 4], [5, 6]]


def test_no_more_vectors_are_drawn_than_asked_for(same, rng):
    guide = rng.normal(size=(1, 500, 2)).astype("float32")
    drawn = settings(guides.matched(same, "same", [guide]))["vectors"]
    assert len({tuple(vector) for vector in drawn}) == 256
    assert {tuple(vector) for vector in drawn} <= {tuple(vector) for vector in guide[0].tolist()}
    again = settings(guides.matched(same, "same", [guide], seed=0))["vectors"]
    other = settings(guides.matched(same, "same", [guide], seed=1))["vectors"]
    assert drawn == again
    assert drawn != other
    assert len(settings(guides.matched(same, "same", [guide], most_vectors=3))["vectors"]) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda model, guide: guides.guided(model, ["conv1", "conv2"], [guide]),
        lambda model, guide: guides.guided(model, ["conv2"], [guide], normalization="zscore"),
        lambda model, guide: guides.guided_locally(model, ["conv2"], [guide]),
        lambda model, guide: guides.matched(model, "conv2", [guide], most_vectors=16),
    ],
    ids=["guided", "guided by z-scores", "guided_locally", "matched"],
)
def test_three_steps_of_ascent_raise_it(make, small_model, chirp, rng):
    guide = rng.uniform(-0.5, 0.5, 12000)
    objective = make(small_model, guide)
    dream = DeepDream(small_model, objective, octaves=1, steps=3, roll_seconds=0.0)
    result = dream.run(chirp)
    assert result.objective_real[0] > result.objective_before[0]


def test_a_waveform_may_lack_the_channel_that_the_model_asks_for():
    inputs = keras.Input((None, 1))
    model = keras.Model(inputs, keras.layers.Activation("linear", name="same")(inputs))
    for guide in ([1.0, 3.0], [[1.0, 3.0]], [[[1.0], [3.0]]]):
        assert settings(guides.matched(model, "same", [guide]))["vectors"] == [[1], [3]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"guides": []}, "at least one guide"),
        ({"guides": None}, "Expected a list of guides. Received: NoneType"),
        ({"guides": ["rooster.wav"]}, "Guide 1 must be an array. Received: str"),
        ({"guides": [np.ones((5, 2)), np.ones((5, 3))]}, r"Guide 2 .* twin takes.*\(5, 3\)"),
        ({"guides": np.ones(5)}, r"Guide 1 .* Received shape: \(\)"),
        ({"guides": [np.ones((0, 5, 2))]}, r"Guide 1 .* Received shape: \(0, 5, 2\)"),
        ({"guides": [np.ones((0, 2))]}, r"Guide 1 .* Received shape: \(0, 2\)"),
        ({"guides": [np.full((5, 2), np.nan)]}, "Guide 1 must be finite"),
        ({"guides": [np.zeros((5, 2))]}, "no direction in layer 'same'.*0. Choose another"),
        ({"normalization": "zscore"}, "no direction in layer 'same'.*1. Choose another"),
        ({"normalization": "min"}, "one of max, sum, softmax, zscore, l2. Received: 'min'"),
        ({"weights": [1, 2]}, "Expected 1 `weights`, one per guide. Received: 2"),
        ({"weights": [np.inf]}, "`weights` must be finite"),
        ({"layers": "same"}, "a list of layer names. Received: 'same'"),
        ({"layers": 5}, "a list of layer names. Received: 5"),
        ({"layers": [5]}, "the name of a layer.* Received: 5"),
        ({"weights": 5}, r"`weights` must have 1 axis.* Received shape: \(\)"),
        ({"normalization": ["l2"]}, r"one of max, .* Received: \['l2'\]"),
        ({"layers": ["sam"]}, "no layer 'sam'. Did you mean same"),
        ({"layers": []}, "a list of layer names"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message, same):
    arguments = {"layers": ["same"], "guides": [np.ones((5, 2))], **arguments}
    with pytest.raises(InputError, match=message) as refusal:
        guides.guided(same, **arguments)
    assert "\n" not in str(refusal.value)


def test_what_does_not_fit_a_grid_or_a_draw_is_refused(same, picture_model):
    picture = [np.ones((9, 9, 3))]
    with pytest.raises(InputError, match="'flat' has no positions.* Use `guided`"):
        guides.guided_locally(picture_model, ["flat"], picture)
    with pytest.raises(InputError, match=r"at least 2 ints above 0 .* Received: \[8\]"):
        guides.guided_locally(picture_model, ["conv"], picture, cells=[8])
    with pytest.raises(InputError, match="at least 2 ints above 0 .* Received: 8"):
        guides.guided_locally(picture_model, ["conv"], picture, cells=8)
    with pytest.raises(InputError, match="`seed` must be an int of at least 0. Received: True"):
        guides.matched(same, "same", [np.ones((5, 2))], seed=True)
    with pytest.raises(InputError, match="a keras.Model to dream with. Received: 'same'"):
        guides.matched("same", "same", [np.ones((5, 2))])
    with pytest.raises(InputError, match=r"ints above 0 .* Received: \[8, 0\]"):
        guides.guided_locally(picture_model, ["conv"], picture, cells=[8, 0])
    with pytest.raises(InputError, match="`most_vectors` must be an int"):
        guides.matched(same, "same", [np.ones((5, 2))], most_vectors=0)
    with pytest.raises(InputError, match="`seed` must be an int of at least 0. Received: -1"):
        guides.matched(same, "same", [np.ones((5, 2))], seed=-1)
    with pytest.raises(InputError, match="no layer 'sam'"):
        guides.matched(same, "sam", [np.ones((5, 2))])


def test_a_silent_guide_is_refused(small_model, chirp):
    for make in (guides.guided, guides.guided_locally):
        with pytest.raises(InputError, match="Guide 2 is silent: it has no features"):
            make(small_model, ["conv1"], [chirp, 0 * chirp])
    with pytest.raises(InputError, match="Guide 1 is silent"):
        guides.matched(small_model, "conv1", [0 * chirp])


@pytest.mark.parametrize(
    "make", [guides.guided, guides.guided_locally, guides.matched, styles.style]
)
def test_a_picture_that_is_too_small_for_a_layer_is_refused(make):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv")(inputs))
    with pytest.raises(InputError, match="'conv' outputs nothing for an example of 2 x 9 pixels"):
        make(model, "conv" if make is guides.matched else ["conv"], [np.ones((2, 9, 3))])


def test_a_model_of_two_inputs_is_refused():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    model = keras.Model(inputs, keras.layers.Add(name="add")(inputs), name="pair")
    with pytest.raises(InputError, match="one input. pair has 2"):
        guides.guided(model, ["add"], [np.ones(4)])


def test_what_is_inverted_scores_by_its_relative_error(same):
    target = np.array([[3.0, 0.0], [0.0, 4.0]])
    objective = guides.inverted(same, ["same"], target)
    for answer, expected in ((target, 0), (0 * target, -1), (2 * target, -1), (-target, -4)):
        score = objective({"same": np.float32(answer)[None]})
        np.testing.assert_allclose(score, [expected], atol=1e-6)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (np.ones((2, 5, 2)), "one example to invert. Received: 2"),
        (np.zeros((5, 2)), "nothing to invert"),
        (np.ones((5, 3)), "of the shape that twin takes"),
    ],
)
def test_what_cannot_be_inverted_is_refused(same, target, message):
    with pytest.raises(InputError, match=message):
        guides.inverted(same, ["same"], target)
