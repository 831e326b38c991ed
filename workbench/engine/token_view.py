"""What the model really receives: texts as tokens and ids, and how many tokens a text has. No weight is loaded.

A tokenizer from a stranger's folder passes the same intake and the same trial as for training, and comes out of the
same loader, so that what is shown is what a run gets.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.options import check_options
from workbench.core.plan import SCRATCH_OPTIONS, ModelSpec
from workbench.engine.hub import verify_download
from workbench.engine.intake import TOKENIZER, IntakeReport, admitted_copy
from workbench.engine.loading import hush, loaded_tokenizer
from workbench.engine.model_facts import facts_of_folder
from workbench.engine.pretrained import model_source
from workbench.engine.scratch import train_tokenizer
from workbench.engine.staging import passing_folder
from workbench.engine.tokenizer_probe import probe

Texts = tuple[str, ...]
"""What one row shows the model: a text, or a text and a second one."""

TOKENIZER_FILES = (TOKENIZER, "tokenizer_config.json", "vocab.txt", "vocab.json", "merges.txt")
"""What of a model folder decides its tokenizer."""

_CHUNK_ROWS, _CHUNK_CHARACTERS = 256, 100_000
_LISTED = 10_000  # more than the longest text that can be set; lists of a million would hold a window up
_NO_POSITIONS = 512  # what training assumes of a model that does not say how much it reads
_ENDLESS = 1 << 30


class Token(Struct, frozen=True, kw_only=True):
    """One token: `text` is how the vocabulary writes it, `id` its number there.

    It stands for the characters `start` up to `end` of the row's text number `part` (0, or 1 for the second text). A
    `special` one was put in by the tokenizer and stands for nothing. One that is not `kept` lies behind the longest
    text that is read; an `unknown` one stands for characters that the vocabulary lacks.
    """

    text: str
    id: int
    start: int = 0
    end: int = 0
    part: int = 0
    special: bool = False
    kept: bool = True
    unknown: bool = False


class TokenView(Struct, frozen=True, kw_only=True):
    """One row after its mends (`texts`) and after the tokenizer: the model receives `ids`, at most `limit` of them.

    `tokens` are those of the whole row, of a very long one the first 10,000; `total` is how many it has. With `preview`
    the tokenizer was made from a sample of the rows; the run's own may cut texts a little differently.
    """

    texts: Texts
    tokens: tuple[Token, ...]
    ids: tuple[int, ...]
    total: int
    limit: int
    preview: bool = False

    @property
    def cut(self) -> int:
        """How many tokens are not read."""
        return self.total - len(self.ids)


@dataclass(frozen=True)
class TextTokenizer:
    """A tokenizer with what its model reads at most: `longest` tokens. Used by one thread at a time, under `lock`."""

    tokenizer: Any
    longest: int
    preview: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class TokenCounts:
    """`lengths[i]` tokens has row i, special ones included; `unknown` of all of them are unknown."""

    lengths: array[int]
    unknown: int


def pretrained_tokenizer(spec: ModelSpec, models_folder: Path) -> TextTokenizer:
    """The tokenizer of the model that `spec` names ("offline", "folder" or "hub"). Imports transformers.

    Raises WorkbenchError if the model is not there or would not be let in, or if its tokenizer cannot be opened (D80).
    """
    folder = model_source(spec, models_folder)
    if spec.source == "hub":
        verify_download(folder)
    with passing_folder() as staging:
        report = admitted_copy(folder, staging)
        if spec.source != "offline" and TOKENIZER in report.admitted:
            probe(staging / TOKENIZER)
        return _opened(report, staging, spec.location or folder.name)


def _opened(report: IntakeReport, staging: Path, name: str) -> TextTokenizer:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import transformers

    hush()
    try:
        config = transformers.AutoConfig.from_pretrained(staging, local_files_only=True, trust_remote_code=False)
        tokenizer, _notices = loaded_tokenizer(staging, config)
    except (WorkbenchError, MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the Rust tokenizers raise a PanicException that is no Exception
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise WorkbenchError(
            Problem(
                code="D80",
                where=name,
                what=tr("The model's tokenizer cannot be opened: {reason}", reason=reason),
                remedy=tr("Get the model again from its source, or choose another one."),
                field="model",
            )
        ) from error
    positions = facts_of_folder(report).max_positions or _NO_POSITIONS
    return TextTokenizer(tokenizer, min(positions, int(tokenizer.model_max_length)))


def scratch_tokenizer(spec: ModelSpec, texts: Sequence[str], max_length: int) -> TextTokenizer:
    """A tokenizer trained on `texts`, as a run of a new model would train one on all its rows. Imports transformers.

    Raises WorkbenchError if a knob of the model is out of bounds or no text has characters.
    """
    problems = check_options(SCRATCH_OPTIONS, spec.options)
    if problems:
        raise WorkbenchError(*problems)
    vocabulary = next(option for option in SCRATCH_OPTIONS if option.name == "vocabulary")
    hush()
    tokenizer = train_tokenizer(texts, int(spec.options.get("vocabulary", vocabulary.default)), max_length)
    return TextTokenizer(tokenizer, _ENDLESS, preview=True)


def view_of(loaded: TextTokenizer, texts: Texts, max_length: int) -> TokenView:
    """`texts` as tokens, those behind `max_length` (or behind what the model reads) too."""
    limit = min(max_length, loaded.longest)
    tokenizer = loaded.tokenizer
    with loaded.lock:
        # As lists, as training hands them over: a single empty second text would be taken for none.
        cut = tokenizer(*([text] for text in texts), truncation=True, max_length=limit)[0]
        tokenizer.backend_tokenizer.no_truncation()
        (whole,) = tokenizer.backend_tokenizer.encode_batch([_row(texts)])  # `encode` would hold the interpreter lock
    total, kept, every = len(whole), Counter(cut.sequence_ids), Counter(whole.sequence_ids)
    if total > _LISTED:
        whole.truncate(_LISTED)
    from_the_left = tokenizer.truncation_side == "left"
    seen: Counter[int] = Counter()
    tokens = []
    columns = zip(whole.tokens, whole.ids, whole.offsets, whole.sequence_ids, strict=True)
    for text, number, (start, end), part in columns:
        if part is None:
            tokens.append(Token(text=text, id=number, special=True))
            continue
        place = seen[part]
        seen[part] += 1
        read = place >= every[part] - kept[part] if from_the_left else place < kept[part]
        unknown = number == tokenizer.unk_token_id
        tokens.append(Token(text=text, id=number, start=start, end=end, part=part, kept=read, unknown=unknown))
    return TokenView(
        texts=texts, tokens=tuple(tokens), ids=tuple(cut.ids), total=total, limit=limit, preview=loaded.preview
    )


def count_tokens(
    loaded: TextTokenizer, rows: Sequence[Texts], progress: Callable[[float], None] = lambda done: None
) -> TokenCounts:
    """How many tokens each of `rows` has, uncut. `progress` hears 0 to 1 and may raise to stop.

    Rows go to the tokenizer in small chunks: it holds the interpreter lock, and a window must breathe.
    """
    lengths: array[int] = array("L")
    unknown, unk = 0, loaded.tokenizer.unk_token_id
    backend = loaded.tokenizer.backend_tokenizer
    for chunk in _chunks(rows):
        with loaded.lock:
            backend.no_truncation()
            encoded = backend.encode_batch_fast([_row(texts) for texts in chunk])
        for one in encoded:
            ids = one.ids
            lengths.append(len(ids))
            unknown += ids.count(unk)
        progress(len(lengths) / len(rows))
    return TokenCounts(lengths, unknown)


def _row(texts: Texts) -> str | Texts:
    """A row as the tokenizer takes it: one text stands alone."""
    return texts if len(texts) > 1 else texts[0]


def _chunks(rows: Sequence[Texts]) -> Iterator[list[Texts]]:
    chunk: list[Texts] = []
    characters = 0
    for texts in rows:
        chunk.append(texts)
        characters += sum(map(len, texts))
        if len(chunk) == _CHUNK_ROWS or characters > _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
