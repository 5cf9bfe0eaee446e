"""Files of a training's state, the folder's claim, the learning rate's schedule, dtype policies."""

import json
import types

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.training import classifier


def small_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5)])
    model.compile("sgd", "mse")
    return model


def run(state, epochs, first=0):
    state.set_model(small_model())
    for epoch in range(first, epochs):
        state.on_epoch_end(epoch)
    return sorted(int(path.name[6:12]) for path in state.folder.iterdir())


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({}, [7]),
        ({"keep": 3}, [5, 6, 7]),
        ({"every": 3}, [6]),
        ({"every": 3, "last": 7}, [7]),
        ({"every": 3, "last": 7, "keep": 9}, [3, 6, 7]),
        ({"every": 100, "last": 7}, [7]),
        ({"every": 100}, []),
        ({"every": 100, "minutes": 0.0}, [7]),
        ({"every": 100, "minutes": 60.0}, []),
    ],
)
def test_states_are_kept_by_number(tmp_path, options, files):
    assert run(classifier.TrainingState(tmp_path, 0, **options), 7) == files


def test_one_worker_of_several_writes(tmp_path):
    state = classifier.TrainingState(tmp_path, 0)
    state.writes = False
    assert run(state, 3) == []


def test_the_newest_state_is_restored(tmp_path):
    state = classifier.TrainingState(tmp_path, 0, keep=12)
    model = small_model()
    assert state.restore(model) == 0
    state.set_model(model)
    for epoch, value in ((8, 1.0), (9, 2.0)):  # by number: state-10 comes behind state-9
        model.layers[0].kernel.assign(np.full((2, 1), value))
        state.on_epoch_end(epoch)
    again = small_model()
    assert state.restore(again) == 10
    np.testing.assert_array_equal(again.layers[0].kernel, 2.0)


def test_random_layers_draw_by_seed_epoch_and_worker(tmp_path):
    seeds = set()
    for worker in range(2):
        state = classifier.TrainingState(tmp_path, 5, worker=worker)
        state.set_model(small_model())
        for epoch in range(2):
            state.on_epoch_begin(epoch)
            generator = state.model.layers[1].seed_generator
            seeds.add(tuple(np.asarray(generator.state).tolist()))
    assert seeds == {(5, 0), (5, 1 << 16), (1_000_008, 0), (1_000_008, 1 << 16)}


def test_a_folder_is_claimed_once(tmp_path):
    folder = tmp_path / "new" / "run"
    classifier.claim_folder(folder, {"seed": 1, "fold": 2})
    classifier.claim_folder(folder, {"fold": 2, "seed": 1})
    assert json.loads((folder / "run.json").read_text()) == {"seed": 1, "fold": 2}
    with pytest.raises(InputError, match=r"holds a run with {'seed': 1}, not {'seed': 3}"):
        classifier.claim_folder(folder, {"seed": 3, "fold": 2})
    with pytest.raises(InputError, match=r"with {'fold': 2, 'epochs': None}, not {'fold': None"):
        classifier.claim_folder(folder, {"seed": 1, "epochs": 4})


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.0), (5, 1.0), (10, 2.0), (105, 1.0), (200, 0.0), (300, 0.0)]
)
def test_the_rate_rises_for_a_twentieth_and_falls_along_a_cosine(step, rate):
    optimizer = classifier.adamw(200, peak_learning_rate=2.0)
    optimizer.build([keras.Variable(np.zeros(1))])
    optimizer.iterations.assign(step)
    assert float(optimizer.learning_rate) == pytest.approx(rate, abs=1e-6)


def test_biases_and_normalisations_do_not_decay():
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    )
    optimizer = classifier.adamw(10)
    optimizer.build(model.trainable_variables)
    decaying = [x.name for x in model.trainable_variables if optimizer._use_weight_decay(x)]
    assert decaying == ["kernel"]


def test_a_policy_holds_while_a_model_is_built():
    before = keras.config.dtype_policy().name
    layer = classifier.build_under(lambda: keras.layers.Dense(1), "mixed_bfloat16")
    assert layer.compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == before
    with pytest.raises(ZeroDivisionError):
        classifier.build_under(lambda: 1 / 0, "mixed_bfloat16")
    assert keras.config.dtype_policy().name == before


def test_the_bar_goes_on_where_a_run_was(capsys):
    bar = classifier.ProgressBar(3, 5, "step")
    bar.on_train_begin()
    bar.on_epoch_end(3, {"loss": 0.25})
    bar.on_train_end()
    shown = capsys.readouterr().err
    assert "3/5" in shown
    assert "4/5" in shown
    assert "loss=0.250" in shown


def test_a_trained_model_is_not_trained_again(tmp_path):
    batches = types.SimpleNamespace(epochs=2, steps_per_epoch=3)
    first = small_model()
    state = classifier.TrainingState(tmp_path, 0, last=2)
    first.compile(classifier.adamw(6), "mse")
    first.optimizer.build(first.trainable_variables)
    state.set_model(first)
    state.on_epoch_end(1)
    again = classifier.fit(small_model, batches, tmp_path, 9, loss="mse", metrics=())
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
