"""What to beware of in a study: few runs, runs that lack an outcome, luck that all points share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sim.analysis.report.summaries import span

if TYPE_CHECKING:
    from sim.analysis.comparison import Outcome
    from sim.analysis.report.runs import StudyRuns
    from sim.design import Experiment

FEW_RUNS = 10


def cautions(
    experiment: Experiment,
    runs: StudyRuns,
    about: Mapping[str, Outcome],
    known: Mapping[str, int],
    resting: Mapping[str, Sequence[int]],
    *,
    each: str,
    paired: bool,
) -> Iterator[str]:
    """Yields what to beware of, in sentences.

    `known` says in how many runs each outcome that is shown is known, `resting` the n of each of
    its differences, or of its means where it is not `paired`. `each` is "run" or "point".
    """
    yield from _few([n for counts in resting.values() for n in counts], each, paired)
    done = runs.n_planned - runs.n_failed - runs.n_missing
    for name, counts in resting.items():
        if known[name] < done:
            yield _partly_known(about[name], known[name], done, counts, each, paired)
    if each == "point":
        yield (
            f"n counts points of the sample, not runs; all points share the same {runs.seeds} "
            f"seed{'s' * (runs.seeds > 1)}, whose luck the intervals do not show."
        )
    if experiment.precise is not None:
        yield (
            "Replicates were added until an interval was narrow enough, so the coverage of the "
            "intervals is approximate."
        )


def _few(counts: Sequence[int], each: str, paired: bool) -> Iterator[str]:
    """Yields what is to be said of the least n; where n is 0 nothing is shown."""
    counts = [n for n in counts if n]
    least, most = min(counts, default=0), max(counts, default=0)
    if not most:
        yield f"Caution: no {'difference' if paired else 'mean'} is known."
    elif most == 1:
        yield f"Caution: one {each} tells no difference from chance."
    elif least == 1:
        yield f"Caution: some n are one {each}, which tells no difference from chance."
    elif least < FEW_RUNS:
        small = f"n = {least} {each}s is small" if least == most else f"some n are {least} {each}s"
        yield f"Caution: {small}; the intervals lean on {each}s being spread about normally."


def _partly_known(
    about: Outcome, known: int, done: int, counts: Sequence[int], each: str, paired: bool
) -> str:
    """That some of the runs that are done do not have an outcome."""
    if not known:
        return f"Caution: {about.title} is known in none of {done:,} runs."
    if not any(counts):
        return f"Caution: {about.title} is known in {known:,} of {done:,} runs, no two of a pair."
    numbers, unit = ("differences", "pair") if paired else ("means", each)
    units = f"{unit if each == 'run' else each}{'s' * (max(counts) != 1)}"
    return (
        f"Caution: {about.title} is known in {known:,} of {done:,} runs; its {numbers} rest on "
        f"{span(counts)} {units}, and on runs that may not be like the others."
    )
