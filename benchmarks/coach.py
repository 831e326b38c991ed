"""How often the curve coach is right: its hints beside those of a teacher, on the labelled library of curves.

    python -m benchmarks.coach [--all]

One table each for the curves that were looked at while the coach was written, those that were kept aside then, and
those that were recorded when it was finished, with settings drawn by chance. With --all, every curve is named that the
coach judged otherwise than the teacher. The last line tells what a step costs.
"""

from __future__ import annotations

import argparse
import time

import msgspec

from tests.insight.curve_files import curves
from tests.insight.scoring import Heard, heard, table
from workbench.core.events import Evaluated, Event, StepDone
from workbench.insight.coach import Coach


def differences(all_heard: list[Heard]) -> None:
    """Print the curves that were judged otherwise."""
    for one in all_heard:
        missed = one.curve.labels - one.at_end
        if missed or one.false_alarms:
            said = ", ".join(sorted(one.at_end)) or "nothing"
            asked = ", ".join(sorted(one.curve.labels)) or "nothing"
            print(f"  {one.curve.name:28} teacher: {asked}; coach: {said}")


def cost(steps: int = 100_000) -> tuple[float, float]:
    """(mean milliseconds a step, the longest) of a long run of `steps` steps with a look every 500."""
    pattern = list(next(curve for curve in curves() if curve.name == "trec-constant-long").events())
    made = [event for event in pattern if isinstance(event, StepDone)]
    looks = [event for event in pattern if isinstance(event, Evaluated)]
    coach, taken = Coach(), []
    coach.take(msgspec.structs.replace(pattern[0], steps=steps))
    for number in range(1, steps + 1):
        events: list[Event] = [msgspec.structs.replace(made[number * len(made) // (steps + 1)], step=number)]
        if number % 500 == 0:
            events.append(msgspec.structs.replace(looks[number * len(looks) // (steps + 1)], step=number))
        before = time.perf_counter()
        for event in events:
            coach.take(event)
        taken.append(time.perf_counter() - before)
    return sum(taken) / steps * 1000, max(taken) * 1000


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="name the curves that were judged otherwise")
    options = parser.parse_args()
    everything = [heard(curve) for curve in curves()]
    for group in ("looked at", "kept aside", "drawn by chance"):
        some = [one for one in everything if one.curve.group == group]
        print(table(group, some))
        if options.all:
            differences(some)
        print()
    print(table("all", everything))
    mean, longest = cost()
    print(f"\n100,000 steps: {mean:.4f} ms a step on average, {longest:.0f} ms the longest")


if __name__ == "__main__":
    main()
