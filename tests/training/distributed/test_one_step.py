"""The gradient of two devices is that of one, also where max-pools and rectifiers have ties."""

import json
import os
import pathlib
import subprocess
import sys

from training.distributed import one_step

SCRIPT = pathlib.Path(one_step.__file__)


def test_two_devices_take_the_gradient_of_one_to_the_rounding():
    run = subprocess.run(
        [sys.executable, SCRIPT, "relu", "float64"],
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[3])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not run.returncode, run.stderr
    differences = json.loads(run.stdout.splitlines()[-1])
    assert 0 < differences["last_bits"] < 1e-13, "rounding alone"
    assert differences["two_devices"] < 1e-12
