"""Pickle instructions for dictionaries, lists, strings, numbers and arrays; there are no others.

An instruction raises TypeError, ValueError or LookupError where the stack does not fit it.
"""

from collections.abc import Callable
from functools import partial

from keras_sounddream.convert.binary import ReadingError
from keras_sounddream.convert.pickle_machine import (
    MARK,
    NOT_RUN,
    Buildable,
    Global,
    Machine,
    pairs_to_dict,
)

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


OPERATIONS: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": partial(_skip, 1),
    b"\x95": partial(_skip, 8),
    b"N": partial(_push, lambda: None),
    b"\x88": partial(_push, lambda: True),
    b"\x89": partial(_push, lambda: False),
    b"(": partial(_push, lambda: MARK),
    b")": partial(_push, tuple),
    b"]": partial(_push, list),
    b"}": partial(_push, dict),
    b"K": partial(_number, "<B"),
    b"M": partial(_number, "<H"),
    b"J": partial(_number, "<i"),
    b"G": partial(_number, ">d"),
    b"X": partial(_text, "<I", "utf-8"),
    b"\x8c": partial(_text, "<B", "utf-8"),
    b"\x8d": partial(_text, "<Q", "utf-8"),
    b"T": partial(_text, "<i", "latin-1"),
    b"U": partial(_text, "<B", "latin-1"),
    b"B": partial(_bytes, "<I"),
    b"C": partial(_bytes, "<B"),
    b"\x8e": partial(_bytes, "<Q"),
    b"\x96": partial(_bytes, "<Q"),
    b"\x8a": partial(_integer, "<B"),
    b"\x8b": partial(_integer, "<i"),
    b"I": partial(_line, _parse_integer),
    b"L": partial(_line, _parse_integer),
    b"F": partial(_line, float),
    b"S": partial(_line, _parse_quoted),
    b"V": partial(_line, lambda line: line.decode("raw_unicode_escape")),
    b"\x85": partial(_tuple, 1),
    b"\x86": partial(_tuple, 2),
    b"\x87": partial(_tuple, 3),
    b"t": partial(_gather, tuple),
    b"l": partial(_gather, list),
    b"d": partial(_gather, _flat_to_dict),
    b"a": _append,
    b"e": _appends,
    b"s": _set_item,
    b"u": _set_items,
    b"0": lambda machine: machine.stack.pop(),
    b"1": lambda machine: machine.pop_to_mark(),
    b"2": lambda machine: machine.stack.append(machine.top(object)),
    b"g": partial(_get, _index_line),
    b"h": partial(_get, partial(_index, "<B")),
    b"j": partial(_get, partial(_index, "<I")),
    b"p": partial(_put, _index_line),
    b"q": partial(_put, partial(_index, "<B")),
    b"r": partial(_put, partial(_index, "<I")),
    b"\x94": lambda machine: _put(lambda machine: len(machine.memo), machine),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _reduce,
    b"b": _build,
    b"Q": _persistent,
}
