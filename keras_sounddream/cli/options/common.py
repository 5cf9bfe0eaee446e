"""Shared by commands: options that choose a model, loading it, and JSON files."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from keras_sounddream.checks import MOST_SEED
from keras_sounddream.cli.options import early
from keras_sounddream.errors import InputError
from keras_sounddream.files import check_output, is_stream, written_beside
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import types

    import keras

Command = TypeVar("Command", bound=Callable[..., Any])


class FiniteRange(click.FloatRange):
    """A range of finite numbers: every range of click includes NaN, and an open one infinity."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


COUNT, WHOLE, SEED = click.IntRange(1), click.IntRange(0), click.IntRange(0, MOST_SEED)
POSITIVE, NOT_NEGATIVE = FiniteRange(0, min_open=True), FiniteRange(0)


def is_default(option: str) -> bool:
    """Whether an option of the command, named as its argument is, was not given."""
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.DEFAULT


def decorated(command: Command, *options: Callable[[Any], Any]) -> Command:
    """The command with options, shown in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def model_options(command: Command) -> Command:
    """Adds `--model` and `--weights`."""
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
        weights_option,
    )


def weights_option(command: Command) -> Command:
    """Adds `--weights`."""
    return click.option(
        "--weights", metavar="KEY|FILE", help="Key of pretrained weights, or a file of weights."
    )(command)


def table_options(
    rows: Mapping[str, tuple[Any, str]], prefix: str = ""
) -> Callable[[Command], Command]:
    """Options from a table, name → (type or metavar, help); `None` where not given."""
    options = []
    for name, (kind, text) in rows.items():
        keyword = "metavar" if isinstance(kind, str) else "type"
        options.append(click.option(name, help=prefix + text, **{keyword: kind}))
    return lambda command: decorated(command, *options)


def clips_option(command: Command) -> Command:
    """Adds `--data`, a set of labelled clips."""
    return click.option(
        "--data",
        required=True,
        metavar="FOLDER|NAME",
        help="Clips: ESC-10, ESC-50, or one folder per class; or a data set of TFDS that is built.",
    )(command)


def seed_option(text: str = "Seed of everything random.") -> Callable[[Command], Command]:
    """The option `--seed`, 0 by default, with its help."""
    return click.option("--seed", type=SEED, default=0, show_default=True, help=text)


def force_option(text: str = "Replace the file if it exists.") -> Callable[[Command], Command]:
    """The option `--force`, with its help."""
    return click.option("--force", is_flag=True, help=text)


def json_option(text: str) -> Callable[[Command], Command]:
    """The option `--json`, with its help."""
    return click.option("--json", "json_path", metavar="FILE", help=text)


def given(settings: dict[str, Any]) -> dict[str, Any]:
    """The options that have a value: neither `None` nor an empty tuple."""
    return {name: value for name, value in settings.items() if value not in (None, ())}


def counted(count: int, noun: str) -> str:
    """A number and a noun, such as `1 file` and `2 files`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def load_any(
    model_name: str, weights: str | None, to_look_at: bool = False, include_top: bool = False
) -> tuple[keras.Model, dict[str, Any]]:
    """A model of the zoo or of a file, or a network for pictures, and dream settings it requires.

    `to_look_at`: random weights are enough; `include_top`: a network for pictures outputs classes.
    """
    early.check_any(model_name, weights, to_look_at)
    from keras_sounddream.images import io

    if model_name in io.NETWORKS:
        with quietly():
            if to_look_at:
                return io.build_network(model_name), {}
            model, preprocessing = io.load_network(model_name, weights, include_top)
            return model, {"preprocessing": preprocessing}
    return load_model(model_name, weights, trained=not to_look_at)[0], {}


def load_model(
    model_name: str, weights: str | None, trained: bool = True
) -> tuple[keras.Model, types.ModuleType | None]:
    """A model of the zoo and its family's module, or a model from a file and `None`."""
    early.check_model(model_name, weights, trained)
    with quietly():
        from keras_sounddream.applications import registry

        return registry.load_model(model_name, weights, trained)


@contextlib.contextmanager
def quietly(with_own: bool = False) -> Iterator[None]:
    """Holds back what libraries print on standard error while they start; shows it on failure.

    `with_own`: what this process prints by `sys.stderr`, such as progress bars, is shown
    nevertheless; not what its C libraries or its child processes print.
    """
    sys.stderr.flush()
    descriptor, stream = os.dup(2), sys.stderr
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        if with_own:
            sys.stderr = os.fdopen(os.dup(descriptor), "w", 1, encoding="utf-8", errors="replace")
        try:
            yield
        except InputError:
            raise
        except BaseException:
            held_back.seek(0)
            os.write(descriptor, held_back.read())
            raise
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)
            if with_own:
                sys.stderr.close()
                sys.stderr = stream


def write_json(path: PathLike, content: Any, overwrite: bool) -> None:
    """Writes what `json.dumps` takes."""
    with written_beside(path, overwrite) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def check_outputs(*paths: PathLike | None, overwrite: bool) -> None:
    """Checks, before any work is done, that files can be written; `None`s are passed over.

    Raises:
        InputError: if one cannot, or two are the same.
    """
    checked = [check_output(path, overwrite) for path in paths if path is not None]
    resolved = [str(path.resolve()) for path in checked if not is_stream(path)]
    if len(set(resolved)) < len(resolved):
        raise InputError(f"Expected different files to write. Received: {', '.join(resolved)}")
