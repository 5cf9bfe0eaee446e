"""What several commands share: the model to use, and JSON files."""

import contextlib
import json
import math
import os
import sys
import tempfile

import click

from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, written_beside


class FiniteRange(click.FloatRange):
    """A range of finite numbers: of click, every range holds NaN, and an open one infinity."""

    def convert(self, value, param, ctx):
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


_DREAM_OPTIONS = (
    click.option(
        "--octaves", type=click.IntRange(1), help="Scales, from broad to fine.  [default: 4]"
    ),
    click.option(
        "--steps", type=click.IntRange(1), help="Of ascent in each octave.  [default: 10]"
    ),
    click.option(
        "--step-size",
        type=FiniteRange(0, min_open=True),
        help="Most change a step: dB of a sound, levels of 255 of a picture.  [default: 4]",
    ),
    click.option("--seed", type=int, help="Of the random shifts.  [default: 0]"),
    click.option("--preset", metavar="NAME", help="gentle, vivid, natural_dreams or tutorial."),
    click.option(
        "--parameterization",
        metavar="NAME",
        help="Of sounds: log_magnitude, or mask, a filter on it.  [default: log_magnitude]",
    ),
    click.option(
        "--tile-seconds",
        type=float,
        help="Of sounds: take the gradient in tiles of so many seconds.  [default: whole]",
    ),
    click.option(
        "--tile-pixels",
        type=int,
        help="Of pictures: in tiles of so many pixels a side.  [default: whole]",
    ),
    click.option(
        "--approximate",
        is_flag=True,
        default=None,
        help="Average the tiles where a layer hears or sees all of the input.",
    ),
    click.option(
        "--preprocessing",
        metavar="NAME",
        help="Of pictures, what the network takes: tf, torch, caffe, unit or none.  "
        "[default: what a named network takes, or tf]",
    ),
)


def model_options(command):
    """Adds `--model` and `--weights`.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    return decorated(
        command,
        click.option(
            "--model",
            "model_name",
            metavar="NAME|FILE",
            default="log_mel_cnn",
            show_default=True,
            help="A model of the zoo, or a .keras file.",
        ),
        click.option(
            "--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file of weights."
        ),
    )


def dream_options(command):
    """Adds the settings of a dream: `None` where they are not given.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    return decorated(command, *_DREAM_OPTIONS)


def decorated(command, *options):
    """Adds options to a command, shown in their order.

    Args:
        command: function to decorate.
        *options: what `click.option` makes.

    Returns:
        the function.
    """
    for option in reversed(options):
        command = option(command)
    return command


def load_any(model_name, weights, to_look_at=False, include_top=False):
    """Builds a model of the zoo or a network of pictures, or reads one from a file.

    Args:
        model_name: str, as of `load_model`, or key of `photo.NETWORKS`.
        weights: str, as of `load_model`.
        to_look_at: bool, whether random weights will do.
        include_top: bool, whether a network of pictures is to name classes.

    Returns:
        `(model, settings)`: `keras.Model`, and the settings of a dream that it asks for, a dict.

    Raises:
        InputError: as `load_model` does.
    """
    with quietly():
        from keras_sounddream.images import io

        if model_name in io.NETWORKS:
            if to_look_at:
                return io.build_network(model_name), {}
            model, preprocessing = io.load_network(model_name, weights, include_top)
            return model, {"preprocessing": preprocessing}
    try:
        model, _ = load_model(model_name, weights, trained=not to_look_at)
    except InputError as error:
        if "There is no model" not in str(error):
            raise
        raise InputError(f"{error} For pictures: {', '.join(io.NETWORKS)}.") from None
    return model, {}


def load_model(model_name, weights, trained=True):
    """Builds a model of the zoo, or reads one from a file.

    Args:
        model_name: str, module name of a family, or path ending in `.keras`.
        weights: str, key of pretrained weights or path; `None` for the family's default.
        trained: bool; `False` for a model of the zoo without weights, whether they are at hand or
            not.

    Returns:
        `(model, family)`; `family` is the module, or `None` for a file.

    Raises:
        InputError: if there is no such model, or its weights do not fit.
    """
    with quietly():
        from keras_sounddream.applications import registry

        return registry.load_model(model_name, weights, trained)


@contextlib.contextmanager
def quietly(with_own=False):
    """Holds back what libraries print on standard error while they start; shows it on failure.

    Args:
        with_own: bool, whether what this process prints by `sys.stderr`, such as bars, is shown
            nevertheless; not what its libraries in C print, nor processes that it starts.
    """
    sys.stderr.flush()
    kept, own = os.dup(2), sys.stderr
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        if with_own:
            sys.stderr = os.fdopen(os.dup(kept), "w", 1, encoding="utf-8", errors="replace")
        try:
            yield
        except InputError:
            raise
        except BaseException:
            said.seek(0)
            os.write(kept, said.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if with_own:
                sys.stderr.close()
                sys.stderr = own


def write_json(path, content, overwrite):
    """Writes a dictionary as JSON.

    Args:
        path: str or path.
        content: what `json.dumps` takes.
        overwrite: bool, whether a file that exists may be replaced.
    """
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def check_outputs(*paths, overwrite):
    """Checks, before any work is done, that files can be written; `None`s are passed over.

    Args:
        *paths: str, path or `None`.
        overwrite: bool, whether a file that exists may be replaced.

    Raises:
        InputError: as `files.check_output`, and if two are the same.
    """
    given = [str(check_output(path, overwrite).resolve()) for path in paths if path is not None]
    if len(set(given)) < len(given):
        raise InputError(f"Expected different files to write. Received: {', '.join(given)}")
