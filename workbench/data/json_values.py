"""Values of JSON as the cells of a table: what a person would have written into a CSV."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

_DEEPEST = 32
_LONGEST_INTEGER = 4000  # Python refuses to turn more digits into a number


def text_of(value: Any) -> str:
    """The cell for `value`: numbers and truth values as they are written, null as an empty cell, lists as JSON.

    Raises RecursionError for lists that are nested too deeply.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` without objects in it: {"a": {"b": 1}} becomes {"a.b": 1}. What is nested very deeply stays as it is."""
    result: dict[str, Any] = {}
    _flatten(row, "", 0, result)
    return result


def _flatten(row: Mapping[str, Any], before: str, depth: int, result: dict[str, Any]) -> None:
    for key, value in row.items():
        name = before + key
        if isinstance(value, dict) and depth < _DEEPEST:
            _flatten(value, f"{name}.", depth + 1, result)
            continue
        count = 1
        while name in result:  # {"a.b": 1, "a": {"b": 2}}
            count += 1
            name = f"{before}{key} ({count})"
        result[name] = value


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < _LONGEST_INTEGER else digits


def _number(written: str) -> float | str:
    value = float(written)
    return value if math.isfinite(value) else written


LOOSE = json.JSONDecoder(strict=False, parse_int=_integer, parse_float=_number, parse_constant=str)
"""Takes what many programs write and JSON does not allow: NaN, line ends in texts, numbers beyond every limit."""

STRICT = msgspec.json.Decoder()
"""Takes JSON alone, and is several times as fast."""


JSON_ERRORS = (json.JSONDecodeError, msgspec.MsgspecError, UnicodeError)
"""What the two raise; RecursionError comes beside them."""


def loads(text: str) -> Any:
    """The value that `text` is. Raises ValueError where it is none, RecursionError where it is nested too deeply."""
    try:
        return STRICT.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return whole(LOOSE.decode(text.strip("\ufeff \t\r\n")))


def whole(value: Any) -> Any:
    r"""`value` with halves of characters (a lone \ud83d) in its texts and names made visible as such."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {whole(key): whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return value
