"""How the coach does on the library of curves: what it said beside what a teacher would say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.insight.curve_files import Curve
from workbench.insight.coach import Coach
from workbench.insight.hints import CODES


@dataclass(frozen=True)
class Heard:
    """What the coach said of one curve: at its end, and at any moment of it."""

    curve: Curve
    at_end: frozenset[str]
    ever: frozenset[str]

    @property
    def is_healthy(self) -> bool:
        return not self.curve.labels and not self.curve.fair

    @property
    def false_alarms(self) -> frozenset[str]:
        """What was said at the end, and is neither asked for nor fair."""
        return self.at_end - self.curve.labels - self.curve.fair


@dataclass
class Row:
    """Of one hint: curves labelled with it, curves of which it was said, and how many of those are right or fair."""

    labelled: int = 0
    said: int = 0
    right: int = 0
    fair: int = 0


@dataclass
class Score:
    """The rows of all hints, and the shares that follow."""

    rows: dict[str, Row] = field(default_factory=lambda: {code: Row() for code in CODES})

    @property
    def precision(self) -> float:
        """The share of what was said that is not wrong."""
        return self._share("right", "said", and_fair=True)

    @property
    def strict_precision(self) -> float:
        """The share of what was said that was asked for; what is merely fair counts as wrong."""
        return self._share("right", "said", and_fair=False)

    @property
    def recall(self) -> float:
        """The share of what was asked for that was said."""
        return self._share("right", "labelled", and_fair=False)

    def _share(self, part: str, whole: str, *, and_fair: bool) -> float:
        found = sum(getattr(row, part) + (row.fair if and_fair else 0) for row in self.rows.values())
        return found / max(1, sum(getattr(row, whole) for row in self.rows.values()))


def heard(curve: Curve) -> Heard:
    """The coach follows `curve` event by event, as it would follow the run."""
    coach, ever = Coach(), set[str]()
    for event in curve.events():
        ever |= {told.hint.code for told in coach.take(event)}
    return Heard(curve, frozenset(hint.code for hint in coach.hints), frozenset(ever))


def score(all_heard: Iterable[Heard]) -> Score:
    """The rows of `all_heard`, by what was said at the end of each curve."""
    found = Score()
    for one in all_heard:
        for code, row in found.rows.items():
            said, asked = code in one.at_end, code in one.curve.labels
            row.labelled += asked
            row.said += said
            row.right += said and asked
            row.fair += said and not asked and code in one.curve.fair
    return found


def table(title: str, all_heard: Sequence[Heard]) -> str:
    """The score as text: one line a hint, the shares, and every curve that was judged otherwise than by the teacher."""
    found, healthy = score(all_heard), [one for one in all_heard if one.is_healthy]
    lines = [
        f"{title}: {len(all_heard)} curves, {sum(one.curve.is_real for one in all_heard)} real, {len(healthy)} healthy",
        f"{'hint':18}{'labelled':>9}{'said':>6}{'right':>7}{'fair':>6}{'wrong':>7}{'missed':>8}",
    ]
    for code, row in found.rows.items():
        wrong, missed = row.said - row.right - row.fair, row.labelled - row.right
        lines.append(f"{code:18}{row.labelled:9}{row.said:6}{row.right:7}{row.fair:6}{wrong:7}{missed:8}")
    at_end, ever = sum(bool(one.at_end) for one in healthy), sum(bool(one.ever) for one in healthy)
    lines.append(
        f"precision {found.precision:.3f} (fair ones counted as wrong: {found.strict_precision:.3f}), "
        f"recall {found.recall:.3f}, healthy curves with an alarm: {at_end} at the end, {ever} at any moment"
    )
    return "\n".join([*lines, *_confusion(all_heard)])


def _confusion(all_heard: Sequence[Heard]) -> list[str]:
    """Curves by what the teacher says (rows) and by what the coach says (columns)."""
    kinds = [*CODES, "nothing"]
    counts = {row: dict.fromkeys(kinds, 0) for row in kinds}
    for one in all_heard:
        for label in one.curve.labels or {"nothing"}:
            for code in one.at_end or {"nothing"}:
                counts[label][code] += 1
    lines = ["", f"{'teacher | coach':18}" + "".join(f"{kind[:9]:>10}" for kind in kinds)]
    return lines + [f"{row:18}" + "".join(f"{counts[row][kind] or '.':>10}" for kind in kinds) for row in kinds]
