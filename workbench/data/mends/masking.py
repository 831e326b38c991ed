"""Masking: personal data in the texts is replaced before anything else sees them."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from workbench.core.language import mark
from workbench.core.options import Option
from workbench.core.plan import Choice
from workbench.data.mends import TEXTS, TextMend
from workbench.data.personal import KINDS, Span, found_in
from workbench.data.personal.folding import fold
from workbench.data.personal.kinds import CREDENTIAL_URL, EMAIL, IP_ADDRESS, PHONE

Style = Literal["tags", "pseudonyms"]

MASK_PERSONAL = "mask-personal"
MOST_KEY = 2**53 - 1  # the largest whole number that every reader of JSON takes as it is
_DIGITS = 6  # hexadecimal digits of a pseudonym: two of 1,000 values share one with a chance of 3 in 100

_STYLE = Option(
    name="style",
    title=mark("What stands in its place"),
    kind="choice",
    default="tags",
    choices=(
        ("tags", mark("tags, such as [EMAIL]")),
        ("pseudonyms", mark("pseudonyms, such as <email-3f2a91>")),
    ),
    primary=True,
    help=mark("A tag says only what stood there. A pseudonym also tells the same value again, wherever it stands."),
)
_KEY = Option(
    name="key",
    title=mark("Key of the pseudonyms"),
    kind="integer",
    default=0,
    maximum=MOST_KEY,
    zero_means=mark("none"),
    help=mark(
        "Pseudonyms are computed with this secret number, which is kept in the plan. Whoever has it can test guesses; "
        "without a key everybody can."
    ),
)
_SWITCHES = tuple(
    Option(
        name=kind.option,
        title=kind.title,
        kind="switch",
        default=True,
        help=mark("Whether this kind of personal data is masked."),
    )
    for kind in KINDS.values()
)


@TEXTS.add(
    MASK_PERSONAL,
    title=mark("Mask personal data"),
    help=mark("E-mail addresses, telephone numbers and the like become tags or pseudonyms before the model sees them."),
    options=(_STYLE, _KEY, *_SWITCHES),
)
def mask_personal(*, style: Style = "tags", key: int = 0, **kinds: bool) -> TextMend:
    """A function that masks what is personal in a text. `kinds` are switches by `Kind.option`; missing ones are on.

    Masking twice changes nothing more.
    """
    chosen = frozenset(name for name, kind in KINDS.items() if kinds.get(kind.option, True))

    def masked(text: str) -> str:
        spans = [span for span in found_in(text) if span.kind in chosen]
        return _replaced(text, [(span, _stand_in(span, text, style, key)) for span in spans])[0]

    return masked


class MaskedText(Struct, frozen=True, kw_only=True):
    """One text `before` and `after` masking. `found` stand in `before`, `masks` in `after`; one for one."""

    place: int
    before: str
    after: str
    found: tuple[Span, ...]
    masks: tuple[Span, ...]


def preview_masks(texts: Iterable[str], mend: Choice, rows: int = 20) -> tuple[MaskedText, ...]:
    """What `mend` would do to the first `rows` of `texts` in which it would do anything. `place` counts from 0."""
    values = TEXTS[mend.name].values(mend)
    style, key = values["style"], values["key"]
    chosen = frozenset(name for name, kind in KINDS.items() if values[kind.option])
    shown: list[MaskedText] = []
    for place, text in enumerate(texts):
        if len(shown) >= rows:
            break
        found = tuple(span for span in found_in(text) if span.kind in chosen)
        if found:
            after, masks = _replaced(text, [(span, _stand_in(span, text, style, key)) for span in found])
            shown.append(MaskedText(place=place, before=text, after=after, found=found, masks=masks))
    return tuple(shown)


def _replaced(text: str, replacements: Sequence[tuple[Span, str]]) -> tuple[str, tuple[Span, ...]]:
    """`text` with each span replaced, and where the replacements stand."""
    if not replacements:
        return text, ()
    pieces: list[str] = []
    masks: list[Span] = []
    reached = length = 0
    for span, stand_in in replacements:
        pieces += [text[reached : span.start], stand_in]
        begin = length + span.start - reached
        reached, length = span.end, begin + len(stand_in)
        masks.append(Span(span.kind, begin, length))
    return "".join([*pieces, text[reached:]]), tuple(masks)


def _stand_in(span: Span, text: str, style: Style, key: int) -> str:
    kind = KINDS[span.kind]
    return kind.tag if style == "tags" else pseudonym(span.kind, text[span.start : span.end], key)


def pseudonym(kind: str, value: str, key: int) -> str:
    """The stand-in for `value`, e.g. "<email-3f2a91>": the same for every way in which this value is written.

    Its digits are of BLAKE2b (RFC 7693) keyed with `key`.
    """
    secret = key.to_bytes(8, "big")
    text = f"{kind}:{plainest(kind, value)}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=8, key=secret).hexdigest()
    return f"<{KINDS[kind].word}-{digest[:_DIGITS]}>"


def plainest(kind: str, value: str) -> str:
    """`value` without what people write differently: width, case, spaces, hyphens, the Chinese country code."""
    folded = fold(value)
    if kind == PHONE:
        number = re.split(r"转|分机|ext|x", folded)
        digits = re.sub(r"\D", "", number[0])
        return re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", digits) + "".join(
            f"x{more.strip(' :.')}" for more in number[1:]
        )
    if kind == IP_ADDRESS:
        return str(ipaddress.ip_address(folded))
    if kind in (EMAIL, CREDENTIAL_URL):
        return folded.lower() if kind == EMAIL else folded
    return re.sub(r"[ \-]", "", folded).upper()


def switches(kinds: Iterable[str]) -> Mapping[str, bool]:
    """The options of the mend under which `kinds`, and no others, are masked."""
    chosen = set(kinds)
    return {kind.option: name in chosen for name, kind in KINDS.items()}
