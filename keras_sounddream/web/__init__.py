"""The page that classifies and dreams a visitor's own sound, and the server of a room's demo.

`site` writes the page, `graph` the dream that it runs in the browser, `runtime` finds ONNX
Runtime's files for browsers, and `server` serves the page with Python's models behind it.
"""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {"write_page": "site"})
