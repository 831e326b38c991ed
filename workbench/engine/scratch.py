"""A model from nothing: a WordPiece tokenizer trained on the user's texts, and a small BERT with fresh weights."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.options import check_options
from workbench.core.plan import SCRATCH_OPTIONS, ModelSpec
from workbench.engine.loading import hush
from workbench.engine.pretrained import Pretrained

if TYPE_CHECKING:
    from transformers import BertConfig, PreTrainedTokenizerFast

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_MOST_TEXTS = 200_000

# The ranges that BERT's normalizer sets apart by spaces (BasicTokenizer._is_chinese_char of the original BERT).
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def build_scratch(
    spec: ModelSpec,
    texts: Iterable[str],
    auto_class_name: str,
    *,
    max_length: int,
    config_changes: Mapping[str, Any],
    seed: int,
) -> Pretrained:
    """A BERT shaped by `spec.options` (`SCRATCH_OPTIONS`) whose vocabulary comes from `texts` (training rows only).

    Equal arguments give equal vocabularies and equal weights. The net has room for `max_length` tokens. Raises
    WorkbenchError if an option is out of bounds, the width is not divisible by the heads, or there is no text.
    """
    import torch
    import transformers

    shape = _shape(spec)
    tokenizer = train_tokenizer(texts, shape["vocabulary"], max_length)
    config = _config(shape, len(tokenizer), max_length)
    for key, value in config_changes.items():
        setattr(config, key, value)
    hush()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = getattr(transformers, auto_class_name).from_config(config)
    return Pretrained(net.eval(), tokenizer)


def train_tokenizer(texts: Iterable[str], vocabulary: int, max_length: int) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer of at most `vocabulary` tokens (or one per character, if there are more).

    Chinese characters stand alone, other words are cut at spaces and punctuation, as BERT's are. At most the first
    200,000 texts are read.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import BertTokenizer

    corpus = [text for text, _ in zip(texts, range(_MOST_TEXTS), strict=False) if text.strip()]
    if not corpus:
        raise _refused("M31", tr("There is no text to learn a vocabulary from."), tr("Choose another text column."))
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet = _alphabet(tokenizer.normalizer, corpus, vocabulary)
    # The trainer numbers the inner forms (##a) in the order of a hash map and breaks ties by these numbers: unless
    # they are given in a fixed order, equal texts give other vocabularies. They are ordinary tokens afterwards.
    inner = [f"##{character}" for character in alphabet if not _stands_alone(character)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[*SPECIAL_TOKENS, *inner],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus, trainer, length=len(corpus))
    ids = dict(sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1]))
    # BertTokenizer rebuilds exactly this pipeline from the vocabulary, and is what AutoTokenizer finds for BERT.
    return BertTokenizer(vocab=ids, do_lower_case=True, model_max_length=max(max_length, 512))


def _alphabet(normalizer: Any, corpus: list[str], vocabulary: int) -> list[str]:
    """The commonest characters; with their inner forms they take at most three quarters of the vocabulary.

    Chosen here because the trainer would break ties between equally common characters differently from run to run.
    """
    counts: Counter[str] = Counter()
    for text in corpus:
        counts.update(normalizer.normalize_str(text))
    room = vocabulary * 3 // 4
    kept: list[str] = []
    for character in sorted(counts, key=lambda character: (-counts[character], character)):
        room -= 1 if _stands_alone(character) else 2
        if room < 0:
            break
        if not character.isspace():
            kept.append(character)
    return kept


def _stands_alone(character: str) -> bool:
    """Whether BERT's cutting never leaves `character` inside a longer word."""
    code = ord(character)
    return character in string.punctuation or any(first <= code <= last for first, last in _IDEOGRAPHS)


def _shape(spec: ModelSpec) -> dict[str, int]:
    problems = check_options(SCRATCH_OPTIONS, spec.options)
    if problems:
        raise WorkbenchError(*problems)
    shape = {option.name: int(spec.options.get(option.name, option.default)) for option in SCRATCH_OPTIONS}
    width, heads = shape["hidden_size"], shape["heads"]
    if width % heads:
        raise _refused(
            "M30",
            tr("The width {width} is not divisible by {heads} attention heads.", width=width, heads=heads),
            tr(
                "Possible widths nearby: {below} or {above}.",
                below=width // heads * heads,
                above=-(-width // heads) * heads,
            ),
            field="hidden_size",
        )
    return shape


def _config(shape: Mapping[str, int], vocabulary: int, max_length: int) -> BertConfig:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=shape["hidden_size"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=4 * shape["hidden_size"],
        max_position_embeddings=max(max_length, 512),
        pad_token_id=0,
    )


def _refused(code: str, what: str, remedy: str, *, field: str = "model") -> WorkbenchError:
    return WorkbenchError(Problem(code=code, where=tr("New model"), what=what, remedy=remedy, field=field))
