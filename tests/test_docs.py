"""The pages: their code blocks run; links, titles, tables and paths hold."""

import ast
import dataclasses
import inspect
import pathlib
import re
import shlex
import shutil

import click
import pytest

import keras_sounddream
from keras_sounddream import checks, moved
from keras_sounddream.applications import pretrained
from keras_sounddream.cli.main import cli
from keras_sounddream.deepdream.settings import Settings, defaults
from keras_sounddream.errors import InputError

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
AT_ROOT = [ROOT / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG")]
WITH_CODE = [page for page in PAGES if "```python" in page.read_text()]
CARDS = sorted(ROOT.glob("saved_models/*.md"))
MEASURED = sorted(DOCS.glob("benchmarks/*/*.md"))
SCRIPTS = sorted(ROOT.glob("benchmarks/*.py"))
PER_FOLDER = 16  # pages, so that a folder can be read at a glance


def name_of(path):
    return str(path.relative_to(ROOT))


def blocks(page):
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


def links(page):
    """Pairs of a linked path and a heading's anchor; either may be empty."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [t.partition("#")[::2] for t in targets if not t.startswith(("http", "mailto"))]


def anchors(page):
    """The anchors that a page's headings have on GitHub."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def linked(page):
    return {(page.parent / path).resolve() for path, _ in links(page) if path}


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_python_blocks_run_in_order(page, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks(page):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_python_blocks_import_from_where_things_are(page):
    for block in blocks(page):
        for module in re.findall(r"keras_sounddream\.([a-z_.]+)", block):
            assert module not in moved.MOVED, module


@pytest.mark.parametrize("page", PAGES + AT_ROOT, ids=name_of)
def test_links_lead_somewhere(page):
    for path, anchor in links(page):
        target = page.parent / path if path else page
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_begins_with_its_title(page):
    assert re.match(r"# \S", page.read_text())


def test_titles_are_unique():
    titles = [page.read_text().partition("\n")[0].lower() for page in PAGES]
    assert sorted(titles) == sorted(set(titles))


def test_every_page_is_found_from_the_index():
    index = DOCS / "index.md"
    reached = {index} | linked(index)
    for page in [page for page in reached if page.name == "index.md"]:
        reached |= linked(page)
    missing = [name_of(page) for page in PAGES[1:] if page not in reached]
    assert missing == []


def test_the_readme_leads_to_every_guide_folder_and_a_sound():
    targets = linked(ROOT / "README.md")
    for folder in ("getting_started", "guides", "models", "deploy", "benchmarks"):
        assert any((DOCS / folder) in target.parents for target in targets), folder
    assert any(target.parent == DOCS / "sounds" for target in targets)
    assert any(target.parent == DOCS / "images" for target in targets)


@pytest.mark.parametrize("folder", sorted({page.parent for page in PAGES}), ids=name_of)
def test_a_folder_of_pages_can_be_read_at_a_glance(folder):
    assert len(list(folder.glob("*.md"))) <= PER_FOLDER


@pytest.mark.parametrize("page", MEASURED, ids=name_of)
def test_a_measured_page_names_the_script_that_writes_it(page):
    scripts = re.findall(r"`benchmarks/(\w+\.py)", page.read_text())
    assert scripts
    script = (ROOT / "benchmarks" / scripts[0]).read_text()
    assert page.name in script or page.stem.startswith("dream_fidelity_")


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_writes_where_its_page_is(script):
    for path in re.findall(r"docs/[\w/]+\.md", script.read_text()):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("card", CARDS, ids=name_of)
def test_model_cards_name_pages_that_exist(card):
    paths = re.findall(r"`(docs/[\w/]+\.md)`", card.read_text())
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


OF_USERS = {"benchmarks/my_claim.py", "serving_client.py"}  # a reader makes these
MADE_HERE = re.compile(r"\bmy_\w+")  # names that stand for a contributor's


@pytest.mark.parametrize("page", [*PAGES, *AT_ROOT[:2], *CARDS], ids=name_of)
def test_modules_that_a_page_names_exist(page):
    """A path counts from the root, from the package or, such as `model.py`, names any file."""
    for path in re.findall(r"`([\w/]+\.py)`", page.read_text()):
        if path in OF_USERS or MADE_HERE.search(path):
            continue
        package = ROOT / "keras_sounddream"
        is_name = "/" not in path and any(package.rglob(path))
        assert is_name or (ROOT / path).exists() or (package / path).exists(), path


def commands(page):
    """Calls of `sounddream` in a page's blocks of shell, as lists of words."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.M | re.DOTALL):
        if language in ("", "sh", "bash"):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("sounddream "):
                    yield shlex.split(line, comments=True)[1:]


WITH_COMMANDS = [page for page in PAGES if any(commands(page))]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_and_their_options_exist(page):
    for words in commands(page):
        command, context = cli, click.Context(cli)
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            command = command.get_command(context, name)
            assert command is not None, name
        own = {option for param in command.params for option in param.opts + param.secondary_opts}
        words = words[: words.index("--")] if "--" in words else words
        for word in words:
            option = word.partition("=")[0]
            if re.match(r"--?[a-z]", option) and option not in ("--help", "--version"):
                assert option in own, f"{command.name} {option}"


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}


def settings_table(page):
    """Rows of a page's table of settings: names of settings → the row's other cells."""
    text = (DOCS / page).read_text()
    table = text.partition("| setting |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {tuple(re.findall(r"`(\w+)(?:=[^`]*)?`", first)): cells for first, *cells in rows}


def test_settings_of_pictures_are_those_of_a_dream():
    names = {name for names in settings_table("guides/pictures.md") for name in names}
    assert len(names) >= 6
    assert names <= set(FIELDS)


def test_the_table_of_settings_is_complete_and_in_order():
    assert [*settings_table("guides/objectives.md")] == [(name,) for name in FIELDS]


@pytest.mark.parametrize("name", FIELDS)
def test_the_table_says_a_settings_default_and_whose_it_is(name):
    default, _, owner, meaning = settings_table("guides/objectives.md")[(name,)]
    assert ast.literal_eval(default.strip("`")) == FIELDS[name].default
    assert owner == (FIELDS[name].metadata["only"] or "both")
    assert meaning
    if "pictures" in meaning and "by default" in meaning:  # another default than a sound's
        assert f"{defaults('picture')[name]:g} by default" in meaning


def is_allowed(name, value):
    try:
        checks.check(name, value, FIELDS[name].metadata["allowed"])
    except InputError:
        return False
    return True


def numbers_around(least, most, default):
    """Numbers within a range of the table, and some just outside, of the default's type."""
    kind = type(default[0] if isinstance(default, tuple) else default)
    least, step = kind(float(least.removeprefix("above "))), 1 if kind is int else 1e-3
    return (least, kind(float(most))), (kind(least - step), kind(float(most)) + step)


@pytest.mark.parametrize("name", FIELDS)
def test_the_table_says_which_values_a_setting_takes(name):
    values = settings_table("guides/objectives.md")[(name,)][1]
    default = FIELDS[name].default
    span = re.match(r"((?:above )?-?[\d.]+) to (-?[\d.]+)(, each)?$", values)
    if span is None:
        words = re.findall(r"`(\w+)`", values)
        if name == "transforms":
            assert words == ["Transform"]
            return
        values = [word == "True" if isinstance(default, bool) else word for word in words]
        assert all(is_allowed(name, value) for value in values)
        assert not is_allowed(name, "other")
        names = getattr(FIELDS[name].metadata["allowed"], "text", "").removeprefix("one of ")
        if isinstance(default, str):
            assert names.removesuffix(", or a function").split(", ") == words
        return
    (least, most), outside = numbers_around(*span.groups()[:2], default)
    pairs = bool(span[3])
    assert pairs == isinstance(default, tuple)
    given = {value: (value, value) if pairs else value for value in (least, most, *outside)}
    assert is_allowed(name, given[most])
    assert is_allowed(name, given[least]) == (not values.startswith("above"))
    assert not any(is_allowed(name, given[value]) for value in outside)


def test_settings_without_a_portable_form_are_listed():
    from keras_sounddream.export.portable.ascent import check_portable

    attributes = [
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(check_portable)))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "settings"
    ]
    listed = {name for names in settings_table("deploy/litert.md") for name in names}
    assert len(set(attributes)) >= 5
    assert set(attributes) <= listed
    assert "| an optimizer of Keras's" in (DOCS / "deploy/litert.md").read_text()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "glossary.md"], ids=name_of
)
def test_old_names_are_gone(page):
    text = page.read_text()
    for old in ("real_gain", "real gain", "thrifty_piece", "Pieces(", "zoom=", "blend=", "detail="):
        assert not re.search(rf"(?<![_\w]){re.escape(old)}", text), old


def test_the_readmes_table_is_the_benchmarks():
    page = (DOCS / "benchmarks/dreams/dream_fidelity.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("| **ours**"))
    gain, lost, worst, _, kept = [cell.strip() for cell in line.strip("|").split("|")][1:6]
    median, tenth = (float(number) for number in gain.replace("(", "").split()[:2])
    table = (ROOT / "README.md").read_text().partition("| | median | worst tenth |")[2]
    rows = [[c.strip() for c in row.strip("|").split("|")] for row in table.splitlines()[2:5]]
    assert rows[0][1:] == [f"{median:.1f}", f"{tenth:.1f}"]
    assert rows[1][1:] == [lost.replace("%", " %"), worst.replace("%", " %")]
    assert rows[2][1] == kept


def test_the_zoos_page_has_every_weights_size_and_licence():
    page = (DOCS / "models/index.md").read_text()
    rows = dict(re.findall(r"^\| `(.+?)` \| (.*) \|$", page, re.MULTILINE))
    every = {str(each): each.row for each in pretrained.every_pretrained()}
    assert set(rows) == set(every)
    for line, row in every.items():
        _, _, _, size, licence, *_ = rows[line].split(" | ")
        assert licence == row["licence"]
        path = pretrained.shipped_path(row["file"])
        known = path.stat().st_size if path.is_file() else row.get("bytes")
        assert size == ("?" if known is None else f"{known / 1e6:.1f}")


def test_words_of_the_glossary_stand_once_and_in_order():
    words = re.findall(r"^\| (.*?) \|", (DOCS / "glossary.md").read_text(), re.MULTILINE)[1:]
    words = [word.replace("-", " ") for word in words]
    assert words == sorted(set(words))


def test_the_newest_version_is_the_same_everywhere():
    version = keras_sounddream.__version__
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version} - " in (ROOT / "CHANGELOG.md").read_text()


def test_examples_are_what_their_script_makes(tmp_path):
    import sys

    import numpy as np

    from keras_sounddream import audio

    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import make_examples
    finally:
        sys.path.pop(0)
    make_examples.main(tmp_path)
    total = 0
    for path in sorted((ROOT / "examples").glob("*.flac")):
        made, kept = (audio.load(folder / path.name, 24000) for folder in (tmp_path, path.parent))
        np.testing.assert_allclose(made, kept, atol=2 / 32768)
        total += path.stat().st_size
    assert 0 < total < 1_000_000
