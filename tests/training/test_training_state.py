"""Files of a training's state, the folder's claim, the learning rate's schedule, dtype policies."""

import json
import types
import warnings

import h5py
import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.errors import InputWarning
from keras_sounddream.locks import locked
from keras_sounddream.training import callbacks, classifier, states


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
        ({}, [6, 7]),
        ({"keep": 1}, [7]),
        ({"keep": 3}, [5, 6, 7]),
        ({"every": 3}, [3, 6]),
        ({"every": 3, "last": 7}, [6, 7]),
        ({"every": 3, "last": 7, "keep": 9}, [3, 6, 7]),
        ({"every": 100, "last": 7}, [7]),
        ({"every": 100}, []),
        ({"every": 100, "minutes": 0.0}, [6, 7]),
        ({"every": 100, "minutes": 60.0}, []),
    ],
)
def test_states_are_kept_by_number(tmp_path, options, files):
    assert run(states.TrainingState(tmp_path, 0, **options), 7) == files


def test_one_worker_of_several_writes(tmp_path):
    state = states.TrainingState(tmp_path, 0)
    state.writes = False
    assert run(state, 3) == []


def test_the_newest_state_is_restored(tmp_path):
    state = states.TrainingState(tmp_path, 0, keep=12)
    model = small_model()
    assert state.restore(model) == 0
    state.set_model(model)
    for epoch, value in ((8, 1.0), (9, 2.0)):  # by number: state-10 comes behind state-9
        model.layers[0].kernel.assign(np.full((2, 1), value))
        state.on_epoch_end(epoch)
    again = small_model()
    assert state.restore(again) == 10
    np.testing.assert_array_equal(again.layers[0].kernel, 2.0)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def make_a_folder(path):
    path.unlink()
    path.mkdir()


def of_other_keys(path):
    with h5py.File(path, "w") as file:
        file["layers/other/vars/0"] = np.zeros(3)


def without_the_optimizer(path):
    with h5py.File(path, "r+") as file:
        del file["optimizer"]
        del file.attrs["sounddream_crc32"]


def with_another_number(path):
    with h5py.File(path, "r+") as file:
        file["optimizer/vars/0"][()] = 77


def of_text(path):
    path.write_text("<html>404</html>")


DAMAGES = (
    *(cut_in_half, empty, make_a_folder, of_other_keys),
    *(without_the_optimizer, with_another_number, of_text),
)


def saved(folder, epochs):
    """A folder with a state for each of some epochs, whose kernels are the epoch's number."""
    state, model = states.TrainingState(folder, 0, keep=9), small_model()
    state.set_model(model)
    model.optimizer.build(model.trainable_variables)
    for epoch in epochs:
        model.layers[0].kernel.assign(np.full((2, 1), epoch))
        state.on_epoch_end(epoch - 1)
    return sorted(folder.glob("state-*"))


def built_model():
    model = small_model()
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_state_gives_way_to_the_one_before(damage, tmp_path):
    *_, middle, last = saved(tmp_path, (1, 2, 3))
    damage(last)
    damage(middle)
    state, model = states.TrainingState(tmp_path, 0), built_model()
    with pytest.warns(
        InputWarning, match=r"state-\d+.weights.h5 is damaged .*: the training goes on"
    ) as w:
        assert state.restore(model) == 1
    assert [str(one.message).count("state-000001") for one in w] == [1, 1]
    assert all("\n" not in str(one.message) for one in w)
    np.testing.assert_array_equal(model.layers[0].kernel, 1)
    assert states.newest_epoch(tmp_path) == 1  # the damaged are set aside
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert state.restore(built_model()) == 1


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_one_line_tells_that_every_state_is_damaged(damage, tmp_path):
    for path in saved(tmp_path, (1, 2)):
        damage(path)
    with pytest.raises(InputError, match=r"No state in .* can be read \(state-000002") as caught:
        states.TrainingState(tmp_path, 0).restore(built_model())
    assert "\n" not in str(caught.value)
    assert len(list(tmp_path.glob("state-*.weights.h5"))) == 2


def test_files_that_are_no_states_are_passed_over(tmp_path):
    for name in ("state-old.weights.h5", "state-1.weights.h5.damaged", "state-000000.weights.h5"):
        (tmp_path / name).write_text("mine")
    assert states.TrainingState(tmp_path, 0).restore(built_model()) == 0


def test_one_run_trains_in_a_folder(tmp_path):
    state = states.TrainingState(tmp_path, 0)
    with (
        locked(tmp_path, "train", inside=True),
        pytest.raises(InputError, match="Another process writes .*train"),
        state.held(),
    ):
        pass
    with state.held(), states.TrainingState(tmp_path, 0, worker=1).held():
        pass


@pytest.mark.parametrize("content", ["", '{"seed"', "[1]", "\0"])
def test_a_damaged_claim_is_named(content, tmp_path):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match="(run.json is damaged|holds a run).* Give another folder"):
        states.claim_folder(tmp_path, {"seed": 1})


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK", None])
def test_lost_accuracies_are_named(content, tmp_path):
    drop = callbacks.LearningRateDrop(tmp_path, 1e-4, 10)
    if content is not None:
        drop.path.write_bytes(content)
    with pytest.warns(InputWarning, match="accuracies.npy is damaged"):
        drop.on_epoch_begin(5)
    assert drop.accuracies == []


def test_random_layers_draw_by_seed_epoch_and_worker(tmp_path):
    seeds = set()
    for worker in range(2):
        state = states.TrainingState(tmp_path, 5, worker=worker)
        state.set_model(small_model())
        for epoch in range(2):
            state.on_epoch_begin(epoch)
            generator = state.model.layers[1].seed_generator
            seeds.add(tuple(np.asarray(generator.state).tolist()))
    assert seeds == {(5, 0), (5, 1 << 16), (1_000_008, 0), (1_000_008, 1 << 16)}


def test_a_folder_is_claimed_once(tmp_path):
    folder = tmp_path / "new" / "run"
    states.claim_folder(folder, {"seed": 1, "fold": 2})
    states.claim_folder(folder, {"fold": 2, "seed": 1})
    assert json.loads((folder / "run.json").read_text()) == {"seed": 1, "fold": 2}
    with pytest.raises(InputError, match=r"holds a run with {'seed': 1}, not {'seed': 3}"):
        states.claim_folder(folder, {"seed": 3, "fold": 2})
    with pytest.raises(InputError, match=r"with {'fold': 2, 'epochs': None}, not {'fold': None"):
        states.claim_folder(folder, {"seed": 1, "epochs": 4})


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
    state = states.TrainingState(tmp_path, 0, last=2)
    first.compile(classifier.adamw(6), "mse")
    first.optimizer.build(first.trainable_variables)
    state.set_model(first)
    state.on_epoch_end(1)
    again = classifier.fit(small_model, batches, tmp_path, 9, loss="mse", metrics=())
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
