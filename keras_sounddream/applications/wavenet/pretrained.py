"""WaveNet's weights that ship: a table that needs no Keras, so a bad label is known at once."""

from typing import Any

PRETRAINED: dict[str, Any] = {  # `plan`: settings that differ from `WaveNetConfig`'s defaults
    "fsdd": {
        "plan": {
            "sample_rate": 8000,
            "dilations": tuple(2**i for i in range(11)) * 2,  # 4096 samples: most words whole
            "residual_channels": 48,
            "dilation_channels": 48,
            "skip_channels": 128,
            "conditions": {
                "digit": (
                    *("zero", "one", "two", "three", "four"),
                    *("five", "six", "seven", "eight", "nine"),
                ),
                "speaker": ("george", "jackson", "lucas", "nicolas", "theo", "yweweler"),
            },
            "condition_channels": 16,
        },
        "file": "wavenet_fsdd.npz",
        "sha256": "3feb01b894bded4259ed4122c01d5794d766db72c8f551f7ffab5d633c090f1d",
        "licence": "CC-BY-SA-4.0",
    },
    "music16k": {
        "plan": {
            "dilations": tuple(2**i for i in range(10)) * 3,
            "skip_channels": 128,
            "conditions": {
                "genre": ("chiptune", "classical", "electronic", "folk", "jazz", "lofi"),
            },
            "condition_channels": 16,
        },
        "file": "wavenet_music16k.npz",
        "sha256": "06818d382891974aaff85581b9d6fa505a85a9bbf76b5356d196bf3142701d9e",
        "licence": "CC-BY-SA-4.0",
    },
}
