"""While a model trains, the computer does not fall asleep by itself. Where it cannot be asked, nothing happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import Any

_WHY = "A model is being trained"  # shown by the system's own tools, which do not speak our languages
_PATIENCE = 2.0  # seconds for the helper to end
# SetThreadExecutionState, winbase.h
_ES_CONTINUOUS, _ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001


def command() -> list[str] | None:
    """The program that keeps this computer awake as long as it runs; it ends by itself when we are gone.

    None where there is no such program.
    """
    if sys.platform == "darwin":
        program = shutil.which("caffeinate")
        return [program, "-i", "-w", str(os.getpid())] if program else None
    program, until_we_end = shutil.which("systemd-inhibit"), shutil.which("cat")
    if sys.platform != "linux" or program is None or until_we_end is None:
        return None
    who = ["--what=sleep:idle", "--who=Model Workbench", f"--why={_WHY}", "--mode=block"]
    return [program, *who, until_we_end]  # `cat` reads from a pipe that the system closes when we end, however we end


class Awake:
    """`keep()` and `release()`, as often as one likes. Never raises: sleep is no reason to lose a training."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._asked_windows = False
        self.wanted = False

    @property
    def held(self) -> bool:
        """Whether the computer was asked to stay awake, and has not refused."""
        return self._asked_windows or (self._helper is not None and self._helper.poll() is None)

    def keep(self) -> None:
        """Do not sleep from now on."""
        if self.held:
            return
        self.release()
        self.wanted = True
        if sys.platform == "win32":
            self._asked_windows = _tell_windows(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED)
            return
        program = command()
        if program is not None:
            with suppress(OSError):
                self._helper = subprocess.Popen(
                    program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )

    def release(self) -> None:
        """Sleep as the user has set it."""
        self.wanted = False
        if self._asked_windows:
            _tell_windows(_ES_CONTINUOUS)
            self._asked_windows = False
        helper, self._helper = self._helper, None
        if helper is None:
            return
        with suppress(OSError):
            if helper.stdin is not None:
                helper.stdin.close()
            helper.terminate()
        try:
            helper.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            helper.kill()
            helper.wait()


def _tell_windows(flags: int) -> bool:
    try:
        import ctypes

        kernel: Any = ctypes.windll.kernel32  # type: ignore[attr-defined]
        return bool(kernel.SetThreadExecutionState(flags))
    except (AttributeError, OSError):
        return False
