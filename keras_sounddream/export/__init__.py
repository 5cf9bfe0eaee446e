"""Export to other runtimes: each file is read back in its own and compared with the model."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "FORMATS": "formats",
        "FormatWriter": "formats",
        "Metadata": "metadata",
        "TASKS": "tasks",
        "Task": "formats",
        "export_filter": "filter_writer",
        "export_generator": "generator_writer",
        "export_model": "writer",
        "export_serving": "saved_model.serving",
    },
)
