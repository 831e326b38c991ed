"""Dates: what one cell says of a day and a time, as far as a single cell can tell.

Read are ISO 8601, days and months as numbers in any order, names of months in several languages, Chinese, Japanese and
Korean dates, seconds and finer units since 1970, and digits alone such as 20240501. Whether "3/4/2024" is in March or
in April, only its column can tell: see `moments.py`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import NamedTuple

_LONGEST = 80
_DAY = 86_400.0
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS: dict[str, int] = {
    name: month
    for month, names in enumerate(
        (
            "jan ene gen",
            "feb fev",
            "mar mrz",
            "apr abr avr",
            "may mai mag",
            "jun giu",
            "jul lug",
            "aug ago aou",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez dic",
        ),
        start=1,
    )
    for name in names.split()
}
"""The first three letters of months in English, German, French, Spanish, Italian and Portuguese, without accents."""

_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "cet": 1, "cest": 2}
"""Hours from Greenwich: RFC 822, section 5.1, and central Europe."""

_AFTERNOON = ("p", "下午", "晚", "오후", "午後")
_CLOCK = re.compile(
    r"(?P<before>上午|下午|早上|凌晨|中午|晚上|오전|오후|午前|午後|[ap]m)?\s*"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2}))?(?::(?P<second>\d{1,2}(?:[.,]\d{1,9})?))?:?\s*"
    r"(?P<after>[ap]\.?m\.?)?\s*"
    r"(?P<zone>(?:z|utc|gmt|ut)?\s*(?:[+-]\d{1,2}:?(?:\d{2})?)?|[a-z]{3,4})(?:\s*[\[(].*)?",
    re.IGNORECASE,
)
_REST = r"(?:(?:[T\s,]|:(?=\d\d:))+(?:at\s+)?(?P<clock>.+))?"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_NAMED = (
    re.compile(
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s/-]*(?:de\s+)?{_MONTH}[\s/,-]*(?:de\s+)?{_YEAR}{_REST}"
    ),
    re.compile(rf"{_WEEKDAY}{_MONTH}[\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,-]+(?P<year>\d{{4}}){_REST}"),
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}})\s+(?P<clock>\d+:.+?)\s+(?P<year>\d{{4}})"),
    re.compile(rf"(?P<year>\d{{4}})[\s/-]+{_MONTH}[\s/-]+(?P<day>\d{{1,2}}){_REST}"),
    re.compile(rf"{_MONTH}[\s,'-]+(?P<year>\d{{4}})"),
)
"""1 May 2024 10:00; May 1, 2024; Wed May 01 10:00:00 +0000 2024 (as Twitter writes); 2024-May-01; May 2024."""

_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})\s?[-/.]\s?(?P<month>\d{{1,2}})(?:\s?[-/.]\s?(?P<day>\d{{1,2}}))?{_REST}")
_THREE = re.compile(rf"(\d{{1,2}})\s?([-/.])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}|\d{{2}})(?!\d){_REST}")
_CJK = re.compile(
    r"(?P<era>民国|民國)?\s*(?P<year>\d{2,4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월](?:\s*(?P<day>\d{1,2})\s*[日号號일])?"
    r"\s*(?:[(（]?(?:星期|周|週|礼拜)?.(?:曜日|요일)?[)）])?(?:星期.|周.|週.)?[\s,，]*(?P<clock>.*)"
)
_CJK_DIGITS = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_CJK_NUMBER = re.compile(r"[〇零○一二三四五六七八九十]+(?=\s*[年月日号號])")
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_CLOCK_MARKS = str.maketrans(
    {"时": ":", "時": ":", "点": ":", "點": ":", "시": ":", "分": ":", "분": ":", "秒": "", "초": ""}
)
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:[eE]\+?\d{1,2})?")


class Local(NamedTuple):
    """Three numbers of which only the column can tell which is the day: "3/4/2024" and "24-05-01"."""

    first: int
    second: int
    third: int
    short: bool
    clock: float
    mark: str


class Count(NamedTuple):
    """A number: `moment` where it is seconds, a finer unit or a day in digits, else None."""

    number: float
    moment: float | None


def read_date(cell: str) -> float | Local | Count | None:
    """What `cell` says: seconds since 1970 (UTC where no zone is given), something that its column decides, or None."""
    text = cell.strip()
    if len(text) > _LONGEST or not any(character.isdigit() or character in _CJK_DIGITS for character in text):
        return None
    if text.isascii() and text[4:5] == "-" and len(text) >= 10:
        try:
            return _of(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if _NUMBER.fullmatch(text):
        return _number(text)
    for read in (_year_first, _three, _named) if text.isascii() else (_cjk, _year_first, _three, _named):
        found = read(text)
        if found is not None:
            return found
    return None


def seconds_of(year: int, month: int, day: int, clock: float = 0.0) -> float | None:
    """Seconds since 1970; None for a day that no calendar has."""
    try:
        return (date(year, month, day).toordinal() - _EPOCH) * _DAY + clock
    except ValueError:
        return None


def full_year(year: int) -> int:
    """A year of two digits in full: 69 to 99 are in the twentieth century (POSIX, `strptime` %y)."""
    return year if year > 99 else year + (1900 if year >= 69 else 2000)


def _of(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(text: str) -> Count:
    number = float(text)
    form = _COMPACT.get(len(text)) if text.isdigit() and text[:2] in ("19", "20") else None
    if form:
        try:
            return Count(number, _of(datetime.strptime(text, form).replace(tzinfo=UTC)))
        except ValueError:
            pass
    for units in (1.0, 1e3, 1e6, 1e9):
        if 1e8 * units <= number < 1e11 * units:
            return Count(number, number / units)
    return Count(number, None)


def _year_first(text: str) -> float | None:
    found = _YEAR_FIRST.fullmatch(text)
    clock = _clock(found["clock"]) if found else None
    if found is None or clock is None:
        return None
    return seconds_of(int(found["year"]), int(found["month"]), int(found["day"] or 1), clock)


def _three(text: str) -> Local | None:
    found = _THREE.fullmatch(text)
    clock = _clock(found["clock"]) if found else None
    if found is None or clock is None:
        return None
    third = found[4]
    return Local(int(found[1]), int(found[3]), int(third), len(third) == 2, clock, found[2])


def _named(text: str) -> float | None:
    for pattern in _NAMED:
        found = pattern.fullmatch(text)
        month = _month(found["month"]) if found else 0
        if found is None or not month:
            continue
        parts = found.groupdict()
        clock = _clock(parts.get("clock"))
        if clock is not None:
            return seconds_of(full_year(int(parts["year"])), month, int(parts.get("day") or 1), clock)
    return None


def _month(name: str) -> int:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isascii())
    if plain.startswith("jui"):
        return 7 if plain.startswith("juil") else 6
    return _MONTHS.get(plain[:3], 0)


def _cjk(text: str) -> float | None:
    found = _CJK.fullmatch(_CJK_NUMBER.sub(lambda number: str(_counted(number[0])), text))
    clock = _clock(found["clock"]) if found else None
    if found is None or clock is None:
        return None
    year = int(found["year"])
    year = year + 1911 if found["era"] else full_year(year)
    return seconds_of(year, int(found["month"]), int(found["day"] or 1), clock)


def _counted(text: str) -> int:
    """二〇二四 is 2024, 二十一 is 21: digits one after the other, or tens and ones."""
    if "十" not in text:
        return int("".join(_CJK_DIGITS[character] for character in text))
    tens, _, ones = text.partition("十")
    return 10 * int(_CJK_DIGITS.get(tens, "1")) + int(_CJK_DIGITS.get(ones, "0"))


def _clock(text: str | None) -> float | None:
    """Seconds since midnight, less the distance from Greenwich where it is given; None for no time of day."""
    if not text or not text.strip():
        return 0.0
    found = _CLOCK.fullmatch(text.strip().translate(_CLOCK_MARKS))
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    second = float((found["second"] or "0").replace(",", "."))
    half = (found["before"] or found["after"] or "").casefold()
    if half:
        hour = hour % 12 + 12 if half.startswith(_AFTERNOON) else hour % 12 if hour == 12 and half != "中午" else hour
    offset = _offset((found["zone"] or "").casefold().replace(" ", ""))
    if offset is None or hour > 24 or minute > 59 or second >= 61:
        return None
    return hour * 3600 + minute * 60 + second - offset


def _offset(zone: str) -> float | None:
    """Seconds east of Greenwich; None for a name that is not known."""
    for name in ("utc", "gmt", "ut", "z"):
        zone = zone.removeprefix(name)
    if not zone:
        return 0.0
    if zone in _ZONES:
        return _ZONES[zone] * 3600.0
    if zone[0] not in "+-":
        return None
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return (hours * 3600.0 + minutes * 60.0) * (-1 if zone[0] == "-" else 1)
