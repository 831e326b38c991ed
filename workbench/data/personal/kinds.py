"""The kinds of personal data that have a pattern, and what each is called."""

from __future__ import annotations

from msgspec import Struct

from workbench.core.language import mark


class Kind(Struct, frozen=True, kw_only=True):
    """One kind. `title` is an English source text; `word` stands in tags and pseudonyms and is never translated."""

    name: str
    title: str
    word: str

    @property
    def option(self) -> str:
        """The name of the switch that masks it."""
        return self.name.replace("-", "_")

    @property
    def tag(self) -> str:
        """What stands for every value of this kind."""
        return f"[{self.word.upper()}]"


class Span(Struct, frozen=True):
    """Where something personal stands: the characters `start` to `end` (not included) of a text."""

    kind: str
    start: int
    end: int


EMAIL, PHONE, CHINESE_ID, BANK_CARD = "email", "phone", "chinese-id", "bank-card"
IBAN, IP_ADDRESS, CREDENTIAL_URL = "iban", "ip-address", "credential-url"

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name=EMAIL, title=mark("E-mail address"), word="email"),
        Kind(name=PHONE, title=mark("Telephone number"), word="phone"),
        Kind(name=CHINESE_ID, title=mark("Chinese identity number"), word="id"),
        Kind(name=BANK_CARD, title=mark("Bank card number"), word="card"),
        Kind(name=IBAN, title=mark("IBAN account number"), word="iban"),
        Kind(name=IP_ADDRESS, title=mark("IP address"), word="ip"),
        Kind(name=CREDENTIAL_URL, title=mark("Web address with a password"), word="url"),
    )
}
"""Every kind by its name."""
