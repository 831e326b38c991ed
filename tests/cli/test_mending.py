"""`--mend` and the fixes that `check` offers: the terminal's way to mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, Workbench, write_reviews


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """80 reviews, ten of them once more, and two with another spelling of their label."""
    path = write_reviews(tmp_path / "broken.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, *lines[1:11], "<b>so</b> nice,Good", "so <i>bad</i>,Bad"]) + "\n", "utf-8")
    return path


def codes(report: dict[str, list[dict[str, object]]]) -> set[object]:
    return {finding["code"] for finding in report["findings"]}


def test_that_check_says_why_and_how_to_mend_it(workbench: Workbench, broken: Path) -> None:
    report = workbench("check", str(broken), "--json").json
    assert {"rows", "columns", "encoding", "dialect", "roles", "findings", "baseline"} <= report.keys()
    assert {"duplicate-rows", "label-spellings", "markup"} <= codes(report)
    for finding in report["findings"]:
        assert {"code", "rows", "message", "why", "fix"} <= finding.keys()
        assert finding["why"]
    found = {finding["code"]: finding for finding in report["findings"]}
    assert found["label-spellings"]["fix"]["mend"] == {"name": "join-spellings", "options": {}}
    assert found["label-spellings"]["fix"]["flag"] == "--mend join-spellings"
    said = workbench("check", str(broken)).out
    assert "→ Join the spellings (--mend join-spellings)" in said
    assert found["label-spellings"]["why"][:40] in said


def test_that_what_check_offers_mends_what_it_found(workbench: Workbench, broken: Path) -> None:
    report = workbench("check", str(broken), "--json").json
    flags = [finding["fix"]["flag"] for finding in report["findings"] if finding["fix"] and finding["fix"]["mend"]]
    words = [word for flag in flags for word in flag.split()]
    after = workbench("check", str(broken), *words, "--json").json
    assert not codes(after) & {"duplicate-rows", "label-spellings", "markup", "near-duplicates"}
    assert after["read"] + after["skipped"] == after["rows"] == report["rows"]
    assert after["mends"]
    assert set(after["classes"]) == {"good", "bad"}


def test_that_check_tells_what_guessing_gives(workbench: Workbench, broken: Path, tmp_path: Path) -> None:
    baseline = workbench("check", str(broken), "--json").json["baseline"]
    assert baseline == {"label": "good", "accuracy": pytest.approx(46 / 92)}
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("text,stars\n" + "".join(f"a text {n},{n % 2 * 2 + 0.5}\n" for n in range(60)), "utf-8")
    asked = ("--text", "text", "--label", "stars", "--task", "text-regression", "--json")
    assert workbench("check", str(numbers), *asked).json["baseline"] == {"value": 1.5, "rmse": 1.0}


@pytest.mark.parametrize(
    "words", ["magic", "drop-rare-classes:fewest=3", "drop-rare-classes:minimum", "drop-rare-classes:minimum=many"]
)
def test_that_a_mend_that_there_is_not_is_refused_with_what_there_is(
    workbench: Workbench, broken: Path, words: str
) -> None:
    said = workbench("train", str(broken), *TINY, "--mend", words)
    assert said.status == 2
    assert "--mend" in said.err
    assert "Possible" in said.err
    assert "Traceback" not in said.err


def test_that_train_mends_before_it_learns(workbench: Workbench, broken: Path) -> None:
    before = broken.read_bytes()
    mends = ("--mend", "drop-rare-classes:minimum=40", "--mend", "strip-markup")
    said = workbench("train", str(broken), *TINY, "--max-steps", "2", *mends, "--json")
    assert said.status == 0, said.err
    plan = json.loads(Path(said.json["folder"], "plan.json").read_text("utf-8"))
    assert [mend["name"] for mend in plan["dataset"]["mends"]] == ["drop-rare-classes", "strip-markup"]
    assert plan["dataset"]["mends"][0]["options"] == {"minimum": 40}
    facts = json.loads(Path(said.json["folder"], "facts.json").read_text("utf-8"))
    assert set(facts["labels"]) == {"good", "bad"}
    assert broken.read_bytes() == before
