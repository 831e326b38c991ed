"""Several runs beside each other: their curves in one plot, measures and differing settings in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QSplitter, QVBoxLayout, QWidget

from workbench.core.events import RunStarted
from workbench.core.language import mark, tr, trn
from workbench.core.plan import TrainingPlan
from workbench.core.wording import metric_title, state_text
from workbench.gui import theme
from workbench.gui.background import Ticket, submit
from workbench.gui.curves import CurvePlot
from workbench.gui.legend import Style
from workbench.gui.tables import Cell, DataTable
from workbench.gui.tracks import Smoother
from workbench.gui.wording import (
    duration_text,
    loss_text,
    metric_bounds,
    number_text,
)

MOST = 10  # runs in one plot; more are a tangle
TRAINING, VALIDATION = "training loss", "validation loss"
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_SYMBOLS = ("o", "s", "t", "d", "+", "x", "p", "h")


class Told(NamedTuple):
    """What the studio tells of one run. `plan` is None where it cannot be read any more.

    `intervals` are {(part, metric): (low, high)} where they can be told, `rows` is {part: how many rows were judged}.
    """

    record: Any
    curves: Any
    evaluations: dict[str, Any]
    plan: TrainingPlan | None
    intervals: dict[tuple[str, str], tuple[float, float]]
    rows: dict[str, int]


_SOURCES = {"offline": "all-MiniLM-L6-v2", "scratch": mark("from scratch")}


def model_title(name: str) -> str:
    """The name of a model, or of the source it is from, spoken."""
    return tr(_SOURCES[name]) if name in _SOURCES else name


class ComparePlot(CurvePlot):
    """One quantity of several runs over their steps. Runs differ by colour, dash and symbol."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.quantity = VALIDATION
        self._told: list[Told] = []
        super().__init__("compare", log_switch=True, parent=parent)

    def show_runs(self, told: list[Told], quantity: str) -> None:
        """Plot `quantity` of `told`."""
        self.quantity, self._told = quantity, told
        self.remove_curves()
        for number, one in enumerate(told):
            dense = quantity == TRAINING
            style = Style(
                colour=number,
                dash=_DASHES[number % len(_DASHES)],
                symbol="" if dense else _SYMBOLS[number % len(_SYMBOLS)],
            )
            self.add_curve(one.record.id, style, title=one.record.name)
            self.extend(one.record.id, *_points(one, quantity))
        if quantity not in (TRAINING, VALIDATION) and self.logarithmic:
            self.log_box.setChecked(False)
        self.log_box.setVisible(quantity in (TRAINING, VALIDATION))
        self.retranslate()
        self.follow()

    def bounds(self) -> tuple[float, float] | None:
        return metric_bounds(self.quantity) or super().bounds()

    def value_text(self, value: float) -> str:
        return loss_text(value) if self.quantity in (TRAINING, VALIDATION) else number_text(value)

    def summary(self) -> str:
        """The last value of every run."""
        ends = [
            tr("{name}: {value}", name=curve.title, value=self.value_text(float(curve.track.y[-1])))
            for curve in self.curves.values()
            if len(curve.track)
        ]
        return tr("At the end: {values}", values=", ".join(ends)) if ends else tr("There are no points yet.")

    def retranslate(self) -> None:
        name = quantity_title(self.quantity)
        self.set_words(heading="", value=name, accessible=tr("Plot of {metric} over the steps", metric=name))
        super().retranslate()


def quantity_title(quantity: str) -> str:
    """The name of what is plotted."""
    if quantity == TRAINING:
        return tr("Training loss, smoothed")
    return tr("Validation loss") if quantity == VALIDATION else metric_title(quantity)


def _points(told: Told, quantity: str) -> tuple[Sequence[float], Sequence[float]]:
    curves = told.curves
    if quantity == TRAINING:
        import numpy as np

        return curves.steps, Smoother()(np.asarray(curves.losses, dtype=np.float64))
    nan = float("nan")
    looks = curves.validation
    values = [look.loss if quantity == VALIDATION else look.metrics.get(quantity, nan) for look in looks]
    return [look.step for look in looks], values


class CompareView(QWidget):
    """`show_runs` by their ids; they are read in the background."""

    failed = Signal(str)

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareView")
        self._studio = studio
        self._told: list[Told] = []
        self._asked_for = 0
        self._ticket: Ticket | None = None
        self.chooser, self.note = QComboBox(), QLabel()
        self.plot, self.table = ComparePlot(), DataTable("compareTable")
        self.chooser.setObjectName("compareQuantity")
        self.chooser.currentIndexChanged.connect(self._plot)
        theme.set_role(self.note, "muted")
        self.plot.heading.hide()
        self.plot.top.insertWidget(0, self.chooser)
        self.plot.top.insertWidget(1, self.note)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.plot)
        self.splitter.addWidget(self.table)
        self.splitter.setSizes([480, 420])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        self.retranslate()

    def show_runs(self, run_ids: Sequence[str]) -> None:
        """Show these runs, at most ten of them."""
        if self._ticket is not None:
            self._ticket.cancel()
        self._asked_for = len(run_ids)
        wanted = list(run_ids[:MOST])
        self._ticket = submit(self, lambda: [self._read(run) for run in wanted], self._show, self._tell)

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.chooser.setAccessibleName(tr("What is plotted"))
        self.table.setAccessibleName(tr("Measures of the runs and settings that differ"))
        self._show(self._told)

    def _read(self, run_id: str) -> Told:
        studio = self._studio
        try:
            plan = studio.plan_of(run_id)
        except Exception:  # a plan that was lost or is from a newer version: the curves are worth showing
            plan = None
        looks, rows = dict(studio.evaluations(run_id)), _judged_rows(studio.events(run_id))
        intervals = {
            (part, name): found
            for part, look in looks.items()
            for name in look.measures.metrics
            if (found := studio.interval(look.measures, name, rows.get(part, 0))) is not None
        }
        return Told(studio.run(run_id), studio.curves(run_id), looks, plan, intervals, rows)

    def _tell(self, error: Exception) -> None:
        self.failed.emit(str(error))

    def _show(self, told: list[Told]) -> None:
        self._told = told
        too_many = self._asked_for - len(told) if told else 0
        self.note.setText(
            trn("{number} more run is not drawn.", "{number} more runs are not drawn.", too_many) if too_many else ""
        )
        self._offer_quantities()
        self._plot()
        self._tabulate()

    def _offer_quantities(self) -> None:
        before = self.chooser.currentData() or VALIDATION
        metrics = dict.fromkeys(n for one in self._told for look in one.curves.validation for n in look.metrics)
        with QSignalBlocker(self.chooser):
            self.chooser.clear()
            for quantity in (VALIDATION, TRAINING, *metrics):
                self.chooser.addItem(quantity_title(quantity), quantity)
            self.chooser.setCurrentIndex(max(0, self.chooser.findData(before)))

    def _plot(self) -> None:
        self.plot.show_runs(self._told, self.chooser.currentData() or VALIDATION)

    def _tabulate(self) -> None:
        rows = [*_measure_rows(self._told), *self._setting_rows()]
        self.table.show_rows(
            [one.record.name for one in self._told], [cells for _, cells in rows], [title for title, _ in rows]
        )
        self.table.resizeColumnsToContents()

    def _setting_rows(self) -> list[tuple[str, list[Cell]]]:
        if len(self._told) < 2:
            return []
        return [
            (tr(setting.title), [Cell(value, shade=0.2) for value in setting.values])
            for setting in self._studio.differences([one.plan for one in self._told])
        ]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _measure_rows(told: list[Told]) -> list[tuple[str, list[Cell]]]:
    def row(title: str, texts: list[str]) -> tuple[str, list[Cell]]:
        return title, [Cell(text) for text in texts]

    rows = []
    for part in ("validation", "test"):
        found = [one.evaluations.get(part) for one in told]
        names = dict.fromkeys(name for event in found if event is not None for name in event.measures.metrics)
        for name in names:
            title = metric_title(name) if part == "validation" else tr("{metric}, test rows", metric=metric_title(name))
            values = [event.measures.metrics.get(name) if event is not None else None for event in found]
            best = _best(name, values) if len(told) > 1 else None
            cells = [_measure_cell(one, part, name, value) for one, value in zip(told, values, strict=True)]
            if best is not None:
                cells[best] = replace(cells[best], strong=True)
            rows.append((title, cells))
    looks = [one.evaluations.get("validation") for one in told]
    rows.append(row(tr("Validation loss"), [loss_text(look.loss) if look is not None else "–" for look in looks]))
    rows.append(row(tr("Best step"), [str(one.record.best_step or "–") for one in told]))
    rows.append(row(tr("Steps"), [str(one.record.steps) for one in told]))
    rows.append(row(tr("Duration"), [duration_text(one.record.seconds) for one in told]))
    rows.append(row(tr("State"), [state_text(one.record.state) for one in told]))
    return rows


def _measure_cell(told: Told, part: str, name: str, value: float | None) -> Cell:
    """A measure with how far it can be trusted, where that is known."""
    sure = told.intervals.get((part, name))
    if value is None or sure is None:
        return Cell(number_text(value))
    texts = {"value": number_text(value), "low": number_text(sure[0]), "high": number_text(sure[1])}
    help = tr(
        "95 % interval: {low} to {high}, judged by {rows} rows. Another seed or split can differ by more.",
        rows=told.rows.get(part, 0),
        **texts,
    )
    return Cell(tr("{value} ({low} to {high})", **texts), help=help)


def _judged_rows(events: Sequence[Any]) -> dict[str, int]:
    """{part: how many rows it has}, from how the run began."""
    begun = next((event for event in reversed(events) if isinstance(event, RunStarted)), None)
    return {} if begun is None else {"validation": begun.validation_rows, "test": begun.test_rows}


def _best(name: str, values: list[float | None]) -> int | None:
    known = [(value, number) for number, value in enumerate(values) if value is not None]
    if len({value for value, _ in known}) < 2:
        return None
    return min(known)[1] if name in ("rmse", "mae") else max(known)[1]
