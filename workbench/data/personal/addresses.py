"""Addresses: e-mail, IP, and web addresses that carry a password. Texts are folded before they come here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from workbench.data.personal.context import says_address, says_version
from workbench.data.personal.kinds import CREDENTIAL_URL, EMAIL, IP_ADDRESS, Span

_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])"
_REST = r"(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%|]*)?"
_URL = re.compile(
    rf"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{{1,20}})://"
    rf"(?:(?P<user>[^\s/@:?#\"'<>]{{0,100}})(?P<password>:[^\s/?#\"'<>]{{1,200}})?@)?(?P<host>{_HOST})(?::\d{{1,5}})?"
    rf"(?P<rest>{_REST})"
)
_SECRET = re.compile(
    r"[?&;#](?:[a-z]+[_-])?(?:password|passwd|pwd|token|api[_-]?key|apikey|secret|access[_-]?key|signature|sig"
    r"|session[_-]?id|auth)=[^&\s#]{4,}",
    re.IGNORECASE,
)
_LONG_TOKEN = 16  # a user's name as long as this, with no password behind it, is a token

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9_])[A-Za-z0-9_](?:[A-Za-z0-9._%+'\-]{0,62}[A-Za-z0-9_+\-])?@(?!v?\d+\.\d)"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,8}(?P<top>[A-Za-z]{2,24}|xn--[A-Za-z0-9\-]{2,40})"
    r"(?![A-Za-z0-9\-])"
)
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html", "pdf", "txt", "json", "xml"})

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![0-9A-Za-z_])(?<![0-9]\.){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z_]|\.\d)")
_IPV6 = re.compile(
    rf"(?<![0-9A-Za-z])(?!:[^:])(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}(?:{_OCTET}(?:\.{_OCTET}){{3}}|[0-9A-Fa-f]{{1,4}})?"
    r"(?![0-9A-Za-z]|:[0-9A-Fa-f:])"
)
_GIVEN_OUT = [
    ipaddress.IPv6Network(block) for block in ("2000::/3", "fc00::/7", "fe80::/10", "ff00::/8", "64:ff9b::/96")
]


def credential_urls(text: str) -> Iterator[Span]:
    """Web addresses with a password, or with a token, before the host or in their query."""
    if "://" not in text:
        return
    for match in _URL.finditer(text):
        user = match["user"] or ""
        named = bool(match["password"]) or len(user) >= _LONG_TOKEN
        if named or _SECRET.search(match["rest"]):
            found = match[0].rstrip(".,;:!?'*")
            if found.endswith(")") and found.count("(") < found.count(")"):
                found = found[:-1]
            yield Span(CREDENTIAL_URL, match.start(), match.start() + len(found))


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses in ASCII, whatever stands around them."""
    if "@" not in text:
        return
    for match in _EMAIL.finditer(text):
        repository = match[0].startswith("git@") and text[match.end() : match.end() + 1] == ":"
        if match["top"].lower() not in _FILES and not repository:
            yield Span(EMAIL, match.start(), match.end())


def ip_addresses(text: str) -> Iterator[Span]:
    """Addresses of machines of both versions; not this machine's own, masks of networks, versions or sections."""
    found = []
    if text.count(":") >= 2:
        found = [match.span() for match in _IPV6.finditer(text) if _is_given_out(match[0])]
    if text.count(".") >= 3:
        inside = {place for start, end in found for place in range(start, end)}
        for match in _IPV4.finditer(text):
            if match.start() not in inside and _is_host(match[0], text, match.start()):
                found.append(match.span())
    for start, end in found:
        yield Span(IP_ADDRESS, start, end)


def _is_host(number: str, text: str, start: int) -> bool:
    address = ipaddress.IPv4Address(number)
    if address.is_loopback or address.is_unspecified or number.startswith("255.") or says_version(text, start):
        return False
    # 1.2.3.4 is more often the number of a section than a machine, unless the text says so.
    return len(number) > len("1.2.3.4") or says_address(text, start)


def _is_given_out(number: str) -> bool:
    try:
        address = ipaddress.IPv6Address(number)
    except ValueError:
        return False
    # Eight groups of which one is long are an address of whatever block; the numbers of network cards have short ones.
    whole = number.count(":") == 7 and max(map(len, number.split(":"))) > 2
    return whole or address.ipv4_mapped is not None or any(address in block for block in _GIVEN_OUT)
