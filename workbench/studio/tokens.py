"""What the model receives, asked at the door: a row as tokens, how long the rows are in tokens, and their languages.

Tokenizers and what was counted are kept as long as the studio lives: another "longest text" needs no new counting.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from workbench.core.fields import Field
from workbench.core.plan import PLAN_OPTIONS, TrainingPlan
from workbench.data.language_names import language_name
from workbench.data.languages import languages_of
from workbench.data.mends import mended, text_mend
from workbench.data.parsing import inputs_of, parse, read_columns
from workbench.data.profile import Histogram, histogram
from workbench.data.watching import Watch
from workbench.engine.pretrained import model_source
from workbench.engine.token_view import (
    TOKENIZER_FILES,
    TextTokenizer,
    TokenCounts,
    TokenView,
    count_tokens,
    pretrained_tokenizer,
    scratch_tokenizer,
    view_of,
)
from workbench.engine.warm import warm

T = TypeVar("T")
Progress = Callable[[float], None]

MOST_ROWS = 50_000
"""Rows that are counted; of a larger file so many, evenly spread."""

_MOST_CHARACTERS = 32_000_000
_ROWS_FOR_VOCABULARY = 5_000
_ROWS_FOR_LANGUAGES = 2_000
_KEPT = 4
_ROUND = 8
_LEAST_SUGGESTED, _CUT_AT_MOST = 16, 0.01
_LENGTH = next(option for option in PLAN_OPTIONS if option.name == "max_length")


class TokenLengths(Struct, frozen=True, kw_only=True):
    """How long the rows of the training file are in tokens of the plan's model.

    `rows` of the file's `total` usable rows were counted, evenly spread; `lengths` are all their tokens, uncut. A row
    with more than `limit` tokens is cut there: `cut` rows are. `longest` has the longest one. Of all `tokens`,
    `unknown` are not in the vocabulary. `suggested` is the least setting that cuts 1 % of the rows at most, or the most
    that the model reads, and cuts `suggested_cut` rows. See `TokenView.preview`.
    """

    rows: int
    total: int
    lengths: Histogram
    limit: int
    cut: int
    longest: int
    tokens: int
    unknown: int
    suggested: int
    suggested_cut: int
    preview: bool = False

    @property
    def cut_share(self) -> float:
        """The share of the rows that are cut, 0 to 1."""
        return self.cut / max(self.rows, 1)

    @property
    def suggested_cut_share(self) -> float:
        """The share of the rows that the suggested setting cuts, 0 to 1."""
        return self.suggested_cut / max(self.rows, 1)

    @property
    def unknown_share(self) -> float:
        """The share of the tokens that are unknown, 0 to 1."""
        return self.unknown / max(self.tokens, 1)


class LanguageShare(Struct, frozen=True, kw_only=True):
    """`share` (0 to 1) of the rows are in this language; `code` is ISO 639, "" where it cannot be told."""

    code: str
    share: float

    @property
    def name(self) -> str:
        """The language's name in the language spoken now."""
        return language_name(self.code)


@dataclass(frozen=True)
class _Rows:
    """The texts of rows of the training file, after all mends, evenly taken out of `total` usable ones."""

    texts: tuple[tuple[str, ...], ...]
    total: int


class Tokenizing:
    """Shows texts as a plan's model receives them. Safe to call from any thread; all of it is for off the window.

    `models` is the folder of the downloaded models; `fields` gives those of a task by its id.
    """

    def __init__(self, models: Path, fields: Callable[[str], Mapping[str, Field]]) -> None:
        self._models, self._fields = models, fields
        self._tokenizers: _Kept[TextTokenizer] = _Kept()
        self._rows: _Kept[_Rows] = _Kept()
        self._counts: _Kept[TokenCounts] = _Kept()

    def tokens_of(self, plan: TrainingPlan, rows: Sequence[str | tuple[str, ...]]) -> tuple[TokenView, ...]:
        """Each of `rows` (a text, or a text and a second one) as the model of `plan` receives it, mends included.

        Raises WorkbenchError where the model cannot be had, or for a new one where the data cannot be read.
        """
        loaded = self._tokenizer(plan, _unheard)
        mend = text_mend(plan.dataset.mends)
        found = []
        for row in rows:
            texts = (row,) if isinstance(row, str) else row
            whole = tuple(mend(_whole(text)) for text in texts)
            found.append(view_of(loaded, whole, plan.max_length))
        return tuple(found)

    def token_lengths(self, plan: TrainingPlan, progress: Progress | None = None) -> TokenLengths:
        """How long the rows are. `progress` hears 0 to 1, many times a second, and may raise to stop.

        Raises WorkbenchError.
        """
        watch = Watch(progress)
        watch.part(0.3)
        rows = self._read(plan, watch.tell)
        watch.part(0.4)
        loaded = self._tokenizer(plan, watch.tell)
        watch.part(1.0)
        key = (self._model_key(plan), _data_key(plan))
        counts = self._counts.get(key, lambda: count_tokens(loaded, rows.texts, watch.tell))
        return _summed_up(counts, rows, loaded, plan.max_length)

    def languages(self, plan: TrainingPlan, progress: Progress | None = None) -> tuple[LanguageShare, ...]:
        """Which languages the rows are in, the commonest first, told from 2,000 rows at most. Raises WorkbenchError."""
        watch = Watch(progress)
        watch.part(0.5)
        rows = self._read(plan, watch.tell)
        watch.part(1.0)
        texts = [" ".join(texts) for texts in _spread(rows.texts, _ROWS_FOR_LANGUAGES)]
        return tuple(LanguageShare(code=code, share=share) for code, share in languages_of(texts, watch.tell))

    def _tokenizer(self, plan: TrainingPlan, progress: Progress) -> TextTokenizer:
        return self._tokenizers.get(self._model_key(plan), lambda: self._open(plan, progress))

    def _open(self, plan: TrainingPlan, progress: Progress) -> TextTokenizer:
        warm()  # one thread at a time imports torch and transformers
        if plan.model.source != "scratch":
            return pretrained_tokenizer(plan.model, self._models)
        rows = _spread(self._read(plan, progress).texts, _ROWS_FOR_VOCABULARY)
        return scratch_tokenizer(plan.model, [text for texts in rows for text in texts], plan.max_length)

    def _model_key(self, plan: TrainingPlan) -> Hashable:
        """What decides the tokenizer: the files that it comes from, or the rows that it is trained on."""
        spec = plan.model
        if spec.source == "scratch":
            return spec.source, spec.options.get("vocabulary"), _data_key(plan)
        folder = model_source(spec, self._models)
        return folder, tuple(_stamp(folder / name) for name in TOKENIZER_FILES)

    def _read(self, plan: TrainingPlan, progress: Progress) -> _Rows:
        return self._rows.get(_data_key(plan), lambda: self._look(plan, progress))

    def _look(self, plan: TrainingPlan, progress: Progress) -> _Rows:
        spec = plan.dataset
        # Rows can be looked at before the label's column is chosen.
        fields = {
            name: field
            for name, field in self._fields(plan.task.name).items()
            if spec.columns.get(name) or not field.target
        }
        watch = Watch(progress)
        watch.part(0.7)
        table = read_columns(spec.path, spec.reading, spec.columns, fields, watch.tell)
        watch.part(0.8)
        if spec.mends:
            table = mended(table, spec.mends, spec.columns, fields, watch)
        watch.part(1.0)
        parsed = parse(table, spec.columns, fields, watch=watch)
        columns = [parsed.values[name] for name in inputs_of(fields, spec.columns)]
        total = len(parsed)
        characters = sum(len(str(text)) for column in columns for text in watch.over(column))
        most = MOST_ROWS if characters <= _MOST_CHARACTERS else total * _MOST_CHARACTERS // characters
        places = _spread(range(total), max(1, min(MOST_ROWS, most)))
        texts = tuple(tuple(_whole(str(column[place])) for column in columns) for place in places)
        return _Rows(texts, total)


class _Kept(Generic[T]):
    """The last few things that were costly to get, by what they depend on. One is got at a time."""

    def __init__(self) -> None:
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._getting = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._getting:
            if key not in self._things:
                self._things[key] = make()
                while len(self._things) > _KEPT:
                    self._things.popitem(last=False)
            self._things.move_to_end(key)
            return self._things[key]


def _summed_up(counts: TokenCounts, rows: _Rows, loaded: TextTokenizer, max_length: int) -> TokenLengths:
    lengths = counts.lengths
    limit = min(max_length, loaded.longest)
    suggested = _suggested(lengths, loaded.longest)
    return TokenLengths(
        rows=len(lengths),
        total=rows.total,
        lengths=histogram(Counter(lengths), whole=True),
        limit=limit,
        cut=sum(length > limit for length in lengths),
        longest=max(lengths, default=0),
        tokens=sum(lengths),
        unknown=counts.unknown,
        suggested=suggested,
        suggested_cut=sum(length > suggested for length in lengths),
        preview=loaded.preview,
    )


def _suggested(lengths: array[int], longest: int) -> int:
    """The least multiple of 8 that cuts at most 1 % of `lengths`, within what the knob and the model allow."""
    if not lengths:
        return _LEAST_SUGGESTED
    ordered = sorted(lengths)
    needed = ordered[len(ordered) - 1 - int(_CUT_AT_MOST * len(ordered))]
    rounded = -(-needed // _ROUND) * _ROUND
    return int(min(max(rounded, _LEAST_SUGGESTED), longest, _LENGTH.maximum))


def _spread(things: Sequence[T], most: int) -> Sequence[T]:
    """At most `most` of `things`, in their order and evenly spread."""
    if len(things) <= most:
        return things
    return [things[place * len(things) // most] for place in range(most)]


def _whole(text: str) -> str:
    """`text` without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _data_key(plan: TrainingPlan) -> Hashable:
    """What decides the rows: the file as it is now, its columns and mends."""
    spec = plan.dataset
    known = msgspec.json.encode([spec.path, spec.columns, spec.reading, spec.mends, plan.task.name])
    return known, _stamp(spec.path)


def _stamp(path: str | Path) -> tuple[int, int] | None:
    """Bytes and time of the last change of a file: what tells that it is another one now."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _unheard(_share: float) -> None:
    pass
