"""Below the plots: how good the model is, in tables."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from workbench.core.events import Evaluated
from workbench.core.language import tr
from workbench.core.wording import metric_title
from workbench.gui import theme
from workbench.gui.measures import ClassTable, ConfusionPage, MeasureList, scrolling
from workbench.gui.tables import Cell, DataTable, reach_edge
from workbench.gui.wording import loss_text, number_text


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

    def forget_after(self, step: int) -> None:
        """Forget the looks at later steps: a run that is resumed makes them again."""
        self._looks = [(event, loss) for event, loss in self._looks if event.step <= step]
        self._show_history()
        if self._shown is not None and (self._shown.step > step or self._shown.part == "test"):
            best = self.best
            if best is not None:
                self.show_measures(best)
            else:
                self._shown = None
                self.setVisible(False)

    @property
    def best(self) -> Evaluated | None:
        """The last look that was better than all before; None if there was none."""
        return next((event for event, _loss in reversed(self._looks) if event.best), None)

    def set_headline(self, name: str) -> None:
        """The metric that stands first."""
        self._headline = name

    def take(self, event: Evaluated, training_loss: float) -> None:
        """One evaluation; `training_loss` is the smoothed one of the same step, NaN if unknown."""
        if event.part == "validation":
            self._looks = [look for look in self._looks if look[0].step != event.step]
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
