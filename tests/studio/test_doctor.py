"""The doctor: what would spoil a training is found, mended with one click, gone, and taken back; the file stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from tests.data.samples import sentences
from workbench.core.errors import WorkbenchError
from workbench.core.events import RunFinished
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.data.dataset import load
from workbench.data.profile import Profile
from workbench.studio import Finding, Studio

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 300})
TEXTS = sentences(120)
LABELS = ("good", "bad", "fair")
Row = tuple[object, ...]
Files = dict[str, str]


def table(rows: Iterable[Row], header: str = "text,label") -> str:
    """CSV with every cell in quotation marks."""
    lines = [",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows]
    return "\n".join([header, *lines]) + "\n" if header else "\n".join(lines) + "\n"


def plain(count: int = 120) -> list[Row]:
    return [(text, LABELS[place % 3]) for place, text in enumerate(TEXTS[:count])]


def labelled(label: Callable[[int], object]) -> list[Row]:
    return [(text, label(place)) for place, text in enumerate(TEXTS)]


def changed(change: Callable[[str], str], every: int = 10) -> list[Row]:
    """The plain rows, every tenth text changed."""
    return [(change(text) if place % every == 0 else text, label) for place, (text, label) in enumerate(plain())]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """One broken file: what is found in it, how often, and whether there is a fix for it."""

    code: str
    count: int
    main: str
    other: str = ""
    part: str = "test"
    target: str = "label"
    columns: dict[str, str] = msgspec.field(default_factory=lambda: {"text": "text", "label": "label"})
    fixed: bool = True
    trains: bool = True


NUMBER = {"text": "text", "number": "label"}
FILES: dict[str, Broken] = {
    "a column without a name": Broken(
        code="blank-column-name", count=1, main=table([(*row, "x") for row in plain()], "text,label,"), fixed=False
    ),
    "two columns with one name": Broken(
        code="repeated-column-name",
        count=1,
        main=table([(*row, "x") for row in plain()], "text,label,text"),
        fixed=False,
    ),
    "spaces around names": Broken(
        code="spaces-in-column-name", count=2, main=table(plain(), " text ,label\u00a0"), fixed=False
    ),
    "no header": Broken(
        code="no-header",
        count=2,
        main=table(plain(), ""),
        columns={"text": "column 1", "label": "column 2"},
        fixed=False,
    ),
    "empty texts": Broken(code="missing-text", count=2, main=table([*plain(), ("", "bad"), (" ", "bad")]), fixed=False),
    "missing labels": Broken(
        code="missing-label", count=2, main=table([*plain(), ("a", ""), ("b", "NaN")]), fixed=False
    ),
    "rows with too many cells": Broken(
        code="ragged-rows", count=2, main=table([*plain(), ("a", "bad", "c"), ("a", "bad", "c", "d")]), fixed=False
    ),
    "one class only": Broken(
        code="one-class", count=120, main=table(labelled(lambda place: "good")), fixed=False, trains=False
    ),
    "a class with one row": Broken(
        code="single-row-class", count=2, main=table([*plain(), ("a rare one", "rare"), ("another one", "odd")])
    ),
    "classes that differ in case": Broken(
        code="label-spellings",
        count=20,
        main=table(labelled(lambda place: "GOOD" if place % 6 == 0 else ("good", "bad")[place % 2])),
    ),
    "classes that differ in doubled spaces": Broken(
        code="label-spellings",
        count=20,
        main=table(labelled(lambda place: "very  good" if place % 6 == 0 else ("very good", "bad")[place % 2])),
    ),
    "classes that differ in width": Broken(
        code="label-spellings",
        count=20,
        main=table(labelled(lambda place: "Ａ" if place % 6 == 0 else ("A", "B")[place % 2])),
    ),
    "classes that differ in hyphens": Broken(
        code="label-spellings",
        count=20,
        main=table(labelled(lambda place: "so_so" if place % 6 == 0 else ("so-so", "bad")[place % 2])),
    ),
    "numbers where classes are learned": Broken(
        code="labels-are-numbers", count=60, main=table(labelled(lambda place: place // 2 / 10))
    ),
    "classes where numbers are learned": Broken(
        code="numbers-are-classes",
        count=2,
        main=table(labelled(lambda place: place % 2)),
        columns=NUMBER,
        target="number",
    ),
    "several labels in a cell": Broken(
        code="several-labels",
        count=48,
        main=table(labelled(lambda place: ("a;b", "a", "b", "a;c", "c")[place % 5])),
    ),
    "names as labels": Broken(
        code="all-labels-different",
        count=120,
        main=table(labelled(lambda place: f"id{place}")),
        fixed=False,
        trains=False,
    ),
    "measurements as labels": Broken(
        code="all-labels-different", count=120, main=table(labelled(lambda place: place / 7))
    ),
    "labels that say there is none": Broken(
        code="maybe-missing-label", count=40, main=table(labelled(lambda place: ("good", "bad", "-")[place % 3]))
    ),
    "repeated rows": Broken(code="duplicate-rows", count=7, main=table(plain() + plain(7))),
    "nearly repeated rows": Broken(
        code="near-duplicates", count=5, main=table([*plain(), *((f"{text}!", label) for text, label in plain(5))])
    ),
    "one text with two labels": Broken(
        code="conflicting-labels", count=4, main=table([*plain(), *((text, "odd") for text, _ in plain(4))])
    ),
    "one text with two numbers": Broken(
        code="conflicting-numbers",
        count=3,
        main=table([*labelled(lambda place: place / 8), *((text, 99) for text in TEXTS[:3])]),
        columns=NUMBER,
        target="number",
    ),
    "texts that are also tested": Broken(code="shared-texts", count=9, main=table(plain()), other=table(plain(9))),
    "texts that are also validated": Broken(
        code="shared-texts", count=9, main=table(plain()), other=table(plain(9)), part="validation"
    ),
    "another spelling in the test file": Broken(
        code="unknown-labels",
        count=1,
        main=table(plain()),
        other=table([("something new", "GOOD"), ("and newer", "bad")]),
    ),
    "a column that gives the label away": Broken(
        code="telltale-beside",
        count=120,
        main=table([(*row, f"class {row[1]}") for row in plain()], "text,label,class"),
        fixed=False,
    ),
    "a second text that gives the label away": Broken(
        code="telltale-column",
        count=120,
        main=table([(*row, f"a {row[1]} one") for row in plain()], "text,label,note"),
        columns={"text": "text", "text_pair": "note", "label": "label"},
    ),
    "HTML": Broken(code="markup", count=12, main=table(changed(lambda text: f"<p>{text}<br/>Tom &amp; Ann</p>"))),
    "HTML that was escaped twice": Broken(
        code="markup", count=12, main=table(changed(lambda text: f"&lt;b&gt;{text}&lt;/b&gt; &amp;quot;so&amp;quot;"))
    ),
    "characters that nobody sees": Broken(
        code="control-characters", count=12, main=table(changed(lambda text: f"\u200b{text[:3]}\u202e\x07{text[3:]}"))
    ),
    "broken characters": Broken(
        code="broken-characters", count=12, main=table(changed(lambda text: f"{text} cafÃ© itâ€™s"))
    ),
    "one large class": Broken(
        code="imbalance", count=112, main=table(labelled(lambda place: "rare" if place % 15 == 0 else "common"))
    ),
    "longer than is read": Broken(
        code="long-texts", count=2, main=table([*plain(), *((f"{TEXTS[n]} " * 15 + str(n), "good") for n in (8, 9))])
    ),
    "the label in the text": Broken(
        code="label-in-text", count=120, main=table((f"{text} {label}", label) for text, label in plain()), fixed=False
    ),
    "a handful of rows": Broken(code="few-rows", count=12, main=table(plain(12)), fixed=False),
    "words where numbers are learned": Broken(
        code="not-a-number",
        count=2,
        main=table([*labelled(lambda place: place / 8), ("a", "many"), ("b", "few")]),
        columns=NUMBER,
        target="number",
        fixed=False,
    ),
    "one number only": Broken(
        code="one-number", count=120, main=table(labelled(lambda place: 3)), columns=NUMBER, fixed=False, trains=False
    ),
    "a number that stands for unknown": Broken(
        code="far-numbers",
        count=1,
        main=table([*labelled(lambda place: place / 8), ("a", -9999)]),
        columns=NUMBER,
        fixed=False,
    ),
}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


def plan_of(broken: Broken, folder: Path) -> TrainingPlan:
    main = folder / "table.csv"
    main.write_bytes(broken.main.encode())
    paths = {}
    if broken.other:
        other = folder / "other.csv"
        other.write_bytes(broken.other.encode())
        paths[f"{broken.part}_path"] = str(other)
    regression = "number" in broken.columns
    return TrainingPlan(
        dataset=DatasetSpec(path=str(main), columns=broken.columns, **paths),
        task=Choice(name="text-regression" if regression else "text-classification"),
        loss=Choice(name="mean-squared-error" if regression else "cross-entropy"),
        model=TINY,
        max_steps=3,
        batch_size=8,
    )


def found(studio: Studio, plan: TrainingPlan) -> tuple[Profile, dict[str, Finding]]:
    profile = studio.profile(plan)
    return profile, {finding.code: finding for finding in studio.open_findings(profile, plan)}


def account(studio: Studio, plan: TrainingPlan) -> None:
    """Read and skipped rows are all rows, in the profile and in what a run learns from."""
    profile = studio.profile(plan)
    assert profile.read + len(profile.skipped) == profile.rows
    assert len({row.row for row in profile.skipped}) == len(profile.skipped)
    data = load(plan.dataset, studio.tasks()[plan.task.name].fields, seed=plan.seed)
    assert len(data.train) + len(data.validation) + len(data.test or ()) + len(data.skipped) == data.rows
    assert all(row.reason for row in data.skipped)


@pytest.mark.parametrize("name", FILES)
def test_that_a_broken_file_is_found_mended_and_taken_back(studio: Studio, tmp_path: Path, name: str) -> None:
    broken = FILES[name]
    plan = plan_of(broken, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.csv")}
    profile, findings = found(studio, plan)
    finding = findings.get(broken.code)
    assert finding is not None, findings
    assert finding.count == broken.count
    assert finding.message
    assert finding.why
    assert bool(finding.fixes) == broken.fixed
    for fix in finding.fixes:
        mended = studio.with_fix(plan, fix)
        assert fix.title
        assert studio.problems(mended) == studio.problems(plan)
        assert broken.code not in found(studio, mended)[1], found(studio, mended)[1][broken.code]
        account(studio, mended)
        if fix.mend is not None:
            assert len(studio.mend_titles(mended)) == 1
            assert studio.without_mend(mended, 0) == plan
    assert studio.profile(plan) == profile
    assert {path: path.read_bytes() for path in tmp_path.glob("*.csv")} == before


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, broken in FILES.items() if broken.trains])
def test_that_a_mended_file_is_trained_on(studio: Studio, tmp_path: Path, name: str) -> None:
    broken = FILES[name]
    plan = plan_of(broken, tmp_path)
    finding = found(studio, plan)[1][broken.code]
    if finding.fixes:
        plan = studio.with_fix(plan, finding.fixes[0])
    *_, last = studio.start(plan).events()
    assert isinstance(last, RunFinished)
    assert (last.outcome, last.steps) == ("completed", 3), last


def test_that_leakage_says_what_learning_by_heart_would_fake(studio: Studio, tmp_path: Path, english: None) -> None:
    other = [*plain(6), *((text, "bad" if label == "good" else "good") for text, label in plain(9)[6:]), ("new", "bad")]
    broken = Broken(code="shared-texts", count=9, main=table(plain()), other=table(other))
    finding = found(studio, plan_of(broken, tmp_path))[1]["shared-texts"]
    assert "right about 60 % of the rows" in finding.why
    assert "90 % of them stand in the training file" in finding.why


def test_that_a_mend_that_is_made_again_moves_behind_the_others(studio: Studio, tmp_path: Path) -> None:
    plan = plan_of(FILES["repeated rows"], tmp_path)
    fix = found(studio, plan)[1]["duplicate-rows"].fixes[0]
    html = msgspec.structs.replace(fix, mend=Choice(name="strip-markup"))
    plan = studio.with_fix(studio.with_fix(studio.with_fix(plan, fix), html), fix)
    assert [mend.name for mend in plan.dataset.mends] == ["strip-markup", "drop-repeated"]


def test_that_what_mends_leave_out_is_said(studio: Studio, tmp_path: Path, english: None) -> None:
    plan = plan_of(FILES["repeated rows"], tmp_path)
    plan = studio.with_fix(plan, found(studio, plan)[1]["duplicate-rows"].fixes[0])
    profile, findings = found(studio, plan)
    assert findings["rows-left-out"].count == 7
    assert {row.reason for row in profile.skipped} == {"It repeats an earlier row."}


def test_that_mends_are_named_with_their_settings(studio: Studio, tmp_path: Path, english: None) -> None:
    plan = plan_of(FILES["repeated rows"], tmp_path)
    mends = (
        Choice(name="drop-repeated"),
        Choice(name="drop-rare-classes", options={"minimum": 5}),
        Choice(name="join-spellings", options={"loosely": True}),
        Choice(name="first-label", options={"separator": "|"}),
    )
    plan = msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, mends=mends))
    assert studio.mend_titles(plan) == (
        "Repeated rows left out",
        "Rare classes left out (Fewest rows: 5)",
        "Spellings of labels joined (Hyphens and numbers too)",
        "First of several labels kept (Between labels: vertical bar)",
    )


def test_that_a_plan_with_a_mend_that_there_is_not_does_not_start(studio: Studio, tmp_path: Path) -> None:
    plan = plan_of(FILES["repeated rows"], tmp_path)
    mends = (Choice(name="magic"), Choice(name="drop-rare-classes", options={"minimum": 0}))
    plan = msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, mends=mends))
    assert [(problem.code, problem.severity) for problem in studio.problems(plan)] == [
        ("P05", "error"),
        ("P01", "error"),
    ]


def test_that_a_mend_of_texts_reaches_the_model_when_it_is_asked(studio: Studio, tmp_path: Path) -> None:
    broken = FILES["HTML"]
    plan = plan_of(broken, tmp_path)
    plan = studio.with_fix(plan, found(studio, plan)[1]["markup"].fixes[0])
    run = studio.start(plan)
    list(run.events())
    predictor = studio.predictor(run.id)
    (plain_answer, marked) = predictor.predict(
        [{"text": "so nice & good"}, {"text": "<p>so <b>nice</b> &amp; good</p>"}]
    )
    assert plain_answer == marked
    assert predictor.reads({"text": "so nice"})
    assert not predictor.reads({"text": "<p></p>"})
    with pytest.raises(WorkbenchError, match="nothing to read"):
        predictor.predict([{"text": "<p></p>"}])


def test_that_a_run_that_goes_on_keeps_its_mends(studio: Studio, tmp_path: Path) -> None:
    plan = plan_of(FILES["repeated rows"], tmp_path)
    plan = studio.with_fix(plan, found(studio, plan)[1]["duplicate-rows"].fixes[0])
    run = studio.start(plan)
    list(run.events())
    assert studio.plan_of(run.name).dataset.mends == plan.dataset.mends
    with pytest.raises(WorkbenchError):
        studio.resume(run.name, {"mends": ""})
