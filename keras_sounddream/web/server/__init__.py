"""The server of `sounddream demo`: the page, and Python's models behind it, for a room.

`app` answers requests, `choices` and `limits` hold what one may ask for, `jobs` queues the dreams.
`networks` makes them, by the graphs of `ascents`; `styles` transfers those of a second sound, whose
numbers are inputs of a graph by `given`.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__, {"Demo": "app", "Limits": "limits", "Network": "networks", "Style": "styles"}
)
