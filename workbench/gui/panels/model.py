"""The model picker: what comes with the workbench, a folder, or a model of the hub, downloaded on a click."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton

from workbench.core.errors import Problem
from workbench.core.language import mark, tr
from workbench.core.plan import ModelSpec
from workbench.gui import theme
from workbench.gui.background import submit
from workbench.gui.file_dialog import ask_path
from workbench.gui.forms import Combo
from workbench.gui.panels.card import Card, text_label
from workbench.gui.panels.hub import HubRow
from workbench.gui.session import Session

_LANGUAGES = {
    "en": mark("English"),
    "zh": mark("Chinese"),
    "multilingual": mark("many languages"),
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
        self._build()
        self.retranslate()
        session.draft.changed.connect(self._show_plan)
        session.draft.problems.connect(self._show_warnings)

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
        self.hub_button.toggled.connect(lambda shown: self.hub.setVisible(shown))
        self._warning = text_label("warning", "modelWarning")
        self.scratch_button = QPushButton()
        self.scratch_button.setObjectName("modelScratch")
        self.scratch_button.clicked.connect(self._choose_scratch)
        self.hub = HubRow(self._session.studio)
        self.hub.fetched.connect(self._fetched)
        self.hub.refused.connect(partial(self._session.refused.emit, "download"))
        self.hub.notified.connect(self.notified)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.folder_button)
        row.addWidget(self.hub_button)
        row.addStretch()
        for part in (self.combo, self._facts, self._summary, self._note, self._warning):
            self.column.addWidget(part)
        self.column.addWidget(self.scratch_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addLayout(row)
        self.column.addWidget(self.hub)
        for framed in (self._note, self._warning):
            framed.setMargin(theme.SPACE)
        for part in (self._note, self._warning, self.scratch_button, self.hub):
            part.hide()

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
            self.hub.name_box.setText(card.spec.location)
            self.hub_button.setChecked(True)

    def _show_warnings(self, problems: list[Problem]) -> None:
        warnings = [problem for problem in problems if problem.severity == "warning" and problem.field == "model"]
        self._warning.setText("\n".join(map(str, warnings)))
        for part in (self._warning, self.scratch_button):
            part.setVisible(bool(warnings))

    def _choose_scratch(self) -> None:
        self._session.set_model(next(card.spec for card in self._cards if card.spec.source == "scratch"))

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
        spec = next((spec for spec in reversed(self._own) if spec.source == "folder"), None)
        near = [str(Path(spec.location).parent)] if spec is not None else []
        dialog = ask_path(self.window(), "folderDialog", tr("Choose a model folder"), self.take_folder, near=near)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    def take_folder(self, path: str) -> None:
        """Use the model in the folder at `path`."""
        self.choose_spec(ModelSpec(source="folder", location=path))

    # The hub.

    def show_hub(self) -> None:
        """Unfold the download row and put the cursor there."""
        self.hub_button.setChecked(True)
        self.hub.name_box.setFocus()

    def _fetched(self, spec: ModelSpec) -> None:
        self.hub_button.setChecked(False)
        self.refresh()
        self.choose_spec(spec)
        self._session.draft.check()
        self.notified.emit(tr("{model} is on this computer now.", model=spec.location))

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
        self.scratch_button.setText(tr("Use a model from scratch"))
        self.refresh()


def _same(one: ModelSpec, other: ModelSpec) -> bool:
    if one.source == other.source == "scratch":
        return one.options == other.options
    return one.source == other.source and one.location == other.location
