"""models.config, the list of models that TensorFlow Serving reads, edited by its grammar.

It is the text format of protocol buffers. Whoever serves may edit it: comments, other models and
fields that are not ours stay as they are, byte for byte; one entry is put in.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator

from keras_sounddream.errors import InputError

_ENTRY = """\
  config {{
    name: "{name}"
    base_path: "/served/models/{name}"
    model_platform: "tensorflow"
  }}
"""
_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[A-Za-z0-9_.+-]+)
    |(?P<sign>[{}<>\[\]:;,/])""",
    re.VERBOSE,
)
_CLOSING = {"{": "}", "<": ">"}
_LIST, _CONFIG = "model_config_list", "config"


@dataclasses.dataclass(frozen=True)
class Token:
    """A token of the text format: its kind, `text`, `word`, `sign` or `end`, and its place."""

    kind: str
    value: str
    start: int


@dataclasses.dataclass(frozen=True)
class Field:
    """A field: its name, its messages (as lists of fields) or its value, and where it ends."""

    name: str
    value: str
    messages: list[list[Field]]
    closing: int  # place of the bracket that ends it, of a single message


def with_model(text: str, name: str, source: str = "models.config") -> str:
    """The text of a models.config with a model in it, which it may have already.

    Raises:
        InputError: if the text cannot be read, with the line, or has no list to put a model in.
    """
    fields = _Reader(text, source).fields()
    lists = [field for field in fields if field.name == _LIST]
    configs = [
        config
        for field in lists
        for message in field.messages
        for entry in message
        if entry.name == _CONFIG
        for config in entry.messages
    ]
    if name in (each.value for config in configs for each in config if each.name == "name"):
        return text
    entry = _ENTRY.format(name=name)
    if fields and (not lists or lists[-1].closing < 0):
        raise InputError(
            f"Expected one `{_LIST} {{ … }}` in {source}. Received: {fields[0].name}. Put the "
            "model in by hand, or export to another folder."
        )
    if not lists:
        before = f"{text}\n" if text and not text.endswith("\n") else text
        return f"{before}{_LIST} {{\n{entry}}}\n"
    place = lists[-1].closing
    line = text.rfind("\n", 0, place) + 1
    if text[line:place].strip():
        return f"{text[:place].rstrip(' ')}\n{entry}{text[place:]}"
    return f"{text[:line]}{entry}{text[line:]}"


class _Reader:
    """Reads fields from a text, from one token to the next."""

    def __init__(self, text, source):
        self.text, self.source = text, source
        self.tokens = list(self._tokens())
        self.place = 0

    def fields(self, closing=""):
        """The fields up to a closing bracket, or to the end."""
        found = []
        while self._next().value != closing:
            found.append(self._field())
        return found

    def _field(self):
        name = self._name()
        has_colon = self._skip(":")
        if self._next().value in _CLOSING and self._next().kind == "sign":
            message, closing = self._message()
            field = Field(name, "", [message], closing)
        elif has_colon and self._is("["):
            field = self._list(name)
        elif has_colon:
            field = Field(name, self._value(), [], -1)
        else:
            raise self._error("a value")
        self._skip(",") or self._skip(";")
        return field

    def _name(self):
        if self._skip("["):  # an extension, or the type of an Any
            words = []
            while not self._is("]"):
                words.append(self._take("word", "sign").value)
            self._take("sign")
            return "".join(words)
        return self._take("word").value

    def _message(self):
        closing = _CLOSING[self._take("sign").value]
        fields = self.fields(closing)
        return fields, self._take("sign").start

    def _list(self, name):
        self._take("sign")
        messages, closing = [], -1
        while not self._is("]"):
            if self._next().value in _CLOSING and self._next().kind == "sign":
                messages.append(self._message()[0])
            else:
                self._value()
            if not self._is("]") and not self._skip(","):
                raise self._error("a comma or ]")
        self._take("sign")
        return Field(name, "", messages, closing)

    def _value(self):
        """A number, a word, or pieces of text, which are one text."""
        token = self._take("word", "text")
        if token.kind == "word":
            return token.value
        pieces = [_plain(token.value)]
        while self._next().kind == "text":
            pieces.append(_plain(self._take("text").value))
        return "".join(pieces)

    def _next(self):
        return self.tokens[self.place]

    def _is(self, sign):
        return (self._next().kind, self._next().value) == ("sign", sign)

    def _skip(self, sign):
        found = self._is(sign)
        self.place += found
        return found

    def _take(self, *kinds):
        token = self._next()
        if token.kind not in kinds:
            raise self._error("a value" if "text" in kinds else "a name or a bracket")
        self.place += 1
        return token

    def _tokens(self) -> Iterator[Token]:
        place = 0
        while place < len(self.text):
            match = _TOKEN.match(self.text, place)
            if match is None:
                raise self._fault(place, "a name, a value or a bracket")
            if match.lastgroup != "skip":
                yield Token(str(match.lastgroup), match.group(), place)
            place = match.end()
        yield Token("end", "", len(self.text))

    def _error(self, expected):
        return self._fault(self._next().start, expected)

    def _fault(self, place, expected):
        line = self.text.count("\n", 0, place) + 1
        rest = self.text[place:].split("\n")[0][:20].strip() or "the end"
        return InputError(
            f"Cannot read {self.source}, line {line}: expected {expected}. Received: {rest!r}. "
            "Mend it first."
        )


def _plain(quoted):
    try:
        return str(ast.literal_eval(quoted))
    except (SyntaxError, ValueError):
        return quoted[1:-1]
