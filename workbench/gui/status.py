"""The status bar: what the computer is doing with us, and that nothing leaves it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QLabel, QStatusBar

from workbench.core.language import tr, trn
from workbench.gui.panels.card import text_label
from workbench.studio import Studio

_BEAT = 2000


class Status(QStatusBar):
    """Device, threads, memory; and the promise."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.setObjectName("status")
        self._studio = studio
        self._machine, self._memory, self._awake, self._promise = (text_label(wrap=False) for _ in range(4))
        for label, name in (
            (self._machine, "statusDevice"),
            (self._memory, "statusMemory"),
            (self._awake, "statusAwake"),
        ):
            label.setObjectName(name)
            self.addWidget(label)
        self._promise.setObjectName("statusOffline")
        self.addPermanentWidget(self._promise)
        self._awake.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(_BEAT)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.retranslate()

    def refresh(self) -> None:
        """Look at the machine again."""
        machine = self._studio.machine()
        threads = trn("{number} thread", "{number} threads", machine.threads)
        _set(self._machine, tr("{device}, {threads}", device=machine.device, threads=threads))
        used = f"{(machine.memory_total - machine.memory_free) / 2**30:.1f}"
        _set(self._memory, tr("Memory {used} of {total} GB", used=used, total=f"{machine.memory_total / 2**30:.0f}"))

    def show_awake(self, held: bool) -> None:
        """Say that the computer does not fall asleep while a model trains."""
        self._awake.setVisible(held)

    def rest(self) -> None:
        """Stop looking: the window closes."""
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self._awake.setText(tr("Sleep is off while training"))
        self._promise.setText(tr("Offline: nothing leaves this computer"))
        self.refresh()


def _set(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
