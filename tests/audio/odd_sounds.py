"""Sound files as recorders, telephones, `cat` and damage leave them: bytes, and what is in them."""

import functools
import io
import struct

import numpy as np
import soundfile

RATE = 8000
COUNT = 8000  # samples of a whole sound
_UNKNOWN = 0xFFFFFFFF


def tone(count=COUNT, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(count) / RATE)
    return np.stack([wave] * channels, axis=1).astype("float32")


@functools.cache
def coded(kind="WAV", subtype=None, rate=RATE, channels=1, count=COUNT):
    """Bytes of a whole sound."""
    return written(tone(count, channels), kind, subtype, rate)


def written(samples, kind="WAV", subtype="FLOAT", rate=RATE):
    buffer = io.BytesIO()
    soundfile.write(buffer, np.asarray(samples), rate, subtype, format=kind)
    return buffer.getvalue()


def patched(data, *patches):
    """Bytes with others at some places."""
    changed = bytearray(data)
    for place, patch in patches:
        changed[place : place + len(patch)] = patch
    return bytes(changed)


def wav(*patches):
    return patched(coded(), *patches)


def wav_sizes(riff, samples):
    return wav((4, struct.pack("<I", riff)), (40, struct.pack("<I", samples)))


def wav_rate(rate):
    return wav((24, struct.pack("<I", rate)))


def flac_samples(count):
    data = coded("FLAC")
    high, low = divmod(count, 2**32)
    return patched(data, (21, bytes([data[21] & 0xF0 | high])), (22, struct.pack(">I", low)))


def aiff_sizes(size, frames=COUNT):
    data = coded("AIFF")
    sizes = ((place + 4, struct.pack(">I", size)) for place in (0, data.index(b"SSND")))
    return patched(data, *sizes, (data.index(b"COMM") + 10, struct.pack(">I", frames)))


def mp3_without_count():
    """An MP3 without the frame that counts the others, whose sizes differ."""
    data = coded("MP3")
    return data[data.index(data[:2], 40) :]


_TAG = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
_OPUS, _STEREO = coded("OGG", "OPUS"), {"channels": 2}
_CUT = {kind: coded(kind, count=20 * COUNT) for kind in ("WAV", "AIFF", "AU", "FLAC", "OGG", "MP3")}
_CUT["OPUS"] = coded("OGG", "OPUS", count=20 * COUNT)
_SUFFIXES = {kind: kind.lower() for kind in ("WAV", "AIFF", "AU", "FLAC", "OGG")}
_TWICE = (2 * COUNT, 2 * COUNT + 5000)  # without counts, what a coder adds stays
_OFF = np.array([[1.0, -1.0]], "float32")

# name of the file → its bytes, the number of its samples, and the warning
GOOD = {
    "whole.wav": (coded(), COUNT, None),
    "flac of unknown length.flac": (flac_samples(0), COUNT, None),
    "flac of 2^36 samples.flac": (flac_samples(2**36 - 1), COUNT, None),
    "killed recorder.wav": (wav_sizes(0, 0), COUNT, None),
    "killed recorder, header only.wav": (wav_sizes(36, 0), COUNT, None),
    "killed recorder, no samples.wav": (wav((40, bytes(4))), COUNT, None),
    "killed recorder, RF64.wav": (patched(coded("RF64"), (20, bytes(24))), COUNT, None),
    "killed recorder.aiff": (aiff_sizes(0), COUNT, None),
    "killed recorder, no frames.aiff": (aiff_sizes(0, 0), COUNT, None),
    "killed recorder.au": (patched(coded("AU"), (8, bytes(4))), COUNT, None),
    "from ffmpeg's pipe.wav": (wav_sizes(_UNKNOWN, _UNKNOWN), COUNT, None),
    "from arecord's pipe.wav": (wav_sizes(0x80000024, 0x80000000), COUNT, None),
    "from sox's pipe.wav": (wav_sizes(0x7FFFFFFF, 0x7FFFF000), COUNT, None),
    "of unknown size.aiff": (aiff_sizes(_UNKNOWN), COUNT, None),
    "of 2^32 frames.aiff": (aiff_sizes(_UNKNOWN, _UNKNOWN), COUNT, None),
    "of unknown size.au": (patched(coded("AU"), (8, b"\xff" * 4)), COUNT, None),
    "gsm.wav": (coded("WAV", "GSM610"), 8320, None),
    "g721.wav": (coded("WAV", "G721_32"), 8040, None),
    "g721.au": (coded("AU", "G721_32"), 8040, None),
    "ulaw.wav": (coded("WAV", "ULAW"), COUNT, None),
    "alaw.au": (coded("AU", "ALAW"), COUNT, None),
    "adpcm.wav": (coded("WAV", "IMA_ADPCM"), 8080, None),
    "wavex.wav": (coded("WAVEX"), COUNT, None),
    "rf64.wav": (coded("RF64"), COUNT, None),
    "wave64.w64": (coded("W64"), COUNT, None),
    "core.caf": (coded("CAF"), COUNT, None),
    "a wav.mp3": (coded(), COUNT, None),
    "an mp3.wav": (coded("MP3"), COUNT, None),
    "no suffix": (coded("FLAC"), COUNT, None),
    "name that is no text \udcff.wav": (coded(), COUNT, None),
    "line\nbreak.wav": (coded(), COUNT, None),
    **{
        f"joined.{suffix}": (2 * data, 2 * COUNT, None)
        for suffix, data in (
            *(("wav", coded()), ("aiff", coded("AIFF")), ("au", coded("AU")), ("opus", _OPUS)),
            *(("flac", coded("FLAC")), ("ogg", coded("OGG")), ("mp3", coded("MP3"))),
        )
    },
    "joined thrice.ogg": (3 * coded("OGG"), 3 * COUNT, None),
    "joined thrice.mp3": (3 * coded("MP3"), 3 * COUNT, None),
    "joined, two rates.ogg": (coded("OGG") + coded("OGG", rate=16000), COUNT + COUNT // 2, None),
    "joined, two rates.flac": (coded("FLAC") + coded("FLAC", rate=4000), 3 * COUNT, None),
    "joined, mono and stereo.ogg": (coded("OGG") + coded("OGG", **_STEREO), 2 * COUNT, None),
    "joined, stereo and mono.opus": (coded("OGG", "OPUS", **_STEREO) + _OPUS, 2 * COUNT, None),
    "joined, vorbis and opus.ogg": (coded("OGG") + _OPUS, 2 * COUNT, None),
    "joined, tagged.mp3": (2 * (_TAG + coded("MP3")), 2 * COUNT, None),
    "joined, tagged.flac": (_TAG + coded("FLAC") + _TAG + coded("FLAC"), 2 * COUNT, None),
    "joined, first counted.mp3": (coded("MP3") + mp3_without_count(), _TWICE, None),
    "joined, second counted.mp3": (mp3_without_count() + coded("MP3"), _TWICE, None),
    "joined, none counted.mp3": (2 * mp3_without_count(), _TWICE, None),
    "not counted, of many sizes.mp3": (mp3_without_count(), (COUNT, COUNT + 2000), None),
    "old tag.mp3": (coded("MP3") + b"TAG" + bytes(125), COUNT, None),
    "tag behind.wav": (coded() + b"ID3" + bytes(100), COUNT, None),
    "zeros behind.wav": (coded() + bytes(5000), COUNT, None),
    "zeros behind.flac": (coded("FLAC") + bytes(5000), COUNT, None),
    "zeros behind.ogg": (coded("OGG") + bytes(5000), COUNT, None),
    "samples behind.wav": (coded() + b"\1\2" * 3000, COUNT, "6000 bytes behind that are left"),
    "second data chunk.wav": (coded() + coded()[36:], COUNT, "16008 bytes behind that are left"),
    "damaged.flac": (
        patched(_CUT["FLAC"], (len(_CUT["FLAC"]) // 2, b"\x55\xaa" * 100)),
        (COUNT, 19 * COUNT),
        "is damaged after .* s .flac decoder lost sync.: the rest is left out",
    ),
    **{
        f"cut at {share:.0%}.{kind.lower()}": (
            data[: int(share * len(data))],
            (0.5 * share * 20 * COUNT, share * 20 * COUNT + 2500),
            "is damaged after" if kind == "FLAC" else None,
        )
        for kind, data in _CUT.items()
        for share in (0.5, 0.9)
    },
    "100 Hz.wav": (wav_rate(100), COUNT, None),
    "1.536 MHz.wav": (wav_rate(1_536_000), COUNT, None),
    "7 channels.wav": (coded(channels=7), COUNT, None),
    "1024 channels.wav": (coded(channels=1024, count=100), 100, None),
    "one sample, of silence.wav": (coded(count=1), 1, None),
    "peak of 7.9.wav": (written(np.full(100, 7.9)), 100, None),
    "antiphase.wav": (written(tone() * _OFF), COUNT, "cancel in mono"),
    "nearly antiphase.wav": (written(tone() * [[1, -0.98]]), COUNT, "cancel in mono"),
    "one channel alone.wav": (written(tone() * [[1, 0]]), COUNT, None),
    "silent stereo.wav": (written(np.zeros((100, 2))), 100, None),
}  # fmt: skip
_NO_SOUND = "Cannot read .* as sound"
_FAR = "The peak of .* is .*: divide by the largest"
# name of the file → its bytes and the error
BAD = {
    "empty.wav": (b"", r"is empty \(0 bytes\)"),
    "one byte.wav": (b"R", _NO_SOUND),
    "text.flac": (b"no sound\n" * 50, _NO_SOUND),
    "headerless.raw": (bytes(100), "samplerate must be specified"),
    "zeros.wav": (bytes(1000), _NO_SOUND),
    "ones.mp3": (b"\xff" * 1000, _NO_SOUND),
    "page.mp3": (b"<!DOCTYPE html><html></html>" * 9, _NO_SOUND),
    "picture.ogg": (b"\x89PNG\r\n\x1a\n" + bytes(99), _NO_SOUND),
    "pages.ogg": (b"OggS\0\2" * 99, _NO_SOUND),
    "tag alone.mp3": (_TAG, _NO_SOUND),
    "tag of 256 MB.mp3": (b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(99), _NO_SOUND),
    "frames of nothing.mp3": (b"\xff\xfb\x90\0" + bytes(50), _NO_SOUND),
    "no samples.wav": (coded(count=0), "holds no samples"),
    "no samples, a list behind.wav": (
        wav_sizes(48, 0)[:44] + b"LIST\4\0\0\0INFO", "holds no samples",
    ),
    "no samples.flac": (coded("FLAC", count=0), "is empty"),
    **{
        f"header cut at {count}.{suffix}": (coded(kind)[:count], f"{_NO_SOUND}|holds no samples")
        for kind, suffix in _SUFFIXES.items()
        for count in (4, 12, 20)
    },
    "half a page.opus": (_OPUS[: len(_OPUS) // 2], _NO_SOUND),
    **{
        f"{rate} Hz.wav": (
            wav_rate(rate), f"{_NO_SOUND}|from 100 to 1536000 Hz. The header .* says {rate} Hz",
        )
        for rate in (0, 1, 99, 1_536_001, 2**31 - 1, 2**32 - 1)
    },
    "0 channels.wav": (wav((22, b"\0\0")), _NO_SOUND),
    "65535 channels.wav": (wav((22, b"\xff\xff")), _NO_SOUND),
    "0 bits.wav": (wav((34, b"\0\0")), _NO_SOUND),
    "7777 bits.wav": (wav((34, b"\x61\x1e")), _NO_SOUND),
    "codec of nobody.wav": (wav((20, b"\x77\x77")), _NO_SOUND),
    "nan.wav": (written([0.1, np.nan, 0.2]), "not finite numbers"),
    "inf.aiff": (written([0.1, np.inf], "AIFF"), "not finite numbers"),
    "1e30.wav": (written([0.1, 1e30]), _FAR),
    "3e38.wav": (written(np.full((9, 2), 3e38)), _FAR),
    "3e38 in antiphase.wav": (written([[3e38, -3e38]] * 9), _FAR),
    "1e300.wav": (written([1e300, 0.0], "WAV", "DOUBLE"), f"{_FAR}|not finite"),
    "16 bits as floats.wav": (written(tone() * 32768), _FAR),
}  # fmt: skip
