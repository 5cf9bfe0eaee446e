"""Sounds of the site: a player per link, and a small copy of each file beside the exact one."""

import html
import shutil

TYPES = {".flac": "audio/flac", ".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)  # Hz: what Opus takes


def copy(path, target):
    """Copies a sound, and writes it beside as Opus: a fifth of the size, played first."""
    import soundfile

    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    waveform, rate = soundfile.read(path)
    if rate in _OPUS_RATES and path.suffix in (".flac", ".wav"):
        soundfile.write(target.with_suffix(".opus"), waveform, rate, "OPUS", format="OGG")


def player(words, address):
    """HTML of a link to a sound with a player behind it; nothing is fetched before it plays."""
    stem, _, suffix = address.rpartition(".")
    exact = f'<source src="{address}" type="{TYPES["." + suffix]}">'
    small = f'<source src="{stem}.opus" type="audio/ogg; codecs=opus">'
    label = html.escape(f"{words}: {stem.rpartition('/')[2]}".replace("`", "").replace("_", " "))
    return (
        f'<span class="player"><a href="{address}">{words}</a>'
        f'<audio controls preload="none" aria-label="{label}">'
        f"{small if suffix in ('flac', 'wav') else ''}{exact}</audio></span>"
    )
