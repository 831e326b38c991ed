"""Which of the ways to write a table in JSON a text follows, seen at its beginning."""

from __future__ import annotations

import json
import re
from typing import Literal

from workbench.data.dialects import split_lines
from workbench.data.json_stream import BrokenJsonError, JsonStream
from workbench.data.json_values import LOOSE, loads

Shape = Literal["", "lines", "lists", "array", "values", "object"]
"""An object on each line; a list on each line; an array of rows; objects one after the other; one object with
everything in it; "" for no JSON."""

_SAMPLE_LINES = 100
_SAMPLE_TEXT = 1 << 20
_SPACES = " \t\r\n\ufeff"
_OBJECT = re.compile(r'\{\s*(\}|"(?:[^"\\]|\\.)*"\s*:)', re.DOTALL)
_ROWS = re.compile(r'\[\s*(\{\s*["}]|\[\s*["\[\]]|\]\s*$)')
_VALUES = re.compile(r'\[\s*(["\d\[-]|true|false|null)')


def shape_of(text: str, *, complete: bool) -> Shape:
    """The shape of the JSON that begins with `text`, or is `text`, if `complete`."""
    start = text.lstrip(_SPACES)
    lines = _shape_of_lines(start, complete)
    if lines:
        return lines
    alone = start.split("\n", 1)[0].strip(_SPACES) in ("{", "[", "[{")  # whatever follows: no table begins so
    if start.startswith("["):
        return "array" if alone or _is_array(start, complete) else ""
    return _shape_of_object(start) if alone or _OBJECT.match(start) else ""


def _shape_of_lines(text: str, complete: bool) -> Shape:
    """Whether most lines are an object, or a list, each."""
    lines = split_lines(text[:_SAMPLE_TEXT])
    if not complete or len(text) > _SAMPLE_TEXT:
        lines = lines[:-1]
    lines = [line for line in lines if line.strip(_SPACES)][:_SAMPLE_LINES]
    if len(lines) < 2:
        return ""
    kinds = [_kind(line.strip(_SPACES)) for line in lines]
    for kind in (dict, list):
        share = kinds.count(kind) / len(kinds)
        if share > 0.5 or (share == 0.5 and kinds[0] is kind):
            return "lines" if kind is dict else "lists"
    return ""


def _kind(line: str) -> type | None:
    if not line.startswith(("{", "[")):
        return None
    try:
        return type(loads(line))
    except (ValueError, RecursionError):
        return None


def _is_array(text: str, complete: bool) -> bool:
    if _ROWS.match(text):
        return True
    if not _VALUES.match(text):
        return False
    given = iter((text,))
    try:
        return sum(1 for _ in JsonStream(lambda size: next(given, ""), cut=not complete)) > 0
    except BrokenJsonError:
        return False


def _shape_of_object(text: str) -> Shape:
    try:
        _, end = LOOSE.raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        return "object"
    rest = text[end:].lstrip(_SPACES)
    if not rest:
        return "object"
    return "values" if rest.lstrip(_SPACES + ",").startswith("{") else ""
