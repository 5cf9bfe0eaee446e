"""Nothing counts that has not been read back: a file that differs leaves nothing behind."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest

from keras_sounddream import ExportError, InputError, audio, export_model
from keras_sounddream.export import formats
from keras_sounddream.export.formats import Runner
from keras_sounddream.export.reference_sounds import speech_like
from keras_sounddream.export.tasks import find_tasks
from keras_sounddream.export.verify import compare, sounds_for, verify

OFF = np.array([[0.25, 0.0, -0.5]], "float32")


def runner_of(tasks, change=lambda name, key, value: value):
    """A file that answers as its tasks do, but for a change."""
    named = {task.name: task for task in tasks}

    def run(name, waveform, **options):
        found = named[name].function(waveform, **options)
        return {key: change(name, key, np.asarray(value)) for key, value in found.items()}

    return Runner(run, {name: ["MatMul"] for name in named})


def test_measures_the_largest_difference(classifier, sounds):
    (task,) = find_tasks(classifier, ["classify"])
    runner = runner_of([task], lambda name, key, value: value - OFF)
    figures = compare(task, runner, sounds[:2])
    peak = max(np.asarray(task.function(sound)["scores"]).max() for sound in sounds[:2])
    assert figures["largest_absolute"] == pytest.approx(0.5)
    assert figures["largest_relative"] >= 0.5 / peak - 1e-6
    assert figures["seconds_per_call"] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n, k, v: v * 1.001 if n == "embed" else v, "embed of tiny differs.*0.001 of its"),
        (lambda n, k, v: v[:, :2], "scores, with shape \\(1, 2\\), the model with \\(1, 3\\)"),
        (lambda n, k, v: v * np.nan, "scores, with 3 of 3 numbers that are not finite"),
    ],
)
def test_a_file_that_differs_is_an_error_that_names_the_task(classifier, sounds, change, message):
    tasks = find_tasks(classifier)
    with pytest.raises(ExportError, match=message):
        verify(tasks, runner_of(tasks, change), sounds)


def test_a_dream_may_not_reach_another_objective(dream, sounds):
    (task,) = find_tasks(dream, ["dream"])
    task = dataclasses.replace(task, read=lambda made, source: np.abs(made).mean(axis=1))
    runner = runner_of([task], lambda name, key, value: value * 0.9985)
    with pytest.raises(ExportError, match="dream of deep_dream differs.*its objective by 0.0015"):
        verify([task], runner, sounds[:1], repeats=0)


def test_a_dream_may_differ_as_much_as_from_itself(dream, sounds):
    """Chaos, made: whatever the last bits change moves the objective by a tenth."""
    (task,) = find_tasks(dream, ["dream"])

    def function(waveform, **options):
        rng = np.random.default_rng(list(np.asarray(waveform).tobytes()[:400]))
        return {"waveform": np.asarray(sounds[0]) * (1 + 0.1 * rng.normal())}

    chaotic = dataclasses.replace(
        task, function=function, read=lambda made, source: np.abs(made).mean(axis=1)
    )
    for factor, fits in ((1.2, True), (3.0, False)):
        answer = {"waveform": sounds[0] * np.float32(factor)}
        runner = Runner(lambda name, waveform, answer=answer, **options: answer, {})
        figures = compare(chaotic, runner, sounds[:1], repeats=0)
        assert 0.2 < figures["own_objective"] < 1.2
        assert (figures["excess"] <= 1) == fits


@pytest.mark.parametrize("fits", [True, False])
def test_a_step_is_judged_where_it_differs_least(dream, sounds, fits):
    """A tie is at one sound, a wrong step at each."""
    (task,) = find_tasks(dream, ["dream_step"])

    def read(made, source):
        return np.ones(1)

    def run(name, waveform, **options):
        found = {key: np.asarray(value) for key, value in task.function(waveform).items()}
        is_off = waveform is sounds[0] or not fits
        return {**found, "waveform": found["waveform"] * (1.01 if is_off else 1.0)}

    task = dataclasses.replace(task, read=read)
    figures = compare(task, Runner(run, {}), sounds[:1], repeats=0)
    assert figures["largest_relative"] == pytest.approx(0.01, rel=1e-3)
    assert (figures["excess"] <= 1) == fits


def test_sounds_fit_the_task(classifier, tmp_path, rng):
    (task,) = find_tasks(classifier, ["classify"])
    audio.save(tmp_path / "noise.wav", rng.uniform(-0.5, 0.5, 16000), 16000)
    short = np.ones((1, 10), "float32")
    read, repeated = sounds_for(task, [tmp_path / "noise.wav", short])
    assert read.shape == (1, 8000)
    assert repeated.shape[1] >= task.min_samples
    with pytest.raises(InputError, match="at least one sound"):
        sounds_for(task, [])


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100])
def test_the_made_voice_is_the_same_every_time(rate):
    sound = speech_like(rate, rate)
    np.testing.assert_array_equal(sound, speech_like(rate, rate))
    assert sound.shape == (1, rate)
    assert np.abs(sound).max() == pytest.approx(0.5)
    assert not np.array_equal(sound, speech_like(rate, rate, seed=1))


@pytest.fixture
def text_format(monkeypatch):
    """A format of single files; gives its writer, whose `change` alters what the file outputs."""

    class TextWriter(formats.FormatWriter):
        def write(self, tasks, metadata, path):
            path.write_text(metadata.model)
            return tasks

        def read(self, path, tasks):
            return runner_of(tasks, TextWriter.change)

    TextWriter.change = lambda name, key, value: value
    module = types.ModuleType("text_format")
    module.TextWriter = TextWriter
    monkeypatch.setitem(sys.modules, "text_format", module)
    monkeypatch.setitem(formats.FORMATS, "text", ("text_format", "TextWriter"))
    return TextWriter


def test_the_report_stands_beside_the_file(classifier, tmp_path, text_format):
    report = export_model(classifier, tmp_path / "tiny.txt", "text", tasks=["classify"])
    assert json.loads((tmp_path / "tiny.txt.json").read_text()) == report
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.txt", "tiny.txt.json"]
    assert report["bytes"] == len("tiny")
    assert report["tasks"]["classify"]["operations"] == ["MatMul"]


def test_what_differs_leaves_nothing_behind(classifier, tmp_path, text_format):
    text_format.change = lambda name, key, value: value + 1
    with pytest.raises(ExportError, match="Nothing was written"):
        export_model(classifier, tmp_path / "tiny.txt", "text")
    assert not list(tmp_path.iterdir())


def test_what_exists_stays_unless_asked(classifier, tmp_path, text_format):
    path = tmp_path / "tiny.txt"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists"):
        export_model(classifier, path, "text")
    text_format.change = lambda name, key, value: value + 1
    with pytest.raises(ExportError):
        export_model(classifier, path, "text", overwrite=True)
    assert path.read_text() == "mine"
    text_format.change = lambda name, key, value: value
    export_model(classifier, path, "text", overwrite=True)
    assert path.read_text() == "tiny"


def test_an_unknown_format_is_named(classifier, tmp_path):
    with pytest.raises(InputError, match="'saved_modle'. Did you mean 'saved_model'"):
        export_model(classifier, tmp_path / "out", "saved_modle")
