"""Which languages texts are in: told offline by py3langid, a small model of byte n-grams for 140 languages.

A short text alone says little: "Is it due?" may be English or Danish. How common a language is among all texts says the
rest: the shares are estimated together with the answers, until both fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

_CHARACTERS = 1000  # of a text; more say nothing new
_CHUNK = 64
_ROUNDS = 20
_LEAST_LIKELY, _SURE = 0.1, 0.7
_NONE = "zxx"  # ISO 639-2: no linguistic content

_SAME = {"arz": "ar", "ary": "ar", "grc": "el", "hbo": "he", "sdh": "ku", "uzs": "uz", "wuu": "zh", "yue": "zh"}
"""Varieties that are written as the language that they belong to, or mistaken for it."""


def languages_of(
    texts: Sequence[str], progress: Callable[[float], None] = lambda done: None
) -> tuple[tuple[str, float], ...]:
    """(ISO 639 code, share of the texts), the commonest first; "" for texts whose language cannot be told.

    `progress` hears 0 to 1 and may raise to stop. The shares of the languages are fitted by expectation maximisation
    (Saerens, Latinne and Decaestecker 2002: adjusting a classifier to new a priori probabilities). A text counts as
    unknown where its own letters make the language less than 10 % likely, or all texts together less than 70 %.
    """
    if not texts:
        return ()
    codes = _codes()
    likely = _likely(texts, progress)
    shares = np.full(len(codes), 1 / len(codes))
    answers = likely
    for _ in range(_ROUNDS):
        answers = likely * shares
        answers /= answers.sum(axis=1, keepdims=True)
        shares = answers.mean(axis=0)
    best = answers.argmax(axis=1)
    rows = np.arange(len(texts))
    sure = (likely[rows, best] >= _LEAST_LIKELY) & (answers[rows, best] >= _SURE)
    told = (codes[place] if known else "" for place, known in zip(best, sure, strict=True))
    counts = Counter("" if code == _NONE else code for code in told)
    return tuple((code, count / len(texts)) for code, count in counts.most_common())


def _likely(texts: Sequence[str], progress: Callable[[float], None]) -> np.ndarray[Any, Any]:
    """How likely each language is for each text on its own; [texts, languages]."""
    identifier, codes = _identifier(), _codes()
    places = {code: place for place, code in enumerate(codes)}
    found = np.zeros((len(texts), len(codes)))
    for row, text in enumerate(texts):
        for label, probability in identifier.rank(text[:_CHARACTERS]):
            found[row, places[_SAME.get(label, label)]] += probability
        if row % _CHUNK == 0:
            progress(row / len(texts))
    progress(1.0)
    return found


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _codes() -> tuple[str, ...]:
    return tuple(dict.fromkeys(_SAME.get(label, label) for label in _identifier().labels))
