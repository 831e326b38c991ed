"""Words with tags: each sentence is a row, its words and tags stay pairs, and ordinary tables stay tables."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Reading
from workbench.data.preview import preview
from workbench.data.readers import read_table

CONLL_2003 = """-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""
GERM_EVAL = """# source one
1\tSchartau\tB-PER\tO
2\tsagte\tO\tO

# source two
1\tBerlin\tB-LOC\tO
"""
CONLL_U = """# sent_id = 1
# text = I don't
1\tI\tI\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_
3.1\tgo\tgo\tVERB\t_\t_\t_\t_\t_\t_

# sent_id = 2
1\t10 000\t10000\tNUM\tCD\t_\t0\troot\t_\t_
2\tyes\tyes\tINTJ\tUH\t_\t1\tx\t_\t_
"""


def test_that_each_dialect_gives_a_row_for_a_sentence(write: Writer) -> None:
    table = read_table(write(CONLL_2003, name="train.txt"))
    assert table.cells == {
        "tokens": ["EU rejects German", "Peter Blackburn"],
        "column 2": ["NNP VBZ JJ", "NNP NNP"],
        "column 3": ["B-NP B-VP B-NP", "B-NP I-NP"],
        "tags": ["B-ORG O B-MISC", "B-PER I-PER"],
    }
    assert (list(table.lines), table.total, table.kind) == ([3, 7], 2, "conll")
    numbered = read_table(write(GERM_EVAL))
    assert numbered.cells == {
        "tokens": ["Schartau sagte", "Berlin"],
        "column 3": ["B-PER O", "B-LOC"],
        "tags": ["O O", "O"],
    }
    universal = read_table(write(CONLL_U))
    assert universal.cells["tokens"] == ["I do n't", "10_000 yes"]
    assert universal.cells["tags"] == ["PRON AUX PART", "NUM INTJ"]
    assert universal.cells["head"] == ["2 0 2", "0 1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_that_every_encoding_gives_the_same_rows(write: Writer, encoding: str) -> None:
    words = "送餐速度很快味道也不错下次还会再点菜量太少了米饭有点硬价格偏贵"
    text = "\r\n".join(f"{word}\t{'B-LOC' if place % 5 == 1 else 'O'}" for place, word in enumerate(words))
    table = read_table(write(f"{text}\r\n\t\r\n{text}\r\n", encoding=encoding))
    assert table.cells["tokens"] == [" ".join(words)] * 2


def test_that_a_sentence_with_a_wrong_line_is_listed(write: Writer, english: None) -> None:
    sound = "a\tO\nb\tB-X\n\n" * 30
    table = read_table(write(sound + "c\tO\nd\ne\tO\n\n#\tO\n#tag\tO\n\n" + "\tO\nf\tO\n\ng\tO\n"))
    assert table.total == 34
    (row,) = table.skipped
    assert (row.row, row.line) == (31, 91)
    assert "Line 92" in row.reason
    assert table.cells["tokens"][-3:] == ["# #tag", "_ f", "g"]
    for tokens, tags in zip(table.cells["tokens"], table.cells["tags"], strict=True):
        assert len(tokens.split()) == len(tags.split())


def test_that_ordinary_tables_stay_tables(write: Writer) -> None:
    for content in (
        "text\tlabel\nfine\tgood\ngrim\tbad\n",
        "text\tlabel\n\nfine day\tgood\n\ngrim day\tbad\n\n",
        "word\tB\n\nother\tO\n\n",
        "0.1\t0.5\n0.2\t0.6\n0.3\t0.7\n\n0.1\t0.8\n0.2\t0.9\n\n0.1\t1.5\n0.2\t0.5\n0.7\t0.5\n",
        "Roses are red\nViolets are blue\n\nSugar is sweet\nAnd so are you\n",
        "text,label\nO,B-X\n\nO,O\n",
    ):
        assert read_table(write(content)).kind == "text", content


def test_that_parts_of_speech_without_prefixes_are_recognised(write: Writer) -> None:
    one = "The\tDT\ndog\tNN\nbarks\tVBZ\n.\t.\n\n"
    other = "Dogs\tNNS\nbark\tVBP\nand\tCC\ncats\tNNS\ndo\tVBP\nnot\tRB\n\n"
    table = read_table(write((one + other) * 10))
    assert (table.kind, table.total) == ("conll", 20)


def test_that_a_large_file_is_previewed_from_its_beginning(write: Writer) -> None:
    path = write("".join(f"word{place}\tO\nin\tO\nRome\tB-LOC\n\n" for place in range(80_000)))
    seen = preview(path)
    assert seen.total_rows is None
    assert 0.8 * 80_000 < seen.estimated_rows < 1.2 * 80_000
    assert len(read_table(path)) == 80_000
    assert len(read_table(path, limit=7, only={"tags"}).cells["tags"]) == 7


def test_that_the_shared_sets_of_named_entities_are_read_whole(shared_data: Path) -> None:
    for name, sentences in {
        "weibo_ner/train.bio": 1350,
        "weibo_ner/dev.bio": 270,
        "weibo_ner/test.bio": 270,
        "weibo_ner/original_weiboNER_2nd_conll.train": 1350,
        "wnut17/train.conll": 3394,
        "wnut17/dev.conll": 1009,
    }.items():
        table = read_table(shared_data / name)
        assert (table.kind, table.total, len(table.skipped)) == ("conll", sentences, 0), name
        for tokens, tags in zip(table.cells["tokens"], table.cells["tags"], strict=True):
            assert len(tokens.split(" ")) == len(tokens.split()) == len(tags.split())


def test_that_no_other_shared_table_is_taken_for_words_with_tags(shared_data: Path) -> None:
    paths = [path for path in shared_data.rglob("*") if path.suffix in (".csv", ".tsv", ".txt") and path.is_file()]
    assert len(paths) > 60
    for path in paths:
        try:
            assert preview(path).kind != "conll", path
        except WorkbenchError:
            continue


WORDS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), max_size=4), st.sampled_from(["O", "B-X", "I-X", "", "\t", "#"])),
    max_size=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=6), st.sampled_from(["\t", " ", "\t\t"]), st.sampled_from(["\n", "\n\n", "\r\n\t\r\n"]))
def test_that_any_words_are_read_or_explained(
    tmp_path: Path, blocks: list[list[tuple[str, str]]], separator: str, between: str
) -> None:
    path = tmp_path / "any.conll"
    text = "a\tO\nb\tB-X\n\n" * 20 + between.join("\n".join(separator.join(row) for row in block) for block in blocks)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.monotonic()
    try:
        table = read_table(path, Reading(encoding="utf-8"))
    except WorkbenchError:
        pass
    else:
        assert len(table) + len(table.skipped) == table.total == preview(path, Reading(encoding="utf-8")).total_rows
    assert time.monotonic() - started < 5
