"""Which weights learn: a family of the settings like the others, with the learning rate that suits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gui.driving import child, choose, make_studio, wait_for, window_on, write
from workbench.core.plan import ModelSpec


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        one.settings_panel.more.unfold()
        yield one


def test_that_every_choice_of_what_learns_is_offered_with_its_help_and_formula(window: Any) -> None:
    combo = child(window, "choice-tuning")
    names = [combo.itemData(row) for row in range(combo.count())]
    assert names == list(window.studio.tunings())
    choose(combo, "head")
    assert "stays as it is" in combo.accessibleDescription()
    assert window.studio.tunings()["head"].formula in combo.toolTip()


def test_that_the_knobs_of_a_choice_stand_once_and_below_it(window: Any, qtbot: Any) -> None:
    choose(child(window, "choice-tuning"), "lora")
    panel = window.settings_panel
    assert {name for group, name in panel.fields if group == "tuning"} == {"rank", "alpha", "targets", "dropout"}
    wait_for(qtbot, lambda: panel.fields["tuning", "rank"].isVisibleTo(panel.more.body))
    first = [panel._first.itemAt(row).widget().objectName() for row in range(panel._first.count())]
    assert len(first) <= 5
    assert not any("tuning" in name for name in first)
    write(child(window, "option-tuning-rank"), "4")
    assert window.session.draft.plan.tuning.options["rank"] == 4


def test_that_each_help_is_seen_whole(window: Any, qtbot: Any) -> None:
    row = window.settings_panel.families["tuning"]
    short = min(window.studio.tunings().values(), key=lambda entry: len(entry.help)).name
    for name in window.studio.tunings():
        choose(row.combo, short)
        qtbot.wait(20)
        choose(row.combo, name)
        wait_for(qtbot, lambda: row.height() == row.heightForWidth(row.width()), timeout=2000)


def test_that_fewer_weights_bring_the_rate_that_suits_them_and_one_undo_takes_both_back(window: Any) -> None:
    draft = window.session.draft
    before = draft.plan
    choose(child(window, "choice-tuning"), "head")
    assert (draft.plan.tuning.name, draft.plan.learning_rate) == ("head", 1e-3)
    assert child(window, "reset-learning_rate").isHidden()
    draft.undo()
    assert draft.plan == before


def test_that_a_rate_that_the_user_set_stays(window: Any) -> None:
    write(child(window, "option-learning_rate"), "2e-4")
    choose(child(window, "choice-tuning"), "lora")
    assert window.session.draft.plan.learning_rate == 2e-4
    assert not child(window, "reset-learning_rate").isHidden()


def test_that_a_new_model_may_let_less_than_everything_learn_too(window: Any, qtbot: Any) -> None:
    window.session.set_model(ModelSpec(source="scratch"))
    choose(child(window, "choice-tuning"), "top-layers")
    write(child(window, "option-tuning-top_layers"), "1")
    assert window.session.draft.plan.tuning.options == {"top_layers": 1}
