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
        "sha256": "e2747c726146812a54207ad73e0ff0d9922eb1ff61a39e39242545a2d56deb3c",
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
