"""Every `--help`: whole phrases, defaults, and no TensorFlow."""

import subprocess
import sys

import click
import pytest

from keras_sounddream.cli.main import cli, main


def commands(group=cli, words=()):
    """`(words, command)` of every command and subcommand."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*words, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


COMMANDS = dict(commands())
OPTIONS = {
    (*words, option.name): option
    for words, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
}


def test_help_of_all_commands_loads_no_tensorflow():
    script = (
        "import sys\n"
        "from keras_sounddream.cli.main import main\n"
        f"for words in {list(COMMANDS)!r}:\n"
        "    assert main([*words, '--help']) == 0, words\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'apache_beam', 'sklearn'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("Usage: sounddream") == len(COMMANDS)


@pytest.mark.parametrize("key", OPTIONS, ids=" ".join)
def test_every_option_has_a_phrase(key):
    text = OPTIONS[key].help
    phrase = text.split("  [")[0]
    assert phrase.endswith(".")
    assert len(phrase.split()) >= 2
    assert not phrase.startswith(("Of ", "Which ", "Whose ", "Heard ", "As "))
    assert text.isascii() or "…" in text


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_summary_and_metavars(words):
    command = COMMANDS[words]
    assert command.get_short_help_str(200).rstrip(".")
    for argument in command.params:
        if isinstance(argument, click.Argument):
            assert argument.metavar, argument.name


def test_defaults_are_shown_once(capsys):
    assert main(["dream", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for words in (
        "[default: 10]",
        "[default: 2, or 1.4 for pictures]",
        "[sounds only; default: mask]",
        "[pictures only; default: yes]",
        "[default: 1 1]",
    ):
        assert words in shown
    assert "default: None" not in shown


def test_former_options_are_hidden(capsys):
    assert main(["gallery", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--way" not in shown
    assert "--zoom" not in shown


def test_packages_name_what_they_hold():
    from keras_sounddream.cli import commands as package
    from keras_sounddream.cli import options

    assert set(package.__all__) == set(cli.list_commands(click.Context(cli)))
    for name in package.__all__:
        assert isinstance(getattr(package, name).command, click.Command)
    for name in options.__all__:
        assert callable(getattr(options, name))
