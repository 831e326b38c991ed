"""What the data set holds: classes, lengths, numbers, what is odd about it, and what is done about that."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.charts import HistogramBars
from workbench.gui.class_bars import ClassBars
from workbench.gui.draft import address
from workbench.gui.mask_preview import open_mask_preview
from workbench.gui.messages import show_details
from workbench.gui.panels.card import text_label
from workbench.gui.panels.finding import FindingRow, NotesFold, done_about
from workbench.gui.panels.mends import MendsView, left_out
from workbench.gui.panels.row_sheet import RowSheet
from workbench.gui.rows_source import RowSource
from workbench.gui.session import Session
from workbench.gui.taking_back import undo_of

_UNITS = {"words": mark("words"), "characters": mark("characters"), "": ""}


class HealthView(QWidget):
    """Follows the session's profile of the whole file.

    `notified(text, undo)` is for a toast; `rebuilt()` comes after buttons were made anew.
    """

    notified = Signal(str, object)
    rebuilt = Signal()

    def __init__(self, session: Session, source: RowSource | None = None) -> None:
        super().__init__()
        self.setObjectName("health")
        self._session = session
        self._source = source or RowSource(session.studio)
        self._profile: Any = None
        self._shown_for: bytes = b""
        self._sheet: RowSheet | None = None
        self.rows: list[FindingRow] = []
        self._counts = text_label("", "rowCounts")
        self.skipped_button = QPushButton()
        self.skipped_button.setObjectName("showSkipped")
        self.skipped_button.setProperty("role", "quiet")
        self.skipped_button.clicked.connect(self._show_skipped)
        self._class_title, self._number_title, self._length_title = text_label(), text_label(), text_label()
        self.classes = ClassBars()
        self.numbers = HistogramBars("numberHistogram")
        self.lengths = HistogramBars("lengthHistogram")
        self.mends = MendsView()
        self.mends.remove_requested.connect(self._take_out)
        self._findings, self._notes = QVBoxLayout(), QVBoxLayout()
        for rows in (self._findings, self._notes):
            rows.setSpacing(theme.GAP)
            rows.setContentsMargins(0, 0, 0, 0)
        body = QWidget()
        body.setLayout(self._notes)
        self.notes = NotesFold(body)
        self._place()
        session.profiled.connect(self.show_profile)
        session.draft.changed.connect(self._show_plan)
        self.show_profile(None)

    def _place(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        row = QHBoxLayout()
        row.addWidget(self._counts, 1)
        row.addWidget(self.skipped_button)
        column.addLayout(row)
        column.addLayout(self._findings)
        column.addWidget(self.notes)
        column.addWidget(self.mends)
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

    # What the profile tells.

    def show_profile(self, profile: Any) -> None:
        """Show `profile`; None while the file is being looked at.

        What is known of the same columns stays in sight until more is known, so that a click does not empty the page.
        """
        plan = self._session.draft.plan
        key = _columns_key(plan)
        if profile is None and self._session.survey.state == "looking" and key == self._shown_for:
            self._show_counts()
            return
        self._profile, self._shown_for = profile, key if profile is not None else b""
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
        self._show_plan(self._session.draft.plan)
        if profile is not None:
            self._show_charts(profile)

    def _show_counts(self) -> None:
        profile, state = self._profile, self._session.survey.state
        skipped = len(profile.skipped) if profile else 0
        self.skipped_button.setVisible(skipped > 0)
        self.skipped_button.setText(trn("Show {number} skipped row", "Show {number} skipped rows", skipped))
        self._counts.setVisible(self._session.draft.plan is not None and state != "stopped")
        if profile is not None and state != "looking":
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
        at = self._focused()
        for row in self.rows:
            row.hide()
            row.parentWidget().layout().removeWidget(row)
            row.deleteLater()
        codes = Counter[str]()
        self.rows = []
        for finding in findings:
            codes[finding.code] += 1
            again = codes[finding.code]
            row = FindingRow(finding, finding.code if again == 1 else f"{finding.code}.{again}")
            row.fix_requested.connect(self._fix)
            row.rows_requested.connect(lambda finding=finding: self._show_rows(finding))
            row.look_requested.connect(lambda: open_mask_preview(self.window(), self._session))
            (self._notes if finding.severity == "info" else self._findings).addWidget(row)
            row.show()  # at once: one of its buttons may be given the focus
            self.rows.append(row)
        self.notes.show_count(self._notes.count(), alone=not self._findings.count())
        if at is not None:
            self._focus_near(at)
        self.rebuilt.emit()

    def _focused(self) -> int | None:
        """The place of the finding that has the focus; None if none has it."""
        focus = self.window().focusWidget()
        return next((n for n, row in enumerate(self.rows) if focus is not None and row.isAncestorOf(focus)), None)

    def _focus_near(self, place: int) -> None:
        """Give the focus to what stands where the row at `place` stood: it must not get lost."""
        near = (*self.rows[place:], *reversed(self.rows[:place]))
        buttons = (row.first_button() for row in near if row.isVisibleTo(self))
        fallback = self.mends.buttons[-1] if self.mends.buttons else self.classes
        wanted = next((button for button in buttons if button is not None), fallback)
        wanted.setFocus()

    # What the user does about it.

    def _show_plan(self, plan: Any) -> None:
        """Show what the plan does to the rows."""
        at = self._focused()
        studio, profile = self._session.studio, self._profile
        if plan is not None and profile is not None:
            still, fresh = studio.open_findings(profile, plan), self._session.survey.state == "known"
            for row in self.rows:
                settled = not any(finding is row.finding for finding in still)
                row.show_done(done_about(row.finding, plan, studio, settled=settled, fresh=fresh))
        if self._sheet is not None and (plan is None or plan.dataset.path != self._sheet.path):
            self.close_sheet()
        mends = plan.dataset.mends if plan is not None else ()
        titles = studio.mend_titles(plan) if mends else ()
        known = mends and profile is not None and self._session.survey.state == "known"
        before = len(self.mends.buttons)
        self.mends.show_mends(tuple(titles), left_out(profile) if known else ())
        if at is not None and self._focused() is None:
            self._focus_near(at)
        if len(self.mends.buttons) != before:
            self.rebuilt.emit()

    def _fix(self, fix: Any) -> None:
        draft = self._session.draft
        if draft.plan is None:
            return
        wanted = self._session.studio.with_fix(draft.plan, fix)
        touched = draft.touched
        if fix.setting is not None:
            touched = touched | {address(fix.setting.group, fix.setting.name)}
        self._open(wanted, fix.title, touched, tr("Done: {what}.", what=fix.title.rstrip(".。")))

    def _take_out(self, place: int) -> None:
        draft, studio = self._session.draft, self._session.studio
        if draft.plan is None:
            return
        title = studio.mend_titles(draft.plan)[place]
        wanted = studio.without_mend(draft.plan, place)
        self._open(wanted, tr("Take out a mend"), draft.touched, tr("Taken out: {mend}.", mend=title.rstrip(".。")))

    def _open(self, plan: TrainingPlan, action: str, touched: frozenset[str], text: str) -> None:
        """Take `plan` as one step that can be undone, and say so."""
        draft, before = self._session.draft, self._session.draft.plan
        if before is None or plan == before:
            return
        draft.open(plan, action, touched=touched)
        self.notified.emit(text, undo_of(draft, before, plan, tr("Undo: {action}", action=action)))

    def _show_rows(self, finding: Any) -> None:
        plan = self._session.draft.plan
        if plan is None:
            return
        self.close_sheet()
        self._sheet = RowSheet(self.window(), self._session.studio, plan, self._source, finding)
        self._sheet.destroyed.connect(self._forget_sheet)
        self._sheet.show()

    def _forget_sheet(self) -> None:
        self._sheet = None

    def close_sheet(self) -> None:
        """Close the window with the rows of a finding, if there is one."""
        if self._sheet is not None:
            sheet, self._sheet = self._sheet, None
            sheet.destroyed.disconnect(self._forget_sheet)
            sheet.close()

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


def _columns_key(plan: TrainingPlan | None) -> bytes:
    """What the findings of two plans must have in common for those of one to be shown with the other for a moment."""
    if plan is None:
        return b""
    dataset = plan.dataset
    parts = [dataset.path, dataset.columns, dataset.reading, dataset.validation_path, dataset.test_path, plan.task.name]
    return msgspec.json.encode(parts)
