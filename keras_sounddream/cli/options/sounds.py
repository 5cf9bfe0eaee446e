"""The sounds that several commands are given: a folder, a table, or music by its tags."""

import click

from keras_sounddream.cli.options.common import decorated
from keras_sounddream.datasets import file_lists, music_tags
from keras_sounddream.errors import InputError


def sound_options(command):
    """Adds what tells how sounds are labelled.

    Args:
        command: function to decorate.

    Returns:
        the function.
    """
    return decorated(
        command,
        click.option(
            "--tags",
            is_flag=True,
            help="Label by the tags in the files: genre and year, or --condition.",
        ),
        click.option(
            "--genres", metavar="CSV", help="With --tags: a table of one's own, tag and genre."
        ),
        click.option(
            "--condition",
            "conditions",
            multiple=True,
            metavar="NAME",
            help="What folders in it stand for, or a column of the table; can be repeated.",
        ),
    )


def list_sounds(folder, tags, genres, conditions):
    """Lists the sounds that a command is given.

    Args:
        folder: str, path of a folder or of a table.
        tags: bool, whether labels are in the files.
        genres: str, path of a table of one's own for tags, or `None`.
        conditions: list of str.

    Returns:
        `SoundFiles`.

    Raises:
        InputError: if options do not fit each other, or nothing is found.
    """
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
