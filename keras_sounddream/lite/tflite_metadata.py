"""Metadata that TensorFlow's own tools pack into `.tflite` files: sample rate and labels.

They put a flatbuffer (its schema: `metadata_schema.fbs` of TensorFlow Lite Support) into a buffer
of the model, and files of labels into a zip archive behind it.
"""

import io
import struct
import zipfile

_METADATA, _BUFFERS = 6, 4  # fields of the table `Model`
_AUDIO = 4  # of the union `ContentProperties`
_MOST_BYTES = 2**20  # of a file of labels


def read_sample_rate(contents: bytes) -> int | None:
    """Hz of the one input of sound that a file's metadata describes; `None` where it does not."""
    try:
        model = _root(contents)
        for entry in model.tables(_METADATA):
            if entry.contents(0) == b"TFLITE_METADATA":
                buffer = model.tables(_BUFFERS)[entry.number(1, "<I")]
                return _audio_rate(_root(buffer.contents(0)))
    except (struct.error, IndexError, MemoryError):  # it points past its end
        pass
    return None


def read_labels(contents: bytes) -> tuple[str, ...] | None:
    """Lines of the one `.txt` file in the archive behind a model; `None` where there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            texts = [one for one in archive.infolist() if one.filename.endswith(".txt")]
            if len(texts) == 1 and texts[0].file_size <= _MOST_BYTES:
                return tuple(archive.read(texts[0]).decode().splitlines())
    except Exception:  # zipfile raises what it likes for a damaged archive: then it has no labels
        pass
    return None


def _audio_rate(metadata):
    """Sample rate of the first input of sound in a `ModelMetadata`."""
    for graph in metadata.tables(3):
        for tensor in graph.tables(2):
            content = tensor.table(3)
            if content is not None and content.number(0, "<B") == _AUDIO:
                properties = content.table(1)
                return None if properties is None else properties.number(0, "<I") or None
    return None


def _root(data):
    return _Table(data, struct.unpack_from("<I", data)[0])


class _Table:
    """A table of a flatbuffer, at a place of its bytes; fields by their numbers."""

    def __init__(self, data: bytes, place: int):
        self._data, self._place = data, place
        self._fields = place - struct.unpack_from("<i", data, place)[0]
        if self._fields < 0:
            raise IndexError

    def number(self, field: int, kind: str) -> int:
        """A number of a format of `struct`; 0 where it is left out."""
        place = self._find(field)
        return struct.unpack_from(kind, self._data, place)[0] if place else 0

    def table(self, field: int) -> "_Table | None":
        place = self._find(field)
        return _Table(self._data, self._follow(place)) if place else None

    def tables(self, field: int) -> "list[_Table]":
        start, count = self._vector(field)
        if start + 4 * count > len(self._data):
            raise IndexError
        places = range(start, start + 4 * count, 4)
        return [_Table(self._data, self._follow(place)) for place in places]

    def contents(self, field: int) -> bytes:
        """A string, or a vector of bytes."""
        start, count = self._vector(field)
        return self._data[start : start + count]

    def _vector(self, field):
        place = self._find(field)
        if not place:
            return 0, 0
        start = self._follow(place)
        return start + 4, struct.unpack_from("<I", self._data, start)[0]

    def _follow(self, place):
        return place + struct.unpack_from("<I", self._data, place)[0]

    def _find(self, field):
        """Place of a field's value, or 0 where it is left out."""
        size = struct.unpack_from("<H", self._data, self._fields)[0]
        slot = 4 + 2 * field
        offset = struct.unpack_from("<H", self._data, self._fields + slot)[0] if slot < size else 0
        return self._place + offset if offset else 0
