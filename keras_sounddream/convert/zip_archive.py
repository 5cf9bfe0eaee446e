"""Members of a zip archive, read into memory: none is ever written to a file."""

import contextlib
import pathlib
import zipfile
import zlib

from keras_sounddream.convert.binary import ReadingError, check_size

_BROKEN = (  # what zipfile raises for bytes that are no archive
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    OSError,
)


def names(path: pathlib.Path) -> list[str]:
    """Names of the members; ReadingError if the archive is broken."""
    with _opened(path) as archive:
        return archive.namelist()


def read(path: pathlib.Path) -> dict[str, bytes]:
    """Bytes of the members by name; ReadingError if it is broken or unpacks to too much."""
    with _opened(path) as archive:
        members = archive.infolist()
        check_size(sum(member.file_size for member in members), path)
        contents = {member.filename: _member(archive, member) for member in members}
    if len(contents) < len(members):
        raise ReadingError("two members of its archive have one name. Fetch or save it again")
    return contents


@contextlib.contextmanager
def _opened(path):
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except ReadingError:
        raise
    except _BROKEN as error:
        raise ReadingError(
            f"its zip archive is broken or cut off ({type(error).__name__}). Fetch or save it again"
        ) from None


def _member(archive, member):
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ReadingError("its archive is packed in a way that is not read. Save it again")
    with archive.open(member) as file:
        data = file.read(member.file_size)  # so much and no more, whatever unpacks from it
    if len(data) != member.file_size:
        raise EOFError
    return data
