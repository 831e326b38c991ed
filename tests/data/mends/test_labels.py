"""Mends of labels: what is one class for a person becomes one class."""

from __future__ import annotations

import pytest

from workbench.core.plan import Choice
from workbench.data.mends import LABELS, mended_labels, registry_of
from workbench.data.mends.labels import spelling
from workbench.data.watching import UNWATCHED


def joined(cells: list[str], *mends: Choice) -> list[str]:
    assert all(registry_of(mend.name) is LABELS for mend in mends)
    return list(mended_labels(mends, cells, UNWATCHED))


def test_that_the_commonest_spelling_wins() -> None:
    cells = ["good", "Good", "good ", " GOOD", "very  bad", "very bad", "very bad"]
    assert joined(cells, Choice(name="join-spellings")) == ["good"] * 4 + ["very bad"] * 3


def test_that_equally_common_spellings_give_the_same_one_whatever_their_order() -> None:
    mend = Choice(name="join-spellings")
    assert set(joined(["A", "a"], mend)) == set(joined(["a", "A"], mend)) == {"A"}


@pytest.mark.parametrize(("one", "two"), [("ＡＢ", "ab"), ("é", "e\u0301"), ("１", "1"), ("a\u00a0b", "A b")])
def test_that_width_and_composition_do_not_count(one: str, two: str) -> None:
    assert spelling(one) == spelling(two)


@pytest.mark.parametrize(("one", "two"), [("a-b", "ab"), ("1", "1.0"), ("a b", "ab"), ("+", "-")])
def test_that_other_differences_count_unless_it_is_loose(one: str, two: str) -> None:
    assert len(set(joined([one, two], Choice(name="join-spellings")))) == 2


def test_that_a_loose_mend_joins_hyphens_and_numbers() -> None:
    mend = Choice(name="join-spellings", options={"loosely": True})
    assert joined(["so-so", "so so", "so_so", "so-so"], mend) == ["so-so"] * 4
    assert joined(["1", "1.0", "1"], mend) == ["1"] * 3


def test_that_the_first_of_several_labels_is_kept() -> None:
    assert joined(["a;b", " ; c", "d", ";"], Choice(name="first-label")) == ["a", "c", "d", ";"]
    assert joined(["a;b|c"], Choice(name="first-label", options={"separator": "|"})) == ["a;b"]


def test_that_each_mend_learns_from_what_the_one_before_left() -> None:
    first, join = Choice(name="first-label"), Choice(name="join-spellings")
    assert joined(["A;x", "a", "a;y", "A", "a"], first, join) == ["a"] * 5


def test_that_labels_which_say_that_there_is_none_become_missing() -> None:
    assert joined(["good", "-", "None", "无"], Choice(name="unknown-is-missing")) == ["good", "", "", ""]


@pytest.mark.parametrize(
    ("one", "two"), [("-1", "1"), ("1234567", "1234568"), ("1-0", "10"), ("12345678901234567", "12345678901234568")]
)
def test_that_a_loose_mend_keeps_different_numbers_apart(one: str, two: str) -> None:
    mend = Choice(name="join-spellings", options={"loosely": True})
    assert joined([one, two], mend) == [one, two]
