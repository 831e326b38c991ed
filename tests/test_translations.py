"""Everything that is said is said in English and Chinese, and the committed catalogue says just that."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from workbench.core.language import language, set_language, tr, trn

ROOT = Path(__file__).resolve().parent.parent


def _script() -> ModuleType:
    name = "translations_script"
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


translations = _script()


def test_that_every_message_is_complete_in_chinese() -> None:
    assert translations.problems(translations.extracted(), translations.chinese()) == []


def test_that_the_committed_catalogue_is_up_to_date() -> None:
    assert translations.stale_files(translations.extracted()) == []


def test_that_the_compiled_catalogue_says_what_the_readable_one_says() -> None:
    assert translations.compiled_matches(translations.chinese())


def test_that_the_source_is_found_at_all() -> None:
    found = {translations._key(message) for message in translations.messages(translations.extracted())}
    assert "There is no “{name}”." in found
    assert len(found) > 200


def test_that_chinese_is_spoken_and_english_comes_back() -> None:
    before = language()
    try:
        set_language("zh_CN")
        assert "训练" in tr("Training")
        number = "{number} row has no text and got no answer.", "{number} rows have no text and got no answer."
        assert trn(*number, 3).startswith("3") or "3" in trn(*number, 3)
    finally:
        set_language("en")
    assert tr("Training") == "Training"
    set_language(before)


@pytest.mark.parametrize("code", ["de", "", "zh"])
def test_that_a_language_that_is_not_offered_is_refused(code: str) -> None:
    with pytest.raises(KeyError):
        set_language(code)


@pytest.mark.parametrize(
    ("source", "chinese", "sign"),
    [
        ("There is no “{name}”.", "", "missing"),
        ("There is no “{name}”.", "没有“{nome}”。", "placeholders"),
        ("Type a text.", "Type a text.", "English"),
        ("%(prog)s: %(message)s\n", "%(prog)s：错误\n", "placeholders"),
    ],
)
def test_that_the_check_sees_a_bad_translation(source: str, chinese: str, sign: str) -> None:
    template, translated = translations._catalog(None), translations._catalog("zh_CN")
    template.add(source, None, [("workbench/x.py", 1)])
    translated.add(source, chinese)
    found = translations.problems(template, translated)
    assert len(found) == 1
    assert sign in found[0]


def test_that_the_check_lets_a_good_translation_pass() -> None:
    template, translated = translations._catalog(None), translations._catalog("zh_CN")
    template.add(("{number} row", "{number} rows"), None, [("workbench/x.py", 1)])
    translated.add(("{number} row", "{number} rows"), ("{number} 行",))
    template.add("loss {loss:.2f}", None, [("workbench/x.py", 2)])
    translated.add("loss {loss:.2f}", "损失 {loss:.2f}")
    assert translations.problems(template, translated) == []
