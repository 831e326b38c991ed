"""The picker: what comes along, folders, and the hub, which is asked only on a click."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.driving import child, click, drop, make_studio, mime, wait_for, window_on, write
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.plan import ModelSpec


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, make_studio(tmp_path)) as one:
        yield one


def pick(window: Any, source: str) -> None:
    """Step through the picker with the arrow keys until a model of `source` is chosen."""
    combo = window.model_panel.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(combo.count()):
        if window.session.draft.plan.model.source == source:
            return
        QTest.keyClick(combo, Qt.Key.Key_Down)
    raise AssertionError(source)


def test_that_the_facts_of_the_model_are_in_one_line(window: Any) -> None:
    facts = child(window, "modelFacts").text()
    assert "22.7 M weights" in facts
    assert "English" in facts
    assert "Apache-2.0" in facts


def test_that_another_model_brings_the_values_that_suit_it(window: Any) -> None:
    pick(window, "scratch")
    plan = window.session.draft.plan
    assert plan.learning_rate == window.studio.card(plan.model).learning_rate
    assert child(window, "option-model-layers").isVisibleTo(window.settings_panel.more.body)


def test_that_touched_values_survive_another_model(qtbot: Any, window: Any) -> None:
    write(child(window, "option-learning_rate").lineEdit(), "7e-5")
    pick(window, "scratch")
    assert window.session.draft.plan.learning_rate == 7e-5
    wait_for(qtbot, lambda: child(window, "reset-learning_rate").isVisible())
    click(child(window, "reset-learning_rate"))
    assert window.session.draft.plan.learning_rate == 5e-4


def test_that_a_folder_without_a_model_is_refused_calmly(qtbot: Any, window: Any, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert drop(window, mime(folder))
    assert window.session.draft.plan.model == ModelSpec(source="folder", location=str(folder))
    wait_for(qtbot, lambda: window.findChild(object, "banner-model") is not None)


class Hub:
    """A far end that counts: how often it is asked, and what it answers."""

    def __init__(self, window: Any, *, error: Exception | None = None, slow: bool = False) -> None:
        self.asked: list[str] = []
        self.release = threading.Event()
        self.cancelled = False
        studio = window.studio

        def download(hub_id: str, *, progress: Any, cancelled: Any) -> ModelSpec:
            self.asked.append(hub_id)
            progress(30_000_000, 120_000_000)
            while slow and not self.release.wait(0.01):
                if cancelled():
                    self.cancelled = True
                    raise RuntimeError("cancelled")
            if error:
                raise error
            return ModelSpec(source="hub", location=hub_id)

        studio.download = download
        studio.inspect_model = lambda spec: studio.card(spec)


def test_that_nothing_is_fetched_before_the_click(window: Any) -> None:
    hub = Hub(window)
    click(child(window, "modelHub"))
    assert not child(window, "hubDownload").isEnabled()
    QTest.keyClicks(child(window, "hubId"), "intfloat/multilingual-e5-small")
    assert child(window, "hubDownload").isEnabled()
    assert hub.asked == []


def test_that_a_downloaded_model_is_chosen(qtbot: Any, window: Any) -> None:
    hub = Hub(window)
    click(child(window, "modelHub"))
    QTest.keyClicks(child(window, "hubId"), "intfloat/multilingual-e5-small")
    click(child(window, "hubDownload"))
    wait_for(qtbot, lambda: window.session.draft.plan.model.source == "hub")
    assert hub.asked == ["intfloat/multilingual-e5-small"]
    assert child(window, "toast").isVisible()


def test_that_a_download_shows_progress_and_can_be_cancelled(qtbot: Any, window: Any) -> None:
    hub = Hub(window, slow=True)
    model = window.session.draft.plan.model
    click(child(window, "modelHub"))
    QTest.keyClicks(child(window, "hubId"), "a/b")
    click(child(window, "hubDownload"))
    wait_for(qtbot, lambda: child(window, "hubProgress").value() == 250)
    assert "30" in child(window, "hubNote").text()
    click(child(window, "hubCancel"))
    assert not child(window, "hubProgress").isVisible()
    wait_for(qtbot, lambda: hub.cancelled)
    assert window.session.draft.plan.model == model


def test_that_a_download_that_does_not_work_says_why(qtbot: Any, window: Any) -> None:
    Hub(
        window,
        error=WorkbenchError(Problem(code="M20", where="Hub", what="It cannot be reached.", remedy="Try later.")),
    )
    click(child(window, "modelHub"))
    QTest.keyClicks(child(window, "hubId"), "a/b")
    click(child(window, "hubDownload"))
    wait_for(qtbot, lambda: window.findChild(object, "banner-download") is not None)
    assert "It cannot be reached." in child(window, "banner-download").text
    assert child(window, "hubDownload").isEnabled()
