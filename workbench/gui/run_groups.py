"""Under which heading runs stand: read from their plans, once, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.gui.background import Lane, Ticket


class RunGroups(QObject):
    """`look` at runs; `changed()` once the headings of those that were not known are."""

    changed = Signal()

    def __init__(self, studio: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._lane = Lane(self)
        self.known: dict[str, str] = {}

    def look(self, run_ids: Sequence[str]) -> None:
        """Find out the headings of these runs."""
        studio = self._studio
        new = [run for run in run_ids if run not in self.known]

        def read(ticket: Ticket) -> dict[str, str]:
            found = {}
            for run in new:
                ticket.check()
                found[run] = _group_of(studio, run)
            return found

        if new:
            self._lane.submit(read, self._take, lambda _error: None)

    def members(self, heading: str) -> list[str]:
        """The runs under `heading`, as far as they are known."""
        return [run for run, group in self.known.items() if group == heading]

    def _take(self, found: dict[str, str]) -> None:
        self.known |= found
        if any(found.values()):
            self.changed.emit()


def _group_of(studio: Any, run: str) -> str:
    try:
        return str(studio.plan_of(run).group)
    except Exception:  # its folder is damaged or gone: it stands alone
        return ""
