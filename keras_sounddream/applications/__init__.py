"""Networks for sound, built and loaded as in `keras.applications`."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "EfficientAT": "efficientat",
        "FAMILIES": "pretrained",
        "LogMelCNN": "log_mel_cnn",
        "SoundNet5": "soundnet",
        "SoundNet8": "soundnet",
        "SqueezeNet": "squeezenet",
        "UrbanSoundCNN": "urban_sound_cnn",
        "WaveNet": "wavenet",
        "YAMNet": "yamnet",
        "build": "registry",
        "efficientat": "",
        "find": "registry",
        "generators": "",
        "log_mel_cnn": "",
        "save_weights": "registry",
        "soundnet": "",
        "squeezenet": "",
        "urban_sound_cnn": "",
        "wavenet": "",
        "yamnet": "",
    },
)
