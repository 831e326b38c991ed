"""Values of a JSON text one after the other, without ever holding all of it: an array's, or those that just follow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from workbench.core.language import tr
from workbench.data.decoding import MARK
from workbench.data.json_values import LOOSE, STRICT, whole

_PIECE = 1 << 17
_TRIES = 4
_HALVES = ("\\ud", "\\uD")
_LONGEST = 1 << 26
_SLACK = 16  # a word, number or escape that the end of a piece cuts is shorter
_BETWEEN = re.compile(r"[\s,\ufeff]*")


class BrokenJsonError(Exception):
    """The text is no JSON from `line` on; `detail` says why."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(f"{line}: {detail}")
        self.line, self.detail = line, detail


class Value(NamedTuple):
    """A value that starts on `line`; `broken` tells that some of its bytes do not fit the encoding."""

    line: int
    value: Any
    broken: bool


class JsonStream:
    """Iterates over the values of the text that `read` gives piece by piece: `Value` by `Value`.

    Commas and line ends between values do not matter, nor does the bracket around them all. Where the text is `cut`,
    an unfinished value at its end is left out. Raises BrokenJsonError while iterating. `consumed` counts characters.
    """

    def __init__(self, read: Callable[[int], str], *, cut: bool = False, line: int = 1) -> None:
        self._read, self._cut, self._line = read, cut, line
        self._buffer, self._position, self._passed = "", 0, 0
        self._ended = self._open = self._odd = self._tried = False

    @property
    def consumed(self) -> int:
        """The characters of the values so far."""
        return self._passed + self._position

    def __iter__(self) -> Iterator[Value]:
        while self._find_next():
            if self._buffer[self._position] == "[" and not self._open:
                self._open = True
                self._position += 1
            elif self._buffer[self._position] == "]" and self._open:
                self._open = False
                self._position += 1
            elif self._open and not self._tried:
                yield from self._at_once()
            else:
                found = self._next()
                if found is None:
                    return
                value, end = found
                broken = self._odd and self._buffer.find(MARK, self._position, end) >= 0
                yield Value(self._line, value, broken)
                self._advance(end)
        if self._open and not self._cut:
            raise BrokenJsonError(self._line, tr("it ends before its last bracket is closed"))

    def _at_once(self) -> Iterator[Value]:
        """The objects of an array that are whole in the buffer, if nothing is odd about them: that is much quicker.

        Text that can be read as objects up to some comma could not be read as others, so any comma may be tried.
        """
        self._tried = True
        end = len(self._buffer)
        for _ in range(0 if self._odd else _TRIES):
            end = self._buffer.rfind("},", self._position, end) + 1
            if end <= self._position:
                return
            piece = self._buffer[self._position : end]
            try:
                values = STRICT.decode(f"[{piece}]")
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
            breaks = piece.count("\n")
            if breaks and breaks != piece.count("},\n"):
                return  # rows of several lines each: their numbers have to be counted
            step = len(piece) / len(values)
            start = self._position
            for place, value in enumerate(values):
                self._position = start + int(place * step)
                yield Value(self._line, value, False)
                self._line += bool(breaks)
            self._line -= bool(breaks)
            self._position = end
            return

    def _advance(self, position: int) -> None:
        self._line += self._buffer.count("\n", self._position, position)
        self._position = position

    def _grow(self) -> bool:
        """Read more text behind what is left; whether there was any."""
        more = "" if self._ended else self._read(max(_PIECE, len(self._buffer) - self._position))
        self._ended = not more
        if more:
            self._passed += self._position
            self._buffer, self._position = self._buffer[self._position :] + more, 0
            self._odd = any(mark in self._buffer for mark in (MARK, *_HALVES))
            self._tried = False
        return bool(more)

    def _find_next(self) -> bool:
        """Go to the next thing that is no space; whether there is one."""
        while True:
            match = _BETWEEN.match(self._buffer, self._position)
            self._advance(match.end() if match else self._position)
            if self._position < len(self._buffer):
                return True
            if not self._grow():
                return False

    def _next(self) -> tuple[Any, int] | None:
        """The value at the position and where it ends; None for one that is cut."""
        while True:
            try:
                value, end = LOOSE.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                unfinished = error.msg.startswith("Unterminated") or error.pos > len(self._buffer) - _SLACK
                if unfinished and len(self._buffer) - self._position < _LONGEST and self._grow():
                    continue
                if unfinished and self._cut:
                    return None
                line = self._line + self._buffer.count("\n", self._position, error.pos)
                raise BrokenJsonError(line, error.msg) from error
            except RecursionError as error:
                raise BrokenJsonError(self._line, tr("it is nested too deeply")) from error
            if end < len(self._buffer) or isinstance(value, dict | list) or not self._grow():
                return whole(value) if self._odd else value, end
