"""Long looks at the data: one at a time, with a percentage, and with a way out that leaves nothing behind."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.gui.driving import CSV, child, click, make_studio, wait_for, window_on
from workbench.gui.background import submit
from workbench.gui.panels import waiting


class SlowRows:
    """The real studio, whose look at all rows lasts until it is let go; it tells its progress as the real one does."""

    def __init__(self, folder: Path) -> None:
        self.studio = make_studio(folder)
        self.release = threading.Event()
        self.release.set()
        self.fraction = 0.4
        self.asked = self.at_once = self.most = 0
        self._real, self._lock = self.studio.profile, threading.Lock()
        self.studio.profile = self.profile

    def profile(self, plan: Any, progress: Any) -> Any:
        with self._lock:
            self.asked += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            while not self.release.wait(0.005):
                progress(self.fraction)
            return self._real(plan, progress)
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.fixture
def rows(tmp_path: Path) -> SlowRows:
    return SlowRows(tmp_path)


@pytest.fixture
def window(qtbot: Any, rows: SlowRows, monkeypatch: Any) -> Any:
    monkeypatch.setattr(waiting, "PATIENCE", 0.2)
    with window_on(qtbot, rows.studio) as one:
        yield one
        rows.release.set()


def hold(qtbot: Any, window: Any, rows: SlowRows) -> None:
    """Begin a look that goes on until `rows.release` is set."""
    rows.release.clear()
    window.session.survey.again()
    wait_for(qtbot, lambda: rows.at_once == 1)


def digest(folder: Path) -> str:
    """One number for all names and contents under `folder`."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        total.update(str(path).encode() + (path.read_bytes() if path.is_file() else b""))
    return total.hexdigest()


def test_that_the_bar_waits_until_the_look_is_long_and_shows_how_far_it_is(
    qtbot: Any, window: Any, rows: SlowRows
) -> None:
    assert waiting.PATIENCE < 2.0  # shortened for the test
    hold(qtbot, window, rows)
    assert not child(window, "dataCancel").isVisible()
    wait_for(qtbot, child(window, "dataCancel").isVisible)
    wait_for(qtbot, lambda: child(window, "dataProgress").value() == 400)
    assert "40 %" in child(window, "dataWaiting").text()
    rows.fraction = 1.0
    wait_for(qtbot, lambda: child(window, "dataProgress").maximum() == 0)
    rows.release.set()
    wait_for(qtbot, lambda: not child(window, "dataWait").isVisible())
    assert window.session.profile is not None


def test_that_a_cancelled_look_ends_soon_and_leaves_nothing_behind(
    qtbot: Any, window: Any, rows: SlowRows, tmp_path: Path
) -> None:
    before, plan = digest(tmp_path / "workspace"), window.session.draft.plan
    hold(qtbot, window, rows)
    wait_for(qtbot, child(window, "dataCancel").isVisible)
    began = time.monotonic()
    click(child(window, "dataCancel"))
    assert time.monotonic() - began < 0.1
    assert not child(window, "dataCancel").isVisible()
    wait_for(qtbot, lambda: rows.at_once == 0, 1000)
    assert digest(tmp_path / "workspace") == before
    assert window.session.draft.plan is plan
    assert window.findChild(object, "banner-profile") is None
    assert child(window, "trainButton").isEnabled()
    rows.release.set()
    click(child(window, "dataAgain"))
    wait_for(qtbot, lambda: window.session.profile is not None)
    assert not child(window, "dataWait").isVisible()


def test_that_edits_never_make_two_looks_at_once_and_keep_the_pool_free(
    qtbot: Any, window: Any, rows: SlowRows
) -> None:
    asked = rows.asked
    hold(qtbot, window, rows)
    for share in (0.11, 0.12, 0.13, 0.14, 0.15, 0.16):
        window.session.draft.set_option("dataset", "validation_share", share)
        qtbot.wait(200)  # longer than the pause in which edits are gathered
    assert rows.asked > asked + 4
    assert rows.most == 1
    answers = []
    submit(window, lambda: "free", answers.append)
    wait_for(qtbot, lambda: answers == ["free"], 1000)
    rows.release.set()
    wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_a_long_opening_can_be_cancelled_and_the_old_data_stays(
    qtbot: Any, window: Any, rows: SlowRows, tmp_path: Path
) -> None:
    file = tmp_path / "days.csv"
    file.write_text(CSV, encoding="utf-8")
    plan, release, real = window.session.draft.plan, threading.Event(), rows.studio.draft

    def draft(path: str, **more: Any) -> Any:
        release.wait(20)
        return real(path, **more)

    rows.studio.draft = draft
    window.commands.open_path(str(file))
    assert not child(window, "trainButton").isEnabled()
    wait_for(qtbot, child(window, "dataCancel").isVisible)
    click(child(window, "dataCancel"))
    assert child(window, "trainButton").isEnabled()
    release.set()
    qtbot.wait(100)
    assert window.session.draft.plan is plan
    assert window.studio.settings.recent == ()


def test_that_closing_ends_the_look(qtbot: Any, window: Any, rows: SlowRows) -> None:
    hold(qtbot, window, rows)
    assert window.close()
    wait_for(qtbot, lambda: rows.at_once == 0, 1000)
