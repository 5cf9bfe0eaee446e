"""Data sets: lists of sound files with their labels, folds and texts."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ClipSet": "clip_sets",
        "GenreTable": "music_tags",
        "SoundFiles": "file_lists",
        "Sounds": "corpus",
        "esc10": "",
        "hold_sounds": "corpus",
        "inspection": "",
        "list_folder": "file_lists",
        "list_music": "music_tags",
        "list_table": "file_lists",
        "read_clip_set": "clip_sets",
        "read_genres": "music_tags",
        "read_picture_set": "picture_sets",
        "store_sounds": "corpus_cache",
        "tfds": "",
        "urbansound8k": "",
        "videos": "",
    },
)
