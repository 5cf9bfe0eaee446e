"""A dream filter between a microphone, or a pipe, and a loudspeaker, or a pipe."""

import sys
from collections.abc import Iterable

from keras_sounddream.lite.sound_filter import Filter
from keras_sounddream.lite.streams import (
    decode_pcm,
    encode_pcm,
    play,
    read_blocks,
    record,
    standard,
)
from keras_sounddream.types import Array, PathLike

PIPE = "-"  # standard input, or standard output, of raw 16-bit samples
_PERIOD_SECONDS = 0.02  # of the microphone


def live(
    path: PathLike,
    source: str | None = None,
    output: str | None = None,
    *,
    threads: int = 1,
    device: str | None = None,
    speaker: str | None = None,
) -> None:
    """Filters a stream until it ends; how far it is behind is printed on standard error.

    Args:
        path: `.tflite` file of a filter.
        source: `"-"` for raw 16-bit mono samples on standard input; by default the microphone.
        output: `"-"` for such samples on standard output; by default the loudspeaker.
        threads: how many a call may use.
        device: microphone, as `arecord -L` names it.
        speaker: loudspeaker, as `aplay -L` names it.

    Raises:
        InputError: if the file is no filter, or there is no such device.
    """
    dreamer = Filter(path, threads)
    dreamer.warm_up()
    rate = dreamer.sample_rate
    _say(f"{rate} Hz; what comes in goes out {1000 * dreamer.seconds_behind:.0f} ms later")
    if source == PIPE:
        blocks: Iterable[Array] = decode_pcm(read_blocks(standard("stdin")))
    else:
        blocks = record(rate, device, _PERIOD_SECONDS)
    try:
        filtered = dreamer.stream(blocks)
        if output == PIPE:
            _write(filtered)
        else:
            play(filtered, rate, speaker)
    finally:
        _print_latency(dreamer)


def _write(filtered):
    output = standard("stdout")
    for data in encode_pcm(filtered):
        output.write(data)
        output.flush()


def _print_latency(dreamer):
    latency = dreamer.latency
    if latency["calls"]:
        median, longest = (1000 * latency[key] for key in ("median", "longest"))
        due = 1000 * dreamer.samples / dreamer.sample_rate
        called = f"{median:.2f} ms a call (median; longest {longest:.2f} ms)"
        _say(f"{called}, one due every {due:.0f} ms")


def _say(text):
    print(f"sounddream: {text}", file=sys.stderr, flush=True)
