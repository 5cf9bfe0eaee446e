"""Options of commands that dream: generated from `deepdream.settings.Settings`."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from keras_sounddream import checks
from keras_sounddream.cli.options.common import Command, decorated
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.deepdream.objectives.spelling import GUIDANCES, OVER, STATISTICS
from keras_sounddream.errors import InputError

_OF_STYLES = {"statistic": STATISTICS, "over": OVER}
PYTHON_ONLY = ("transforms",)  # settings that no command line can express


def dream_options(command: Command) -> Command:
    """Adds `--preset` and an option for each setting of a dream: `None` where it is not given."""
    return decorated(command, preset_option(dream_settings.PRESETS), setting_options({}))


def preset_option(presets: Collection[str]) -> Callable[[Command], Command]:
    """The option `--preset` of some names."""
    return click.option(
        "--preset",
        metavar="NAME",
        callback=_checker(checks.choice(presets)),
        help=f"Several settings at once: {', '.join(presets)}.",
    )


def setting_options(changed: Mapping[str, Mapping[str, Any]]) -> Callable[[Command], Command]:
    """Options for each setting of a dream: `None` where they are not given.

    `changed`: defaults, by the kind of dream and the setting, which differ from a dream's own.
    """
    fields = dataclasses.fields(dream_settings.Settings)
    options = [_option(field, changed) for field in fields if field.name not in PYTHON_ONLY]
    former = [_former(old, new) for old, new in dream_settings.RENAMED.items()]
    return lambda command: decorated(command, *options, *former)


def layer_option(text: str) -> Callable[[Command], Command]:
    """The option `--layer`, which can be repeated and name a channel, with its help."""
    return click.option(
        "--layer", "layers", multiple=True, metavar="NAME[:CHANNEL]", help=f"{text}"
    )


def style_layer_option(command: Command) -> Command:
    """Adds `--style-layer`, which can be repeated; see `read_style_layer`."""
    return click.option(
        "--style-layer",
        "style_layers",
        multiple=True,
        metavar="NAME[:STATISTIC[:OVER]]",
        help=f"Layer of the style; can be repeated. STATISTIC: {', '.join(STATISTICS)}; OVER: "
        f"{', '.join(OVER)}.  [default: by the network]",
    )(command)


def read_style_layer(text: str) -> tuple[str, ...]:
    """Name, statistic and positions of `NAME[:STATISTIC[:OVER]]`, as many as were given.

    Raises:
        InputError: if there are more, or one is none of its choices.
    """
    name, *rest = text.split(":")
    if len(rest) > len(_OF_STYLES):
        raise InputError(f"Expected NAME, NAME:STATISTIC or NAME:STATISTIC:OVER. Received: {text}")
    for given_name, (setting, allowed) in zip(rest, _OF_STYLES.items(), strict=False):
        checks.check(setting, given_name, checks.choice(allowed))
    return (name, *rest)


def class_option(command: Command) -> Command:
    """Adds `--class`."""
    return click.option("--class", "label", metavar="LABEL|NUMBER", help="Class to dream of.")(
        command
    )


def guide_option(command: Command) -> Command:
    """Adds `--guide`."""
    return click.option(
        "--guide",
        "guides",
        multiple=True,
        metavar="FILE",
        callback=_files,
        help="Sound or picture whose features in the layers the dream takes up; beside a --class "
        "alone, a sound of the class to begin with. A folder stands for its sounds; can be "
        "repeated.",
    )(command)


def _files(context, option, paths):
    """The files named, and those of folders."""
    return tuple(file for path in paths for file in _files_in(pathlib.Path(path)))


def _files_in(path):
    if not path.is_dir():
        return [str(path)]
    from keras_sounddream.audio.io import SUFFIXES

    files = sorted(str(file) for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"Expected sounds of a class in {path}. Found no sound file.")
    return files


def guidance_option(command: Command) -> Command:
    """Adds `--guidance`."""
    return click.option(
        "--guidance",
        metavar="NAME",
        callback=_checker(checks.choice(GUIDANCES)),
        help="How guides are followed: guided, their channels; guided_locally, each in its part of "
        "the guide; matched, the nearest feature at each position.  [default: guided]",
    )(command)


def flag_name(setting: str) -> str:
    """The option of a setting: `--source-mix` for `source_mix`."""
    return f"--{setting.replace('_', '-')}"


def _option(field, changed):
    """The click option of one field of `Settings`."""
    name, default = flag_name(field.name), field.default
    settings = {
        "default": None,
        "callback": _checker(field.metadata["allowed"]),
        "help": f"{field.metadata['help']}  [{_scope(field, changed)}]",
    }
    if isinstance(default, bool):
        return click.option(f"{name}/--no-{name[2:]}", **settings)
    if isinstance(default, tuple):
        return click.option(name, type=(float,) * len(default), metavar="A B", **settings)
    if isinstance(default, str):
        return click.option(name, metavar="NAME", **settings)
    return click.option(name, type=type(default), **settings)


def _scope(field, changed):
    """The default of a field in words, and the kind of dream that alone has it."""
    only = field.metadata["only"]
    sound, picture = (
        (dream_settings.defaults(kind) | dict(changed.get(kind, {}))).get(field.name)
        for kind in dream_settings.KINDS
    )
    if only:
        return f"{only}s only; default: {_in_words(sound if only == 'sound' else picture)}"
    if sound != picture:
        return f"default: {_in_words(sound)}, or {_in_words(picture)} for pictures"
    return f"default: {_in_words(sound)}"


def _in_words(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(_in_words, value))
    return value if isinstance(value, str) else f"{value:g}"


def _checker(allowed):
    """A callback that refuses values that are not allowed."""

    if isinstance(allowed, dream_settings.Registered):
        allowed = checks.choice(allowed.built_in)

    def check(context: click.Context, option: click.Parameter, value: Any) -> Any:
        if value is not None and not allowed.fits(value):
            raise click.BadParameter(f"It must be {allowed.text}. Received: {value}.")
        return value

    return check


def _former(old, new):
    """A hidden option that a setting had before, which names the one that it has now."""

    def refuse(context, option, value):
        if value is not None:
            raise InputError(f"The option {flag_name(old)} is called {flag_name(new)} now.")

    names = (flag_name(old),)
    if isinstance(dream_settings.FIELDS[new].default, bool):
        names = (f"{flag_name(old)}/--no-{old}",)
    return click.option(
        *names, default=None, hidden=True, expose_value=False, callback=refuse, is_eager=True
    )
