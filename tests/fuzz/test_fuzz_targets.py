"""Each parser refuses damaged files by an `InputError`: a few hundred seeded tries of each.

`python tests/fuzz/run.py` tries more, and `benchmarks/robustness.py` counts 50,000.
"""

import pytest
from fuzz import isolated, sound_seeds
from fuzz.mutations import mutated
from fuzz.targets import TARGETS, Target

from keras_sounddream.errors import InputError

# Nothing of these is refused; of an archive all is, since the data set is not in it.
ALIKE = ("raw_samples", "data_check", "server_config", "archive")


def test_damaged_files_are_read_or_refused():
    """All targets in one test, since they share processes, with limits of memory and time."""
    counts = isolated.run([(name, 0, target.quick) for name, target in TARGETS.items()])
    assert {name: count.faults for name, count in counts.items() if count.faults} == {}
    tried = {name: count for name, count in counts.items() if count.tries}
    assert set(TARGETS) - set(tried) <= {"coded_sound"}  # which needs PyAV
    for name, count in tried.items():
        assert count.tries == TARGETS[name].quick
        read = count.outcomes["read"] + count.outcomes["warned"]
        assert read > 0 or count.tries < 50, f"{name}: no file was read, which shows nothing"
        assert len(count.outcomes) > 1 or name in ALIKE, f"{name}: {count.outcomes}"


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
