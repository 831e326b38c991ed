"""Masking through the door: the mend in the plan, and what it would do."""

from __future__ import annotations

from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
from workbench.studio.masking import KINDS, mask_mend, mask_of, mask_preview, with_mask

PLAN = TrainingPlan(dataset=DatasetSpec(path="/data/texts.csv", mends=(Choice(name="plain-text"),)))


def test_that_masking_comes_before_the_other_mends_and_takes_the_place_of_itself() -> None:
    tags = with_mask(PLAN, mask_mend(PLAN, "tags", KINDS))
    assert [mend.name for mend in tags.dataset.mends] == ["mask-personal", "plain-text"]
    fewer = with_mask(tags, mask_mend(tags, "tags", ["email"]))
    assert [mend.name for mend in fewer.dataset.mends] == ["mask-personal", "plain-text"]
    assert mask_of(fewer) == mask_mend(PLAN, "tags", ["email"])


def test_that_a_plan_keeps_its_key() -> None:
    first = with_mask(PLAN, Choice(name="mask-personal", options={"style": "pseudonyms", "key": 77}))
    assert mask_mend(first, "pseudonyms", ["phone"]).options["key"] == 77
    assert (
        mask_mend(PLAN, "pseudonyms", KINDS).options["key"] == mask_mend(PLAN, "pseudonyms", KINDS).options["key"] != 0
    )


def test_that_the_preview_does_what_the_plan_says() -> None:
    plan = with_mask(PLAN, mask_mend(PLAN, "tags", ["email"]))
    (shown,) = mask_preview(plan, ["a@example.org 13812345678", "13812345678"])
    assert shown.after == "[EMAIL] 13812345678"
    assert len(mask_preview(PLAN, ["a@example.org 13812345678", "13812345678"])) == 2
