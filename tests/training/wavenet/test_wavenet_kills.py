"""A run that is killed at random moments ends as if it had not been; the benchmark does twenty."""

import importlib.util
import sys

from places import ROOT


def load_benchmark():
    path = ROOT / "benchmarks" / "wavenet_kills.py"
    spec = importlib.util.spec_from_file_location("wavenet_kills", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_killed_runs_end_with_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    kills = load_benchmark()
    seconds = kills.run_whole(tmp_path / "whole", 60)
    seen = kills.run_killed(tmp_path / "killed", 60, 2, 0.6 * seconds, 0.3 * seconds)
    assert seen  # or nothing was killed
    assert kills.equal(tmp_path / "whole", tmp_path / "killed")
