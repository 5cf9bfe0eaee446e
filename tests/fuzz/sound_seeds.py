"""Small files of sounds, pictures and tags from which mutated ones are made; nothing is stored."""

import functools
import io
import pathlib
import tempfile

import numpy as np
import soundfile

RATE, SAMPLES = 8000, 600
FORMATS = (  # of libsndfile: format, subtype, channels
    *(("WAV", "PCM_16", 2), ("WAV", "PCM_24", 1), ("WAV", "PCM_U8", 1), ("WAV", "FLOAT", 1)),
    *(("WAV", "DOUBLE", 1), ("WAV", "ULAW", 1), ("WAV", "IMA_ADPCM", 1), ("WAV", "MS_ADPCM", 1)),
    *(("WAV", "GSM610", 1), ("WAV", "G721_32", 1), ("WAVEX", "PCM_16", 2), ("RF64", "PCM_16", 1)),
    *(("W64", "PCM_16", 1), ("FLAC", "PCM_16", 1), ("FLAC", "PCM_24", 2), ("OGG", "VORBIS", 1)),
    *(("OGG", "OPUS", 1), ("MP3", "MPEG_LAYER_III", 1), ("AIFF", "PCM_16", 1)),
    *(("AIFF", "FLOAT", 1), ("AIFF", "IMA_ADPCM", 1), ("AIFF", "GSM610", 1), ("AU", "PCM_16", 1)),
    *(("AU", "G721_32", 1), ("CAF", "ALAC_16", 1), ("VOC", "PCM_16", 1), ("NIST", "PCM_16", 1)),
    *(("SVX", "PCM_16", 1), ("IRCAM", "PCM_16", 1), ("MAT5", "PCM_16", 1), ("SDS", "PCM_16", 1)),
    *(("XI", "DPCM_16", 1), ("PAF", "PCM_16", 1), ("PVF", "PCM_16", 1), ("HTK", "PCM_16", 1)),
)
KEPT = 0.9  # share of the samples after which a file counts as read whole


CHAINED = ("OGG", "MP3")  # formats whose files may stand behind each other in one


@functools.cache
def sounds():
    """Bytes of a sound in each of `FORMATS`, and of two of a codec behind each other."""
    return list(known_samples())


@functools.cache
def known_samples():
    """Bytes of each sound: the least number of samples, at `RATE`, that must be read of it."""
    # XI holds no rate: all of it is 44.1 kHz
    once = {sound(*each): 0 if each[0] == "XI" else round(KEPT * SAMPLES) for each in FORMATS}
    twice = [sound(*each) for each in FORMATS if each[0] in CHAINED]
    return once | {data * 2: 2 * once[data] for data in twice}


@functools.cache
def sound(kind, subtype, channels=1):
    """Bytes of a rising tone with noise."""
    rng, time = np.random.default_rng(0), np.arange(SAMPLES) / RATE
    tone = 0.4 * np.sin(2 * np.pi * (300 + 3000 * time) * time) + rng.normal(0, 0.02, SAMPLES)
    buffer = io.BytesIO()
    samples = np.stack([tone, 0.5 * tone], 1)[:, :channels]
    soundfile.write(buffer, samples, RATE, subtype, format=kind)
    return buffer.getvalue()


@functools.cache
def tagged():
    """Bytes of music files with tags of each kind."""
    import mutagen
    from mutagen import id3

    files = []
    for kind, subtype, suffix in (
        ("FLAC", "PCM_16", ".flac"),
        ("OGG", "VORBIS", ".ogg"),
        ("OGG", "OPUS", ".opus"),
    ):
        tags = {"genre": "Rock", "date": "1999", "title": "a"}
        files.append(_retagged(sound(kind, subtype), suffix, tags))
    for version in (3, 4):
        tag = id3.ID3()
        tag.add(id3.TCON(encoding=3, text=["(17)Rock"]))
        tag.add(id3.TDRC(encoding=3, text=["1999"]))
        buffer = io.BytesIO()
        tag.save(buffer, v2_version=version, padding=lambda info: 0)
        files.append(buffer.getvalue() + sound("MP3", "MPEG_LAYER_III"))
    ends = b"TAG" + b"title".ljust(90, b"\0") + b"1999" + b"".ljust(30, b"\0") + b"\x11"
    files.append(sound("MP3", "MPEG_LAYER_III") + ends)
    assert all(mutagen.File(io.BytesIO(data)) is not None for data in files[:3])
    return [*files, *mp4_tags(), sound("AIFF", "PCM_16"), sound("WAV", "PCM_16")]


def _retagged(data, suffix, tags):
    import mutagen

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, f"tagged{suffix}")
        path.write_bytes(data)
        file = mutagen.File(path)
        file.update(tags)
        file.save()
        return path.read_bytes()


def _atom(name, *parts):
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4, "big") + name + body


def mp4_tags():
    """An MP4 of tags alone, and one with a genre by number."""
    brand = _atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom")
    text = [
        _atom(name, _atom(b"data", b"\0\0\0\1\0\0\0\0", value))
        for name, value in ((b"\xa9gen", b"Rock"), (b"\xa9day", b"1999"))
    ]
    numbered = _atom(b"gnre", _atom(b"data", b"\0\0\0\0\0\0\0\0\0\x12"))
    made = []
    for items in ([*text], [numbered, text[1]]):
        tags = _atom(b"meta", bytes(4), _atom(b"hdlr", bytes(25)), _atom(b"ilst", *items))
        made.append(brand + _atom(b"moov", _atom(b"udta", tags)) + _atom(b"mdat", bytes(16)))
    return made


@functools.cache
def pictures():
    """Bytes of small pictures of every kind that is read."""
    from PIL import Image

    colours = np.random.default_rng(0).integers(0, 256, (9, 11, 4), "uint8")
    kinds = (("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "RGB"), ("JPEG", "L"))
    kinds += (("GIF", "P"), ("WEBP", "RGB"), ("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "CMYK"))
    made = []
    for kind, mode in kinds:
        image = Image.fromarray(colours).convert("RGB" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(colours[..., 0].astype("uint16") * 257)
        buffer = io.BytesIO()
        exif = {"exif": _upside_down()} if kind == "JPEG" else {}
        image.save(buffer, kind, **exif)
        made.append(buffer.getvalue())
    return made


def _upside_down():
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


@functools.cache
def coded():
    """Bytes of sounds that PyAV reads; none without PyAV."""
    try:
        import av
    except ImportError:
        return []
    made = []
    for kind in ("mp4", "adts"):
        buffer = io.BytesIO()
        with av.open(buffer, "w", kind) as file:
            stream = file.add_stream("aac", rate=16000)
            samples = np.random.default_rng(0).normal(0, 0.1, (1, 4096)).astype("float32")
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 16000
            for packet in (*stream.encode(frame), *stream.encode(None)):
                file.mux(packet)
        made.append(buffer.getvalue())
    return made
