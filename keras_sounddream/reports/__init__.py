"""Plots, animations and HTML pages with sound."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "TrainingLog": "training_log",
        "animate": "dream.animation",
        "draw_corpus": "corpus",
        "draw_log": "training_log",
        "dream": "",
        "plot": "dream.figure",
        "read_log": "training_log",
        "sonification": "",
        "units": "",
        "write_atlas": "units.atlas",
        "write_gallery": "dream.gallery",
        "write_matrix": "sound_grid",
        "write_page": "dream.page",
        "write_units": "units.page",
    },
)
