"""The buttons below the list of runs: what can be done with those that are selected."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from workbench.core.language import tr
from workbench.gui import theme

RESUMABLE = ("paused", "interrupted")
CONTINUABLE = ("completed", "early_stopped", "stopped", "failed")


class RunButtons(QWidget):
    """One row; a button that can do nothing with the selection is grey or not there."""

    def __init__(self) -> None:
        super().__init__()
        self.try_button, self.show_button, self.resume_button = QPushButton(), QPushButton(), QPushButton()
        self.folder_button, self.rename_button, self.sweep_button = QPushButton(), QPushButton(), QPushButton()
        self.delete_button, self.restore_button = QPushButton(), QPushButton()
        self._continues = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        for name, button in (
            ("runsTry", self.try_button),
            ("runsShow", self.show_button),
            ("runsResume", self.resume_button),
            ("runsSweep", self.sweep_button),
            ("runsFolder", self.folder_button),
            ("runsRename", self.rename_button),
            ("runsDelete", self.delete_button),
            ("runsRestore", self.restore_button),
        ):
            button.setObjectName(name)
            row.addWidget(button)
        row.addStretch(1)
        self.show_for([], in_bin=False, ready=True)

    def show_for(self, runs: list[Any], *, in_bin: bool, ready: bool, heading: str = "") -> None:
        """Show what can be done with `runs`; `ready` tells whether a run could be started now.

        `heading` is that under which all of them were made, as runs of one sweep; "" for none.
        """
        one = len(runs) == 1 and not in_bin
        rests = bool(runs) and all(run.state != "running" for run in runs)
        self.try_button.setEnabled(one and rests and runs[0].best_step > 0)
        for button in (self.show_button, self.folder_button, self.rename_button):
            button.setEnabled(one)
        self._continues = one and runs[0].state in CONTINUABLE
        self.resume_button.setEnabled(ready and one and (self._continues or runs[0].state in RESUMABLE))
        self.sweep_button.setVisible(bool(heading) and not in_bin)
        self.delete_button.setEnabled(rests)
        self.restore_button.setEnabled(bool(runs))
        self.delete_button.setVisible(not in_bin)
        self.restore_button.setVisible(in_bin)
        self._name_resume()

    @property
    def continues(self) -> bool:
        """Whether the selected run ended, so that going on means another plan."""
        return self._continues

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.try_button.setText(tr("Try it"))
        self.show_button.setText(tr("Show curves"))
        self.sweep_button.setText(tr("Compare the sweep"))
        self.sweep_button.setToolTip(tr("All runs that were made under this heading, beside each other."))
        self.folder_button.setText(tr("Show folder"))
        self.rename_button.setText(tr("Rename"))
        self.delete_button.setText(tr("Delete"))
        self.restore_button.setText(tr("Restore"))
        self._name_resume()

    def _name_resume(self) -> None:
        self.resume_button.setText(tr("Continue…") if self._continues else tr("Resume"))
        self.resume_button.setToolTip(
            tr("Go on with more epochs or another learning rate.")
            if self._continues
            else tr("Go on with this run exactly where it rests.")
        )
