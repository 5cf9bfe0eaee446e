"""Exported files: each is read back in its own runtime and compared before it counts."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "FORMATS": "writer",
        "Metadata": "metadata",
        "TASKS": "tasks",
        "Task": "tasks",
        "export_generator": "generator_writer",
        "export_model": "writer",
        "export_serving": "saved_model.serving",
    },
)
