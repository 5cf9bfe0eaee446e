"""Descriptions of jobs: what they refuse, and when two are the same."""

import json
import os

import pytest

from keras_sounddream import InputError
from keras_sounddream.batch import Job, jobs


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"task": "sing"}, "`task` must be one of dream, classify, embed. Received: 'sing'"),
        ({"task": "embed", "top": 3}, "`top` is no setting of the task embed"),
        ({"task": "classify", "layer": "conv1"}, "`layer` is no setting of the task classify"),
        ({"task": "classify", "layers": ["conv1"]}, "`layers` is no setting of the task classify"),
        ({"task": "embed", "settings": {"steps": 2}}, "`settings` is no setting of the task embed"),
        ({"task": "classify", "suffix": ".flac"}, "`suffix` is no setting of the task classify"),
    ],
)
def test_settings_of_another_task_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Job(**settings)


def test_a_job_reads_back_equal_from_its_text():
    job = Job("dream", layers=["conv1", "conv2:3"], settings={"steps": 2}, suffix=".flac")
    assert job.layers == ("conv1", "conv2:3")
    assert Job(**json.loads(job.to_json())) == job


def test_a_job_is_another_if_a_file_it_names_changes(tmp_path):
    guide = tmp_path / "guide.wav"
    guide.write_bytes(b"one")
    job = Job("dream", guides=(str(guide),))
    before = job.identity()
    assert before == job.identity()
    guide.write_bytes(b"two")
    assert before["sha256"] != job.identity()["sha256"]


def test_paths_of_files_become_absolute_and_names_of_models_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.keras").write_bytes(b"")
    job = jobs.absolute(Job("dream", "mine.keras", guides=("guide.wav",)))
    assert job.model == os.path.abspath("mine.keras")
    assert job.guides == (os.path.abspath("guide.wav"),)
    assert jobs.absolute(Job("classify", "log_mel_cnn")).model == "log_mel_cnn"
