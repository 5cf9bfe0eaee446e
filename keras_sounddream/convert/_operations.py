"""Pickle instructions for dictionaries, lists, strings, numbers and arrays; there are no others.

An instruction raises TypeError, ValueError or LookupError where the stack does not fit it.
"""

import functools
from collections.abc import Callable

from keras_sounddream.convert._machine import (
    MARK,
    NOT_RUN,
    Buildable,
    Global,
    Machine,
    pairs_to_dict,
)
from keras_sounddream.convert._reading import ReadingError

_LONGEST_INTEGER = 16  # bytes


def _skip(size, machine):
    machine.cursor.take(size)


def _push(make, machine):
    machine.stack.append(make())


def _number(kind, machine):
    machine.stack.append(machine.cursor.number(kind))


def _text(kind, encoding, machine):
    text = bytes(machine.cursor.take(machine.cursor.number(kind)))
    machine.stack.append(text.decode(encoding))


def _bytes(kind, machine):
    machine.stack.append(bytes(machine.cursor.take(machine.cursor.number(kind))))


def _integer(kind, machine):
    size = machine.cursor.number(kind)
    if size > _LONGEST_INTEGER:
        raise ValueError
    machine.stack.append(int.from_bytes(machine.cursor.take(size), "little", signed=True))


def _line(parse, machine):
    machine.stack.append(parse(machine.cursor.line()))


def _parse_integer(line):
    if len(line) > 40:
        raise ValueError
    if line in (b"00", b"01"):
        return line == b"01"
    return int(line.rstrip(b"L"))


def _parse_quoted(line):
    line = line.rstrip()
    if len(line) < 2 or line[:1] not in b"'\"" or line[-1:] != line[:1]:
        raise ValueError
    return line[1:-1].decode("unicode_escape")


def _tuple(size, machine):
    values = [machine.pop() for _ in range(size)]
    machine.stack.append(tuple(values[::-1]))


def _gather(make, machine):
    machine.stack.append(make(machine.pop_to_mark()))


def _flat_to_dict(values):
    return pairs_to_dict(zip(values[::2], values[1::2], strict=True))


def _append(machine):
    value = machine.pop()
    machine.top(list).append(value)


def _appends(machine):
    values = machine.pop_to_mark()
    machine.top(list).extend(values)


def _set_item(machine):
    value, key = machine.pop(), machine.pop()
    machine.top(dict).update(_flat_to_dict([key, value]))


def _set_items(machine):
    values = machine.pop_to_mark()
    machine.top(dict).update(_flat_to_dict(values))


def _get(index, machine):
    machine.stack.append(machine.memo[index(machine)])


def _put(index, machine):
    machine.memo[index(machine)] = machine.top(object)


def _named(module, name, machine):
    name = f"{module}.{name}"
    if name not in machine.known:
        raise ReadingError(f"its pickle names {ascii(name)[:80]}, which is no array. {NOT_RUN}")
    machine.stack.append(machine.known[name])


def _global(machine):
    module, name = (machine.cursor.line().decode("utf-8") for _ in range(2))
    _named(module, name, machine)


def _stack_global(machine):
    name, module = machine.pop(str), machine.pop(str)
    _named(module, name, machine)


def _reduce(machine):
    arguments, function = machine.pop(tuple), machine.pop(Global)
    machine.spend(arguments)
    machine.stack.append(function.make(*arguments))


def _build(machine):
    state = machine.pop()
    value = machine.top(Buildable, dict)
    if isinstance(value, Buildable):
        machine.spend(state)
        value.build(state)  # a dictionary's attributes, such as a state_dict's _metadata, are left


def _persistent(machine):
    identifier = machine.pop(tuple)
    machine.spend(identifier)
    machine.stack.append(machine.outside(identifier))


def _index(kind, machine):
    return machine.cursor.number(kind)


def _index_line(machine):
    return _parse_integer(machine.cursor.line())


_with = functools.partial
OPERATIONS: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": _with(_skip, 1),
    b"\x95": _with(_skip, 8),
    b"N": _with(_push, lambda: None),
    b"\x88": _with(_push, lambda: True),
    b"\x89": _with(_push, lambda: False),
    b"(": _with(_push, lambda: MARK),
    b")": _with(_push, tuple),
    b"]": _with(_push, list),
    b"}": _with(_push, dict),
    b"K": _with(_number, "<B"),
    b"M": _with(_number, "<H"),
    b"J": _with(_number, "<i"),
    b"G": _with(_number, ">d"),
    b"X": _with(_text, "<I", "utf-8"),
    b"\x8c": _with(_text, "<B", "utf-8"),
    b"\x8d": _with(_text, "<Q", "utf-8"),
    b"T": _with(_text, "<i", "latin-1"),
    b"U": _with(_text, "<B", "latin-1"),
    b"B": _with(_bytes, "<I"),
    b"C": _with(_bytes, "<B"),
    b"\x8e": _with(_bytes, "<Q"),
    b"\x96": _with(_bytes, "<Q"),
    b"\x8a": _with(_integer, "<B"),
    b"\x8b": _with(_integer, "<i"),
    b"I": _with(_line, _parse_integer),
    b"L": _with(_line, _parse_integer),
    b"F": _with(_line, float),
    b"S": _with(_line, _parse_quoted),
    b"V": _with(_line, lambda line: line.decode("raw_unicode_escape")),
    b"\x85": _with(_tuple, 1),
    b"\x86": _with(_tuple, 2),
    b"\x87": _with(_tuple, 3),
    b"t": _with(_gather, tuple),
    b"l": _with(_gather, list),
    b"d": _with(_gather, _flat_to_dict),
    b"a": _append,
    b"e": _appends,
    b"s": _set_item,
    b"u": _set_items,
    b"0": lambda machine: machine.stack.pop(),
    b"1": lambda machine: machine.pop_to_mark(),
    b"2": lambda machine: machine.stack.append(machine.top(object)),
    b"g": _with(_get, _index_line),
    b"h": _with(_get, _with(_index, "<B")),
    b"j": _with(_get, _with(_index, "<I")),
    b"p": _with(_put, _index_line),
    b"q": _with(_put, _with(_index, "<B")),
    b"r": _with(_put, _with(_index, "<I")),
    b"\x94": lambda machine: _put(lambda machine: len(machine.memo), machine),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _reduce,
    b"b": _build,
    b"Q": _persistent,
}
