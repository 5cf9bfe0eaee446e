"""The curve of the objective, as an SVG."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from keras_sounddream.reports.dream import curve


def points(svg):
    """Corners of the curve, `(steps, 2)`: right and down."""
    (line,) = [node for node in ET.fromstring(svg) if node.get("class") == "curve"]
    return np.array([pair.split(",") for pair in line.get("points").split()], float)


def test_the_curve_rises_with_the_objective_from_left_to_right():
    corners = points(curve.draw([1.0, 2.0, 4.0], None, "layer"))
    assert (np.diff(corners[:, 0]) > 0).all()
    rise = np.diff(corners[:, 1])
    assert (rise < 0).all()
    assert rise[1] == pytest.approx(2 * rise[0], abs=0.2)


def test_what_was_written_is_a_dotted_line_at_its_height():
    svg = curve.draw([1.0, 3.0], 3.0, "layer")
    (real,) = [node for node in ET.fromstring(svg) if node.get("class") == "real"]
    assert float(real.get("y1")) == pytest.approx(points(svg)[1, 1], abs=0.1)
    assert "in the finished dream" in svg


@pytest.mark.parametrize("real", [None, np.nan, np.inf])
def test_without_a_number_there_is_no_line(real):
    assert 'class="real"' not in curve.draw([1.0, 2.0], real, "layer")


def test_a_single_step_is_a_point():
    svg = curve.draw([2.0], None, "layer")
    assert "<circle" in svg
    assert "polyline" not in svg


def test_steps_without_a_number_are_left_out():
    assert len(points(curve.draw([1.0, np.nan, 3.0, np.inf, 5.0], None, "layer"))) == 3


@pytest.mark.parametrize("objective", [[np.nan, np.nan], [0.0, 0.0], [-5.0, -1.0], [1e-30, 1e30]])
def test_any_objective_stays_inside_the_drawing(objective):
    root = ET.fromstring(curve.draw(objective, None, "layer"))
    width, height = (float(number) for number in root.get("viewBox").split()[2:])
    for node in root.iter():
        for name, value in node.attrib.items():
            if name in ("x", "x1", "x2", "cx"):
                assert 0 <= float(value) <= width
            if name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(value) <= height


def test_the_label_says_first_and_last_and_is_text():
    svg = curve.draw([1.0, 2.5], None, '<b>"')
    label = re.search(r'aria-label="([^"]*)"', svg)[1]
    assert label == "&lt;b&gt;&quot;: from 1 at the first step to 2.5 at the last"
