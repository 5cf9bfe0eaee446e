"""A LiteRT file that says what it is: a zip archive behind the flatbuffer.

Interpreters read the flatbuffer and ignore what follows; any unzip program opens the rest. A
checksum is in it, since a damaged flatbuffer can bring the interpreter's whole process down.
"""

import hashlib
import io
import zipfile
import zlib

from keras_sounddream.errors import InputError
from keras_sounddream.export.metadata import METADATA_FILE, Metadata

CHECKSUM_FILE = "flatbuffer.sha256"  # SHA-256 of all bytes before the archive, in hexadecimals
_IDENTIFIER = b"TFL3"  # bytes 4 to 7 of the flatbuffers of TensorFlow Lite and LiteRT
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same model makes the same bytes
_MOST_BYTES = 2**20  # of a file in the archive
_DAMAGES = (  # what `zipfile` raises of bytes that are no archive any more
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def pack(flatbuffer, metadata):
    """Puts an archive of a file's metadata and its checksum behind a flatbuffer.

    Args:
        flatbuffer: bytes of a LiteRT model.
        metadata: `Metadata`.

    Returns:
        bytes of the whole file.

    Raises:
        InputError: if the bytes are no LiteRT model.

    Example:
        path.write_bytes(pack(converter.convert(), metadata))
    """
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


def unpack(contents, source="the file"):
    """Takes a packed file apart, and checks that nothing of it is damaged.

    Args:
        contents: bytes of the whole file.
        source: str, where it was found, for the error.

    Returns:
        `(flatbuffer, metadata)`: bytes and `Metadata`, or `(contents, None)` if there is no
        archive with metadata behind it.

    Raises:
        InputError: if it is no LiteRT model, or damaged.
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


def read_packed(path):
    """Reads a packed file.

    Args:
        path: `pathlib.Path` of it.

    Returns:
        `(flatbuffer, metadata)`, as of `unpack`.

    Raises:
        InputError: if it cannot be read; and as `unpack`.
    """
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.") from None
    return unpack(contents, str(path))


def is_flatbuffer(contents):
    """Tells whether bytes begin as a LiteRT model does."""
    return len(contents) >= 8 and contents[4:8] == _IDENTIFIER


def _digest(flatbuffer):
    return hashlib.sha256(flatbuffer).hexdigest().encode()


def _read(archive, entry):
    if entry.file_size > _MOST_BYTES:
        raise zipfile.BadZipFile(f"{entry.filename} of {entry.file_size} bytes")
    return archive.read(entry)
