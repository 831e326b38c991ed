"""What the search for personal data finds, and what it takes for personal and is not.

    python -m benchmarks.personal [--each N] [--seed N] [--looked-at] [--misses] [--speed]

Made-up values are planted into sentences in English and Chinese, beside hard cases that look like them (order numbers,
dates, prices, ISBN, versions, coordinates, QQ numbers, ...). A find counts only if kind and place are exactly right.
The sentences are split: the rules were written with one half in sight, the figures are of the other half
(`--looked-at` prints those of the first). With WORKBENCH_SHARED_DATA set, real texts are searched too: there it prints
how many rows of each set hold something.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.data.personal.frames import KEPT_ASIDE, LANGUAGES, LOOKED_AT, Frames
from tests.data.personal.samples import HARD, VALUES
from workbench.data.personal import KINDS, Span, found_in

_WORDS = "the parcel came late and nobody answered 外卖很好吃 就是送得太慢了 下次还会再点 in 2024 for 12.50"
Sample = tuple[str, tuple[Span, ...]]


def planted(language: str, kind: str, frames: Frames, each: int, draw: random.Random) -> Iterator[Sample]:
    """`each` sentences with one value of `kind` each, and where it stands."""
    for _ in range(each):
        value = VALUES[kind](language, draw)
        before, after = draw.choice(frames[language][kind]).split("{}")
        yield before + value + after, (Span(kind, len(before), len(before) + len(value)),)


def hard(language: str, frames: Frames, each: int, draw: random.Random) -> Iterator[tuple[str, Sample]]:
    """(what it is, the sentence with nothing personal in it)."""
    for name, make in HARD.items():
        for _ in range(each):
            text = draw.choice(frames[language][name]).replace("{}", make(language, draw))
            yield name, (text, ())


def measured(frames: Frames, each: int, seed: int, misses: bool) -> None:
    """Print recall and precision for each kind and language, and the false alarms of each hard case."""
    print(f"{'kind':16} {'language':9} {'planted':>8} {'found':>7} {'wrong':>6} {'recall':>8} {'precision':>10}")
    alarms = Counter[str]()
    hard_cases = 0
    for language in LANGUAGES:
        draw = random.Random(f"{seed} {language}")
        right, wrong = Counter[str](), Counter[str]()
        for kind in KINDS:
            for text, expected in planted(language, kind, frames, each, draw):
                _count(text, expected, right, wrong, misses)
        for name, (text, expected) in hard(language, frames, max(1, each // 2), draw):
            hard_cases += 1
            before = wrong.total()
            _count(text, expected, right, wrong, misses)
            alarms[name] += wrong.total() > before
        for kind in KINDS:
            recall, precision = right[kind] / each, right[kind] / max(1, right[kind] + wrong[kind])
            print(f"{kind:16} {language:9} {each:8,} {right[kind]:7,} {wrong[kind]:6,} {recall:8.4f} {precision:10.4f}")
    false = ", ".join(f"{name} {count}" for name, count in alarms.most_common() if count) or "none"
    print(f"\n{hard_cases:,} sentences with hard cases and nothing personal; false alarms: {false}")


def _count(text: str, expected: tuple[Span, ...], right: Counter[str], wrong: Counter[str], misses: bool) -> None:
    found = found_in(text)
    for span in found:
        (right if span in expected else wrong)[span.kind] += 1
    if misses and found != expected:
        shown = [f"{span.kind} {text[span.start : span.end]!r}" for span in found]
        print(f"  {text!r}: {shown} instead of {[span.kind for span in expected]}")


def real_texts(folder: Path, misses: bool) -> None:
    """Print how many rows of each real set hold something."""
    for name in ("sms_spam", "banking77", "sst2", "trec6", "waimai_10k", "tnews_few"):
        path = folder / name / "train.csv"
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            texts = [" ".join(row) for row in csv.reader(file)]
        kinds = Counter[str]()
        rows = 0
        for text in texts:
            found = found_in(text)
            rows += bool(found)
            kinds.update(span.kind for span in found)
            if misses and found:
                print("  ", [text[max(0, span.start - 20) : span.end + 8] for span in found])
        print(f"{name:12} {len(texts):6,} rows, {rows:5,} with something: {dict(kinds)}")


def speed(count: int = 1_000_000) -> None:
    """Print how long a million short texts take, of which one in a hundred holds something."""
    draw = random.Random(0)
    frames = LOOKED_AT["Chinese"]["phone"] + LOOKED_AT["English"]["phone"]
    words = _WORDS.split()
    texts = [" ".join(draw.choices(words, k=12)) for _ in range(1000)]
    texts[::100] = [draw.choice(frames).replace("{}", "13812345678") for _ in texts[::100]]
    began = time.process_time()
    found = sum(bool(found_in(text)) for _ in range(count // 1000) for text in texts)
    took = time.process_time() - began
    print(f"{count:,} texts: {took:.1f} s of processor time, {found:,} with something")


def main() -> None:
    """Measure what the flags ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=2000, help="planted values of each kind and language")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--looked-at", action="store_true", help="the sentences that the rules were written with")
    parser.add_argument("--misses", action="store_true", help="print everything that is found wrongly or not at all")
    parser.add_argument("--speed", action="store_true", help="time a million texts")
    flags = parser.parse_args()
    measured(LOOKED_AT if flags.looked_at else KEPT_ASIDE, flags.each, flags.seed, flags.misses)
    folder = os.environ.get("WORKBENCH_SHARED_DATA")
    if folder:
        print()
        real_texts(Path(folder), flags.misses)
    if flags.speed:
        print()
        speed()


if __name__ == "__main__":
    main()
