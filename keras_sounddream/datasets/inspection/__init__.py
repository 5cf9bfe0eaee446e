"""Inspection of data sets: their content, and what is wrong with them."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Finding": "checks",
        "KINDS": "checks",
        "Report": "checks",
        "check": "checks",
        "measure_data_set": "summary",
        "measure_folder": "summary",
        "open_data_set": "summary",
        "sum_up": "summary",
    },
)
