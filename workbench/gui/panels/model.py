"""The model picker: what comes with the workbench, a folder, or a model of the hub, downloaded on a click."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
)

from workbench.core.language import mark, tr
from workbench.core.plan import ModelSpec
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.forms import Combo
from workbench.gui.panels.card import Card, text_label
from workbench.gui.session import Session

_LANGUAGES = {
    "en": mark("English"),
    "zh": mark("Chinese"),
    "multi": mark("many languages"),
    "any": mark("any language"),
}


def facts_line(card: Any) -> str:
    """What is known of a model in one line: weights, languages, licence, size on disk."""
    facts = []
    if card.parameters:
        facts.append(tr("{count} M weights", count=f"{card.parameters / 1e6:.3g}"))
    facts += [tr(_LANGUAGES[code]) if code in _LANGUAGES else code for code in card.languages]
    if card.licence:
        facts.append(card.licence)
    if card.bytes_on_disk:
        facts.append(tr("{size} MB", size=f"{card.bytes_on_disk / 1e6:,.0f}"))
    return " · ".join(facts)


class ModelPanel(Card):
    """Chooses the draft's model. `notified(sentence)` is for a toast."""

    notified = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(1, "modelPanel")
        self._session = session
        self._cards: list[Any] = []
        self._own: list[ModelSpec] = []
        self._inspected: dict[ModelSpec | str, Any] = {}
        self._download: Ticket | None = None
        self._done = 0
        self._build()
        self.retranslate()
        session.draft.changed.connect(self._show_plan)

    def _build(self) -> None:
        self.combo = Combo()
        self.combo.setObjectName("modelCombo")
        self.combo.activated.connect(self._choose)
        self._facts = text_label("muted", "modelFacts")
        self._summary = text_label("muted", "modelSummary")
        self._note = text_label("warning", "modelNote")
        self.folder_button = QPushButton()
        self.folder_button.setObjectName("modelFolder")
        self.folder_button.clicked.connect(self.ask_folder)
        self.hub_button = QPushButton()
        self.hub_button.setObjectName("modelHub")
        self.hub_button.setCheckable(True)
        self.hub_button.toggled.connect(self._show_hub)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.folder_button)
        row.addWidget(self.hub_button)
        row.addStretch()
        for part in (self.combo, self._facts, self._summary, self._note):
            self.column.addWidget(part)
        self.column.addLayout(row)
        self.column.addWidget(self._build_hub())
        self._note.hide()

    def _build_hub(self) -> QFrame:
        self._hub = QFrame()
        self._hub.setProperty("role", "inset")
        self._hub_label = text_label()
        self.hub_id = QLineEdit()
        self.hub_id.setObjectName("hubId")
        self.hub_id.returnPressed.connect(self.start_download)
        self.hub_id.textChanged.connect(self._judge_hub)
        self._hub_label.setBuddy(self.hub_id)
        self.download_button = QPushButton()
        self.download_button.setObjectName("hubDownload")
        self.download_button.clicked.connect(self.start_download)
        self.cancel_button = QPushButton()
        self.cancel_button.setObjectName("hubCancel")
        self.cancel_button.clicked.connect(self.cancel_download)
        self.progress = QProgressBar()
        self.progress.setObjectName("hubProgress")
        self.progress.setTextVisible(False)
        self._hub_note = text_label("muted", "hubNote")
        grid = QGridLayout()
        grid.setSpacing(theme.GAP)
        grid.addWidget(self.hub_id, 0, 0)
        grid.addWidget(self.download_button, 0, 1)
        grid.addWidget(self.progress, 1, 0)
        grid.addWidget(self.cancel_button, 1, 1)
        column = QVBoxLayout(self._hub)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self._hub_label)
        column.addLayout(grid)
        column.addWidget(self._hub_note)
        self._hub.hide()
        self.progress.hide()
        self.cancel_button.hide()
        return self._hub

    # The picker.

    def refresh(self) -> None:
        """Ask the studio again what there is: availability and titles may have changed."""
        studio = self._session.studio
        self._cards = list(studio.catalog())
        known = [card.spec for card in self._cards]
        self._cards += [studio.card(spec) for spec in self._own if spec not in known]
        self.combo.blockSignals(True)
        self.combo.clear()
        for card in self._cards:
            self.combo.addItem(card.title, card.id)
        self.combo.blockSignals(False)
        plan = self._session.draft.plan
        if plan is not None:
            self._show_plan(plan)

    def choose_spec(self, spec: ModelSpec) -> None:
        """Put `spec` into the picker and into the draft."""
        if not any(_same(card.spec, spec) for card in self._cards):
            self._own.append(spec)
            self.refresh()
        self._session.set_model(spec)
        if spec.source in ("folder", "hub"):
            self._inspect(spec)

    def _choose(self, row: int) -> None:
        card = self._cards[row]
        self._session.set_model(card.spec)
        if self._session.draft.plan is None:
            self._show_card(card)

    def _show_plan(self, plan: Any) -> None:
        spec = plan.model
        row = next((row for row, card in enumerate(self._cards) if _same(card.spec, spec)), -1)
        if row < 0 and spec.source == "scratch":
            row = next((row for row, card in enumerate(self._cards) if card.spec.source == "scratch"), -1)
        if row < 0:
            self._own.append(spec)
            self.refresh()
            return
        self.combo.setCurrentIndex(row)
        self._show_card(self._cards[row])

    def _show_card(self, card: Any) -> None:
        card = self._inspected.get(card.id, card)
        self._facts.setText(facts_line(card))
        self._facts.setVisible(bool(self._facts.text()))
        self._summary.setText(card.summary)
        self._summary.setVisible(bool(card.summary))
        self._note.setText("" if card.available else card.note)
        self._note.setVisible(bool(self._note.text()))
        self.combo.setToolTip(card.title)
        if not card.available and card.spec.source == "hub":
            self.hub_id.setText(card.spec.location)
            self.hub_button.setChecked(True)

    def _inspect(self, spec: ModelSpec) -> None:
        def done(card: Any) -> None:
            self._inspected[card.id] = card
            plan = self._session.draft.plan
            if plan is not None and _same(plan.model, spec):
                self._show_card(card)

        session = self._session
        submit(self, lambda: session.studio.inspect_model(spec), done, partial(session.refused.emit, "model"))

    def ask_folder(self) -> None:
        """Let the user point at a folder with a model."""
        dialog = QFileDialog(self.window(), tr("Choose a model folder"))
        dialog.setObjectName("folderDialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_folder(self, path: str) -> None:
        """Use the model in the folder at `path`."""
        self.choose_spec(ModelSpec(source="folder", location=path))

    # The hub.

    def show_hub(self) -> None:
        """Unfold the download row and put the cursor there."""
        self.hub_button.setChecked(True)
        self.hub_id.setFocus()

    def _show_hub(self, shown: bool) -> None:
        self._hub.setVisible(shown)
        if shown:
            self._judge_hub()

    def _judge_hub(self) -> None:
        ready = self.hub_id.text().strip().count("/") <= 1 and bool(self.hub_id.text().strip())
        self.download_button.setEnabled(ready and self._download is None)

    def start_download(self) -> None:
        """Fetch the named model: the only step that uses the network, and only on this click."""
        hub_id = self.hub_id.text().strip()
        if not hub_id or self._download is not None:
            return
        studio, report = self._session.studio, _Report()

        def work() -> ModelSpec:
            return studio.download(hub_id, progress=report.take, cancelled=lambda: report.cancelled)

        self._report = report
        self._set_downloading(True)
        self._download = submit(self, work, self._downloaded, self._not_downloaded)
        self._judge_hub()
        self.startTimer(200)

    def timerEvent(self, event) -> None:
        if self._download is None:
            self.killTimer(event.timerId())
            return
        done, total = self._report.done, self._report.total
        self.progress.setMaximum(1000 if total else 0)
        self.progress.setValue(int(1000 * done / total) if total else 0)
        if total:
            values = {"done": f"{done / 1e6:,.0f}", "total": f"{total / 1e6:,.0f}"}
            self._hub_note.setText(tr("{done} of {total} MB", **values))

    def cancel_download(self) -> None:
        """Give the download up; nothing of it stays."""
        if self._download is not None:
            self._report.cancelled = True
            self._download.cancel()
            self._download = None
            self._set_downloading(False)
            self.notified.emit(tr("The download was cancelled."))

    def _downloaded(self, spec: ModelSpec) -> None:
        self._download = None
        self._set_downloading(False)
        self.hub_button.setChecked(False)
        self.refresh()
        self.choose_spec(spec)
        self._session.draft.check()
        self.notified.emit(tr("{model} is on this computer now.", model=spec.location))

    def _not_downloaded(self, error: Exception) -> None:
        self._download = None
        self._set_downloading(False)
        self._session.refused.emit("download", error)

    def _set_downloading(self, active: bool) -> None:
        self.progress.setVisible(active)
        self.cancel_button.setVisible(active)
        self.hub_id.setEnabled(not active)
        self._judge_hub()
        self._say_hub()

    def _say_hub(self) -> None:
        endpoint = self._session.studio.settings.hub_endpoint
        text = tr("Nothing is fetched before you click Download. Source: {endpoint}", endpoint=endpoint)
        self._hub_note.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.set_heading(tr("Model"))
        self.combo.setAccessibleName(tr("Model"))
        self.folder_button.setText(tr("Choose folder…"))
        self.folder_button.setToolTip(tr("Use a model in Hugging Face format that is on this computer"))
        self.hub_button.setText(tr("Download…"))
        self.hub_button.setToolTip(tr("Fetch a model from the hub by its id"))
        self._hub_label.setText(tr("Id of a model on the hub"))
        self.hub_id.setPlaceholderText("intfloat/multilingual-e5-small")
        self.hub_id.setAccessibleName(tr("Id of a model on the hub"))
        self.download_button.setText(tr("Download"))
        self.cancel_button.setText(tr("Cancel download"))
        self.progress.setAccessibleName(tr("Progress of the download"))
        self._say_hub()
        self.refresh()


class _Report:
    """What the downloading thread leaves for the window to look at."""

    def __init__(self) -> None:
        self.done = 0
        self.total: int | None = None
        self.cancelled = False

    def take(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total


def _same(one: ModelSpec, other: ModelSpec) -> bool:
    if one.source == other.source == "scratch":
        return one.options == other.options
    return one.source == other.source and one.location == other.location
