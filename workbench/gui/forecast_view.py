"""The forecast under the settings: one line, cheaper choices where it is dear, and all its parts in a window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.forecasts import Cheaper, Forecast
from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.estimate import ROLES, memory_text, size_text, spoken, time_text
from workbench.gui.forecasting import Forecasting
from workbench.gui.panels.card import text_label
from workbench.gui.tables import Cell, DataTable


class Choices(QWidget):
    """Up to four choices that cost less, each a button. `taken(Cheaper)`."""

    taken = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE)
        self._shown: tuple[Cheaper, ...] = ()
        self.buttons: list[ChoiceButton] = []
        self.hide()

    def show_choices(self, choices: tuple[Cheaper, ...]) -> None:
        """Show these instead."""
        if choices == self._shown:
            return
        self._shown = choices
        for button in self.buttons:
            button.hide()
            self._column.removeWidget(button)
            button.deleteLater()
        self.buttons = [ChoiceButton(choice) for choice in choices]
        for number, button in enumerate(self.buttons):
            button.setObjectName(f"{self.objectName()}-{number}")
            button.clicked.connect(lambda _checked=False, button=button: self.taken.emit(button.choice))
            self._column.addWidget(button)
        self.setVisible(bool(choices))


class ChoiceButton(QPushButton):
    """A choice in two lines: what changes, and what it costs then. The text wraps."""

    def __init__(self, choice: Cheaper) -> None:
        super().__init__()
        self.choice = choice
        cost = tr("{memory}, {time}", memory=size_text(choice.peak_bytes), time=time_text(choice.seconds))
        self._text, self._cost = text_label(), text_label("muted")
        self._text.setText(choice.title)
        self._cost.setText(cost)
        for label in (self._text, self._cost):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.SPACE)
        column.setSpacing(0)
        column.addWidget(self._text)
        column.addWidget(self._cost)
        theme.set_role(self, "choice")
        self.setAccessibleName(choice.title)
        self.setAccessibleDescription(cost)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(theme.TARGET, self.layout().totalHeightForWidth(width))

    def sizeHint(self):
        return self.layout().totalSizeHint()

    def minimumSizeHint(self):
        return self.layout().totalMinimumSize()


class ForecastLine(QWidget):
    """Time and memory of the draft's run. `details_requested()` asks for all the parts."""

    details_requested = Signal()

    def __init__(self, forecasting: Forecasting) -> None:
        super().__init__()
        self._forecasting = forecasting
        self._told = ""
        self.time, self.memory = text_label("muted", "estimate"), text_label("muted", "estimateMemory")
        self.details = QPushButton()
        self.details.setObjectName("estimateDetails")
        theme.set_role(self.details, "quiet")
        self.details.clicked.connect(self.details_requested)
        self.choices = Choices("cheaper")
        self.choices.taken.connect(forecasting.use)
        words, row, column = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        words.setSpacing(0)
        words.addWidget(self.time)
        words.addWidget(self.memory)
        row.setSpacing(theme.GAP)
        row.addLayout(words, 1)
        row.addWidget(self.details, 0, Qt.AlignmentFlag.AlignTop)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(row)
        column.addWidget(self.choices)
        forecasting.changed.connect(self.refresh)
        self.refresh()

    @property
    def too_big(self) -> bool:
        """Whether the run will not fit into memory."""
        forecast = self._forecasting.forecast
        return forecast is not None and forecast.verdict == "too_big"

    def refresh(self) -> None:
        """Show what is known now."""
        forecast = self._forecasting.forecast
        self.details.setText(tr("Details"))
        self.details.setToolTip(tr("What the time and the memory are made of, and what would cost less."))
        self.details.setVisible(forecast is not None)
        self.memory.setVisible(forecast is not None)
        if forecast is None:
            self.time.setText("" if self._forecasting.unknowable else tr("Estimating…"))
            self.choices.show_choices(())
            return
        self.time.setText(spoken(forecast.seconds, forecast.steps))
        self.memory.setText(memory_text(forecast))
        theme.set_role(self.memory, ROLES[forecast.verdict])
        dear = forecast.verdict != "fits"
        self.choices.show_choices(forecast.cheaper if dear else ())
        if dear and forecast.verdict != self._told:
            announce(self, self.memory.text())
        self._told = forecast.verdict


class ForecastDialog(QDialog):
    """Not modal: every part of the memory and of the time, cheaper choices, and a button that measures."""

    def __init__(self, forecasting: Forecasting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("forecastDialog")
        self._forecasting = forecasting
        self.time, self.memory, self.source = text_label("heading"), text_label(), text_label("muted", "forecastSource")
        self.parts = DataTable("forecastParts")
        self.choices_title, self.choices = text_label("heading"), Choices("forecastCheaper")
        self.measure_button, self.close_button = QPushButton(), QPushButton()
        self._build()
        forecasting.changed.connect(self.refresh)
        forecasting.refused.connect(self._refuse)
        self.retranslate()

    def _build(self) -> None:
        self.measure_button.setObjectName("forecastMeasure")
        self.measure_button.clicked.connect(self._forecasting.measure)
        self.close_button.setObjectName("forecastClose")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        self.choices.taken.connect(self._forecasting.use)
        foot, column = QHBoxLayout(), QVBoxLayout(self)
        foot.addWidget(self.measure_button)
        foot.addStretch()
        foot.addWidget(self.close_button)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.GAP)
        for part in (self.time, self.memory):
            column.addWidget(part)
        column.addWidget(self.parts, 1)
        for part in (self.choices_title, self.choices, self.source):
            column.addWidget(part)
        column.addLayout(foot)
        self.finished.connect(lambda _code: self._forecasting.rest())
        self.resize(460, 560)

    def refresh(self) -> None:
        """Show what is known now."""
        measuring, forecast = self._forecasting.measuring, self._forecasting.forecast
        self.measure_button.setText(tr("Measuring…") if measuring else tr("Measure"))
        self.measure_button.setEnabled(self._forecasting.can_measure and not measuring)
        if forecast is None:
            return
        self.time.setText(spoken(forecast.seconds, forecast.steps))
        self.memory.setText(memory_text(forecast))
        self.parts.show_rows([tr("Part"), tr("Needs")], _rows(forecast))
        self.parts.stretch(0)
        self.choices_title.setVisible(bool(forecast.cheaper))
        self.choices.show_choices(forecast.cheaper)
        self.source.setText(
            tr("A few real steps were timed on this computer.")
            if forecast.measured
            else tr("Reckoned from the model's shape. Measuring makes a few real steps and throws them away.")
        )
        theme.set_role(self.source, "muted")

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.setWindowTitle(tr("What this run will take"))
        self.choices_title.setText(tr("What would cost less"))
        self.measure_button.setToolTip(
            tr("Make a few real steps with these settings, to know better. Nothing is kept.")
        )
        self.close_button.setText(tr("Close"))
        self.parts.setAccessibleName(tr("Parts of the memory and of the time"))
        self.refresh()

    def _refuse(self, error: Exception) -> None:
        known = isinstance(error, WorkbenchError)
        self.source.setText(str(error) if known else tr("The steps could not be made."))
        theme.set_role(self.source, "danger")

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _rows(forecast: Forecast) -> list[list[Cell]]:
    memory = [[Cell(part.title), Cell(size_text(part.bytes), part.bytes)] for part in forecast.parts]
    times = (
        (tr("Getting ready"), forecast.start_seconds),
        (tr("Training steps"), forecast.step_seconds),
        (tr("Evaluating and saving"), forecast.other_seconds),
    )
    return [*memory, *([Cell(title), Cell(time_text(seconds), seconds)] for title, seconds in times)]
