"""Progress bars: `tracing` until a first step."""

import io

from keras_sounddream.progress import TracingBar, bar_of_steps


def shown(bar, file):
    bar.refresh()
    return file.getvalue().rpartition("\r")[2].partition(":")[0].strip()


def test_a_bar_says_tracing_until_it_moves():
    with TracingBar("dream", total=3, file=(file := io.StringIO())) as bar:
        assert shown(bar, file) == "tracing"
        bar.update()
        assert shown(bar, file) == "dream"
        assert bar.n == 1


def test_a_bar_of_several_dreams_waits_for_each():
    with TracingBar("gallery", total=2, file=(file := io.StringIO())) as bar:
        with bar_of_steps(bar, 40) as steps:
            assert shown(bar, file) == "tracing"
            steps.update(10)
        assert shown(bar, file) == "gallery"
        bar.update()
        bar.wait()
        assert shown(bar, file) == "tracing"
        assert bar.n == 1


def test_a_bar_that_is_not_shown_prints_nothing(capsys):
    with bar_of_steps(False, 4) as bar:
        bar.update(4)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
