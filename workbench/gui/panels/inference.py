"""The Inference tab: type a text, see what a trained model says, while typing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.wording import metric_title
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.background import Ticket, submit
from workbench.gui.editors import FieldEditor
from workbench.gui.empty import EmptyState
from workbench.gui.panels.examples import Examples, texts_to_try
from workbench.gui.views import PredictionView
from workbench.gui.wording import number_text

_DEBOUNCE = 120  # ms of quiet after the last key


class InferencePanel(QWidget):
    """Chooses a run, loads its model in the background, answers while the user types. The newest text wins."""

    sample_requested = Signal()
    run_changed = Signal(str)

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inferencePanel")
        self._studio = studio
        self._predictor: Any = None
        self._runs: list[Any] = []
        self.run_id = ""
        self._loading: Ticket | None = None
        self._listing: Ticket | None = None
        self._asked: dict[str, str] | None = None  # the question under way
        self._wanted: dict[str, str] | None = None  # the newest question, if it is another one
        self._error: Exception | None = None
        self._read = 0  # tokens, if the shown answer is of the beginning of the text only
        self._untouched = True  # nobody has said yet which run to open
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_DEBOUNCE)
        self._wait.timeout.connect(self._ask)
        self.editors: list[FieldEditor] = []
        self.empty = EmptyState("inferenceEmpty")
        self.chooser, self.chooser_label, self.status = QComboBox(), QLabel(), QLabel()
        self.examples = Examples()
        self.answer = PredictionView()
        self.stack = QStackedWidget()
        self._build()
        self.retranslate()

    # What others call.

    def refresh(self) -> None:
        """Read the list of runs again; what is open stays open."""
        if self._listing is not None:
            self._listing.cancel()
        self._listing = submit(self, self._studio.runs, self._show_runs, self._show_error)

    def set_run(self, run_id: str | None) -> None:
        """Open the model of this run; None closes what is open. The text that was typed stays."""
        self._close()
        self._untouched = False
        self.run_id = run_id or ""
        self.refresh()
        if not run_id:
            self._show_page()
            return
        self.stack.setCurrentWidget(self.content)
        self._say(tr("Loading the model"))
        self._loading = submit(
            self, lambda: self._load(run_id), lambda loaded: self._loaded(run_id, *loaded), self._could_not_load
        )

    def texts(self) -> dict[str, str]:
        """{field: what was typed}."""
        return {editor.key: editor.value() for editor in self.editors}

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.empty.set_words(
            tr("No model to try yet"),
            tr("When a training has kept a model, type a text here and see what the model says."),
            tr("Try it with a sample"),
        )
        self.chooser_label.setText(tr("Model of run"))
        self.chooser.setAccessibleName(tr("Run whose model answers"))
        self._label_runs()
        self._show_status()

    # Building.

    def _build(self) -> None:
        self.chooser.setObjectName("runChooser")
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumContentsLength(16)
        self.chooser_label.setBuddy(self.chooser)
        self.chooser.activated.connect(self._chosen)
        head = QHBoxLayout()
        head.setSpacing(theme.GAP)
        head.addWidget(self.chooser_label)
        head.addWidget(self.chooser, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("inferenceSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._build_question())
        self.splitter.addWidget(self.answer)
        self.splitter.setSizes([400, 540])
        self.content = QWidget()
        layout = QVBoxLayout(self.content)
        layout.setContentsMargins(*[theme.PAD] * 4)
        layout.setSpacing(theme.PAD)
        layout.addLayout(head)
        layout.addWidget(self.splitter, 1)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)
        self.empty.acted.connect(self.sample_requested)

    def _build_question(self) -> QWidget:
        self.status.setObjectName("inferenceStatus")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setWordWrap(True)
        theme.set_role(self.status, "muted")
        self.examples.chosen.connect(lambda text: self.editors[0].editor.set_value(text))
        self.form = QVBoxLayout()
        self.form.setSpacing(theme.GAP)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(self.form, 3)
        column.addWidget(self.status)
        column.addWidget(self.examples)
        column.addStretch(1)
        return page

    # Runs to choose from.

    def _show_runs(self, runs: list[Any]) -> None:
        self._runs = [run for run in runs if run.best_step > 0 and run.state != "running"]
        self._label_runs()
        self._show_page()
        if self._untouched and self._runs and self.isVisible():
            self.set_run(max(self._runs, key=lambda run: run.started).id)

    def _label_runs(self) -> None:
        with QSignalBlocker(self.chooser):
            self.chooser.clear()
            if not self.run_id or all(run.id != self.run_id for run in self._runs):
                self.chooser.addItem(tr("Choose a run"), "")
            for run in self._runs:
                self.chooser.addItem(_run_text(run), run.id)
            self.chooser.setCurrentIndex(max(0, self.chooser.findData(self.run_id)))

    def _show_page(self) -> None:
        self.stack.setCurrentWidget(self.content if self._runs or self.run_id else self.empty)

    def _chosen(self, number: int) -> None:
        run_id = self.chooser.itemData(number)
        if run_id and run_id != self.run_id:
            self.set_run(run_id)
            self.run_changed.emit(run_id)

    # Loading.

    def _close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
        self._wait.stop()
        self._predictor = self._asked = self._wanted = self._error = None
        self.answer.clear()
        self._say("")

    def _load(self, run_id: str) -> tuple[Any, list[str]]:
        predictor = self._studio.predictor(run_id)
        return predictor, texts_to_try(self._studio, predictor.plan)

    def _loaded(self, run_id: str, predictor: Any, examples: list[str]) -> None:
        if run_id != self.run_id:
            return
        self._predictor = predictor
        self._make_editors(predictor.fields)
        self.examples.show_texts(examples if len(self.editors) == 1 else [])
        self._say("")
        self._ask()

    def _could_not_load(self, error: Exception) -> None:
        self._predictor = None
        self._show_error(error)

    def _make_editors(self, fields: dict[str, Any]) -> None:
        if [(editor.key, editor.field) for editor in self.editors] == list(fields.items()):
            return
        kept = self.texts()
        for editor in self.editors:
            self.form.removeWidget(editor)
            editor.hide()
            editor.deleteLater()
        self.editors = [FieldEditor(key, field) for key, field in fields.items()]
        for editor in self.editors:
            self.form.addWidget(editor, 1)
            editor.editor.set_value(kept.get(editor.key, ""))
            editor.edited.connect(self._typed)
        if self.editors:
            self.setFocusProxy(self.editors[0].editor)

    # Asking. One question is under way at most; of those that come meanwhile, the newest is asked next.

    def _typed(self) -> None:
        self._wait.start()

    def _ask(self) -> None:
        if self._predictor is None:
            return
        question = self.texts()
        if not all(text.strip() for text in question.values()):
            self._wanted = None
            self.answer.clear()
            self._say("" if not any(text.strip() for text in question.values()) else tr("Fill in every text."))
            return
        if self._asked is not None:
            self._wanted = question
            return
        self._asked, self._wanted = question, None
        predictor = self._predictor
        submit(
            self,
            lambda: (predictor.predict([question])[0], predictor.truncated(question)),
            lambda answer: self._answered(predictor, question, *answer),
            lambda error: self._not_answered(predictor, error),
        )

    def _answered(self, predictor: Any, question: dict[str, str], prediction: Any, read: int) -> None:
        if predictor is not self._predictor:
            return
        self._asked = None
        if question == self.texts():
            self.answer.show_prediction(prediction)
            self._say_read(read)
        self._ask_newest()

    def _not_answered(self, predictor: Any, error: Exception) -> None:
        if predictor is not self._predictor:
            return
        self._asked = None
        self._show_error(error)
        self._ask_newest()

    def _ask_newest(self) -> None:
        if self._wanted is not None:
            self._wanted = None
            self._ask()

    # Saying.

    def _say_read(self, tokens: int) -> None:
        told = self.status.text()
        self._say(_read_text(tokens))
        self._read = tokens
        if tokens and self.status.text() != told:
            announce(self.status, self.status.text())

    def _say(self, text: str) -> None:
        self._error, self._read = None, 0
        theme.set_role(self.status, "muted")
        self.status.setText(text)

    def _show_error(self, error: Exception) -> None:
        self._error = error
        self.answer.clear()
        self._show_status()

    def _show_status(self) -> None:
        if self._error is None:
            if self._read:
                self.status.setText(_read_text(self._read))
            return
        theme.set_role(self.status, "danger")
        told = str(self._error) if isinstance(self._error, WorkbenchError) else tr("The model gave no answer. Sorry.")
        self.status.setText(told)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _read_text(tokens: int) -> str:
    return tr("Only the first {tokens} tokens were read.", tokens=tokens) if tokens else ""


def _run_text(run: Any) -> str:
    if run.score is None or not run.headline:
        return str(run.name)
    return tr(
        "{name}: {metric} {score}", name=run.name, metric=metric_title(run.headline), score=number_text(run.score)
    )
