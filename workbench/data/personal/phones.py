"""Telephone numbers, Chinese and international. Texts are folded before they come here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from workbench.data.personal.context import says_other, says_phone
from workbench.data.personal.kinds import PHONE, Span

_FREE = r"(?<!\d)(?<!\d[.\-_])"  # not inside a longer number
_END = r"(?!\d|[.,]\d|-\d|_)"
_GAP = r"(?: ?- ?| {1,2})"
_CHINA = r"(?:(?:\( ?(?:\+ ?|00)86 ?\)|(?:\+ ?|00)86)[ \-]{0,2}|\(86\)[ \-]?|86[ \-]{0,2})?"
_EXTENSION = r"(?: ?(?:转|分机|ext\.?|x) ?:? ?\d{1,6}(?!\d))?"

_MOBILE = re.compile(
    rf"{_FREE}{_CHINA}1[3-9](?:\d{{9}}|\d{_GAP}\d{{4}}{_GAP}\d{{4}}|\d\.\d{{4}}\.\d{{4}}|\d{_GAP}\d{{3}}{_GAP}\d{{5}}"
    rf"|\d{_GAP}\d{{8}}|\d\d{_GAP}\d{{3}}{_GAP}\d{{4}}|\d{{3}}{_GAP}\d{{6}}|\d{{5}}{_GAP}\d{{4}}"
    rf"|\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}|\d(?:{_GAP}\d\d){{4}}){_END}"
)
_LANDLINE = re.compile(
    rf"{_FREE}{_CHINA}(?:\(0?(?:10|2\d|[3-9]\d\d)\) ?|0(?:10|2\d|[3-9]\d\d)(?P<gap>{_GAP})?)"
    rf"[2-8]\d{{2,3}}{_GAP}?\d{{4}}{_END}{_EXTENSION}"
)
_SERVICE = re.compile(rf"{_FREE}[48]00-(?:\d{{3}}-?\d{{4}}|\d{{4}}-\d{{3}}){_END}")
_AMERICAN = re.compile(
    rf"{_FREE}(?:(?:\+|00)?1(?:{_GAP}|\.)?)?(?:\([2-9]\d\d\) ?-?|[2-9]\d\d(?P<gap>{_GAP}|\.))"
    rf"[2-9]\d\d(?:{_GAP}|\.)?\d{{4}}{_END}{_EXTENSION}"
)
_PLUS = re.compile(rf"(?<![\d+])\(?\+ ?\(?\d(?:[ \-.()/]{{0,2}}\d){{6,16}}(?!\d){_EXTENSION}")
_ZEROS = re.compile(rf"{_FREE}00[1-9](?:[ \-.()/]{{0,2}}\d){{6,16}}(?!\d){_EXTENSION}")
_NATIONAL = re.compile(
    rf"{_FREE}(?:\(0\d{{1,5}}\) ?|0\d{{1,5}}{_GAP})\d{{2,8}}(?:{_GAP}\d{{2,4}}){{0,3}}{_END}{_EXTENSION}"
)
_PLAIN = re.compile(rf"{_FREE}0\d{{9,10}}{_END}")
_ANNOUNCED = re.compile(rf"{_FREE}\(?\d(?:(?: ?- ?|[ .)(]{{1,2}})?\d){{6,13}}{_END}{_EXTENSION}")

# Every form has one of these; a first look for them spares most texts with numbers the others.
_DIALLED = re.compile(r"\d{5}|[+(] ?\d|\d{3}[ \-.)]{1,3}\d{3}|(?:\d\d[ \-]){4}")

_DATE = re.compile(
    r"(?:19|20)\d\d([-./ ]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d{3})"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|1[0-2])\2(?:19|20)\d\d"
    r"|(?:0?[1-9]|1[0-2])([-./ ])(?:0?[1-9]|[12]\d|3[01])\3(?:19|20)\d\d"
)
_NATIONS = ("GB", "DE", "JP", "AU", "KR", "TW", "IT", "FR", "IN")
_LEAST, _MOST = 7, 15  # digits of a telephone number, E.164


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers: in Chinese and American forms, with a country code, or announced by a word before them.

    Validity is that of phonenumbers (Google's libphonenumber) where the form alone says too little.
    """
    if not _DIALLED.search(text):
        return
    for pattern, judge in _FORMS:
        found: list[Span] = []
        for match in pattern.finditer(text):
            end = judge(text, match)
            if end:
                start = match.start() + (match[0][0] == "(" and ")" not in text[match.start() : end])
                found.append(Span(PHONE, start, end))
        yield from found
        text = blanked(text, found)


def blanked(text: str, spans: list[Span]) -> str:
    """`text` with what is found already painted over, so that nothing is found twice."""
    if not spans:
        return text
    pieces, reached = [], 0
    for span in spans:
        pieces += [text[reached : span.start], "\0" * (span.end - span.start)]
        reached = span.end
    return "".join([*pieces, text[reached:]])


def _is_valid(number: str, *regions: str | None) -> bool:
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _is_possible(number: str) -> bool:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE)


def _is_free(text: str, match: re.Match[str]) -> bool:
    return says_phone(text, match.start()) or not says_other(text, match.start(), match.end())


def _by_form(text: str, match: re.Match[str]) -> int:
    return match.end() if _is_free(text, match) else 0


def _landline(text: str, match: re.Match[str]) -> int:
    plain = match[0].isdigit() and not says_phone(text, match.start())
    if plain and not _is_valid(match[0], "CN", "GB"):
        return 0
    return _by_form(text, match)


def _american(text: str, match: re.Match[str]) -> int:
    spaced = (match["gap"] or "").isspace() and not match[0].startswith("+")
    if spaced and not says_phone(text, match.start()) and not _is_valid(match[0], "US"):
        return 0
    return _by_form(text, match)


def _with_code(text: str, match: re.Match[str]) -> int:
    """The longest part that is valid; with a plus sign, one that could be."""
    found = match[0]
    plus = "+" in found
    if re.fullmatch(r"\(?\+\d+\.\d+", found) or (not plus and says_other(text, match.start(), match.end())):
        return 0
    ends = [len(found), *(gap.start() for gap in reversed(list(re.finditer(r"(?<=[\d)])[ \-.()/]+(?=\(?\d)", found))))]
    numbers = [(end, _dialled(found[:end], plus)) for end in ends]
    numbers = [(end, number) for end, number in numbers if len(number) > _LEAST]
    for end, number in numbers:
        if _is_valid(number, None):
            return match.start() + end
    for end, number in numbers:
        if plus and len(number) > 11 and _is_possible(number):
            return match.start() + end
    return 0


def _dialled(found: str, plus: bool) -> str:
    """The number from its country code on, without an extension or the zero in brackets that is not dialled."""
    number = re.split(r"转|分机|ext|x", found)[0]
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", number))
    return "+" + (digits if plus else digits[2:])


def _national(text: str, match: re.Match[str]) -> int:
    digits = re.sub(r"\D", "", match[0])
    if not 9 <= len(digits) <= 12 or _DATE.match(match[0]):
        return 0
    if not says_phone(text, match.start()):
        pairs = re.findall(r"\d+", match[0])
        # Five pairs are a French number, unless they grow: then they were drawn in a lottery or are counted.
        rising = max(map(len, pairs)) == 2 and pairs == sorted(pairs)
        if rising or not _is_valid(match[0], *_NATIONS):
            return 0
    return _by_form(text, match)


def _plain(text: str, match: re.Match[str]) -> int:
    eleven = len(match[0]) == 11 and _is_valid(match[0], "GB", "JP")
    return _by_form(text, match) if eleven or says_phone(text, match.start()) else 0


def _announced(text: str, match: re.Match[str]) -> int:
    digits = re.sub(r"\D", "", match[0])
    if not _LEAST <= len(digits) <= _MOST or _DATE.match(match[0].lstrip("(")) or len(set(digits)) < 3:
        return 0
    return match.end() if says_phone(text, match.start()) else 0


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], int]], ...] = (
    (_MOBILE, _by_form),
    (_PLUS, _with_code),
    (_ZEROS, _with_code),
    (_LANDLINE, _landline),
    (_SERVICE, _by_form),
    (_AMERICAN, _american),
    (_NATIONAL, _national),
    (_PLAIN, _plain),
    (_ANNOUNCED, _announced),
)
