"""The language in which the user is spoken to: one catalogue for window, terminal and errors.

The catalogue is gettext's (`resources/translations/LANGUAGE/LC_MESSAGES/workbench.mo`), so that the terminal and
the rooms without Qt can speak both languages. English is the source text. See `docs/decisions/0002-gettext.md`.
"""

from __future__ import annotations

import gettext
import locale
import os

from workbench.core.resources import resource

DOMAIN = "workbench"
LANGUAGES: dict[str, str] = {"en": "English", "zh_CN": "简体中文"}

_current = "en"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def set_language(code: str) -> None:
    """Speak `code` ("en" or "zh_CN") from now on. Raises KeyError for a language that is not offered."""
    global _current, _catalogue
    if code not in LANGUAGES:
        raise KeyError(code)
    _current = code
    _catalogue = (
        gettext.NullTranslations()
        if code == "en"
        else gettext.translation(DOMAIN, resource("translations"), languages=[code])
    )


def language() -> str:
    """The language spoken now, "en" or "zh_CN"."""
    return _current


def system_language() -> str:
    """The offered language nearest to what the environment asks for; English if none is near."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    wanted = wanted or locale.getlocale()[0] or ""
    return "zh_CN" if wanted.lower().startswith(("zh", "chinese")) else "en"


def tr(message: str, /, **values: object) -> str:
    """`message` in the language spoken now, with `{name}` filled from `values`.

    Values are filled after translating, so that word order is the translator's. Never build a sentence from pieces.
    """
    text = _catalogue.gettext(message) if message else ""
    return text.format(**values) if values else text


def trn(one: str, many: str, number: int, /, **values: object) -> str:
    """As `tr`, with the plural form for `number`; `{number}` may stand in the text."""
    return _catalogue.ngettext(one, many, number).format(number=number, **values)


def mark(message: str) -> str:
    """Note `message` for translation where it is declared; it is translated with `tr` where it is shown."""
    return message
