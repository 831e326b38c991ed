"""Workbooks: one sheet becomes a table of the texts that a person would write, and what stands in the way is told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.conftest import Writer
from tests.data.readers.made_workbooks import (
    DATE,
    DURATION,
    MOMENT,
    TIME,
    Cell,
    letters,
    ods,
    ods_cell,
    sheet_xml,
    unpacked,
    xlsb,
    xlsx,
    zipped,
)
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.plan import Reading
from workbench.data import archives, workbooks
from workbench.data.apart import RefusedError
from workbench.data.preview import preview
from workbench.data.readers import read_head, read_table
from workbench.data.sheet_xml import column_number
from workbench.data.table import Table

REVIEWS = [["text", "label", "stars"]] + [
    [f"{word} room number {n}", label, stars]
    for n in range(10)
    for word, label, stars in (("a clean", "good", 5), ("a dirty", "bad", 1))
]


def rows_of(table: Table) -> list[tuple[str, ...]]:
    return list(table.head(len(table)))


def refused(path: Path, reading: Reading = Reading()) -> Problem:  # noqa: B008 - frozen
    with pytest.raises(WorkbenchError) as error:
        read_table(path, reading)
    with pytest.raises(WorkbenchError):
        preview(path, reading)
    (problem,) = error.value.problems
    assert problem.remedy
    return problem


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: xlsx({"Reviews": REVIEWS}), id="xlsx"),
        pytest.param(lambda: ods({"Reviews": REVIEWS}), id="ods"),
        pytest.param(lambda: xlsb("Reviews", REVIEWS), id="xlsb"),
    ],
)
def test_that_a_workbook_reads_as_the_same_table_in_csv(write: Writer, made: Callable[[], bytes]) -> None:
    table = read_table(write(made(), name="no name tells.csv"))
    text = read_table(write("\n".join(",".join(map(str, row)) for row in REVIEWS), name="text.csv"))
    assert (table.columns, table.cells) == (text.columns, text.cells)
    assert (list(table.numbers), list(table.lines)) == (list(text.numbers), list(text.lines))
    assert table.total == len(table) + len(table.skipped) == 20
    assert (table.kind, table.sheets, table.reading.sheet, table.reading.header) == (
        "workbook",
        ("Reviews",),
        "Reviews",
        True,
    )
    assert not table.partial


def test_that_an_old_workbook_is_read(write: Writer) -> None:
    table = read_table(write(unpacked(XLS)))
    assert table.columns == ("text", "label", "stars", "day")
    assert rows_of(table)[:2] == [
        ("a clean room", "good", "5", "2024-05-01"),
        ("a dirty room", "bad", "1", "2024-05-02 12:30:00"),
    ]
    assert table.sheets == ("Reviews", "Other")


def test_that_cells_become_the_text_that_a_person_would_write(write: Writer, english: None) -> None:
    cells = {
        "whole": 7,
        "whole as a decimal": 3.0,
        "decimal": 2.5,
        "as it is shown": 29.020000000000003,
        "nearly zero": 1.5e-10,
        "nearly zero, said to be a number": Cell("<v>2E-9</v>", 't="n"'),
        "large": 1e15,
        "yes": True,
        "no": False,
        "text": " two  words\nand a line ",
        "number as text": "007",
        "date as text": "2024-05-01",
        "empty": None,
        "error": Cell("<v>#N/A</v>", 't="e"'),
        "formula": Cell("<f>1+1</f><v>2</v>"),
        "formula of text": Cell('<f>"a"&amp;"b"</f><v>ab</v>', 't="str"'),
        "failed formula": Cell("<f>1/0</f><v>#DIV/0!</v>", 't="e"'),
        "day": Cell("<v>45413</v>", f's="{DATE}"'),
        "moment": Cell("<v>45413.5208333333</v>", f's="{MOMENT}"'),
        "time of day": Cell("<v>0.5208333333</v>", f's="{TIME}"'),
        "duration": Cell("<v>1.25</v>", f's="{DURATION}"'),
    }
    path = write(xlsx({"Sheet": [list(cells), list(cells.values()), ["x"] * len(cells)]}))
    table = read_table(path, Reading(header=True))
    assert dict(zip(table.columns, rows_of(table)[0], strict=True)) == {
        "whole": "7",
        "whole as a decimal": "3",
        "decimal": "2.5",
        "as it is shown": "29.02",
        "nearly zero": "1.5e-10",
        "nearly zero, said to be a number": "2e-09",
        "large": "1000000000000000",
        "yes": "true",
        "no": "false",
        "text": " two  words\nand a line ",
        "number as text": "007",
        "date as text": "2024-05-01",
        "empty": "",
        "error": "#N/A",
        "formula": "2",
        "formula of text": "ab",
        "failed formula": "#DIV/0!",
        "day": "2024-05-01",
        "moment": "2024-05-01 12:30:00",
        "time of day": "12:30:00",
        "duration": "30:00:00",
    }


def test_that_an_open_document_keeps_days_times_and_errors(write: Writer) -> None:
    cells = [
        ods_cell("date", "2024-05-01", "1 May"),
        ods_cell("date", "2024-05-01T12:30:00", "noon"),
        ods_cell("time", "PT12H30M00S", "12:30:00"),
        ods_cell("percentage", "0.45", "45 %"),
        ods_cell("string", "", "#N/A"),
        True,
        7.0,
    ]
    table = read_table(write(ods({"Sheet": [["a", "b", "c", "d", "e", "f", "g"], cells, cells]})), Reading(header=True))
    expected = ("2024-05-01", "2024-05-01 12:30:00", "12:30:00", "0.45", "#N/A", "true", "7")
    assert rows_of(table) == [expected, expected]


def test_that_a_sheet_whose_tags_have_prefixes_is_read(write: Writer) -> None:
    cells = [["text", "number"], ["a", Cell("<v>#REF!</v>", 't="e"')], ["b", 1e-9], [Cell("<f>A1</f>"), 2.5]]
    xml = re.sub(rb"<(/?)(?=\w)", rb"<\1x:", sheet_xml(cells, merged=["B2:B3"])).replace(b"xmlns=", b"xmlns:x=")
    table = read_table(write(xlsx({"Sheet": xml})))
    assert rows_of(table) == [("a", "#REF!"), ("b", "1e-09"), ("", "2.5")]
    assert len(table.notes) == 2


def test_that_blank_rows_are_no_rows_and_lines_are_those_of_the_sheet(write: Writer) -> None:
    rows = [[], ["text", "label"], [], ["a room", "good"], [" ", None], ["a bed", "bad"], [None, "good"], []]
    table = read_table(write(xlsx({"Sheet": rows})))
    assert table.columns == ("text", "label")
    assert rows_of(table) == [("a room", "good"), ("a bed", "bad"), ("", "good")]
    assert list(table.lines) == [4, 6, 7]
    assert list(table.numbers) == [1, 2, 3]
    assert table.total == 3


def test_that_a_title_block_is_left_out_and_told(write: Writer, english: None) -> None:
    rows = [["Reviews of our rooms"], [], ["Exported", "2024-05-01"], *REVIEWS]
    table = read_table(write(xlsx({"Sheet": rows})))
    assert table.columns == ("text", "label", "stars")
    assert len(table) == 20
    assert table.lines[0] == 5
    assert "The first 3 rows are not part of the table." in table.notes


def test_that_a_first_row_with_an_empty_cell_is_no_title(write: Writer) -> None:
    rows = [["a room that was clean", None], ["a bed that was hard", "bad"], ["a bath that was warm", "good"]]
    table = read_table(write(xlsx({"Sheet": rows})))
    assert table.reading.header is False
    assert rows_of(table)[0] == ("a room that was clean", "")


def test_that_the_header_can_be_said(write: Writer) -> None:
    path = write(xlsx({"Sheet": REVIEWS}))
    table = read_table(path, Reading(header=False))
    assert table.columns == ("column 1", "column 2", "column 3")
    assert len(table) == 21


def test_that_the_first_shown_sheet_with_a_table_is_read_and_the_others_are_told(write: Writer, english: None) -> None:
    sheets = {
        "Secret": REVIEWS,
        "Read me": [["How to use"], ["Fill in."]],
        "Empty": [],
        "Data": REVIEWS,
        "Old": REVIEWS,
    }
    path = write(xlsx(sheets, hidden=["Secret"]))
    seen = preview(path)
    assert seen.reading.sheet == "Data"
    assert (seen.kind, seen.sheets, seen.total_rows) == ("workbook", tuple(sheets), 20)
    assert "The sheet “Data” is read. Others: Secret, Read me, Empty, Old." in seen.notes
    assert seen.settings == ("sheet", "header")


def test_that_another_sheet_can_be_chosen_even_a_hidden_one(write: Writer) -> None:
    path = write(xlsx({"One": REVIEWS, "Two": [["text", "label"], ["a pen", "thing"]]}, hidden=["Two"]))
    table = read_table(path, Reading(sheet="Two"))
    assert rows_of(table) == [("a pen", "thing")]
    assert preview(path, Reading(sheet="Two")).columns == ("text", "label")


def test_that_an_unknown_sheet_is_answered_with_the_possible_ones(write: Writer, english: None) -> None:
    problem = refused(write(xlsx({"One": REVIEWS, "Two": REVIEWS})), Reading(sheet="Three"))
    assert "Three" in problem.what
    assert "One, Two" in problem.remedy
    assert problem.field == "sheet"


def test_that_merged_cells_and_formulas_without_a_value_are_explained(write: Writer, english: None) -> None:
    rows = [["text", "label"], ["a room", "good"], ["a bed", None], [Cell("<f>A2</f>"), "bad"]]
    table = read_table(write(xlsx({"Sheet": rows}, merged=["B2:B3"])))
    assert rows_of(table) == [("a room", "good"), ("a bed", ""), ("", "bad")]
    assert [note for note in table.notes if "over several rows" in note]
    assert [note for note in table.notes if "no value" in note]


def test_that_a_merged_title_is_not_worth_a_word(write: Writer) -> None:
    rows = [["Reviews"], *REVIEWS]
    assert not [note for note in read_table(write(xlsx({"S": rows}, merged=["A1:C1"]))).notes if "several rows" in note]


def test_that_only_some_columns_and_rows_can_be_read(write: Writer) -> None:
    table = read_table(write(xlsx({"Sheet": REVIEWS})), only=["label", "absent"], limit=3)
    assert table.columns == ("text", "label", "stars")
    assert table.cells == {"label": ["good", "bad", "good"]}
    assert table.partial


def test_that_the_head_of_a_long_sheet_is_the_beginning_of_the_whole(write: Writer) -> None:
    rows = [["text", "number"]] + [[f"text number {n}", n] for n in range(5000)]
    path = write(xlsx({"Sheet": rows}))
    head, whole = read_head(path), read_table(path)
    assert head.partial
    assert len(head) == workbooks.HEAD_ROWS - 1
    assert preview(path).estimated_rows == 5000
    assert rows_of(head) == rows_of(whole)[: len(head)]
    assert whole.total == len(whole) == 5000
    assert whole.cells["number"][-1] == "4999"


def test_that_the_head_of_a_very_long_sheet_is_read_without_its_end(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["text", "number"]] + [[f"text number {n}", n] for n in range(30_000)]
    path = write(xlsx({"Sheet": rows}))
    monkeypatch.setattr(workbooks, "LONG_PART", 2**20)  # of the parts that the worker's own code is handed here
    book = workbooks._Xlsx(zipfile.ZipFile(path), "xl/workbook.xml")
    frame, facts = book.load("Sheet", 2000)
    assert frame.height == 2000
    assert facts.rows == pytest.approx(30_001, rel=0.2)


def test_that_progress_is_told_and_can_stop(write: Writer) -> None:
    told: list[float] = []
    path = write(xlsx({"Sheet": REVIEWS}))
    read_table(path, progress=told.append)
    assert told
    assert all(0 <= share <= 1 for share in told)

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_table(path, progress=stop)


# Files that are refused.


def test_that_a_locked_workbook_says_so(write: Writer, english: None) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert "password" in refused(write(ole)).what
    locked = ods({"Sheet": REVIEWS}, manifest="<manifest:encryption-data/>")
    assert "password" in refused(write(locked, name="locked.ods")).what


def saying_size(archive: bytes, name: str, size: int) -> bytes:
    """`archive`, whose list of contents says that `name` has `size` bytes."""
    place = archive.rindex(b"PK\x01\x02", 0, archive.rindex(name.encode()))
    return archive[: place + 24] + size.to_bytes(4, "little") + archive[place + 28 :]


def test_that_a_workbook_that_unfolds_without_end_is_refused(write: Writer, english: None) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    honest = saying_size(xlsx({"Sheet": REVIEWS}), sheet, archives.MOST_UNPACKED + 1)
    assert "larger than what can be read" in refused(write(honest)).what
    liar = saying_size(xlsx({"Sheet": REVIEWS}), sheet, 200)
    assert "damaged" in refused(write(liar)).what


def test_that_parts_are_unpacked_up_to_a_limit_together() -> None:
    content = io.BytesIO(zipped({"a": bytes(1000), "b": bytes(1000)}))
    with zipfile.ZipFile(content) as archive:
        assert archives.unpacked(archive, ["a", "b"], 2000).keys() == {"a", "b"}
        with pytest.raises(RefusedError):
            archives.unpacked(archive, ["a", "b"], 1999)


def test_that_two_far_cells_do_not_take_all_memory(write: Writer, english: None) -> None:
    far = (
        b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>'
    )
    problem = refused(write(xlsx({"Sheet": far + b"</row></sheetData></worksheet>"})))
    assert "larger than what can be read" in problem.what


def test_that_other_archives_and_office_files_are_named(write: Writer, english: None) -> None:
    assert "DOCX" in refused(write(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}))).what
    assert "ZIP" in refused(write(zipped({"table.csv": "a,b\n1,2\n"}))).what
    assert "ZIP" in refused(write(zipped({"data/xl notes.txt": "a,b\n1,2\n"}))).what
    document = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le") + bytes(600)
    assert "DOC" in refused(write(document)).what


@pytest.mark.parametrize(
    "page",
    [
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table><tr><td>a</td></tr></table></body></html>',
        "\ufeff\n<table border=1><tr><th>text</th></tr><tr><td>a</td></tr></table>",
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
    ],
)
def test_that_a_page_under_the_name_of_a_workbook_is_explained(write: Writer, english: None, page: str) -> None:
    problem = refused(write(page, name="export.xls"))
    assert "no workbook" in problem.what
    assert "XLSX" in problem.remedy


def test_that_a_workbook_without_cells_is_refused(write: Writer, english: None) -> None:
    assert "no cells" in refused(write(xlsx({"Sheet": []}))).what
    assert "no cells" in refused(write(xlsx({"Sheet": [[None, " "]]}))).what


@pytest.mark.parametrize("made", ["xlsx", "ods", "xlsb", "xls"])
def test_that_a_damaged_workbook_never_breaks_the_reader(write: Writer, made: str) -> None:
    whole = {
        "xlsx": lambda: xlsx({"Sheet": REVIEWS}),
        "ods": lambda: ods({"Sheet": REVIEWS}),
        "xlsb": lambda: xlsb("Sheet", REVIEWS),
        "xls": lambda: unpacked(XLS),
    }[made]()
    for cut in (8, len(whole) // 3, len(whole) - 30):
        with pytest.raises(WorkbenchError):
            read_table(write(whole[:cut], name=f"{cut}.dat"))
    for place in range(40, len(whole), len(whole) // 4):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        try:
            table = read_table(write(bytes(changed), name="changed.dat"))
        except WorkbenchError:
            continue
        assert table.total == len(table) + len(table.skipped)


def test_that_a_cell_beyond_the_limit_is_skipped_and_counted(write: Writer, english: None) -> None:
    rows = [["text", "label"], ["short", "a"], ["x" * 1_000_001, "b"], ["short too", "a"]]
    table = read_table(write(xlsx({"Sheet": rows})))
    assert table.total == 3 == len(table) + len(table.skipped)
    assert [(row.row, row.line, row.column) for row in table.skipped] == [(2, 3, "text")]


def test_that_columns_have_the_names_of_the_alphabet() -> None:
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert [column_number(name.encode()) for name in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]
    assert b"<mergeCell " in sheet_xml([["a"]], merged=["A1:A2"])


XLS = r"""
c-rk)O=uHA6#iy+lP21qw6=v-D4}50+8)G<2yLpMJy~lniU_)C78{x$-9~LZXtm}j2!f!9P^f|ts$Tp-1w9BJgcdyrg3u^<@gyjCXuH07yXl`1
8qi|Peqr9syqWp-&Ad0Wlbsl^oE&*jpTi=wL&c2chj*S%Q1a(10Z_YT$zneDQL<dDDENKkNUsM^%ifeoA4-4cpy0mtk|gkn(qSA&S2AG)ml3<z
23<%S+Jr{2r{D&qa@4V1RV;g1u48$R`#xjY!J11f+o<oPIE3*~SMzo!jt?r0+*VFf;1Q4cz?!Y7!D|`E=PnDouLnELs2*D_4Gmf;MnS&rG!lj>
>lL_#H9(rs8jrU|A`My%Zp#fmrwaD<?TE)GQB46diXT=G_?|xrUIbnJ^6CXh|8t?f<PUludAE?>PcB}pzoKZs5Uis@Zi@^mkkw>M33`lEQRDPL
24(Q_IpM*+RG(o^(H2}wRf-=_*OW1s@&GYCY{V!ZNa^N)3PkjDDWC^?V}_mxn#p9G`W{OrBdm=?%~YDT)HSTz$`dD}Mv9dbzJrq9KB)o=PO38A
zojH2WUMS#@-7b0w5RTTd%HK>9Xi6AA$~jA@30MWny_$Qj-bKi+@j6OW*)JH<ppM4&*gfS)iig?o4RY9!k%I7bCFw{=sDXM??M~rl{Zm2^L78@
hRo;CW-5<$=FU`)y$_9`kz5g>@$xr}7SSTEUz2ze%ICs4?LM-s`|afODFMfJ%Xv{(V47V5S`P`kCRazy))Z&0?3zk7)!`BaxCC=)PJh8%<Y7D~
+XQpf@~M3Fl|np{MJd3dFpJk=vHc~Tc~+4%#c5L&c`mCoySv$JcB17=hvZWW@Ttt_bNJK+R;kQa#a7*9tJ;++Jd`HT`(X~t5nEzbuGH8P1!GIz
26<IcXjNUfaN)v*3m5+<1m6VV+^)d4Cof<5?e99%lxEz|B&!xZNYXDwe*||ULAi-^QSnm?kH~Y0C638|FO)byPdCwzFx$~zbo|ooRm`8yk_QI<
-WDqM`7_1X`H!Ff3$fiZkp
"""
