"""Below the plots: how good the model is, in tables; and above them: how the run ended."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.events import Evaluated, Notice, RunFinished
from workbench.core.language import tr
from workbench.core.wording import metric_title, outcome_text
from workbench.gui import theme
from workbench.gui.measures import ClassTable, ConfusionPage, MeasureList, scrolling
from workbench.gui.tables import Cell, DataTable, reach_edge
from workbench.gui.wording import loss_text, number_text

_NOTICES = 4  # more than these are not shown at once


class MeasuresReport(QSplitter):
    """The measures of the best model so far, and the table of all evaluations."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("measuresReport")
        self.setChildrenCollapsible(False)
        self.list, self.classes, self.confusion = MeasureList(), ClassTable(), ConfusionPage()
        self.history = DataTable("evaluationTable")
        self.tabs = QTabWidget()
        self.tabs.setObjectName("measureTabs")
        for page in (self.confusion, self.classes, self.history):
            self.tabs.addTab(_padded(page), "")
        self._headline = "accuracy"
        self._looks: list[tuple[Evaluated, float]] = []
        self._shown: Evaluated | None = None
        self._area = scrolling(self.list)
        self.addWidget(self._area)
        self.addWidget(self.tabs)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 5)
        self.setSizes([230, 600])
        self.retranslate()

    def clear(self) -> None:
        """Forget everything."""
        self._looks, self._shown = [], None
        self.setVisible(False)

    def set_headline(self, name: str) -> None:
        """The metric that stands first."""
        self._headline = name

    def take(self, event: Evaluated, training_loss: float) -> None:
        """One evaluation; `training_loss` is the smoothed one of the same step, NaN if unknown."""
        if event.part == "validation":
            self._looks.append((event, training_loss))
            self._show_history()
        if self._shown is None or event.best or event.part == "test":
            self.show_measures(event)

    def show_measures(self, event: Evaluated) -> None:
        """Show the measures of `event`."""
        self._shown = event
        measures = event.measures
        self.setVisible(True)
        self.list.show_measures(event, self._headline)
        self.list.layout().activate()
        self._area.setMinimumWidth(max(self.list.minimumSizeHint().width() + theme.MARGIN, 190))
        self.classes.show_measures(measures)
        self.confusion.show_measures(measures)
        for place, filled in ((0, bool(measures.confusion)), (1, bool(measures.classes))):
            self.tabs.setTabVisible(place, filled)

    def retranslate(self) -> None:
        """Speak the language in force."""
        for place, title in enumerate((tr("Confusion matrix"), tr("Classes"), tr("All evaluations"))):
            self.tabs.setTabText(place, title)
        self.tabs.setAccessibleName(tr("Measures in tables"))
        self._area.setAccessibleName(tr("Measures"))
        self.history.setAccessibleName(tr("All evaluations"))
        self._show_history()
        if self._shown is not None:
            self.show_measures(self._shown)

    def _show_history(self) -> None:
        names = list(self._looks[0][0].measures.metrics) if self._looks else []
        titles = [tr("Step"), tr("Epoch"), tr("Training loss"), tr("Validation loss"), *map(metric_title, names)]
        self.history.show_rows(titles, [_look_row(event, loss, names) for event, loss in self._looks])
        self.history.resizeColumnsToContents()
        reach_edge(self.history)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _look_row(event: Evaluated, training_loss: float, names: list[str]) -> list[Cell]:
    known = training_loss == training_loss
    return [
        Cell(f"{event.step} ★" if event.best else str(event.step), event.step, copied=str(event.step)),
        Cell(f"{event.epoch:.2f}", event.epoch),
        Cell(loss_text(training_loss) if known else "–", training_loss),
        Cell(loss_text(event.loss), event.loss, copied=repr(event.loss)),
        *(
            Cell(number_text(event.measures.metrics.get(name)), event.measures.metrics.get(name, float("nan")))
            for name in names
        ),
    ]


def _padded(page: QWidget) -> QWidget:
    frame = QWidget()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(*[theme.GAP] * 4)
    layout.addWidget(page)
    return frame


class OutcomeCard(QFrame):
    """How the run ended, in words, and what can be done with it now."""

    try_requested = Signal()
    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outcomeCard")
        self._event: RunFinished | None = None
        self._copied = False
        self.text, self.details = QLabel(), QPlainTextEdit()
        self.text.setObjectName("outcomeText")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.details.setObjectName("outcomeDetails")
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self.try_button, self.folder_button, self.details_button, self.copy_button = (QPushButton() for _ in range(4))
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.text, 1)
        for button, name in (
            (self.try_button, "outcomeTry"),
            (self.folder_button, "outcomeFolder"),
            (self.details_button, "outcomeDetailsButton"),
            (self.copy_button, "outcomeCopy"),
        ):
            button.setObjectName(name)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PAD, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self.details_button.setCheckable(True)
        self.details_button.toggled.connect(self._show_details)
        self.copy_button.clicked.connect(self._copy)
        self.try_button.clicked.connect(self.try_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.clear()

    def clear(self) -> None:
        """The run is not over: hide."""
        self._event = None
        self.setVisible(False)

    def show_end(self, event: RunFinished) -> None:
        """The run is over."""
        self._event, self._copied = event, False
        self.details_button.setChecked(False)
        self.details.setPlainText("\n".join(filter(None, [event.message, event.details])))
        self._show_details(False)
        role = "danger" if event.outcome == "failed" else "success" if event.best_step else "warning"
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setVisible(True)
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.try_button.setText(tr("Try it"))
        self.try_button.setToolTip(tr("Open the Inference tab with this model."))
        self.folder_button.setText(tr("Show folder"))
        self.folder_button.setToolTip(tr("Open the folder of this run in the file manager."))
        self.details_button.setText(tr("Details"))
        self.copy_button.setText(tr("Copied") if self._copied else tr("Copy details"))
        self.details.setAccessibleName(tr("Details of the problem"))
        event = self._event
        if event is None:
            return
        self.text.setText(outcome_text(event))
        self.try_button.setVisible(bool(event.best_step))
        self.details_button.setVisible(bool(self._hidden_details()))

    def _hidden_details(self) -> str:
        event = self._event
        return event.details if event is not None and not event.mendable else ""

    def _show_details(self, on: bool) -> None:
        self.details.setVisible(on)
        self.copy_button.setVisible(on)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self._copied = True
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


class NoticeList(QFrame):
    """The notices of a run, each once, each to be put away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("noticeList")
        self._told: set[str] = set()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE)
        self._lines: list[QFrame] = []
        self.setVisible(False)

    def clear(self) -> None:
        """Forget everything."""
        for line in self._lines:
            line.hide()
            line.deleteLater()
        self._lines.clear()
        self._told.clear()
        self.setVisible(False)

    def take(self, notice: Notice) -> None:
        """Show `notice`, unless it was told before."""
        if notice.message in self._told:
            return
        self._told.add(notice.message)
        if len(self._lines) == _NOTICES:
            self._put_away(self._lines[0])
        self._add(notice)
        self.setVisible(True)

    def texts(self) -> list[str]:
        """What is shown."""
        return [line.findChild(QLabel, "noticeText").text() for line in self._lines]

    def _add(self, notice: Notice) -> None:
        line = QFrame()
        line.setProperty("role", "warning" if notice.severity == "warning" else "inset")
        text = QLabel(notice.message)
        text.setObjectName("noticeText")
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        close = QPushButton()
        close.setProperty("role", "quiet")
        close.setObjectName("noticeHide")
        close.clicked.connect(lambda: self._put_away(line))
        row = QHBoxLayout(line)
        row.setContentsMargins(theme.PAD, 0, theme.SPACE, 0)
        row.addWidget(text, 1)
        row.addWidget(close)
        self._layout.addWidget(line)
        self._lines.append(line)
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force; the notices stay as they were told."""
        for line in self._lines:
            close = line.findChild(QPushButton, "noticeHide")
            close.setText(tr("Hide"))
            close.setAccessibleName(tr("Hide this notice"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def _put_away(self, line: QFrame) -> None:
        if line in self._lines:
            self._lines.remove(line)
        line.hide()
        line.deleteLater()
        self.setVisible(bool(self._lines))
