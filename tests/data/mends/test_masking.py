"""Masking: what stands where personal data stood."""

from __future__ import annotations

import re

import pytest

from workbench.core.options import check_options
from workbench.core.plan import Choice
from workbench.data.mends import TEXTS, text_mend
from workbench.data.mends.masking import MASK_PERSONAL, mask_personal, preview_masks, pseudonym
from workbench.data.personal import KINDS

TEXT = "张三，电话：13812345678，邮箱zhang@qq.com，再说一遍：138-1234-5678"


def test_that_tags_name_the_kind_and_leave_the_rest_as_it_is() -> None:
    assert mask_personal()(TEXT) == "张三，电话：[PHONE]，邮箱[EMAIL]，再说一遍：[PHONE]"


def test_that_only_the_kinds_that_are_switched_on_are_masked() -> None:
    assert mask_personal(phone=False)(TEXT) == TEXT.replace("zhang@qq.com", "[EMAIL]")


def test_that_the_mend_is_found_by_its_name_and_takes_what_is_typed_too() -> None:
    mend = text_mend([Choice(name=MASK_PERSONAL)])
    assert mend("call 415-555-2671") == "call [PHONE]"
    assert not check_options(
        TEXTS[MASK_PERSONAL].options, {"style": "pseudonyms", "key": 2**53 - 1, "chinese_id": False}
    )


def test_that_a_value_has_one_pseudonym_however_it_is_written() -> None:
    masked = mask_personal(style="pseudonyms", key=5)(TEXT)
    first, second = re.findall(r"<phone-[0-9a-f]{6}>", masked)
    assert first == second
    spellings = (
        "13812345678",
        "+86 138 1234 5678",
        "0086-138-1234-5678",
        "１３８１２３４５６７８",
        "（+86）13812345678",
    )
    assert {pseudonym("phone", value, 5) for value in spellings} == {first}
    assert pseudonym("phone", "13812345679", 5) != first


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("email", "Zhang@QQ.com", "zhang@qq.com"),
        ("bank-card", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("chinese-id", "11010519491231002x", "110105 19491231 002X"),
        ("ip-address", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    ],
)
def test_that_spellings_of_other_kinds_are_joined_too(kind: str, one: str, same: str) -> None:
    assert pseudonym(kind, one, 1) == pseudonym(kind, same, 1)


def test_that_another_key_gives_another_pseudonym() -> None:
    assert pseudonym("email", "a@example.org", 1) != pseudonym("email", "a@example.org", 2)


@pytest.mark.parametrize("style", ["tags", "pseudonyms"])
def test_that_masking_twice_changes_nothing_more(style: str) -> None:
    mask = mask_personal(style=style, key=9)  # type: ignore[arg-type]
    text = (
        TEXT + " 192.168.1.20 https://a:b@example.com 4111111111111111 GB29 NWBK 6016 1331 9268 19 11010519491231002X"
    )
    once = mask(text)
    assert mask(once) == once
    assert not any(value in once for value in ("zhang", "1381234", "192.168", "4111", "NWBK", "110105"))


def test_that_a_tag_has_one_form_of_plain_letters() -> None:
    assert all(re.fullmatch(r"\[[A-Z]{2,5}\]", kind.tag) for kind in KINDS.values())


def test_that_the_preview_shows_the_texts_that_would_change_with_both_places() -> None:
    shown = preview_masks(["nothing", TEXT, "", "a@example.org"], Choice(name=MASK_PERSONAL))
    assert [text.place for text in shown] == [1, 3]
    for text in shown:
        assert mask_personal()(text.before) == text.after
        for span, mask in zip(text.found, text.masks, strict=True):
            assert text.after[mask.start : mask.end] == KINDS[span.kind].tag


def test_that_the_preview_ends_after_as_many_texts_as_were_asked_for() -> None:
    assert len(preview_masks(["a@example.org"] * 50, Choice(name=MASK_PERSONAL), rows=3)) == 3


@pytest.mark.parametrize("other", ["strip-markup", "strip-control"])
def test_that_what_hides_personal_data_comes_last_whatever_the_plan_says(other: str) -> None:
    for mends in ([MASK_PERSONAL, other], [other, MASK_PERSONAL]):
        mend = text_mend([Choice(name=name) for name in mends])
        assert (
            mend("write to john&#64;example.com" if other == "strip-markup" else "jo\u200bhn@example.com")[-7:]
            == "[EMAIL]"
        )
