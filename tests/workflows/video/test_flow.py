"""Motion between frames: its way, what came into sight, and warping along it."""

import sys

import numpy as np
import pytest
from workflows.video.conftest import pan

from keras_sounddream.workflows.video.flow import find_motion, resize

INSIDE = slice(8, -8)


@pytest.mark.parametrize("step", [0, 2, 3])
def test_motion_leads_back_to_the_frame_before(step):
    before, after = pan(2, 72, 96, step)
    motion = find_motion(before, after)
    flow = motion.flow[INSIDE, INSIDE]
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), (step, 0), atol=0.1)
    assert motion.visible[INSIDE, INSIDE].mean() > 0.95
    warped = motion.warp(before.astype("float32"))
    error = np.abs(warped - after)[INSIDE, INSIDE].mean()
    unmoved = np.abs(before.astype("float32") - after)[INSIDE, INSIDE].mean()
    assert error < max(0.2 * unmoved, 0.2)
    assert motion.speed == pytest.approx(step / 96, abs=0.3 / 96)


def test_what_the_frame_before_does_not_show_is_left_out():
    behind, thing = pan(1, 96, 128, 0)[0], pan(1, 40, 40, 0, seed=7)[0]
    before, after = behind.copy(), behind.copy()
    before[30:70, 40:80] = after[30:70, 50:90] = thing  # it goes to the right
    motion = find_motion(before, after)
    assert motion.visible[35:65, 42:48].mean() < 0.5  # was behind it
    assert motion.visible[35:65, 56:84].mean() > 0.9
    assert motion.visible[:, :30].mean() > 0.95
    moved = find_motion(*pan(2, 72, 96, 6))
    assert moved.visible[:, -4:].mean() < 0.3  # came in from the right
    assert not moved.warp(np.ones((72, 96, 3), "float32"))[:, -1].any()


def test_opencv_is_missed_by_its_name(monkeypatch, picture_dream):
    from keras_sounddream.errors import MissingPackageError
    from keras_sounddream.workflows.video.frames import FrameDream

    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingPackageError, match=r"opencv-python-headless.*\[video\]"):
        FrameDream(picture_dream, 0.9, 360)


def test_frames_too_small_for_flow_stand_still():
    motion = find_motion(np.zeros((5, 9, 3), "uint8"), np.ones((5, 9, 3), "uint8"))
    assert not motion.flow.any()
    assert motion.visible.min() == 1


def test_resizing_averages_and_is_none_at_the_same_size():
    image = np.zeros((4, 4, 3), "float32")
    image[::2] = 8
    assert resize(image, 4, 4) is image
    np.testing.assert_allclose(resize(image, 2, 2), 4)
    assert resize(image, 9, 7).shape == (9, 7, 3)
