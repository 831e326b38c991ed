"""Run as a program: opens the real window, trains the plan of a file, asks the model a question, and closes.

`python -m tests.window_driver PLAN.json`, with the workspace in $WORKBENCH_HOME. Ends with the window's exit status.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPlainTextEdit

from workbench.core.plan import plan_from_json
from workbench.gui import app
from workbench.gui.main_window import MainWindow


class DrivenWindow(MainWindow):
    """Looks every 50 ms at what can be done next, as a hurried person would."""

    def first_look(self, path: str = "") -> None:
        super().first_look(path)
        self.plan = plan_from_json(Path(sys.argv[1]).read_bytes())
        self.asked = False
        self.session.run_ended.connect(self.ask)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.drive)
        self.timer.start(50)

    def drive(self) -> None:
        session = self.session
        if session.draft.plan is None or session.busy or session.head is None:
            return
        if session.draft.plan != self.plan and not self.asked:
            session.draft.open(self.plan)
        elif session.state == "idle" and not self.asked and self.start_bar.button.isEnabled():
            self.asked = True
            self.start_bar.button.click()

    def ask(self, last: object) -> None:
        self.timer.stop()
        self.tabs.setCurrentWidget(self.inference)
        self.inference.set_run(self.studio.runs()[0].id)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.type)
        self.timer.start(300)

    def type(self) -> None:
        box = self.inference.findChild(QPlainTextEdit, "editor_text")
        if box is not None and box.isVisible() and not box.toPlainText():
            box.setPlainText("I was charged twice for the same order.")
        elif self.inference.answer.answered:
            self.timer.stop()
            self.close()


if __name__ == "__main__":
    app.MainWindow = DrivenWindow
    raise SystemExit(app.main([]))
