"""Numbers with commas: read by their column, and never wrongly without a word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import REGRESSION, sentences
from workbench.core.fields import NUMBER
from workbench.core.plan import DatasetSpec
from workbench.data.dataset import Dataset, load
from workbench.data.numbers import evidence_of, marks_of
from workbench.data.preview import preview
from workbench.data.profile import Profile, profile
from workbench.data.roles import guess_roles

COLUMNS = {"text": "text", "number": "price"}


def csv_of(cells: list[str], delimiter: str = ",") -> str:
    rows = (f'{text}{delimiter}"{cell}"' for text, cell in zip(sentences(len(cells)), cells, strict=True))
    return f"text{delimiter}price\n" + "\n".join(rows) + "\n"


def studied(write: Writer, cells: list[str], delimiter: str = ",") -> tuple[list[float], Profile]:
    """The numbers in the order of the file, and the profile."""
    spec = DatasetSpec(path=str(write(csv_of(cells, delimiter))), columns=COLUMNS)
    return numbers_of(load(spec, REGRESSION, seed=1)), profile(spec, REGRESSION)


def numbers_of(dataset: Dataset) -> list[float]:
    found = {example.row: example.values["number"] for part in (dataset.train, dataset.validation) for example in part}
    return [float(found[row]) for row in sorted(found)]


def warned(seen: Profile) -> bool:
    return any(finding.code == "ambiguous-comma" and finding.severity == "warning" for finding in seen.findings)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,234", "1,234,567", "12"], [1234, 1234567, 12]),
        (["1,234", "2,345.50", "12"], [1234, 2345.5, 12]),
        (["1,234", "12.5", "999"], [1234, 12.5, 999]),
        (["1,234", "1500", "999"], [1234, 1500, 999]),
        (["1,234", "0,5", "2"], [1.234, 0.5, 2]),
        (["1,234", "12,75", "2"], [1.234, 12.75, 2]),
        (["1,234", "0,125", "2"], [1.234, 0.125, 2]),
        (["1.234,50", "1.234", "2,5"], [1234.5, 1234, 2.5]),
        (["1.5", "2,5", "3"], [1.5, 2.5, 3]),
        (["1.234", "2.345", "3"], [1.234, 2.345, 3]),
        (["１，２３４", "１，２３４，５６７", "３"], [1234, 1234567, 3]),
        (["-1,234", "+2,345.5", "3"], [-1234, 2345.5, 3]),
    ],
)
def test_that_a_column_tells_what_its_commas_mean(write: Writer, cells: list[str], numbers: list[float]) -> None:
    found, seen = studied(write, cells)
    assert found == numbers
    assert not warned(seen)


@pytest.mark.parametrize(("delimiter", "number"), [(",", 1234.0), ("\t", 1234.0), (";", 1.234)])
def test_that_a_column_that_cannot_tell_is_read_with_a_warning(
    write: Writer, delimiter: str, number: float, english: None
) -> None:
    found, seen = studied(write, ["1,234", "2,345", "7", "8"], delimiter)
    assert found[0] == number
    (finding,) = (finding for finding in seen.findings if finding.code == "ambiguous-comma")
    assert (finding.count, finding.rows) == (2, (1, 2))
    assert f"“1,234” was read as {number:g}" in finding.message


def test_that_a_column_that_contradicts_itself_is_not_guessed(write: Writer) -> None:
    found, seen = studied(write, ["1,234", "2,345.5", "2,5", "4"])
    assert found == [2345.5, 2.5, 4]
    assert [row.row for row in seen.skipped] == [1]
    assert "1,234" in seen.skipped[0].reason
    assert warned(seen)


def test_that_a_test_file_is_read_like_the_training_file(write: Writer) -> None:
    main = write(csv_of(["0,5", "1,25", "3", "4"]), "train.csv")
    test = write(csv_of(["1,234", "7"]), "test.csv")
    spec = DatasetSpec(path=str(main), test_path=str(test), columns=COLUMNS)
    dataset = load(spec, REGRESSION, seed=1)
    assert dataset.test is not None
    assert dataset.test.column("number") == [1.234, 7]
    assert not warned(profile(spec, REGRESSION))
    plain = write(csv_of(["5", "1", "3", "4"]), "train.csv")
    seen = profile(DatasetSpec(path=str(plain), test_path=str(test), columns=COLUMNS), REGRESSION)
    assert [finding.path for finding in seen.findings if finding.code == "ambiguous-comma"] == [str(test)]


def test_that_a_column_with_thousands_is_found_to_be_numbers(write: Writer) -> None:
    path = write(csv_of([f"{1000 + 137 * place:,}" for place in range(40)]))
    assert guess_roles(preview(path), REGRESSION).columns["number"] == "price"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20),
    st.sampled_from(["{:,.2f}", "{:.2f}"]),
    st.booleans(),
)
def test_that_a_column_written_in_one_way_is_read_back(numbers: list, form: str, european: bool) -> None:
    cells = [form.format(number) for number in numbers]
    if european:
        cells = [cell.translate({0x2C: ".", 0x2E: ","}) for cell in cells]
    marks = marks_of(evidence_of(cells))
    assert marks.sure
    assert [NUMBER.parse(marks.plain(cell)) for cell in cells] == [float(number) for number in numbers]
