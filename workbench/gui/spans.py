"""What a person writes to be tried: values with commas between them, or a range."""

from __future__ import annotations

import re

from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui.numbers import format_number, parse_number
from workbench.studio import Range, value_of

Span = tuple[Scalar, ...] | Range

_RANGE = re.compile(r"\.\.+|…|～|~|\bto\b|至|到")
_COMMA = re.compile(r"[,;，；、\s]+")
_LOG_FROM = 10  # a range this many times as wide as its beginning is spread over the logarithm


def read_span(text: str, option: Option) -> Span | None:
    """The numbers that `text` stands for; None if it cannot be read. Bounds are not checked."""
    parts = _RANGE.split(text)
    if len(parts) == 2:
        low, high = (parse_number(part) for part in parts)
        if low is None or high is None:
            return None
        wide = option.kind == "number" and low > 0 and high >= _LOG_FROM * low
        return Range(low=low, high=high, log=wide, whole=option.kind == "integer")
    numbers = [parse_number(part) for part in _COMMA.split(text.strip()) if part]
    if len(parts) > 2 or not numbers or any(number is None for number in numbers):
        return None
    return tuple(dict.fromkeys(_typed(number, option) for number in numbers if number is not None))


def _typed(number: float, option: Option) -> Scalar:
    return int(number) if option.kind == "integer" and number.is_integer() else number


def suggested_text(plan: TrainingPlan, option: Option) -> str:
    """Three values around the one that `plan` has, written so that they can be changed."""
    value = value_of(plan, option.name)
    now = float(option.default if value is None else value)
    factor = 3.0 if option.kind == "number" else 2.0
    around = (now / factor, now, now * factor) if now else (now,)
    values = (option.nearest(_round(one, option)) for one in around)
    return ", ".join(dict.fromkeys(format_number(float(one)) for one in values))


def _round(value: float, option: Option) -> Scalar:
    return round(value) if option.kind == "integer" else float(f"{value:.1g}")
