"""The server of `sounddream demo`: the page, and Python's models behind it, for a room.

`app` answers requests, `jobs` queues the dreams, `networks` makes them, and `limits` holds what a
request may ask for.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"Demo": "app", "Limits": "limits", "Network": "networks"}
)
