"""Script: a column counts as wide by its letters, whatever else stands in it."""

from __future__ import annotations

import pytest

from tests.data.conftest import Writer
from workbench.data.preview import preview
from workbench.data.script import mostly_wide


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("送餐速度很快，味道也不错", True),
        ("この商品はとても使いやすい", True),
        ("배송이 정말 빠르고", True),
        ("𠮷𠮷𠮷", True),
        ("iPhone 很好用很好用很好用", True),
        ("好 very good indeed", False),
        ("The parcel came early。，！", False),
        ("Очень хороший товар", False),
        ("12345 ？！", False),
        ("一二 ab", False),
    ],
)
def test_that_a_column_is_wide_by_the_share_of_its_letters(write: Writer, text: str, wide: bool) -> None:
    seen = preview(write("text\tlabel\n" + "".join(f"{text}\t{label}\n" for label in "abab")))
    assert mostly_wide(seen, "text") is wide
    assert not mostly_wide(seen, "label")


def test_that_each_column_is_judged_on_its_own(write: Writer) -> None:
    seen = preview(write("text,标签\nfine thing,好评\nbad thing,差评\nnice thing,好评\n"))
    assert not mostly_wide(seen, "text")
    assert mostly_wide(seen, "标签")
    assert not mostly_wide(seen, "missing")


def test_that_more_than_the_shown_rows_are_looked_at(write: Writer) -> None:
    rows = ["ok,a"] * 20 + ["送餐速度很快，".replace("，", "") + ",b"] * 200
    assert mostly_wide(preview(write("text,label\n" + "\n".join(rows) + "\n")), "text")
