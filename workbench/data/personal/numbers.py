"""Numbers that carry a check digit: Chinese identity numbers, bank cards and IBANs. Texts are folded beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.data.personal.context import says_card, says_other
from workbench.data.personal.kinds import BANK_CARD, CHINESE_ID, IBAN, Span

_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_BIRTHDAY = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ID = re.compile(rf"(?<!\d)(?<!\d[.\-]){_PROVINCE}\d{{4}}([ \-]?){_BIRTHDAY}\1\d{{3}}(?: ?[Xx]|\d)(?!\d|\.\d|-\d)")

_CARD = re.compile(
    r"(?<![A-Za-z0-9_])(?<!\d[.,\-])(?:\d{12,19}"
    r"|\d{4}([ \-])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}[ \-]\d{6}[ \-]\d{4,5}|\d{6}[ \-]\d{10,13})"
    r"(?![A-Za-z0-9_]|[.,]\d)"
)
_ISSUERS = re.compile(
    # visa | mastercard | american express | diners | discover | jcb | unionpay | maestro | mir | rupay, old Chinese
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?|35\d{14}|(?:2131|1800)\d{11}|(?:62|81)\d{14,17}"
    r"|(?:5018|5020|5038|5[678]\d\d|6304|6390|6759|676[1-3])\d{8,15}|220[0-4]\d{12}|(?:60|82)\d{14}|508\d{13}|955[89]\d{15}"
)

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")


def chinese_ids(text: str) -> Iterator[Span]:
    """Chinese identity numbers of 18 places: a province, a possible birthday and the right check digit.

    The check digit is that of GB 11643-1999, as python-stdnum computes it.
    """
    from stdnum.cn import ric

    for match in _ID.finditer(text):
        number = re.sub(r"[ \-]", "", match[0]).upper()
        if ric.calc_check_digit(number) == number[-1] and _was_born(number):
            yield Span(CHINESE_ID, match.start(), match.end())


def _was_born(number: str) -> bool:
    from stdnum.cn import ric
    from stdnum.exceptions import ValidationError

    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return True


def bank_cards(text: str) -> Iterator[Span]:
    """Card numbers of known issuers with the right length and Luhn's check digit, unless called an order or so."""
    from stdnum import luhn

    for match in _CARD.finditer(text):
        for end in _ends(match[0]):
            number = re.sub(r"[ \-]", "", match[0][:end])
            if _ISSUERS.fullmatch(number) and luhn.is_valid(number) and len(set(number)) > 1:
                start, stop = match.start(), match.start() + end
                if not says_other(text, start, stop) and not _is_barcode(number, text, start):
                    yield Span(BANK_CARD, start, stop)
                break


def _is_barcode(number: str, text: str, start: int) -> bool:
    """Whether these are the 13 digits of an article's code rather than of an old card."""
    from stdnum import ean

    return len(number) == 13 and ean.is_valid(number) and not says_card(text, start)


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers (ISO 13616) in capitals, with the right length and check digits."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        for end in _ends(match[0]):
            if iban.is_valid(match[0][:end], check_country=False):
                yield Span(IBAN, match.start(), match.start() + end)
                break


def _ends(found: str) -> Iterator[int]:
    """Where a number may end: at its end, or before its last group, which may belong to what follows."""
    yield len(found)
    group = max(found.rfind(" "), found.rfind("-"))
    if group > 0:
        yield group
