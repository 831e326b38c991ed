"""While a model trains the computer stays awake; it may sleep again afterwards, whatever happened to us."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.gui.driving import child, click, wait_for, window_on
from tests.gui.test_flow import PlayedStudio
from workbench.gui import awake
from workbench.gui.awake import Awake

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked without a helper")

HELPER = [sys.executable, "-c", "import sys; sys.stdin.read()"]  # as `systemd-inhibit ... cat`: lives until we end


def alive(pid: int) -> bool:
    """Whether the process still runs (one that has ended and waits for its parent does not)."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether the process ends in time."""
    until = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awake, "command", lambda: HELPER)


@pytest.mark.usefixtures("helped")
def test_that_sleep_is_held_off_and_allowed_again() -> None:
    one = Awake()
    one.keep()
    one.keep()
    assert one.held
    pid = one._helper.pid
    one.release()
    one.release()
    assert not one.held
    assert not alive(pid)


@pytest.mark.parametrize("command", [None, ["/nowhere/at/all"], ["false"]])
def test_that_where_sleep_cannot_be_held_off_nothing_happens(monkeypatch: Any, command: list[str] | None) -> None:
    monkeypatch.setattr(awake, "command", lambda: command)
    one = Awake()
    one.keep()
    until = time.monotonic() + 5
    while one.held and time.monotonic() < until:
        time.sleep(0.01)
    assert not one.held
    one.release()


def test_that_this_computers_own_command_names_us_and_waits_for_our_end() -> None:
    command = awake.command()
    if command is None:
        pytest.skip("this system has no program for it")
    told = " ".join(command)
    assert "Model Workbench" in told or str(os.getpid()) in told


KILLED = """
import os, sys, time
from workbench.gui import awake
awake.command = lambda: [sys.executable, "-c", "import sys; sys.stdin.read()"]
one = awake.Awake()
one.keep()
print(one._helper.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_that_the_computer_may_sleep_after_we_were_killed() -> None:
    child_process = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    assert child_process.stdout is not None
    pid = int(child_process.stdout.readline())
    assert alive(pid)
    child_process.kill()
    child_process.wait()
    child_process.stdout.close()
    assert gone(pid)


@pytest.mark.usefixtures("helped")
@pytest.mark.parametrize("verb", ["progressPause", "progressStop", "progressDiscard"])
def test_that_the_window_holds_sleep_off_while_it_trains_and_says_so(qtbot: Any, tmp_path: Path, verb: str) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    studio.delete = lambda run: None
    with window_on(qtbot, studio) as window:
        note = child(window, "statusAwake")
        assert note.isHidden()
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        assert window.running.awake.held
        assert note.isVisible()
        assert note.text() == "Sleep is off while training"
        click(child(window, verb))
        wait_for(qtbot, lambda: window.session.training.ready)
        assert not window.running.awake.held
        assert note.isHidden()
