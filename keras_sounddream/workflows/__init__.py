"""Files in, files out: what the command line calls."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "class_scores": "scores",
        "copy_examples": "examples",
        "dream_file": "dream",
        "dream_files": "dream_folder",
        "dream_layers": "layer_gallery",
        "dream_to_file": "dream",
        "dream_video": "video.workflow",
        "filter_dream": "style.transfer",
        "filter_file": "filter",
        "find_objective": "objective_from_files",
        "sonify_file": "sonify.workflow",
        "style_file": "style.transfer",
    },
)
