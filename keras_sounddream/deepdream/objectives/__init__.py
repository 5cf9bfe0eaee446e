"""Objectives: the scores that a dream maximises."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Objective": "objective",
        "as_objective": "api",
        "channel": "api",
        "content": "api",
        "custom": "objective",
        "direction": "api",
        "diversity": "api",
        "energy_protection": "api",
        "find_class": "api",
        "find_label": "api",
        "guided": "api",
        "guided_locally": "api",
        "inverted": "api",
        "l2_to_source": "api",
        "layer": "api",
        "logit": "api",
        "logit_difference": "api",
        "matched": "api",
        "neurons": "api",
        "parse": "api",
        "register": "api",
        "style": "api",
        "total_variation": "api",
    },
)
