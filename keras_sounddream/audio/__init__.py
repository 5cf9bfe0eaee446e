"""Waveforms and spectrograms, and the sound files they come from; independent of any network."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Analysis": "analysis",
        "FrontEnd": "spectral.front_ends",
        "GrowingWav": "wav_writer",
        "LibrosaMel": "spectral.front_ends",
        "LogMelSpectrogram": "layers",
        "MuLaw": "layers",
        "SpectrogramPatches": "spectrogram_patches",
        "StftMagnitude": "spectral.front_ends",
        "decode": "tfio",
        "hold_level": "loudness",
        "io": "",
        "is_sound": "io",
        "limit_peaks": "limiter",
        "levels_to_waveform": "mu_law",
        "load": "io",
        "lost": "preservation",
        "quantize": "io",
        "read_blocks": "streaming",
        "resample": "io",
        "rms": "loudness",
        "save": "io",
        "similarity": "preservation",
        "spectral": "",
        "spectrogram_image": "",
        "to_mono": "io",
        "waveform_to_levels": "mu_law",
        "write_blocks": "streaming",
    },
)
