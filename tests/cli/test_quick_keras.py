"""Import of Keras on the command line, without the packages that it does not need."""

import subprocess
import sys

import pytest

SCRIPT = """
import importlib.util, sys
from keras_sounddream.cli import quick_keras
{prepare}
import keras
names = ("sklearn", "matplotlib", "scipy")
print([name for name in names if name in sys.modules])
import matplotlib.pyplot, scipy.stats, sklearn.linear_model
print([importlib.util.find_spec(name) is not None for name in names])
import gc
print(gc.get_threshold()[0] > 10_000)
"""


@pytest.mark.parametrize("prepared", [True, False])
def test_packages_that_keras_loads_in_case(prepared):
    prepare = "quick_keras.prepare(); quick_keras.prepare()" if prepared else ""
    script = SCRIPT.format(prepare=prepare)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded, found, quick = done.stdout.splitlines()[-3:]
    assert loaded == "[]" or not prepared
    assert found == "[True, True, True]"
    assert quick == str(prepared)


def test_the_command_line_prepares():
    script = (
        "import sys; from keras_sounddream.cli import main, quick_keras\n"
        "main.main(['--version']); print(quick_keras._HiddenFromKeras in sys.meta_path)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "True"
