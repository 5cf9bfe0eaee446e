"""What the package of reports gives, and what importing it costs."""

import subprocess
import sys

import pytest

from keras_sounddream import reports


@pytest.mark.parametrize("name", reports.__all__)
def test_every_name_is_there_and_documented(name):
    assert getattr(reports, name).__doc__


def test_functions_are_those_of_their_modules():
    from keras_sounddream.reports.dream import figure, page
    from keras_sounddream.reports.units import page as units_page

    assert reports.plot is figure.plot
    assert reports.write_page is page.write_page
    assert reports.write_units is units_page.write_units


def test_importing_them_imports_neither_tensorflow_nor_matplotlib():
    code = (
        "import sys; from keras_sounddream.reports import animate, plot, read_log, write_page\n"
        "from keras_sounddream.reports import write_gallery, write_matrix, write_units\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_an_unknown_name_is_said():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = reports.nothing
