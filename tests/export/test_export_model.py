"""`export_model` step by step, with a format of text files in place of a runtime."""

import json
import sys
import types

import numpy as np
import pytest
from export.models import RATE

from keras_sounddream import ExportError, InputError, export_model
from keras_sounddream.export import formats


class TextWriter(formats.FormatWriter):
    """Writes the length and size that were asked for; `wrong` are the lengths that differ."""

    tasks_per_file = 2
    wrong = ()

    def write(self, tasks, metadata, path, *, seconds=None, size=None):
        path.write_text(json.dumps([seconds, size, list(metadata.tasks)]))
        self.seconds = seconds
        return tasks

    def read(self, path, tasks):
        named = {task.name: task for task in tasks}
        factor = 2.0 if self.seconds in self.wrong else 1.0

        def run(name, sound, **options):
            outputs = named[name].function(sound)
            return {key: factor * np.asarray(value) for key, value in outputs.items()}

        return formats.Runner(run, {name: ["Text"] for name in named})


@pytest.fixture(autouse=True)
def text_format(monkeypatch):
    module = types.ModuleType("text_export")
    module.TextWriter = TextWriter
    monkeypatch.setitem(sys.modules, "text_export", module)
    monkeypatch.setitem(formats.FORMATS, "text", ("text_export", "TextWriter"))
    monkeypatch.setattr(TextWriter, "wrong", ())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_for_each_length_is_named_by_it(classifier, tmp_path):
    reports = export_model(
        classifier, tmp_path / "a.txt", "text", ["embed"], seconds=(2, 0.5), verify=False
    )
    assert names(tmp_path) == ["a_0.5s.txt", "a_0.5s.txt.json", "a_2s.txt", "a_2s.txt.json"]
    assert [report["path"] for report in reports] == [
        str(tmp_path / f"a_{length}s.txt") for length in ("2", "0.5")
    ]
    assert json.loads((tmp_path / "a_0.5s.txt").read_text()) == [0.5, None, ["embed"]]


def test_one_length_in_a_sequence_is_a_list_too(classifier, tmp_path):
    reports = export_model(
        classifier, tmp_path / "a.txt", "text", ["embed"], seconds=[3], verify=False
    )
    assert len(reports) == 1
    assert names(tmp_path) == ["a_3s.txt", "a_3s.txt.json"]


def test_of_several_files_all_appear_or_none(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(TextWriter, "wrong", (5,))
    with pytest.raises(ExportError, match="embed of tiny differs once exported"):
        export_model(classifier, tmp_path / "a.txt", "text", ["embed"], seconds=(2, 5))
    assert names(tmp_path) == []


def test_without_verification_a_wrong_file_is_written(classifier, tmp_path, monkeypatch):
    monkeypatch.setattr(TextWriter, "wrong", (5,))
    report = export_model(
        classifier, tmp_path / "a.txt", "text", ["embed"], seconds=5, verify=False
    )
    assert report["tasks"] == {"embed": {}}
    assert names(tmp_path) == ["a.txt", "a.txt.json"]


def test_a_report_says_what_was_measured(classifier, tmp_path, sounds):
    report = export_model(classifier, tmp_path / "a.txt", "text", ["embed"], sounds=sounds[:2])
    figures = report["tasks"]["embed"]
    assert (report["model"], report["format"]) == ("tiny", "text")
    assert figures["largest_absolute"] == figures["excess"] == 0
    assert figures["sounds"] == 2
    assert figures["sound_seconds"] == sounds[0].shape[1] / RATE
    assert figures["operations"] == ["Text"]


def test_options_reach_the_writer_and_are_none_where_not_given(classifier, tmp_path):
    export_model(classifier, tmp_path / "a.txt", "text", size=(3, 4), verify=False)
    assert json.loads((tmp_path / "a.txt").read_text()) == [None, [3, 4], ["classify", "embed"]]


WRONG = {
    "quantization": (
        {"quantization": "int8"},
        "takes `seconds` (--seconds), `size` (--size). Received: `quantization` (--q",
    ),
    "two options": (
        {"serving_name": "a", "representative": []},
        "Received: `representative` (--representative), `serving_name` (--serving)",
    ),
    "no lengths": ({"seconds": ()}, "Expected different lengths. Received `seconds`: ()"),
    "a length twice": ({"seconds": [2, 2.0]}, "Expected different lengths"),
    "no number": ({"seconds": float("nan")}, "Expected finite lengths, such as 5"),
    "one without end": ({"seconds": [1, float("inf")]}, "Expected finite lengths"),
    "too many tasks": (
        {"tasks": ["classify", "embed", "dream"]},
        "'text' holds 2 task: export each to a file of its own. Received: classify, embed, dream",
    ),
    "tasks in a text": ({"tasks": "embed"}, "`tasks` must be a list of names, such as ['embed']"),
    "tasks by number": ({"tasks": [3]}, "`tasks` must be a list of names"),
    "no model": ({"model": "tiny.keras"}, "`model` must be a Keras model, or a DeepDream"),
    "no such task": ({"tasks": ["emded"]}, "Received: 'emded'. Did you mean 'embed'"),
    "no such layer": ({"layer": "conv9"}, "conv9"),
    "no sound": ({"sounds": []}, "at least one sound to compare on"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_named_and_leaves_nothing(classifier, tmp_path, options, message):
    arguments = {"model": classifier, "path": tmp_path / "a.txt", "format": "text"}
    with pytest.raises(InputError) as error:
        export_model(**{**arguments, **options})
    assert message in str(error.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [("none/a.txt", "does not exist. Make it first"), (".", "is a folder. Give a file name")],
)
def test_a_path_that_cannot_be_written_is_refused_first(classifier, tmp_path, path, message):
    with pytest.raises(InputError, match=message):
        export_model(classifier, tmp_path / path, "text", ["embed"])
