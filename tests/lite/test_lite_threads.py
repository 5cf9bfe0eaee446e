"""One object of each kind in eight threads: every answer is that of its own sound, to the bit."""

import itertools
import sys
import threading

import numpy as np
import pytest
from lite import made_files

from keras_sounddream.lite import Classifier, Dreamer, Embedder, Generator, ModelFile, sonify
from keras_sounddream.lite.runtime import Task

THREADS, CALLS = 8, 12


@pytest.fixture(autouse=True)
def many_switches():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def sounds():
    """A sound per thread, 4000 samples each: unlike in level and in order."""
    rng = np.random.default_rng(0)
    return [
        (rng.uniform(-0.1, 0.1, 4000) * (i + 1) + np.linspace(0, 0.1, 4000)).astype("float32")
        for i in range(THREADS)
    ]


@pytest.fixture(scope="module")
def generating(tmp_path_factory):
    return made_files.generator(tmp_path_factory.mktemp("generator") / "sum.tflite")


def streamed(classifier, sound):
    return np.stack([vector for _, vector in classifier.stream([sound], 0.01)])


def pieces(generator, seed):
    return np.concatenate(list(itertools.islice(generator.stream(seed=seed), 4)))


SOUND_CALLS = {
    "scores": (Classifier, lambda one, sound: one.scores(sound)),
    "a stream of scores": (Classifier, streamed),
    "features": (Embedder, lambda one, sound: one.features(sound)),
    "a dream": (Dreamer, lambda one, sound: one.dream(sound)),
    "single steps": (Dreamer, lambda one, sound: one.dream(sound, steps=3)),
    "one step": (Dreamer, lambda one, sound: np.append(*one.step(sound[:1600], place=2))),
    "a sonification": (Embedder, lambda one, sound: sonify(one, sound, hop_seconds=0.02)[0]),
    "a file's tasks": (ModelFile, lambda one, sound: one.run("dream", sound[:1600])["waveform"]),
}
SEED_CALLS = {
    "a generated sound": lambda one, seed: one.generate(0.2, seed=seed),
    "a stream of samples": pieces,
}


def count_wrong(call, given):
    """Answers from threads, one per thing given, that differ from those one after the other."""
    wanted = [call(one) for one in given]
    wrong, ready = [], threading.Barrier(len(given))

    def work(i):
        ready.wait()
        for _ in range(CALLS):
            try:
                wrong.append(not np.array_equal(call(given[i]), wanted[i]))
            except Exception as error:  # counts, too
                wrong.append(repr(error))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(given))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == CALLS * len(given)
    return sum(map(bool, wrong))


@pytest.mark.parametrize("kind", SOUND_CALLS)
def test_threads_get_the_answers_to_their_own_sounds(model, sounds, kind):
    make, call = SOUND_CALLS[kind]
    shared = make(model)
    assert count_wrong(lambda sound: call(shared, sound), sounds) == 0


@pytest.mark.parametrize("kind", SEED_CALLS)
def test_threads_get_the_sounds_of_their_own_seeds(generating, kind):
    shared = Generator(generating)
    assert count_wrong(lambda seed: SEED_CALLS[kind](shared, seed), range(THREADS)) == 0


def test_a_call_holds_the_lock_and_answers_with_a_copy():
    lock, kept, held = threading.Lock(), np.zeros(1), []

    def runner(x):
        held.append(lock.locked())
        kept[:] = x
        return {"x": kept}  # as an interpreter's own memory

    runner.get_input_details = runner.get_output_details = dict
    task = Task(runner, lock)
    answers = [task(x=x)[0]["x"] for x in (1.0, 2.0)]
    assert held == [True, True]
    np.testing.assert_array_equal(answers, [[1.0], [2.0]])


def test_times_can_be_read_while_others_call(model, sounds):
    file = ModelFile(model)

    def call(sound):
        file.run("classify", sound[:1600])
        return file.latency["calls"] > 0

    assert count_wrong(call, sounds) == 0
