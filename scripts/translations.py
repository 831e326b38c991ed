"""The catalogue of window, terminal and errors: `python scripts/translations.py update | merge FILE... | check`.

update   extract every tr, trn and mark of workbench/ into the template, bring the Chinese up to it, compile it
merge    the same, after taking translations from JSON files: {"English": "中文", "one\\u0000many": "中文"}
check    change nothing; tell what is missing, and exit with 1 if anything is
"""

from __future__ import annotations

import io
import json
import re
import string
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
TEMPLATE = FOLDER / "workbench.pot"
CHINESE = FOLDER / "zh_CN" / "LC_MESSAGES" / "workbench.po"
COMPILED = CHINESE.with_suffix(".mo")
KEYWORDS = {"tr": None, "mark": None, "trn": (1, 2)}
# Names that Chinese readers know as they are.
NAMES = frozenset({"Adam", "Logit", "AdamW", "macro-F1", "R²", "Hugging Face", "Model Workbench", "English"})
# The catalogue must not change when nothing was said differently: no clock in it.
_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{3,}")
_PERCENT = re.compile(r"%(?:\(\w+\))?[sdrfg]")

Key = str | tuple[str, str]


def extracted() -> Catalog:
    """Every message of the source, with the files that say it."""
    catalog = _catalog(None)
    found = extract_from_dir(
        ROOT / "workbench", method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("i18n:",)
    )
    for file, line, message, comments, context in sorted(found, key=lambda entry: (entry[0], entry[1])):
        catalog.add(message, None, [(f"workbench/{file}", line)], auto_comments=comments, context=context)
    return catalog


def _catalog(locale: str | None) -> Catalog:
    return Catalog(
        locale=locale,
        domain="workbench",
        project="Model Workbench",
        version="",
        copyright_holder="the authors of Model Workbench",
        creation_date=_DAY,
        revision_date=_DAY,
        last_translator="Model Workbench",
        language_team="Model Workbench",
        fuzzy=False,
    )


def chinese() -> Catalog:
    """The committed Chinese catalogue; an empty one if there is none yet."""
    if not CHINESE.exists():
        return _catalog("zh_CN")
    with open(CHINESE, "rb") as stream:
        return read_po(stream, locale="zh_CN", domain="workbench")


def brought_up(template: Catalog, translated: Catalog, fresh: dict[Key, str]) -> Catalog:
    """The Chinese of `template`: what `translated` has, with `fresh` over it. Messages that left the source leave."""
    catalog = _catalog("zh_CN")
    for message in messages(template):
        old = translated.get(message.id, context=message.context)
        texts = fresh.get(_key(message)) or (_text(old) if old else "")
        value = (texts,) if isinstance(message.id, tuple | list) else texts
        catalog.add(message.id, value, message.locations, auto_comments=message.auto_comments)
    return catalog


def messages(catalog: Catalog) -> Iterator[Message]:
    """The messages of `catalog` without its header."""
    return (message for message in catalog if message.id)


def _key(message: Message) -> Key:
    return tuple(message.id) if isinstance(message.id, tuple | list) else message.id


def _text(message: Message) -> str:
    return (message.string or ("",))[0] if isinstance(message.string, tuple | list) else message.string or ""


def problems(template: Catalog, translated: Catalog) -> list[str]:
    """What is wrong with `translated`, one line each."""
    found = []
    for message in messages(template):
        key = _key(message)
        entry = translated.get(message.id)
        text = _text(entry) if entry else ""
        where = message.locations[0][0] if message.locations else "?"
        name = json.dumps("\0".join(key) if isinstance(key, tuple) else key, ensure_ascii=False)
        if not text:
            found.append(f"missing in Chinese: {name} ({where})")
        elif (entry and entry.fuzzy) or not _same_placeholders(key, text):
            found.append(f"placeholders differ: {name} ({where}) -> {text!r}")
        elif _is_english(text):
            found.append(f"still English: {name} ({where}) -> {text!r}")
    known = {_key(message) for message in messages(template)}
    found += [f"no longer said: {_key(message)!r}" for message in messages(translated) if _key(message) not in known]
    return found


def placeholders(text: str) -> set[str]:
    """The {names} and %-signs that are filled in `text`. A format such as {loss:.2f} counts as its name."""
    try:
        names = {
            name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None
        }
    except ValueError:
        names = {"unbalanced braces"}
    return names | set(_PERCENT.findall(text))


def _same_placeholders(key: Key, text: str) -> bool:
    # A plural pair may leave {number} out of its singular: the longer form counts.
    wanted = placeholders(key[1]) | placeholders(key[0]) if isinstance(key, tuple) else placeholders(key)
    return placeholders(text) == wanted


def _is_english(text: str) -> bool:
    bare = re.sub(r"\{[^}]*\}|%\(\w+\)[sdr]|--[\w-]+", "", text)
    return text not in NAMES and not _CJK.search(text) and bool(_WORD.search(bare)) and bare.strip() not in NAMES


def po_bytes(catalog: Catalog) -> bytes:
    """`catalog` as a .po or .pot file."""
    stream = io.BytesIO()
    write_po(stream, catalog, width=100, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return stream.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """`catalog` as a .mo file. What is not translated stays out: gettext would say the empty text."""
    complete = _catalog("zh_CN")
    for message in messages(catalog):
        if _text(message):
            complete.add(message.id, message.string)
    stream = io.BytesIO()
    write_mo(stream, complete)
    return stream.getvalue()


def stale_files(template: Catalog) -> list[str]:
    """Committed files that are not what `update` would write."""
    expected = brought_up(template, chinese(), {})
    contents = {TEMPLATE: po_bytes(template), CHINESE: po_bytes(expected), COMPILED: mo_bytes(expected)}
    return [
        f"not up to date: {path.relative_to(ROOT)}"
        for path, data in contents.items()
        if not path.exists() or path.read_bytes() != data
    ]


def update(fresh: dict[Key, str]) -> Catalog:
    """Write template, Chinese and compiled catalogue; the Chinese that came out."""
    template = extracted()
    catalog = brought_up(template, chinese(), fresh)
    CHINESE.parent.mkdir(parents=True, exist_ok=True)
    TEMPLATE.write_bytes(po_bytes(template))
    CHINESE.write_bytes(po_bytes(catalog))
    COMPILED.write_bytes(mo_bytes(catalog))
    return catalog


def dictionary(paths: Iterable[str]) -> dict[Key, str]:
    """The translations in the JSON files `paths`, later ones over earlier ones."""
    merged: dict[Key, str] = {}
    for path in paths:
        entries: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
        for source, text in entries.items():
            one, separator, many = source.partition("\0")
            merged[(one, many) if separator else source] = text
    return merged


def compiled_matches(catalog: Catalog) -> bool:
    """Whether the committed .mo says what `catalog` says."""
    with open(COMPILED, "rb") as stream:
        compiled = read_mo(stream)
    said = {_key(message): _text(message) for message in messages(catalog) if _text(message)}
    return said == {_key(message): _text(message) for message in messages(compiled)}


def main(arguments: list[str]) -> int:
    """Carry out the command line; 1 if anything is missing."""
    verb, *paths = arguments or ["check"]
    if verb not in ("update", "merge", "check"):
        print(__doc__)
        return 2
    if verb != "check":
        update(dictionary(paths))
    template = extracted()
    found = problems(template, chinese()) + (stale_files(template) if verb == "check" else [])
    print("\n".join(found), end="\n" if found else "")
    print(f"{len(list(messages(template)))} messages, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
