"""What the data set holds: classes, lengths, numbers, and what is odd about it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.gui import theme
from workbench.gui.charts import ClassBars, HistogramBars
from workbench.gui.messages import show_details
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session

_SEVERITIES = {"error": mark("Problem"), "warning": mark("Warning"), "info": mark("Note")}
_UNITS = {"words": mark("words"), "characters": mark("characters"), "": ""}


class HealthView(QWidget):
    """Follows the session's profile of the whole file."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("health")
        self._session = session
        self._profile: Any = None
        self._counts = text_label("", "rowCounts")
        self.skipped_button = QPushButton()
        self.skipped_button.setObjectName("showSkipped")
        self.skipped_button.setProperty("role", "quiet")
        self.skipped_button.clicked.connect(self._show_skipped)
        self._class_title, self._number_title, self._length_title = text_label(), text_label(), text_label()
        self.classes = ClassBars()
        self.numbers = HistogramBars("numberHistogram")
        self.lengths = HistogramBars("lengthHistogram")
        self._findings = QVBoxLayout()
        self._findings.setSpacing(theme.GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        row = QHBoxLayout()
        row.addWidget(self._counts, 1)
        row.addWidget(self.skipped_button)
        column.addLayout(row)
        column.addLayout(self._findings)
        pairs = (
            (self._class_title, self.classes),
            (self._number_title, self.numbers),
            (self._length_title, self.lengths),
        )
        for title, chart in pairs:
            title.setProperty("role", "small")
            column.addSpacing(theme.SPACE)
            column.addWidget(title)
            column.addWidget(chart)
        session.profiled.connect(self.show_profile)
        self.show_profile(None)

    def show_profile(self, profile: Any) -> None:
        """Show `profile`; None while the file is being looked at."""
        self._profile = profile
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        profile = self._profile
        self._class_title.setText(tr("Classes"))
        self._number_title.setText(tr("Numbers to learn"))
        self._length_title.setText(tr("Length of the texts"))
        numbers = profile.numbers if profile else None
        for shown, widgets in (
            (profile is not None and bool(profile.classes), (self._class_title, self.classes)),
            (numbers is not None, (self._number_title, self.numbers)),
            (profile is not None and any(profile.lengths.counts), (self._length_title, self.lengths)),
        ):
            for widget in widgets:
                widget.setVisible(shown)
        self._show_findings(profile.findings if profile else ())
        self._show_counts()
        if profile is not None:
            self._show_charts(profile)

    def _show_counts(self) -> None:
        profile, state = self._profile, self._session.survey.state
        skipped = len(profile.skipped) if profile else 0
        self.skipped_button.setVisible(skipped > 0)
        self.skipped_button.setText(trn("Show {number} skipped row", "Show {number} skipped rows", skipped))
        self._counts.setVisible(self._session.draft.plan is not None and state != "stopped")
        if profile is not None:
            values = {"used": f"{profile.read:,}", "rows": f"{profile.rows:,}"}
            self._counts.setText(tr("{used} of {rows} rows can be used", **values))
        elif state == "unknowable":
            self._counts.setText(tr("The rows could not be counted."))
        else:
            self._counts.setText(tr("Looking at all rows…"))

    def _show_charts(self, profile: Any) -> None:
        self.classes.show_classes(profile.classes)
        lengths, numbers = profile.lengths, profile.numbers
        self.lengths.show_histogram(lengths.edges, lengths.counts, tr("Length of the texts"), tr(_UNITS[lengths.unit]))
        if numbers is not None:
            self.numbers.show_histogram(numbers.histogram.edges, numbers.histogram.counts, tr("Numbers to learn"), "")
            values = {"mean": f"{numbers.mean:.4g}", "spread": f"{numbers.spread:.4g}"}
            self._number_title.setText(tr("Numbers to learn: mean {mean}, spread {spread}", **values))

    def _show_findings(self, findings: Any) -> None:
        while (item := self._findings.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        for finding in findings:
            self._findings.addWidget(_finding_row(finding))

    def _show_skipped(self) -> None:
        lines = []
        for row in self._profile.skipped[:1000]:
            where = {"row": f"{row.row:,}", "line": f"{row.line:,}", "reason": row.reason}
            lines.append(tr("Row {row} (line {line}): {reason}", **where))
        title = tr("These rows are not learned from. The file itself is never changed.")
        show_details(self.window(), title, "\n".join(lines))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _finding_row(finding: Any) -> QFrame:
    frame = QFrame()
    frame.setObjectName(f"finding-{finding.code}")
    frame.setProperty("role", {"error": "danger", "warning": "warning"}.get(finding.severity, "inset"))
    severity: QLabel = text_label("badge", wrap=False)
    severity.setText(tr(_SEVERITIES[finding.severity]))
    message = text_label("small")
    message.setText(finding.message)
    column = QVBoxLayout(frame)
    column.setContentsMargins(theme.GAP, theme.SPACE, theme.GAP, theme.SPACE)
    column.setSpacing(theme.SPACE)
    row = QHBoxLayout()
    row.addWidget(severity)
    row.addStretch()
    column.addLayout(row)
    column.addWidget(message)
    if finding.rows:
        rows = text_label("muted")
        numbers = ", ".join(str(row) for row in finding.rows[:8])
        more = finding.count > 8
        rows.setText(tr("Rows {rows} …", rows=numbers) if more else tr("Rows {rows}", rows=numbers))
        column.addWidget(rows)
    return frame
