"""Weights that do not ship: fetched from a server of this machine that behaves well and badly."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time

import numpy as np
import pytest
from file_server import FileServer

from keras_sounddream import InputError
from keras_sounddream.applications import fetching, pretrained
from keras_sounddream.applications.generators import pretrained as generators
from keras_sounddream.cli.main import main
from keras_sounddream.filters import pretrained as filters

CONTENT = np.random.default_rng(0).bytes(36 * 16384)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.delenv(fetching.OFFLINE)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fetching, "TIMEOUT", (5, 1.5))
    with FileServer().running() as running:
        running.content["w.bin"] = CONTENT
        yield running


def row(server, *kinds, **more):
    """A row of `PRETRAINED` whose addresses behave as `kinds` say."""
    urls = tuple(f"{server.address}/{kind}/w.bin" for kind in kinds)
    known = {"sha256": sha256(CONTENT), "bytes": len(CONTENT), "file": "w.bin"}
    return {**known, "urls": urls, **more}


def cache(tmp_path):
    folder = tmp_path / "keras" / "models"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("kinds", "starts"),
    [
        (["whole"], [0]),
        (["ranges"], [0]),
        (["moved"], [0, 0]),
        (["breaks"], [0, 12 * 16384, 24 * 16384]),
        (["breaks_whole"], [0, 18 * 16384]),
        (["404", "page", "other", "whole"], [0, 0, 0, 0]),
        (["stalls", "ranges"], [0, 16384, 16384]),
    ],
)
def test_a_file_is_fetched_once_and_whole(kinds, starts, server, tmp_path):
    path = fetching.fetch(row(server, *kinds))
    assert path.read_bytes() == CONTENT
    assert [start for _, start in server.asked] == starts
    assert cache(tmp_path) == ["w.bin"]
    assert fetching.fetch(row(server, *kinds)) == path
    assert len(server.asked) == len(starts)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("403", "the server answers 403 Forbidden"),
        ("404", "the server answers 404 Not Found"),
        ("503", "the server answers 503 Service Unavailable"),
        ("page", "a web page comes, not the file"),
        ("other", f"another file came, of SHA-256 {sha256(bytes(len(CONTENT)))}; it was deleted"),
        ("longer", "a file of 589,828 bytes comes, not of 589,824"),
        ("endless", "more comes than 589,824 bytes"),
        ("silent", "no answer in time"),
        ("circle", "it redirects without end"),
        ("moved_away", "the connection broke off"),
    ],
)
def test_what_is_not_the_file_is_named_and_not_kept(kind, reason, server, tmp_path):
    with pytest.raises(InputError) as caught:
        fetching.fetch(row(server, kind))
    message = str(caught.value)
    url = f"{server.address}/{kind}/w.bin"
    assert f"w.bin cannot be fetched ({url}: {reason}" in message
    assert f"Fetch {url} and put it at {tmp_path}/keras/models/w.bin" in message
    assert sha256(CONTENT) in message
    assert "\n" not in message
    assert cache(tmp_path) in ([], [".w.bin." + sha256(CONTENT)[:8] + ".part"])


def test_no_network_is_said_in_a_line(server, tmp_path):
    address = server.address.rpartition(":")[0] + ":1"
    with pytest.raises(InputError, match=f"{address}/w.bin: no connection.* Fetch {address}/w.bin"):
        fetching.fetch({**row(server), "urls": (f"{address}/w.bin",)})
    assert cache(tmp_path) == []


def test_without_permission_nothing_is_asked(server, monkeypatch):
    monkeypatch.setenv(fetching.OFFLINE, "1")
    with pytest.raises(InputError, match="OFFLINE forbids fetching. Fetch http.*put it at .*w.bin"):
        fetching.fetch(row(server, "whole"))
    assert server.asked == []
    monkeypatch.setenv(fetching.OFFLINE, "0")
    assert fetching.fetch(row(server, "whole")).is_file()


def test_what_cannot_be_fetched_is_asked_for(server):
    with pytest.raises(InputError, match="do not ship with the package. Fetch it by post and put"):
        fetching.fetch({"file": "w.bin", "urls": (), "by_hand": "it by post"})


@pytest.mark.parametrize(
    ("part", "kind", "starts"),
    [
        (CONTENT[:1000], "ranges", [1000]),
        (CONTENT[:1000], "whole", [1000]),
        (CONTENT[:1000], "wrong_range", [1000, 0]),
        (CONTENT, "whole", []),
        (CONTENT + b"more", "ranges", [589_828, 0]),
    ],
)
def test_a_part_of_an_earlier_try_is_gone_on_with(part, kind, starts, server, tmp_path):
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / f".w.bin.{sha256(CONTENT)[:8]}.part").write_bytes(part)
    assert fetching.fetch(row(server, kind)).read_bytes() == CONTENT
    assert [start for _, start in server.asked] == starts
    assert cache(tmp_path) == ["w.bin"]


@pytest.mark.parametrize("part", [b"wrong", bytes(len(CONTENT))])
def test_after_a_damaged_part_all_is_fetched_anew(part, server, tmp_path):
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / f".w.bin.{sha256(CONTENT)[:8]}.part").write_bytes(part)
    assert fetching.fetch(row(server, "ranges")).read_bytes() == CONTENT
    assert cache(tmp_path) == ["w.bin"]


def test_another_file_in_the_cache_is_kept_and_named(server, tmp_path):
    folder = tmp_path / "keras" / "models"
    folder.mkdir(parents=True)
    (folder / "w.bin").write_bytes(b"mine")
    with pytest.raises(InputError, match="w.bin is damaged or another file: its SHA-256 is"):
        fetching.fetch(row(server, "whole"))
    assert (folder / "w.bin").read_bytes() == b"mine"
    assert server.asked == []


def test_the_beginning_of_a_hash_and_no_length_may_be_all_that_is_known(server):
    known = row(server, "other", "whole", sha256=sha256(CONTENT)[:8])
    del known["bytes"]
    assert fetching.fetch(known).read_bytes() == CONTENT


def archive(server, kind, content=CONTENT):
    """A row of a file in an archive, which the server has."""
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz") as tar:
        info = tarfile.TarInfo("package/w.bin")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    packed = stored.getvalue()
    server.content["p.tar.gz"] = packed
    known = {"member": "package/w.bin", "sha256": sha256(packed), "bytes": len(packed)}
    return row(server, archive=known) | {"urls": (f"{server.address}/{kind}/p.tar.gz",)}


def test_a_file_is_taken_out_of_its_archive(server, tmp_path):
    assert fetching.fetch(archive(server, "breaks")).read_bytes() == CONTENT
    assert cache(tmp_path) == ["w.bin"]


def test_another_member_of_the_archive_is_refused(server, tmp_path):
    with pytest.raises(InputError, match="package/w.bin in http.* is another file than is known"):
        fetching.fetch(archive(server, "whole", b"other"))
    assert "w.bin" not in cache(tmp_path)


@pytest.mark.filterwarnings("ignore:Waiting for process")
def test_several_at_once_fetch_once(server):
    server.slow_seconds = 0.2
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fetching.fetch(row(server, "whole"))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == len(server.asked) == 1


def test_a_killed_process_leaves_a_part_that_another_goes_on_with(server, tmp_path):
    script = (
        "import json, sys; from keras_sounddream.applications import fetching;"
        "fetching.fetch(json.loads(sys.argv[1]))"
    )
    known = row(server, "stalls")
    environment = {k: v for k, v in os.environ.items() if k != fetching.OFFLINE}
    process = subprocess.Popen([sys.executable, "-c", script, json.dumps(known)], env=environment)
    part = tmp_path / "keras/models" / f".w.bin.{sha256(CONTENT)[:8]}.part"
    while not server.asked:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert part.is_file()
    assert fetching.fetch(row(server, "ranges")).read_bytes() == CONTENT
    assert cache(tmp_path) == ["w.bin"]


@pytest.fixture
def table(server, monkeypatch):
    """A table of two models: one that ships, one on the server."""
    rows = [
        pretrained.Pretrained("LogMelCNN", {"weights": "esc10"}, dict(SHIPPED)),
        pretrained.Pretrained("YAMNet", {"weights": "good"}, row(server, "whole", licence="MIT")),
        pretrained.Pretrained(
            "YAMNet", {"weights": "bad"}, row(server, "404", file="b.bin", licence="MIT")
        ),
    ]
    monkeypatch.setattr(pretrained, "every_pretrained", lambda: rows)
    keys = {"LogMelCNN": {"esc10": {}}, "YAMNet": {"good": {}, "bad": {}}}
    monkeypatch.setattr(pretrained, "PRETRAINED", keys)


SHIPPED = pretrained.PRETRAINED["LogMelCNN"]["esc10"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["YAMNet", "--weights", "good"], 0, ["models/w.bin, 0.6 MB"]),
        (["yamnet", "--weights", "good"], 0, ["models/w.bin, 0.6 MB"]),
        (["log_mel_cnn"], 0, ["LogMelCNN(weights='esc10'): ships with the package"]),
        (["all"], 2, ["ships with the package", "models/w.bin", "b.bin cannot be fetched"]),
        (["YAMNet", "--weights", "none"], 2, ["of YAMNet must be one of", "Received: 'none'"]),
        (["LogMelCNN", "--weights", "good"], 2, ["of LogMelCNN must be one of ['esc10']"]),
        (["YAMNett"], 2, ["There is no model 'YAMNett'"]),
        ([], 2, ["Missing argument"]),
    ],
)
def test_the_command_fetches_and_goes_on_after_a_failure(words, code, said, table, capsys):
    assert main(["fetch", *words]) == code
    shown = "".join(capsys.readouterr())
    assert all(text in shown for text in said), shown


def test_the_command_lists_what_there_is_and_where(table, capsys, tmp_path):
    main(["fetch", "YAMNet", "--weights", "good"])
    capsys.readouterr()
    assert main(["models", "--json", str(tmp_path / "models.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "MB", "licence", "place"]
    assert lines[1].split() == ["LogMelCNN(weights='esc10')", "1.8", "Apache-2.0", "ships"]
    assert lines[2].split()[1:] == ["0.6", "MIT", f"{tmp_path}/keras/models/w.bin"]
    assert lines[3].endswith("not here")
    (tmp_path / "keras/models/w.bin").write_bytes(b"cut")
    assert main(["models", "--json", str(tmp_path / "models.json")]) == 2
    capsys.readouterr()
    assert main(["models", "--json", str(tmp_path / "cut.json"), "--force"]) == 0
    assert f"damaged: {tmp_path}/keras/models/w.bin" in capsys.readouterr().out
    rows = json.loads((tmp_path / "models.json").read_text())
    assert [row["bytes"] for row in rows][1:3] == [589_824, 589_824]
    assert rows[2]["path"] is None


def test_filters_and_generators_that_ship_are_listed(capsys):
    assert main(["models"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for model in (
        *(f"DreamFilter(weights={key!r})" for key in filters.PRETRAINED),
        *(f"PictureFilter(weights={key!r})" for key in filters.PICTURES),
        *(f"load_generator(source={key!r})" for key in generators.PRETRAINED),
    ):
        assert lines[model].endswith("ships")


def test_every_row_says_how_its_file_is_known():
    for each in pretrained.every_pretrained():
        assert each.row["licence"]
        assert each.row["file"]
        assert each.ships or each.row["urls"] or each.row["by_hand"]
        if each.ships or each.row["urls"]:
            assert 8 <= len(each.row["sha256"]) <= 64
        for url in each.row.get("urls", ()):
            assert url.startswith("https://")
