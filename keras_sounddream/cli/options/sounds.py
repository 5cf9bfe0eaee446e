"""Options for sets of sound files: names left out, and labels by folder, table or tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from keras_sounddream.cli.options.common import Command, decorated
from keras_sounddream.errors import InputError

if TYPE_CHECKING:
    from keras_sounddream.datasets.file_lists import SoundFiles


def sound_options(command: Command) -> Command:
    """Adds `--tags`, `--genres` and `--condition`."""
    return decorated(
        command,
        click.option(
            "--tags",
            is_flag=True,
            help="Label by the tags in the files: genre and year, or --condition.",
        ),
        click.option(
            "--genres",
            metavar="CSV",
            help="With --tags: a table with the columns tag and genre, in place of the default.",
        ),
        click.option(
            "--condition",
            "conditions",
            multiple=True,
            metavar="NAME",
            help="Name of the label that folders stand for, or of a column of the table; can be "
            "repeated.",
        ),
    )


def leave_out_option(command: Command) -> Command:
    """Adds `--leave-out`, patterns as of `datasets.file_lists.without`."""
    return click.option(
        "--leave-out",
        multiple=True,
        metavar="PATTERN",
        help="Names of files that are not used, such as '5-*.ogg'; can be repeated.",
    )(command)


def list_sounds(
    folder: str, tags: bool, genres: str | None, conditions: Sequence[str]
) -> SoundFiles:
    """The sounds of a folder or table, labelled as the options tell.

    Raises:
        InputError: if options do not fit each other, or nothing is found.
    """
    from keras_sounddream.datasets import file_lists, music_tags

    if genres and not tags:
        raise InputError("Expected --tags with --genres, which is a table for them.")
    if tags:
        table = music_tags.read_genres(genres) if genres else None
        return music_tags.list_music(folder, table, conditions or music_tags.CONDITIONS)
    if folder.lower().endswith(".csv"):
        return file_lists.list_table(folder, conditions)
    if len(conditions) > 1:
        raise InputError(f"Folders stand for one condition. Received: {', '.join(conditions)}")
    return file_lists.list_folder(folder, *conditions)
