"""Makes the example sounds with NumPy alone: speech, a plucked melody and a rhythm.

    python examples/make_examples.py [FOLDER]

The same bytes every time. The sounds are in the public domain (CC0 1.0).
"""

import pathlib
import sys

import numpy as np

from keras_sounddream import audio

RATE = 24000

# "sound dream": duration (s), voiced level, noise level, formants (Hz), noise band (Hz).
PHONEMES = (
    (0.05, 0.0, 0.0, (500, 1500, 2500), (4000, 9000)),
    (0.17, 0.0, 0.7, (500, 1500, 2500), (4500, 10000)),  # s
    (0.12, 1.0, 0.0, (750, 1250, 2500), (4500, 10000)),  # a
    (0.14, 1.0, 0.0, (400, 850, 2400), (4500, 10000)),  # u
    (0.13, 0.5, 0.0, (250, 1300, 2300), (2000, 4000)),  # n
    (0.06, 0.05, 0.0, (200, 1700, 2600), (2000, 4000)),  # d, closed
    (0.03, 0.3, 0.5, (300, 1700, 2600), (2500, 5000)),  # d, released
    (0.10, 0.7, 0.0, (400, 1100, 1600), (2500, 5000)),  # r
    (0.30, 1.0, 0.0, (280, 2250, 2950), (2500, 5000)),  # ee
    (0.20, 0.5, 0.0, (250, 1100, 2200), (2500, 5000)),  # m
    (0.15, 0.0, 0.0, (250, 1100, 2200), (2500, 5000)),
)
BANDWIDTHS_HZ = (70, 100, 140)

MELODY = (60, 64, 67, 72, 71, 67, 69, 64, 65, 60, 62, 55, 60)  # MIDI notes
NOTE_SECONDS = 0.28

STEPS_PER_BAR, BARS, STEP_SECONDS = 16, 2, 0.115
KICK, SNARE, HAT = (0, 6, 8, 14), (4, 12), range(0, 16, 2)


def speech(rng):
    """Says "sound dream" twice, by adding harmonics under moving formants."""
    once = np.concatenate([_say(PHONEMES, rng, pitch) for pitch in (128, 108)])
    return 0.5 * once / np.abs(once).max()


def _say(phonemes, rng, pitch):
    durations = np.array([p[0] for p in phonemes])
    centres = np.cumsum(durations) - durations / 2
    time = np.arange(round(durations.sum() * RATE)) / RATE

    def track(values):
        return np.interp(time, centres, values)

    f0 = pitch * (1.1 - 0.25 * time / time[-1] + 0.02 * np.sin(2 * np.pi * 5 * time))
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    formants = [track([p[3][i] for p in phonemes]) for i in range(3)]
    voice = np.zeros_like(time)
    for harmonic in range(1, int(5000 / f0.max())):
        hz = harmonic * f0
        gain = sum(
            1 / (1 + ((hz - formant) / width) ** 2) / (1 + i)
            for i, (formant, width) in enumerate(zip(formants, BANDWIDTHS_HZ, strict=True))
        )
        voice += gain / harmonic**0.5 * np.sin(harmonic * phase)
    spectrum = np.fft.rfft(rng.normal(size=len(time)))
    hz = np.fft.rfftfreq(len(time), 1 / RATE)
    bands = {p[4] for p in phonemes}
    noises = {b: np.fft.irfft(spectrum * ((hz > b[0]) & (hz < b[1])), len(time)) for b in bands}
    noise = sum(
        noises[b] * track([p[2] if p[4] == b else 0.0 for p in phonemes]) for b in sorted(bands)
    )
    return track([p[1] for p in phonemes]) * voice + 0.8 * noise


def melody(rng):
    """Plays plucked strings (Karplus and Strong, 1983, https://doi.org/10.2307/3680062)."""
    length = round((NOTE_SECONDS * len(MELODY) + 1.0) * RATE)
    whole = np.zeros(length)
    for i, note in enumerate(MELODY):
        start = round(i * NOTE_SECONDS * RATE)
        string = _pluck(rng, 440 * 2 ** ((note - 69) / 12), 1.0)
        whole[start : start + len(string)] += string[: length - start]
    return 0.7 * whole / np.abs(whole).max()


def _pluck(rng, hz, seconds):
    period = round(RATE / hz)
    wave, periods = rng.uniform(-1, 1, period), []
    for _ in range(int(seconds * RATE / period)):
        periods.append(wave)
        wave = 0.998 * (0.5 * wave + 0.5 * np.roll(wave, 1))
    string = np.concatenate(periods)
    return string * np.linspace(1, 0, len(string)) ** 0.5


def rhythm(rng):
    """Plays two bars of kick, snare and hat."""
    step = round(STEP_SECONDS * RATE)
    whole = np.zeros(step * STEPS_PER_BAR * BARS + RATE // 4)
    time = np.arange(RATE // 4) / RATE
    sounds = {
        KICK: np.sin(2 * np.pi * (50 * time - 6 * np.exp(-25 * time))) * np.exp(-14 * time),
        SNARE: 0.6
        * (rng.normal(size=len(time)) * 0.5 + np.sin(2 * np.pi * 190 * time))
        * np.exp(-22 * time),
        HAT: 0.35 * np.diff(rng.normal(size=len(time) + 1)) * np.exp(-60 * time),
    }
    for places, sound in sounds.items():
        for bar in range(BARS):
            for place in places:
                start = (bar * STEPS_PER_BAR + place) * step
                whole[start : start + len(sound)] += sound
    return 0.8 * whole / np.abs(whole).max()


def main(folder):
    """Writes the three sounds to a folder."""
    for name, make in (("speech", speech), ("melody", melody), ("rhythm", rhythm)):
        waveform = make(np.random.default_rng(0)).astype("float32")[None]
        audio.save(folder / f"{name}.flac", waveform, RATE, overwrite=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent))
