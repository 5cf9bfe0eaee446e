"""`sounddream corpus`: what a folder of sounds holds, as a WaveNet's training would find it."""

import click

from keras_sounddream.cli._options import quietly
from keras_sounddream.errors import InputError


@click.command()
@click.argument("folder", metavar="FOLDER|CSV")
@click.option("-o", "--output", metavar="PNG", help="Draw it; .png, .svg or .pdf.")
@click.option(
    "--tags", is_flag=True, help="Label by the tags in the files: genre and year, or --condition."
)
@click.option("--genres", metavar="CSV", help="With --tags: a table of one's own, tag and genre.")
@click.option(
    "--condition",
    "conditions",
    multiple=True,
    metavar="NAME",
    help="What folders in it stand for, or a column of the table; can be repeated.",
)
@click.option("--force", is_flag=True, help="Replace a file that exists.")
def command(folder, output, tags, genres, conditions, force):
    """Counts the sounds of a folder, or of a table, by label, and draws how much there is of each.

    A table has a header, a column `file`, and columns of labels. Files that are left out are named.
    """
    from keras_sounddream.reports import corpus
    from keras_sounddream.reports.dream import check_picture

    if output:
        check_picture(output, force)
    with quietly():
        from keras_sounddream.training import sound_lists
    found = list_sounds(folder, tags, genres, list(conditions))
    found, seconds = sound_lists.measure(found)
    for name, labels in found.labels.items():
        for label, (count, length) in corpus.amounts(seconds, labels).items():
            click.echo(f"{name} {label}: {count} sounds, {corpus.in_words(length)}")
    click.echo(f"in all: {len(seconds)} sounds, {corpus.in_words(sum(seconds))}")
    for name, reason in found.left_out:
        click.echo(f"left out: {name}: {reason}", err=True)
    if output:
        corpus.draw_corpus(seconds, found.labels, output, force)


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
    from keras_sounddream.training import music_tags, sound_lists

    if genres and not tags:
        raise InputError("Expected --tags with --genres, which is a table for them.")
    if tags:
        table = music_tags.read_genres(genres) if genres else None
        return music_tags.list_music(folder, table, conditions or music_tags.CONDITIONS)
    if folder.lower().endswith(".csv"):
        return sound_lists.list_table(folder, conditions)
    if len(conditions) > 1:
        raise InputError(f"Folders stand for one condition. Received: {', '.join(conditions)}")
    return sound_lists.list_folder(folder, *conditions)
