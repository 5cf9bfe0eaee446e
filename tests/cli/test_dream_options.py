"""Options of a dream: one for each setting, which reaches `DeepDream`; and bad command lines."""

import dataclasses
import inspect
import types

import pytest

from keras_sounddream import audio
from keras_sounddream.cli.commands import dream as dream_command
from keras_sounddream.cli.commands import export, gallery
from keras_sounddream.cli.commands.batch import dream as batch_dream
from keras_sounddream.cli.main import main
from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.dream import PYTHON_ONLY, flag_name
from keras_sounddream.deepdream.settings import FIELDS, RENAMED, Settings
from keras_sounddream.workflows import dream as workflow
from keras_sounddream.workflows import making

VALUES = {  # setting: words of the command line, and the value that they are
    "strength": (["--strength", "0.7"], 0.7),
    "octaves": (["--octaves", "2"], 2),
    "steps": (["--steps", "3"], 3),
    "step_size": (["--step-size", "1.5"], 1.5),
    "time_factor": (["--time-factor", "1.25"], 1.25),
    "frequency_factor": (["--frequency-factor", "1.5"], 1.5),
    "seed": (["--seed", "-4"], -4),
    "parameterization": (["--parameterization", "mask"], "mask"),
    "mask_db": (["--mask-db", "12"], 12.0),
    "fall_db": (["--fall-db", "6"], 6.0),
    "ceiling_db": (["--ceiling-db", "-3"], -3.0),
    "normalization": (["--normalization", "norm"], "norm"),
    "normalize_over": (["--normalize-over", "tile"], "tile"),
    "smoothing": (["--smoothing", "gaussian"], "gaussian"),
    "smoothing_width": (["--smoothing-width", "0.5", "2"], (0.5, 2.0)),
    "momentum": (["--momentum", "0.5"], 0.5),
    "roll_seconds": (["--roll-seconds", "0"], 0.0),
    "roll_pixels": (["--roll-pixels", "0"], 0),
    "scale": (["--scale", "0.1"], 0.1),
    "source_mix": (["--source-mix", "0.2"], 0.2),
    "keep_source_detail": (["--no-keep-source-detail"], False),
    "begin_with": (["--begin-with", "noise"], "noise"),
    "keep_color": (["--keep-color"], True),
    "tile_seconds": (["--tile-seconds", "1"], 1.0),
    "tile_pixels": (["--tile-pixels", "64"], 64),
    "approximate": (["--approximate"], True),
    "preprocessing": (["--preprocessing", "unit"], "unit"),
    "precision": (["--precision", "bfloat16"], "bfloat16"),
}
OTHERS = {
    "preset": (["--preset", "vivid"], "vivid"),
    "layers": (["--layer", "a", "--layer", "b:1"], ("a", "b:1")),
    "label": (["--class", "rooster"], "rooster"),
    "guides": (["--guide", "chirp.wav"], ("chirp.wav",)),
    "guidance": (["--guide", "chirp.wav", "--guidance", "matched"], "matched"),
    "plot": (["--plot", "p.png"], "p.png"),
    "report": (["--report", "p.html"], "p.html"),
    "animation": (["--animation", "p.gif"], "p.gif"),
    "overwrite": (["--force"], True),
    "rate": (["--rate", "48000"], 48000),
    "mono": (["--mono"], True),
    "mix": (["--mix", "0"], 0.0),
    "start": (["--from", "0.2"], 0.2),
    "end": (["--to", "0.7"], 0.7),
    "band": (["--band", "200:4000"], (200.0, 4000.0)),
}
FIGURES = {"gain": 2.0, "objective_before": 1.0, "objective_real": 2.0, "seconds": 0.1}


@pytest.fixture
def folder(tmp_path, monkeypatch, chirp):
    monkeypatch.chdir(tmp_path)
    audio.save("chirp.wav", chirp, 24000)
    return tmp_path


@pytest.fixture
def spied(folder, monkeypatch):
    """Keyword arguments that `dream_file` was called with, in place of a dream."""
    arguments = {}

    def spy(*positional, **named):
        bound = inspect.signature(dream_file).bind(*positional, **named).arguments
        arguments.update({**bound, **bound.pop("settings", {})})
        return types.SimpleNamespace(name="spied", figures=lambda: dict(FIGURES))

    dream_file = workflow.dream_file
    monkeypatch.setattr(workflow, "dream_file", spy)
    monkeypatch.setattr(dream_command, "load_any", lambda *_, **__: ("a model", {}))
    monkeypatch.setattr(early, "check_any", lambda *_: early.Known("a model"))
    return arguments


@pytest.mark.parametrize("name", ["normalization", "smoothing"])
def test_names_of_registries_are_known_without_them(name):
    allowed = FIELDS[name].metadata["allowed"]
    assert list(allowed.built_in) == list(allowed._names())[: len(allowed.built_in)]
    assert ", ".join(allowed.built_in[:-1]) in FIELDS[name].metadata["help"]


def test_every_setting_is_in_the_table():
    assert set(VALUES) == {field.name for field in dataclasses.fields(Settings)} - {*PYTHON_ONLY}
    assert set(PYTHON_ONLY) < set(FIELDS)


@pytest.mark.parametrize(
    "command", [dream_command.command, gallery.command, export.command, batch_dream]
)
def test_every_command_that_dreams_has_every_setting(command):
    options = {option.name: option for option in command.params}
    for name in (*VALUES, "preset"):
        assert flag_name(name) in options[name].opts
        assert options[name].help
    assert {"guides", "guidance"} <= set(options)
    hidden = {
        name
        for option in command.params
        if getattr(option, "hidden", False)
        for name in option.opts
    }
    assert hidden == {flag_name(old) for old in RENAMED}


@pytest.mark.parametrize("name", {**VALUES, **OTHERS})
def test_every_option_of_dream_reaches_dream_file(name, spied):
    words, value = {**VALUES, **OTHERS}[name]
    assert main(["dream", "chirp.wav", "-o", "out.wav", *words]) == 0
    assert spied[name] == value
    assert (spied["input_path"], spied["output_path"]) == ("chirp.wav", "out.wav")
    unasked = {*VALUES, *OTHERS} - {name, "plot", "report", "animation", "overwrite"}
    unasked -= {"guides"} if name == "guidance" else set()
    assert not unasked & set(spied)


@pytest.mark.parametrize(
    ("before", "real", "words"),
    [
        (1.0, 2.0, "is 2.00 times as high"),
        (0.0, 0.5, "went from 0 to 0.5"),
        (-3.0, 1.0, "went from -3 to 1"),
        (0.0, 0.0, "is 0, as before"),
        (1.25, 1.25, "is 1.25, as before"),
        (1.0, None, "is no finite number"),
        (None, 1.0, "is no finite number"),
    ],
)
def test_the_rise_is_told_in_words(before, real, words, spied, monkeypatch, capsys):
    gain = real / before if before and real is not None else None
    changed = {"objective_before": before, "objective_real": real, "gain": gain}
    for name, value in changed.items():
        monkeypatch.setitem(FIGURES, name, value)
    assert main(["dream", "chirp.wav", "-o", "out.wav"]) == 0
    assert capsys.readouterr().out == f"out.wav: the objective, spied, {words}; 0.1 s\n"


def test_settings_that_a_network_requires_yield_to_the_command_line(spied, monkeypatch):
    required = {"preprocessing": "caffe"}
    monkeypatch.setattr(dream_command, "load_any", lambda *_, **__: ("a model", required))
    assert main(["dream", "chirp.wav", "-o", "out.wav"]) == 0
    assert spied["preprocessing"] == "caffe"
    assert main(["dream", "chirp.wav", "-o", "out.wav", "--preprocessing", "tf"]) == 0
    assert spied["preprocessing"] == "tf"


class EnoughError(Exception):
    """Ends a dream once it is known what it was asked for."""


@pytest.mark.parametrize("name", VALUES)
def test_every_setting_reaches_deepdream(name, folder, monkeypatch, small_model):
    constructed = {}

    def construct(model, objective, **settings):
        constructed.update(settings)
        raise EnoughError

    monkeypatch.setattr(making, "DeepDream", construct)
    with pytest.raises(EnoughError):
        workflow.dream_file(
            "chirp.wav", "out.wav", small_model, ["conv2"], **{name: VALUES[name][1]}
        )
    assert constructed == {name: VALUES[name][1]}


@pytest.mark.parametrize("old", RENAMED)
@pytest.mark.parametrize("command", [["dream", "chirp.wav", "-o", "o.wav"], ["gallery", "i", "g"]])
def test_former_options_name_the_new_one(old, command, capsys):
    words = [f"--{old}"] if isinstance(FIELDS[RENAMED[old]].default, bool) else [f"--{old}", "1"]
    assert main([*command, *words]) == 2
    line = f"sounddream: The option --{old} is called {flag_name(RENAMED[old])} now.\n"
    assert capsys.readouterr().err == line


BAD = {
    "no int": (["--octaves", "two"], "Invalid value for '--octaves': 'two' is not a valid integer"),
    "no octave": (
        ["--octaves", "0"],
        "'--octaves': It must be an int from 1 to 10000.",
    ),
    "negative": (["--step-size", "-1"], "'--step-size': It must be above 0"),
    "infinite": (["--step-size", "inf"], "Received: inf"),
    "no number": (["--scale", "nan"], "'--scale': It must be at least 0 and at most 0.5"),
    "seed": (["--seed", "2147483648"], "'--seed': It must be an int below 2 ** 31, in size"),
    "choice": (["--parameterization", "phase"], "one of mask, log_magnitude. Received: phase"),
    "extent": (["--normalize-over", "octave"], "must be one of whole, tile. Received: octave"),
    "precision": (["--precision", "float16"], "must be one of float32, bfloat16"),
    "preset": (["--preset", "wild"], "'--preset': It must be one of gentle, vivid"),
    "pair": (["--smoothing-width", "1", "9"], "must be a pair of numbers from 0 to 8"),
    "half a pair": (["--smoothing-width", "1"], "'--smoothing-width'"),
    "unknown": (["--stepsize", "1"], "No such option"),
    "format": (["-o", "out.xyz"], "No sound format is called .xyz"),
    "plot": (["--plot", "p.wav"], "Expected a picture .png, .svg or .pdf"),
    "page": (["--report", "p.pdf"], "Expected a page .html"),
    "animation": (["--animation", "p.png"], "Expected an animation .gif or .mp4"),
    "same": (["--plot", "p.png", "--json", "p.png"], "Expected different files to write"),
    "guidance": (["--guidance", "locally"], "one of guided, guided_locally, matched"),
    "no guide": (["--guidance", "matched"], "--guidance matched needs a --guide"),
    "guide": (["--guide", "gone.wav"], "there is no gone.wav"),
    "read": (["--guide", "g.json", "--json", "g.json", "--force"], "g.json is read"),
    "rate": (["--rate", "10"], "Invalid value for '--rate': 10 is not in the range"),
    "rate of the format": (["-o", "out.opus", "--rate", "44100"], "give --rate 48000"),
    "mix": (["--mix", "1.5"], "Invalid value for '--mix': 1.5 is not in the range"),
    "region": (["--from", "2", "--to", "1"], "a region that ends after it begins"),
    "region behind": (["--from", "1.5"], "begins in the sound, which lasts 1.00 s"),
    "band": (["--band", "200-4000"], "Expected --band LOW:HIGH, such as 200:4000"),
    "band of nothing": (["--band", "400:400"], "from a lower to a higher frequency"),
    "band above": (["--band", "12000:13000"], "a band below 12000 Hz, half the file's rate"),
    "no folder": (["-o", "no/out.wav"], "The folder no for out.wav does not exist"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_command_lines_are_one_line_before_a_model_is_loaded(case, folder, monkeypatch, capsys):
    words, message = BAD[case]
    monkeypatch.setattr(dream_command, "load_any", None)  # not to be called
    (folder / "g.json").write_text("{}")
    before = sorted(folder.iterdir())
    assert main(["dream", "chirp.wav", "-o", "out.wav", *words]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.startswith("sounddream: ")
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("name", ["missing.wav", "missing.png"])
def test_an_input_that_is_not_there_is_refused_before_a_model_is_loaded(
    name, folder, monkeypatch, capsys
):
    monkeypatch.setattr(dream_command, "load_any", None)
    assert main(["dream", name, "-o", "out.wav"]) == 2
    assert "sounddream: Expected a sound or a picture, but" in capsys.readouterr().err
