"""The picker: what comes along, folders, and the hub, which is asked only on a click."""

from __future__ import annotations

import threading
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.driving import child, click, drop, make_studio, mime, wait_for, window_on, write
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.core.resources import resource
from workbench.gui.languages import set_language
from workbench.gui.panels.model import facts_line
from workbench.studio import ModelCard


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

    def __init__(self, window: Any, *, error: Exception | None = None, slow: bool = False, deaf: bool = False) -> None:
        self.asked: list[str] = []
        self.release = threading.Event()
        self.cancelled = False
        studio = window.studio

        def download(hub_id: str, *, progress: Any, cancelled: Any) -> ModelSpec:
            self.asked.append(hub_id)
            progress(30_000_000, 120_000_000)
            while slow and not self.release.wait(0.01):
                if cancelled() and not deaf:
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


def test_that_the_source_that_is_shown_is_the_one_that_is_asked(window: Any) -> None:
    window.studio.settings = msgspec.structs.replace(window.studio.settings, hub_endpoint="https://hf-mirror.com")
    click(child(window, "modelHub"))
    assert "https://hf-mirror.com" in child(window, "hubNote").text()


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
    wait_for(qtbot, lambda: child(window, "hubDownload").isEnabled())
    assert window.session.draft.plan.model == model


def test_that_a_download_begins_again_only_when_the_cancelled_one_has_ended(qtbot: Any, window: Any) -> None:
    hub = Hub(window, slow=True, deaf=True)
    click(child(window, "modelHub"))
    QTest.keyClicks(child(window, "hubId"), "a/b")
    click(child(window, "hubDownload"))
    wait_for(qtbot, lambda: hub.asked == ["a/b"])
    click(child(window, "hubCancel"))
    assert not child(window, "hubDownload").isEnabled()
    window.model_panel.hub.start()
    qtbot.wait(50)
    assert hub.asked == ["a/b"]
    assert "ending" in child(window, "hubNote").text()
    hub.release.set()
    wait_for(qtbot, lambda: child(window, "hubDownload").isEnabled())
    assert window.session.draft.plan.model.source != "hub"


def test_that_closing_cancels_a_download(qtbot: Any, window: Any) -> None:
    hub = Hub(window, slow=True)
    click(child(window, "modelHub"))
    QTest.keyClicks(child(window, "hubId"), "a/b")
    click(child(window, "hubDownload"))
    wait_for(qtbot, lambda: hub.asked == ["a/b"])
    assert window.close()
    window.rest(3000)
    assert hub.cancelled


def test_that_a_model_that_cannot_read_the_texts_is_warned_of_and_replaced_by_a_click(
    qtbot: Any, tmp_path: Path
) -> None:
    studio = make_studio(tmp_path)
    english = ModelSpec(source="folder", location=str(tmp_path))
    plain = studio.card
    studio.card = lambda spec: (
        msgspec.structs.replace(plain(spec), languages=("en",)) if spec == english else plain(spec)
    )
    studio.inspect_model = studio.card
    file = tmp_path / "评论.csv"
    lines = [f"这家店的味道很好{n},好评\n这家店的服务很差{n},差评\n" for n in range(30)]
    file.write_text("评论,情感\n" + "".join(lines), encoding="utf-8")
    with window_on(qtbot, studio) as window:
        warning, button = child(window, "modelWarning"), child(window, "modelScratch")
        assert not warning.isVisible()
        window.commands.open_path(str(file))
        wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(file))
        window.model_panel.choose_spec(english)
        wait_for(qtbot, warning.isVisible)
        assert "script" in warning.text()
        assert child(window, "trainButton").isEnabled()
        click(button)
        assert window.session.draft.plan.model.source == "scratch"
        assert not warning.isVisible()
        assert not button.isVisible()
        window.session.draft.undo()
        assert window.session.draft.plan.model == english
        assert warning.isVisible()


@pytest.mark.parametrize("code", ["en", "zh_CN"])
def test_that_every_language_of_the_catalogue_has_a_name(code: str) -> None:
    with open(resource("model_catalog.toml"), "rb") as stream:
        models = tomllib.load(stream)["model"]
    codes = {language for model in models for language in model["languages"]}
    assert {"en", "zh"} < codes
    set_language(code)
    for language in codes:
        facts = facts_line(ModelCard(id="x", spec=ModelSpec(), title="x", languages=(language,)))
        assert facts
        assert facts != language
        assert code == "en" or not facts.isascii()


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
