"""Nearly equal texts: found by the smallest hashes of their pieces, without comparing every text with every other.

MinHash (Broder 1997, On the resemblance and containment of documents) over runs of characters; texts that agree in all
four hashes of one of twelve bands are compared (locality-sensitive hashing, Indyk & Motwani 1998).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.data.watching import UNWATCHED, Watch
from workbench.data.wording import is_wide

LONGEST = 1000
"""Characters of a text that are compared; what comes behind does not count."""

_ALIKE = 0.8
_BANDS, _BAND = 12, 4
_CHUNK = 500_000
_NEIGHBOURS = 4
_ROUNDS = 5
_PRIME = np.uint64(0x100000001B3)

Signatures = NDArray[np.uint32]


def near_twins(texts: Sequence[str], watch: Watch = UNWATCHED, *, labels: Sequence[str] = ()) -> dict[int, int]:
    """{later place: place of an earlier text that is nearly equal}, ascending; with `labels`, only among equal ones.

    Nearly equal: about 80 % of the runs of five characters (three of Chinese and Japanese) that either of the two texts
    has stand in both of them. Blank texts have no twin. A rare pair may be missed.
    """
    length = 3 if is_wide([texts]) else 5
    signatures = np.empty((len(texts), _BANDS * _BAND), np.uint32)
    filled = 0
    for chunk in _chunks(texts, watch):
        signatures[filled : filled + len(chunk)] = _signatures(chunk, length)
        filled += len(chunk)
    codes = _codes(labels, watch) if labels else np.zeros(len(texts), np.int64)
    open_places = np.array([place for place, text in enumerate(texts) if text.strip()], np.int64)
    twins: dict[int, int] = {}
    for _ in range(_ROUNDS):
        found = _pairs(signatures, codes, open_places, watch)
        if not found:
            break
        twins |= found
        open_places = open_places[~np.isin(open_places, np.fromiter(found, np.int64, len(found)))]
    return dict(sorted(twins.items()))


def _chunks(texts: Sequence[str], watch: Watch) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in watch.over(texts):
        chunk.append(" ".join(text[: 2 * LONGEST].casefold().split())[:LONGEST] or " ")
        size += len(chunk[-1])
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _signatures(texts: Sequence[str], length: int) -> Signatures:
    """The smallest hash of each text under 48 hash functions, [texts, 48]."""
    gap = "\0" * (length - 1)
    joined = gap.join(text.replace("\0", " ") for text in texts) + gap
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    count = len(points) - length + 1
    # A run lies within one text if neither of its ends is in a gap; a text shorter than a run is one all the same.
    within = (points[:count] != 0) & (points[length - 1 :] != 0)
    within[np.cumsum(sizes + length - 1) - sizes - length + 1] = True
    runs = np.zeros(count, np.uint64)
    for shift in range(length):
        runs = runs * _PRIME + points[shift : shift + count]
    runs = _mixed(runs[within])
    runs_of_text = np.maximum(1, sizes - length + 1)
    starts = np.cumsum(runs_of_text) - runs_of_text
    columns = [np.minimum.reduceat(runs * factor, starts) >> np.uint64(32) for factor in _factors()]
    return np.stack(columns, axis=1).astype(np.uint32)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit of the result depends on every bit of `values` (splitmix64, Steele, Lea & Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _factors() -> list[np.uint64]:
    chance = random.Random(1)
    return [np.uint64(chance.getrandbits(64) | 1) for _ in range(_BANDS * _BAND)]


def _codes(labels: Sequence[str], watch: Watch) -> NDArray[np.int64]:
    known: dict[str, int] = {}
    found = (known.setdefault(label.strip(), len(known)) for label in watch.over(labels))
    return np.fromiter(found, np.int64, len(labels))


def _pairs(signatures: Signatures, codes: NDArray[np.int64], places: NDArray[np.int64], watch: Watch) -> dict[int, int]:
    """{later: earlier} among `places`, comparing each with its nearest neighbours in every band."""
    found: dict[int, int] = {}
    for band in range(_BANDS):
        watch.tell(band / _BANDS)
        keys = _keys(signatures[places, band * _BAND : (band + 1) * _BAND])
        order = np.argsort(keys, kind="stable")
        ranked, keys = places[order], keys[order]
        for distance in range(1, _NEIGHBOURS + 1):
            same = np.flatnonzero(keys[distance:] == keys[:-distance])
            earlier, later = ranked[same], ranked[same + distance]
            alike = codes[earlier] == codes[later]
            earlier, later = earlier[alike], later[alike]
            for start in range(0, len(later), 50_000):
                one, two = earlier[start : start + 50_000], later[start : start + 50_000]
                close = (signatures[one] == signatures[two]).mean(axis=1) >= _ALIKE
                for first, second in zip(one[close].tolist(), two[close].tolist(), strict=True):
                    found.setdefault(second, first)
    return found


def _keys(band: Signatures) -> NDArray[np.uint64]:
    keys = np.zeros(len(band), np.uint64)
    for column in range(band.shape[1]):
        keys = _mixed(keys * _PRIME + band[:, column].astype(np.uint64))
    return keys
