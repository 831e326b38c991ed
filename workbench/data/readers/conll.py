"""Words with tags, one word a line (CoNLL, BIO, CoNLL-U): a sentence is a row, its words are joined by spaces."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading
from workbench.data.collecting import FIELD_LIMIT, blocks
from workbench.data.decoding import MARK, MARK_ERRORS
from workbench.data.files import open_file, problem, refuse_foreign
from workbench.data.growing import GrowingColumns
from workbench.data.readers import HEAD
from workbench.data.sampling import SAMPLE, decoded, disk_error, encoding_of, rough_text, sample_of
from workbench.data.sentences import Sentence, Words, sentences, words_in
from workbench.data.table import Progress, Table


class _Conll:
    def recognizes(self, head: bytes) -> float:
        text = rough_text(head)
        found = words_in(text if len(head) < HEAD else text[: text.rfind("\n") + 1])
        return found[1] if found else 0.0

    def read(
        self,
        path: Path,
        reading: Reading,
        *,
        limit: int | None = None,
        only: Collection[str] | None = None,
        head_only: bool = False,
        progress: Progress | None = None,
    ) -> Table:
        try:
            return _read(path, reading, limit, only, head_only, progress or (lambda share: None))
        except OSError as error:
            raise disk_error(path, error) from error


READER = _Conll()


def _read(
    path: Path, reading: Reading, limit: int | None, only: Collection[str] | None, head_only: bool, progress: Progress
) -> Table:
    progress(0.0)
    sample, complete, size = sample_of(path)
    refuse_foreign(path, sample[:4096])
    guess = encoding_of(sample, complete, reading)
    progress(0.0)
    cut = head_only and size > SAMPLE
    text = decoded(sample[:SAMPLE], guess.encoding)
    found = words_in(text if size <= SAMPLE else text[: text.rfind("\n") + 1])
    if found is None:
        what = tr("No words with tags beside them are found in it.")
        raise WorkbenchError(problem("D67", path, what, tr("Choose another encoding.")))
    words, _ = found
    columns = GrowingColumns(only=only, limit=limit)
    columns.expect(list(words.names))
    with io.BytesIO(sample[:SAMPLE]) if cut else open_file(path) as raw:
        stream = io.TextIOWrapper(raw, guess.encoding, MARK_ERRORS, newline="")
        lines = _lines(stream, lambda: progress(min(1.0, raw.tell() / max(1, size))), cut)
        found_sentences = sentences(lines, words, FIELD_LIMIT)
        if cut:
            found_sentences = iter(list(found_sentences)[:-1])  # the last one may go on behind the head
        for sentence in found_sentences:
            _take(sentence, words, columns)
            if columns.full:
                break
    total = round(columns.total * size / SAMPLE) if cut else 0
    return columns.table(path, reading, guess, partial=cut, kind="conll", total=total)


def _lines(stream: io.TextIOWrapper, tell: Callable[[], None], cut: bool) -> Iterator[str]:
    for block in blocks(stream, tell, cut=cut):
        yield from block.lines


def _take(sentence: Sentence, words: Words, columns: GrowingColumns) -> None:
    """Take one sentence as a row, or leave it out and say why."""
    if sentence.wrong:
        reason = trn(
            "Line {line} has {number} cell; the words of this file have {width}.",
            "Line {line} has {number} cells; the words of this file have {width}.",
            sentence.found,
            line=f"{sentence.wrong:,}",
            width=words.width,
        )
        columns.skip(sentence.line, reason)
    elif not sentence.words:
        columns.skip(sentence.line, tr("It has no words."))
    elif any(MARK in cell for row in sentence.words for cell in row):
        columns.skip(sentence.line, tr("Some bytes do not fit the encoding."))
    else:
        columns.add({name: _joined(sentence, place) for name, place in words.names.items()}, sentence.line)


def _joined(sentence: Sentence, place: int) -> str:
    """The cells at `place`, apart by one space. A space inside a word becomes "_": words and tags stay pairs."""
    return " ".join("_".join(row[place].split()) or "_" for row in sentence.words)
