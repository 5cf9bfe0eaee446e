"""The server of `sounddream demo`: the page, and Python's models behind it, for a room.

`app` answers requests, `jobs` queues the dreams, `networks` makes them, and `limits` holds what a
request may ask for.
"""
