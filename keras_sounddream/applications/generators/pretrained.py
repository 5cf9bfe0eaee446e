"""Weights of generators that ship, by key: a table that needs no Keras."""

from typing import Any

# Key, such as "esc10_dreams": `file` of saved_models/, its `sha256`, and `licence`. The file says
# how the generator is built.
PRETRAINED: dict[str, dict[str, Any]] = {
    "esc10_dreams": {
        "file": "dcgan_esc10_dreams.npz",
        "sha256": "42516348504ea35b496cea80f45ecafbb9674d912328c26a3f70b2fa94d9074b",
        "licence": "Apache-2.0",
    },
}
