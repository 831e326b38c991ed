"""What a sink may tell of a plan."""

from __future__ import annotations

from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
from workbench.sinks._told import knobs, plan_text


def test_that_the_key_of_pseudonyms_and_folders_stay_here() -> None:
    mend = Choice(name="mask-personal", options={"style": "pseudonyms", "key": 987654321})
    plan = TrainingPlan(dataset=DatasetSpec(path="/home/ann/private/reviews.csv", mends=(mend,)))
    for said in (plan_text(plan), str(knobs(plan))):
        assert "987654321" not in said
        assert "private" not in said
    assert "pseudonyms" in plan_text(plan)
