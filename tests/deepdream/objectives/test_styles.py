"""Objectives of style and content: hand-computed statistics, gradients, tiles, saving."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.objectives import statistics

TWO = np.array([[1.0, 2.0], [3.0, 0.0], [2.0, 4.0]], "float32")  # positions, channels
GRAM = [[14 / 3, 10 / 3], [10 / 3, 20 / 3]]  # mean products over the three positions


@pytest.fixture(scope="module")
def same():
    """A model whose layer gives out what comes in: `(batch, time, 2)`."""
    inputs = keras.Input((None, 2))
    return keras.Model(inputs, keras.layers.Activation("linear", name="same")(inputs), name="twin")


@pytest.fixture(scope="module")
def eye():
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1")(inputs)
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv2")(x)
    return keras.Model(inputs, x, name="eye")


def settings(objective):
    return objective.terms[0]["settings"]


def score(objective, **activations):
    tensors = {
        n.replace("_of_", "/"): keras.ops.convert_to_tensor(x) for n, x in activations.items()
    }
    return keras.ops.convert_to_numpy(objective(tensors))


def test_a_gram_is_the_mean_product_of_channels(same):
    np.testing.assert_allclose(
        settings(objectives.style(same, ["same"], [TWO]))["target"], [np.ravel(GRAM)], rtol=1e-6
    )


def test_the_score_is_minus_the_distance_of_grams_over_the_target_s_norm(same):
    other = np.array([[[0.0, 1.0], [2.0, 0.0]]], "float32")  # Gram [[2, 0], [0, 1/2]]
    squares = [(2 - 14 / 3) ** 2, (10 / 3) ** 2, (10 / 3) ** 2, (0.5 - 20 / 3) ** 2]
    norm = (14 / 3) ** 2 + 2 * (10 / 3) ** 2 + (20 / 3) ** 2
    relative = objectives.style(same, ["same"], [TWO])
    absolute = objectives.style(same, ["same"], [TWO], relative=False)
    np.testing.assert_allclose(score(relative, same=other), [-sum(squares) / norm], rtol=1e-5)
    np.testing.assert_allclose(score(absolute, same=other), [-sum(squares) / 4], rtol=1e-5)
    # the same positions in another order, and twice: the same style
    again = np.concatenate([TWO[::-1], TWO])[None]
    np.testing.assert_allclose(score(relative, same=again), [0.0], atol=1e-10)


def test_over_time_each_band_has_a_gram_of_its_own():
    activation = np.arange(12, dtype="float32").reshape(1, 2, 3, 2)  # time, bands, channels
    found = np.asarray(statistics.measure(activation, "gram", "time"))[0, 0].reshape(3, 2, 2)
    for band in range(3):
        rows = activation[0, :, band]
        np.testing.assert_allclose(found[band], rows.T @ rows / 2, rtol=1e-6)


def test_moments_and_correlations_are_those_of_numpy(rng):
    rows = rng.gamma(2.0, size=(50, 3)).astype("float32")
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    standard = (rows - mean) / deviation
    kinds = [mean, deviation, (standard**3).mean(axis=0), (standard**4).mean(axis=0)]
    found = statistics.measure(rows[None], "moments", "positions")
    np.testing.assert_allclose(np.asarray(found)[0], kinds, rtol=1e-4)
    found = statistics.measure(rows[None], "correlation", "positions")
    np.testing.assert_allclose(np.asarray(found)[0, 0], np.corrcoef(rows.T).ravel(), rtol=1e-4)
    found = statistics.measure(rows[None], "power", "positions")
    np.testing.assert_allclose(np.asarray(found)[0, 0], (rows**2).mean(axis=0), rtol=1e-5)


def test_several_examples_are_mixed_by_their_shares(same):
    ones, twos = np.ones((4, 2), "float32"), 2 * np.ones((9, 2), "float32")
    mixed = objectives.style(same, ["same"], [ones, twos], weights=[3, 1])
    np.testing.assert_allclose(settings(mixed)["target"], [[(3 * 1 + 4) / 4] * 4])
    batch = objectives.style(same, ["same"], [np.stack([TWO, TWO[::-1] * 2])])  # 1 and 4 times
    np.testing.assert_allclose(settings(batch)["target"], [2.5 * np.ravel(GRAM)], rtol=1e-6)


def test_a_mask_chooses_the_positions(same):
    masked = objectives.style(same, ["same"], [TWO], mask=[1.0, 0.0])
    other = np.concatenate([TWO, 100 * np.ones((3, 2), "float32")])[None]
    middle = np.linspace(0.5, 5.5, 6) / 6 * 2 - 0.5  # of the grid's two cells
    shares = 1 - np.clip(middle, 0, 1)
    rows = other[0]
    gram = (rows * shares[:, None]).T @ rows / shares.sum()
    expected = -np.sum((gram - GRAM) ** 2) / np.sum(np.square(GRAM))
    np.testing.assert_allclose(score(masked, same=other), [expected], rtol=1e-5)


def test_content_compares_with_the_source_s_activations():
    dream = np.array([[[1.0, 2.0], [0.0, 0.0]]], "float32")
    source = np.array([[[1.0, 0.0], [2.0, 1.0]]], "float32")
    squares, norm = (4.0, 5.0), (1.0, 5.0)
    pair = {"conv": dream, "conv_of_source": source}
    relative = score(objectives.content(["conv"]), **pair)
    np.testing.assert_allclose(relative, [-sum(squares) / sum(norm)], rtol=1e-5)
    absolute = score(objectives.content(["conv"], relative=False), **pair)
    np.testing.assert_allclose(absolute, [-sum(squares) / 4], rtol=1e-6)


def test_a_dream_keeps_its_content_and_comes_nearer_to_a_style(eye, rng):
    example = rng.uniform(-1, 1, (40, 30, 3))
    picture = np.tile(np.linspace(60, 200, 32)[:, None, None], (1, 24, 3))
    kind = {"octaves": 1, "steps": 20, "step_size": 8.0, "roll_pixels": 5}
    style = objectives.style(eye, ["conv1", "conv2"], [example])
    alone = DeepDream(eye, style, **kind).run(picture)
    held = DeepDream(eye, style + 20 * objectives.content(["conv2"]), **kind)
    both = held.run(picture)
    assert alone.objective_real[0] > 0.5 * alone.objective_before[0]
    content = DeepDream(eye, objectives.content(["conv2"]))
    assert content.score(picture[None])[0] == 0
    kept, lost = (float(content.score(r.dream, r.source)[0]) for r in (both, alone))
    assert 0 > kept > 0.5 * lost
    first = float(held.score(picture[None], picture[None] + 20)[0])
    assert first < float(held.score(picture[None])[0])  # measured against the source that is given


def test_a_style_is_saved_and_reloaded(eye, rng, tmp_path):
    picture = rng.uniform(0, 255, (1, 16, 16, 3)).astype("float32")
    objective = objectives.style(
        eye, ["conv1"], [rng.uniform(-1, 1, (9, 9, 3))], statistic="moments", mask=np.eye(3)
    ) + objectives.content(["conv2"])
    dream = DeepDream(eye, objective, octaves=1, steps=1)
    dream.save(tmp_path / "style.keras")
    loaded = keras.models.load_model(tmp_path / "style.keras")
    given = picture, picture[:, ::-1]
    np.testing.assert_allclose(loaded.score(*given), dream.score(*given), rtol=1e-6)
    assert str(loaded.objective) == "the style of examples in conv1 + the source's content in conv2"


def test_tiles_are_averaged_only_on_request(eye):
    objective = objectives.style(eye, ["conv1"], [np.ones((8, 8, 3))])
    objective += objectives.content(["conv1"])
    with pytest.raises(InputError, match="cannot be cut into tiles exactly"):
        DeepDream(eye, objective, tile_pixels=16)
    tiled = DeepDream(eye, objective, tile_pixels=16, approximate=True)
    picture = np.full((1, 32, 32, 3), 99.0, "float32")
    whole = DeepDream(eye, objectives.content(["conv1"]))
    np.testing.assert_allclose(
        tiled.score(picture)[0], DeepDream(eye, objective).score(picture[:, :16, :16])[0], rtol=0.3
    )
    assert whole.score(picture)[0] == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"examples": []}, "Expected at least one example. Received none."),
        ({"examples": "rain.wav"}, "Expected a list of examples. Received: str"),
        ({"examples": [np.ones(3)]}, r"Example 1 must be of the shape that twin takes, "),
        ({"examples": [TWO, TWO * np.nan]}, "Example 2 must be finite numbers."),
        ({"examples": [0 * TWO]}, "Layer 'same' outputs only zeros for an example"),
        ({"layers": []}, r"Expected a list of layer names. Received: \[\]"),
        ({"layers": ["sam"]}, "twin has no layer 'sam'"),
        ({"weights": [1, 2]}, "Expected 1 `weights`, one per example. Received: 2"),
        ({"weights": [-1]}, "`weights` must be 0 or more, and one above 0."),
        ({"statistic": "grams"}, "`statistic` must be one of gram, correlation, power, moments"),
        ({"over": "space"}, "`over` must be one of positions, time"),
        ({"mask": [[0.0, 0.0]]}, "`mask` must be 0 or more, and more somewhere. Received: 0 to 0"),
        ({"mask": "left"}, "`mask` must be numbers"),
        ({"relative": 1}, "`relative` must be"),
    ],
)
def test_bad_arguments(same, changed, message):
    with pytest.raises(InputError, match=message):
        objectives.style(same, **{"layers": ["same"], "examples": [TWO], **changed})


def test_a_style_of_another_layer_or_with_a_mask_of_too_many_axes_is_refused(same, eye):
    objective = objectives.style(same, ["same"], [TWO])
    other = objectives.Objective([{**objective.terms[0], "layer": "conv1"}])
    with pytest.raises(InputError, match=r"Layer 'conv1' has a gram of shape \(1, 16\)"):
        other.check(eye)
    with pytest.raises(InputError, match="has 1 axes of positions: a mask has 1 to as many"):
        objectives.style(same, ["same"], [TWO], mask=[[1.0]]).check(same)
    with pytest.raises(InputError, match="Expected a list of layer names"):
        objectives.content("conv1")
