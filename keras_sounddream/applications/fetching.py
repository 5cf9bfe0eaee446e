"""Weights that do not ship: fetched once into Keras's cache folder, checked, and found there.

A row of `PRETRAINED` says where from and how the file is known: `urls`, tried in turn, `sha256` or
the digits of its beginning that the publisher gives, and `bytes`. `archive` has `sha256`, `bytes`
and `member` where the file lies in one. What has arrived when a connection breaks is kept beside
the file, and fetching goes on from there.
"""

from __future__ import annotations

import pathlib
import shutil
import tarfile
from collections.abc import Mapping
from typing import Any

import requests
from tqdm import tqdm

from keras_sounddream.checks import OFFLINE, may_fetch
from keras_sounddream.digests import file_digest
from keras_sounddream.errors import InputError
from keras_sounddream.files import cache_folder, named_if_full, written_beside
from keras_sounddream.locks import locked

TIMEOUT = (10, 30)  # seconds for a connection, and between two pieces of an answer
_TRIES = 20  # of one address, each of which brings something
_BLOCK = 1 << 14  # bytes; what a broken connection has brought of one is lost
_MOST_BYTES = 1 << 30  # of a file whose size is not known

Row = Mapping[str, Any]


class _FetchError(Exception):
    """An address that does not send the file: why."""


def cached_path(row: Row) -> pathlib.Path:
    """Path at which the file of a row lies, or will lie: in `KERAS_HOME`, by default `~/.keras`."""
    return cache_folder() / "models" / row["file"]


def fetch(row: Row) -> pathlib.Path:
    """Path of the file of a row, which is fetched if it is not in the cache folder.

    One process at a time fetches a file; others wait for it.

    Args:
        row: of `PRETRAINED`, with `file`, `urls`, `sha256` and perhaps `bytes` and `archive`.

    Returns:
        `pathlib.Path` of a file whose hash is that of the row.

    Raises:
        InputError: if it is not there and cannot be fetched, or `KERAS_SOUNDDREAM_OFFLINE` is set,
            with what to fetch by hand; or if the file that is there is another one.
    """
    path = cached_path(row)
    if not path.is_file():
        if not row["urls"]:
            raise InputError(f"These weights do not ship with the package. {by_hand(row)}")
        if not may_fetch():
            raise InputError(
                f"{path.name} is not there, and {OFFLINE} forbids fetching. {by_hand(row)}"
            )
        with locked(path, "fetch", wait=True):
            if not path.is_file():
                _fetch_from_any(row, path)
    _check_cached(row, path)
    return path


def by_hand(row: Row) -> str:
    """A sentence: what a user can do in place of this module."""
    path = cached_path(row)
    source = row["by_hand"] if "by_hand" in row else row["urls"][0]
    member = f", take {row['archive']['member']} out of it" if "archive" in row else ""
    known = row.get("sha256", "")
    digest = f" (SHA-256 {known}{'' if len(known) == 64 else '…'})" if known else ""
    return f"Fetch {source}{member} and put it at {path}{digest}."


def _check_cached(row, path):
    """Checks the hash of the file in the cache folder."""
    if "sha256" not in row:
        return
    digest = file_digest(path)
    if not digest.startswith(row["sha256"]):
        raise InputError(
            f"{path} is damaged or another file: its SHA-256 is {digest}, not {row['sha256']}. "
            "Remove it to have it fetched, or name it with `weights` to load it as it is."
        )


def _fetch_from_any(row, path):
    """Fetches a file from the first address that sends it."""
    sent = row.get("archive", row)
    part = path.with_name(f".{path.name}.{sent['sha256'][:8]}.part")
    reasons = []
    with named_if_full(path):
        for url in row["urls"]:
            try:
                _fetch_from(url, part, sent, path.name)
                break
            except _FetchError as reason:
                reasons.append(f"{url}: {reason}")
        else:
            raise InputError(
                f"{path.name} cannot be fetched ({'; '.join(reasons)}). {by_hand(row)}"
            )
        with written_beside(path) as temporary:
            if "archive" in row:
                _unpack(row, part, temporary)
                part.unlink()
            else:
                part.replace(temporary)


def _fetch_from(url, part, sent, name):
    """Fetches the rest of a file from one address, again while each try brings something."""
    had_begun = part.is_file()
    for _ in range(_TRIES):
        before = _size(part)
        try:
            with requests.Session() as session:
                _receive(session, url, part, sent, name)
            break
        except requests.RequestException as error:
            if _size(part) <= before:
                raise _FetchError(_in_words(error)) from None
    else:
        raise _FetchError(f"the connection broke off {_TRIES} times; fetch again to go on")
    digest = file_digest(part)
    if not digest.startswith(sent["sha256"]):
        part.unlink()
        if had_begun:  # what was left of an earlier try may be damaged
            _fetch_from(url, part, sent, name)
            return
        raise _FetchError(f"another file came, of SHA-256 {digest}; it was deleted")


def _receive(session, url, part, sent, name):
    """Adds what a server sends to the part that is there, or begins anew where it must."""
    start, wanted = _size(part), sent.get("bytes")
    if start and start == wanted:
        return
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={start}-"} if start else {}
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if start and not _can_go_on(answer, start):
            part.unlink()
            _receive(session, url, part, sent, name)
            return
        start = start if answer.status_code == 206 else 0
        total = _check_answer(answer, start, wanted)
        with open(part, "ab") as file, _bar(name, start, total) as bar:
            file.truncate(start)
            for block in answer.iter_content(_BLOCK):
                if file.tell() + len(block) > (wanted or _MOST_BYTES):
                    file.truncate(0)
                    raise _FetchError(f"more comes than {wanted or _MOST_BYTES:,} bytes")
                file.write(block)
                bar.update(len(block))
    if total is not None and _size(part) < total:
        raise requests.ConnectionError("broken off")


def _bar(name, start, total):
    """A bar of bytes, shown on a terminal alone."""
    settings: dict[str, Any] = {"unit": "B", "unit_scale": True, "disable": None, "leave": False}
    return tqdm(desc=f"fetching {name}", initial=start, total=total, **settings)


def _can_go_on(answer, start):
    """Whether an answer does not stand against going on at `start`, as a wrong range does."""
    if answer.status_code == 206:
        return answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
    return answer.status_code != 416


def _check_answer(answer, start, wanted):
    """Checks what the head of an answer says; the bytes of the whole file, or `None`."""
    if answer.status_code not in (200, 206):
        raise _FetchError(f"the server answers {answer.status_code} {answer.reason}")
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise _FetchError("a web page comes, not the file")
    length = answer.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() else wanted
    if wanted and total != wanted:
        raise _FetchError(f"a file of {total:,} bytes comes, not of {wanted:,}")
    return total


def _unpack(row, archive, path):
    """Writes the member of a tar archive that is the file."""
    member = row["archive"]["member"]
    with tarfile.open(archive) as tar, open(path, "wb") as file:
        shutil.copyfileobj(tar.extractfile(member), file)
    if not file_digest(path).startswith(row["sha256"]):
        raise InputError(f"{member} in {row['urls'][0]} is another file than is known.")


def _in_words(error):
    """A reason of `requests`, without its addresses of objects."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects without end"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return f"the connection broke off ({type(error).__name__})"


def _size(path):
    """Bytes of a file; 0 if it is not there."""
    return path.stat().st_size if path.is_file() else 0
