"""How good a model is: the headline against guessing, the classes one by one, and what is taken for what."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.events import ClassMeasure, Evaluated, Measures
from workbench.core.language import tr, trn
from workbench.core.wording import metric_title
from workbench.gui import theme
from workbench.gui.labels import ElidedLabel, plain_label
from workbench.gui.tables import Cell, DataTable
from workbench.gui.wording import metric_help, number_text

_LOPSIDED = 0.8  # a guesser as good as this makes accuracy misleading


def guess_text(measures: Measures, metric: str) -> str:
    """What guessing reaches in `metric`, in words; "" where that is not known."""
    if metric not in measures.baseline:
        return ""
    value = number_text(measures.baseline[metric])
    if not measures.guess:
        return tr("always guessing the mean gives {value}", value=value)
    return tr("always guessing “{label}” gives {value}", label=measures.guess, value=value)


def warning_text(measures: Measures) -> str:
    """A word of caution where accuracy misleads, else ""."""
    accuracy = measures.baseline.get("accuracy", 0.0)
    if accuracy < _LOPSIDED or not measures.guess:
        return ""
    return tr(
        "{percent} % accuracy is what guessing “{label}” gives. Judge by macro-F1.",
        percent=f"{100 * accuracy:.0f}",
        label=measures.guess,
    )


class MeasureList(QWidget):
    """The headline metric in large, the others below, each with what guessing reaches."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.where, self.name, self.value, self.guess, self.warning = (plain_label() for _ in range(5))
        for label, role in (
            (self.where, "muted"),
            (self.name, "heading"),
            (self.value, "title"),
            (self.guess, "small"),
            (self.warning, "warning"),
        ):
            theme.set_role(label, role)
            label.setWordWrap(True)
        self.value.setObjectName("headlineScore")
        self.guess.setObjectName("headlineGuess")
        self.warning.setObjectName("accuracyWarning")
        self._others = QGridLayout()
        self._others.setHorizontalSpacing(theme.PAD)
        self._others.setVerticalSpacing(theme.SPACE)
        self._others.setColumnStretch(2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PAD, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.SPACE)
        for label in (self.name, self.value, self.guess, self.warning):
            layout.addWidget(label)
        layout.addSpacing(theme.SPACE)
        layout.addLayout(self._others)
        layout.addSpacing(theme.SPACE)
        layout.addWidget(self.where)
        layout.addStretch(1)

    def show_measures(self, event: Evaluated, headline: str) -> None:
        """Show what `event` measured."""
        measures = event.measures
        self.name.setText(metric_title(headline))
        self.name.setToolTip(metric_help(headline))
        self.value.setText(number_text(measures.metrics.get(headline)))
        self.guess.setText(guess_text(measures, headline))
        self.warning.setText(warning_text(measures))
        self.warning.setVisible(bool(self.warning.text()))
        self.where.setText(_where_text(event))
        self._show_others([name for name in measures.metrics if name != headline], measures)
        self.value.setAccessibleName(f"{self.name.text()} {self.value.text()}")

    def _show_others(self, names: list[str], measures: Measures) -> None:
        while (item := self._others.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        for row, name in enumerate(names):
            guess = number_text(measures.baseline[name]) if name in measures.baseline else ""
            texts = (metric_title(name), number_text(measures.metrics[name]), tr("guessing {value}", value=guess))
            for column, text in enumerate(texts if guess else texts[:2]):
                label = plain_label(text)
                label.setToolTip(metric_help(name))
                theme.set_role(label, "muted" if column == 2 else "")
                self._others.addWidget(label, row, column)
                label.show()  # now, not with the next event, so that the width that is needed is known


def _where_text(event: Evaluated) -> str:
    rows = sum(one.support for one in event.measures.classes)
    if not rows:
        if event.part == "test":
            return tr("Measured on the test rows, model of step {step}.", step=event.step)
        return tr("Measured on the validation rows, model of step {step}.", step=event.step)
    if event.part == "test":
        return trn(
            "Measured on {number} test row, model of step {step}.",
            "Measured on {number} test rows, model of step {step}.",
            rows,
            step=event.step,
        )
    return trn(
        "Measured on {number} validation row, model of step {step}.",
        "Measured on {number} validation rows, model of step {step}.",
        rows,
        step=event.step,
    )


class ClassTable(DataTable):
    """Precision, recall and F1 of each class; sortable."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("classTable", sortable=True, parent=parent)
        self._classes: tuple[ClassMeasure, ...] = ()
        self.retranslate()

    def show_measures(self, measures: Measures) -> None:
        """Show the classes of `measures`."""
        self._classes = measures.classes
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.setAccessibleName(tr("Measures of each class"))
        titles = [tr("Class"), tr("Precision"), tr("Recall"), tr("F1"), tr("Rows")]
        self.show_rows(titles, [_class_row(one) for one in self._classes])
        self.stretch(0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _class_row(one: ClassMeasure) -> list[Cell]:
    shares = [Cell(number_text(v), float(v), copied=repr(v)) for v in (one.precision, one.recall, one.f1)]
    return [Cell(one.label), *shares, Cell(str(one.support), one.support)]


class ConfusionTable(DataTable):
    """How many rows of each true class (down) were taken for each class (across). Right ones are bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("confusionTable", parent=parent)
        self._measures: Measures | None = None
        self.setShowGrid(True)
        self.setAlternatingRowColors(False)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.setSelectionBehavior(self.SelectionBehavior.SelectItems)
        self.retranslate()
        theme.notifier.changed.connect(self.viewport().update)

    def show_measures(self, measures: Measures) -> None:
        """Show the confusion matrix of `measures`."""
        self._measures = measures
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.setAccessibleName(tr("Confusion matrix"))
        measures = self._measures
        if measures is None or not measures.confusion:
            self.show_rows([], [])
            return
        labels = [one.label for one in measures.classes]
        rows = []
        for i, counts in enumerate(measures.confusion):
            total = sum(counts) or 1
            rows.append([_count_cell(labels, i, j, n, n / total) for j, n in enumerate(counts)])
        self.show_rows(labels, rows, labels)
        self.setAccessibleDescription(confusion_summary(measures))
        self.resizeColumnsToContents()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _count_cell(labels: list[str], i: int, j: int, count: int, share: float) -> Cell:
    told = trn(
        "{number} row of “{true}” was taken for “{guessed}”.",
        "{number} rows of “{true}” were taken for “{guessed}”.",
        count,
        true=labels[i],
        guessed=labels[j],
    )
    return Cell(str(count), count, shade=share if count else 0.0, strong=i == j, help=told)


def confusion_summary(measures: Measures) -> str:
    """The matrix in words: how many are right, and the commonest mistake."""
    matrix = measures.confusion
    total = sum(map(sum, matrix))
    right = sum(matrix[i][i] for i in range(len(matrix)))
    text = tr("{right} of {total} rows are named rightly.", right=right, total=total)
    wrong = [(n, i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j and n]
    if not wrong:
        return text
    count, i, j = max(wrong)
    labels = [one.label for one in measures.classes]
    mistake = trn(
        "The commonest mistake: {number} row of “{true}” was taken for “{guessed}”.",
        "The commonest mistake: {number} rows of “{true}” were taken for “{guessed}”.",
        count,
        true=labels[i],
        guessed=labels[j],
    )
    return f"{text}\n{mistake}"


class ConfusionPage(QWidget):
    """The confusion matrix with what stands where, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.caption = ConfusionTable(), ElidedLabel()
        theme.set_role(self.caption, "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.caption)
        layout.addWidget(self.table)
        layout.addStretch(0)

    def show_measures(self, measures: Measures) -> None:
        """Show the matrix of `measures`."""
        self.table.show_measures(measures)
        rule = tr("A row is the true class, a column what the model said.")
        told = confusion_summary(measures).split("\n") if measures.confusion else []
        self.caption.setText(" ".join([rule, *told[-1:]]))
        self.caption.setToolTip("\n".join([rule, *told]))


def scrolling(widget: QWidget) -> QScrollArea:
    """`widget` in a frame that scrolls it upwards and downwards."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area
