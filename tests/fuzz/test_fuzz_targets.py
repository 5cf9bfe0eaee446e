"""Each parser refuses damaged files by an `InputError`: a few hundred seeded tries of each.

`python tests/fuzz/run.py` tries more, and `benchmarks/robustness.py` counts 50,000.
"""

import pytest
from fuzz import isolated, sound_seeds
from fuzz.mutations import mutated
from fuzz.targets import TARGETS, Target

from keras_sounddream.errors import InputError


@pytest.fixture(scope="module")
def counts():
    """What came of the tries of every target, in processes with limits of memory and time."""
    return isolated.run([(name, 0, target.quick) for name, target in TARGETS.items()])


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_read_or_refused(counts, name):
    count = counts[name]
    assert count.faults == {}
    assert count.tries == TARGETS[name].quick or TARGETS[name].seeds() == []


ALIKE = ("raw_samples", "data_check", "server_config")  # nothing of these is refused


@pytest.mark.parametrize("name", [name for name, t in TARGETS.items() if t.quick > 50])
def test_some_files_are_read_and_some_are_not(counts, name):
    """Or the tries would show nothing."""
    outcomes = counts[name].outcomes
    if name not in ALIKE and counts[name].tries:
        assert len(outcomes) > 1
        assert outcomes["read"] + outcomes["warned"] > 0


def test_a_try_is_the_same_each_time():
    seeds = [b"RIFF" + bytes(range(200)), sound_seeds.sound("OGG", "VORBIS")]
    made = [mutated(seeds, 1, number) for number in range(40)]
    assert made == [mutated(seeds, 1, number) for number in range(40)]
    assert made[:2] == seeds
    assert len(set(made)) > 35
    assert made[2:] != [mutated(seeds, 2, number) for number in range(2, 40)]


def refuse(data):
    raise InputError("no")


def fail(data):
    raise KeyError("a fault")


def hang(data):
    while True:
        pass


@pytest.mark.parametrize(
    ("one", "outcome"),
    [(len, "read"), (refuse, "refused"), (fail, "traceback KeyError"), (hang, "time")],
)
def test_outcomes_are_told_apart(one, outcome):
    import signal

    old = signal.signal(signal.SIGPROF, isolated._too_long)
    try:
        found = isolated.try_one(Target(one, list), b"", seconds=0.05)
    finally:
        signal.signal(signal.SIGPROF, old)
    assert (found["kind"] if isinstance(found, dict) else found) == outcome
