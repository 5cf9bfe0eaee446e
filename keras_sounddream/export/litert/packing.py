"""Metadata of a LiteRT file: a zip archive behind the flatbuffer.

Interpreters read the flatbuffer and ignore what follows; any unzip program opens the rest. A
checksum is in it, since a damaged flatbuffer can bring the interpreter's whole process down.
"""

import hashlib
import io
import pathlib
import zipfile
import zlib

from keras_sounddream.errors import InputError
from keras_sounddream.export.metadata import METADATA_FILE, Metadata

CHECKSUM_FILE = "flatbuffer.sha256"  # SHA-256 of all bytes before the archive, in hexadecimals
_IDENTIFIER = b"TFL3"  # bytes 4 to 7 of the flatbuffers of TensorFlow Lite and LiteRT
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same model makes the same bytes
_MOST_BYTES = 2**20  # of a file in the archive
_DAMAGES = (  # raised by `zipfile` for a damaged archive
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def pack(flatbuffer: bytes, metadata: Metadata) -> bytes:
    """Returns a flatbuffer with an archive of its metadata and its checksum behind it."""
    if not is_flatbuffer(flatbuffer):
        raise InputError(f"Expected a LiteRT flatbuffer to pack. Received: {flatbuffer[:8]!r}…")
    files = {**metadata.to_files(), CHECKSUM_FILE: _digest(flatbuffer)}
    buffer = io.BytesIO(flatbuffer)
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, contents in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            archive.writestr(entry, contents, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(contents: bytes, source: str = "the file") -> tuple[bytes, Metadata | None]:
    """Takes a packed file apart, and checks that it is not damaged: flatbuffer and metadata.

    The metadata is `None` if there is no archive behind; `source` names the file in an error.
    """
    if not is_flatbuffer(contents):
        raise InputError(
            f"{source} is no LiteRT model ({len(contents)} bytes, beginning {contents[:8]!r})."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if METADATA_FILE not in entries:
                return contents, None
            start = min(entry.header_offset for entry in entries.values())
            text = _read(archive, entries[METADATA_FILE])
            digest = _read(archive, entries[CHECKSUM_FILE]) if CHECKSUM_FILE in entries else b""
    except _DAMAGES as error:
        if METADATA_FILE.encode() not in contents:
            return contents, None
        raise InputError(
            f"{source} is damaged or cut off: its metadata cannot be read ({error})."
        ) from None
    flatbuffer = contents[:start]
    if digest.strip() != _digest(flatbuffer):
        raise InputError(f"{source} is damaged: its checksum is another. Copy or export it anew.")
    return flatbuffer, Metadata.from_json(text, source)


def read_packed(path: pathlib.Path) -> tuple[bytes, Metadata | None]:
    """Reads a packed file: flatbuffer and metadata, as `unpack`."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from None
    return unpack(contents, str(path))


def is_flatbuffer(contents: bytes) -> bool:
    """Tells whether bytes begin as a LiteRT model does."""
    return len(contents) >= 8 and contents[4:8] == _IDENTIFIER


def _digest(flatbuffer):
    return hashlib.sha256(flatbuffer).hexdigest().encode()


def _read(archive, entry):
    if entry.file_size > _MOST_BYTES:
        raise zipfile.BadZipFile(f"{entry.filename} of {entry.file_size} bytes")
    return archive.read(entry)
