"""Numbers of workers, shares of a batch, and what is prepared, without any device."""

import types

import keras
import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import rows_each


def strategy_of(task_type, task_id, cluster):
    spec = types.SimpleNamespace(as_dict=lambda: {name: ["host:1"] for name in cluster})
    resolver = types.SimpleNamespace(
        task_type=task_type, task_id=task_id, cluster_spec=lambda: spec
    )
    return types.SimpleNamespace(cluster_resolver=resolver)


@pytest.mark.parametrize(
    ("strategy", "number"),
    [
        (None, 0),
        (types.SimpleNamespace(), 0),
        (types.SimpleNamespace(cluster_resolver=None), 0),
        (strategy_of(None, None, []), 0),
        (strategy_of("worker", 0, ["worker"]), 0),
        (strategy_of("worker", 2, ["worker"]), 2),
        (strategy_of("chief", 0, ["chief", "worker"]), 0),
        (strategy_of("worker", 0, ["chief", "worker"]), 1),
    ],
)
def test_workers_are_numbered_from_the_chief(strategy, number):
    assert strategies.worker(strategy) == number


@pytest.mark.parametrize(
    ("devices", "batch_size", "rows"), [(None, 5, 5), (1, 5, 5), (2, 6, 3), (4, 4, 1)]
)
def test_rows_are_shared_evenly(devices, batch_size, rows):
    strategy = devices and types.SimpleNamespace(num_replicas_in_sync=devices)
    assert rows_each(strategy, batch_size) == rows


@pytest.mark.parametrize(("devices", "batch_size"), [(2, 5), (4, 2), (3, 0), (None, 0)])
def test_uneven_shares_are_refused(devices, batch_size):
    strategy = devices and types.SimpleNamespace(num_replicas_in_sync=devices)
    message = f"that {devices or 1} devices share evenly. Received: {batch_size} examples"
    with pytest.raises(InputError, match=message):
        rows_each(strategy, batch_size)


def test_no_strategy_is_found_for_one_device():
    assert strategies.find(None) is None
    with strategies.scope(None) as scope:
        assert scope is None


@pytest.mark.parametrize("kind", ["tpu", "", "Mirrored"])
def test_unknown_kinds_are_named(kind):
    with pytest.raises(InputError, match=f"of mirrored, multiworker. Received: '{kind}'"):
        strategies.find(kind)


GOOD = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 1}}'


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{",
        "{}",
        GOOD.replace('"index": 1', '"index": 2'),
        GOOD.replace('"index": 1', '"index": -1'),
        GOOD.replace('"index": 1', '"index": "1"'),
        GOOD.replace('"type": "worker"', '"type": "chief"'),
        GOOD.replace('"b:2"', "2"),
        GOOD.replace('"task"', '"tasks"'),
    ],
)
def test_clusters_that_name_no_worker_are_refused(text):
    with pytest.raises(InputError, match="Expected TF_CONFIG in the environment"):
        strategies._check_cluster(text)
    strategies._check_cluster(GOOD)


def test_normalisations_are_synchronized_in_nested_models_too():
    def block(inputs):
        return keras.layers.BatchNormalization()(keras.layers.Dense(2)(inputs))

    inner = keras.Input((2,))
    inner = keras.Model(inner, block(inner))
    inputs = keras.Input((2,))
    model = keras.Model(inputs, inner(block(inputs)))
    norms = [x for x in model._flatten_layers() if hasattr(x, "synchronized")]
    strategies.prepare(model, None)
    assert not any(norm.synchronized for norm in norms)
    strategies.prepare(model, object())
    assert [norm.synchronized for norm in norms] == [True, True]


def test_batches_are_made_in_order_and_only_those_asked_for():
    made = []

    def batch(step):
        made.append(step)
        return np.full(1, step)

    found = [int(data[0]) for data in strategies._ahead(batch, 3, 7)]
    assert found == made == [3, 4, 5, 6]
    assert list(strategies._ahead(batch, 7, 7)) == []
