"""Weights of dream filters that ship, by key: a table that needs no Keras."""

from typing import Any

NAME, PICTURE_NAME = "dream_filter", "picture_filter"  # by which commands know filters

# Key: what LogMelCNN's dream is of, a layer or a class; or the style that was learnt.
PRETRAINED: dict[str, dict[str, Any]] = {
    "block3_conv2": {
        "file": "dream_filter_block3_conv2.npz",
        "sha256": "f4b65ec89d4c99a9a4e31eff2e585698228caf627d429da6b8295bbc5a5c1b1d",
        "licence": "CC-BY-SA-4.0",
    },
    "rain_style": {
        "file": "dream_filter_rain_style.npz",
        "sha256": "4b4a9c2ec5b8455c4a7818ef28065fc28a2a3308a3d06df0cd0d5173a41d4aae",
        "licence": "CC-BY-SA-4.0",
    },
    "rooster": {
        "file": "dream_filter_rooster.npz",
        "sha256": "3f980d273ca4427ca1c423def69f86e44f0b5a06d18b5ca81a1636d7bb098448",
        "licence": "CC-BY-SA-4.0",
    },
}

# Key: the module of SqueezeNet 1.0 whose output the dream is of.
PICTURES: dict[str, dict[str, Any]] = {
    "fire5": {
        "file": "picture_filter_fire5.npz",
        "sha256": "4639adb33c50f0c831bd14d75cbf56ad4adf3b33d2627fb444977163be2427d5",
        "licence": "Apache-2.0",
    },
    "fire8": {
        "file": "picture_filter_fire8.npz",
        "sha256": "58caaae2b5e3e9f90b9eb9c9df51dac06664ed38fcf4430b2970e18ee99d1a19",
        "licence": "Apache-2.0",
    },
}
