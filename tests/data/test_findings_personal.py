"""The finding about personal data: counted, explained, mendable, and never repeated."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest

from workbench.core.fields import LABEL, TEXT
from workbench.core.plan import Choice, DatasetSpec, Reading
from workbench.data import findings_personal
from workbench.data.findings import Finding, Seen
from workbench.data.mends import problems_of, text_mend
from workbench.data.parsing import parse, read_columns
from workbench.data.watching import UNWATCHED

FIELDS = {"text": TEXT, "label": LABEL}
COLUMNS = {"text": "text", "label": "label"}


def findings(folder: Path, texts: Sequence[str]) -> list[Finding]:
    path = folder / "texts.csv"
    path.write_text("text,label\n" + "".join(f"{text},a\n" for text in texts), encoding="utf-8")
    spec = DatasetSpec(path=str(path), columns=COLUMNS)
    table = read_columns(path, Reading(), COLUMNS, FIELDS)
    parsed = parse(table, COLUMNS, FIELDS)
    seen = Seen(
        spec=spec, fields=FIELDS, table=table, parsed=parsed, keys=array("q"), target="label", classes={},
        lengths=array("L"), wide=False, others={}, watch=UNWATCHED,
    )  # fmt: skip
    return [finding for find in findings_personal.FINDERS for finding in find(seen)]


TEXTS = ["nothing here", "电话13812345678和 13987654321", "fine", "a@example.org or 192.168.7.20"]


def test_that_rows_and_kinds_are_counted(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, TEXTS)
    assert (finding.code, finding.severity, finding.count, finding.rows) == ("personal-data", "warning", 2, (2, 4))
    assert finding.message == (
        "2 rows hold personal data. Telephone number: 2, E-mail address: 1, IP address: 1."
    )  # fmt: skip


def test_that_the_words_of_the_finding_do_not_repeat_what_was_found(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, TEXTS)
    said = finding.message + finding.why + "".join(fix.title for fix in finding.fixes)
    assert not any(value in said for value in ("1381", "1398", "example.org", "192.168"))


def test_that_each_fix_is_a_legal_mend_after_which_nothing_is_found(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, TEXTS)
    assert len(finding.fixes) == 2
    for fix in finding.fixes:
        assert isinstance(fix.mend, Choice)
        assert problems_of([fix.mend]) == []
        assert findings(tmp_path, [text_mend([fix.mend])(text) for text in TEXTS]) == []


def test_that_pseudonyms_have_a_secret_key_that_stays_for_a_file(tmp_path: Path) -> None:
    (first,), (again,) = findings(tmp_path, TEXTS), findings(tmp_path, TEXTS)
    assert first == again
    other = tmp_path / "other"
    other.mkdir()
    (elsewhere,) = findings(other, TEXTS)
    assert first.fixes[1].mend is not None
    assert first.fixes[1].mend.options["key"] > 0
    assert first.fixes[1].mend != elsewhere.fixes[1].mend


def test_that_texts_without_personal_data_have_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, ["nothing here", "订单号：13812345678", ""]) == []


def test_that_a_large_file_is_looked_at_evenly_and_the_finding_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings_personal, "_MOST_ROWS", 10)
    (finding,) = findings(tmp_path, ["a@example.org"] * 100)
    assert finding.message.startswith("10 of 10 rows that were looked at, out of 100, hold personal data.")
    assert finding.rows == tuple(range(1, 101, 10))
