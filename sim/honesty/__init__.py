"""The honesty test: does any way of managing win by construction, and has every one its place?

Styles are run in many environments, and in each of them the five shifts of management, under
common random numbers: the same replicate has the same world, people and luck in every arm.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sim
from sim.analysis.comparison import json_safe
from sim.core.jit import CORE_HASH
from sim.errors import UserError
from sim.honesty.question import Question, read
from sim.honesty.verdicts import (
    BOTH,
    DECIDES,
    FAILS,
    OUTCOMES,
    ROLES,
    FloatArray,
    Place,
    Step,
    Verdict,
    clearest,
    clearest_step,
    judge,
    places,
    step,
)
from sim.honesty.zero import Zero, without_gains
from sim.metrics import METRICS
from sim.simulation import Run, RunError, run
from sim.store import provenance, write
from sim.study import Progress, in_parallel, told, usable_cores
from sim.styles import Style

if TYPE_CHECKING:
    from sim.scenario import Scenario

QUICK_SEEDS = 10
"""Runs of each style at a quick look."""

ZERO_RUNS = 3
"""Replicates of the world without gains, in which every bit is compared."""

SIDES = ("before", "after")


@dataclass(frozen=True)
class Block:
    """The runs of one world: so many of each arm, which are styles and both sides of shifts.

    `drawn` are the values of a world that nobody chose, by dotted key; None for an environment.
    """

    world: Scenario
    arms: dict[str, str | type[Style]]
    runs: int
    drawn: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Honesty:
    """What the test has found: the outcomes of all runs, and what follows from them.

    `blocks` are the worlds whose runs have all ended, each with its outcomes (outcome, arm, run)
    in the order of `OUTCOMES`. Interrupted by Ctrl-C, others are missing.
    """

    question: Question
    seed: int
    seeds: int
    zero: Zero
    blocks: tuple[tuple[Block, FloatArray], ...]
    interrupted: bool

    @property
    def full(self) -> bool:
        """Whether it has its full size, so that nothing may be left undecided."""
        planned = len(self.question.environments)
        return self.seeds >= self.question.seeds and len(self.environments) == planned

    @property
    def environments(self) -> dict[str, FloatArray]:
        """The outcomes (outcome, arm, run) of each environment, by its name."""
        return {block.world.title: values for block, values in self.blocks if block.drawn is None}

    @cached_property
    def places(self) -> list[Place]:
        """How each style stands on each outcome in each environment, as the best and the worst."""
        styles = self.question.styles
        return [
            place
            for environment, values in self.environments.items()
            for outcome, rows in zip(OUTCOMES, values, strict=True)
            for place in places(environment, outcome, styles, rows[: len(styles)])
        ]

    @cached_property
    def steps(self) -> list[Step]:
        """What each shift brings to each outcome in each environment."""
        n_styles = len(self.question.styles)
        return [
            step(shift, environment, outcome, rows[n_styles + 2 * n : n_styles + 2 * n + 2])
            for n, shift in enumerate(self.question.shifts)
            for environment, values in self.environments.items()
            for outcome, rows in zip(OUTCOMES, values, strict=True)
        ]

    @property
    def deciding(self) -> list[Step]:
        """What each shift brings to the outcome that says whether it pays."""
        return [step for step in self.steps if step.outcome == DECIDES]

    def clearest(self, style: str, role: str) -> Place:
        """Returns where a style is most clearly the "best" or the "worst"."""
        return clearest(self.places, style, role)

    def clearest_step(self, shift: str, sign: int) -> Step:
        """Returns where a shift most clearly pays (1), or does not (-1)."""
        return clearest_step(self.deciding, shift, sign)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on the four conditions."""
        return judge(
            self.places,
            self.deciding,
            self.zero,
            n_environments=len(self.question.environments),
            enough=self.seeds >= self.question.seeds,
        )

    @property
    def ok(self) -> bool:
        """Whether no condition fails."""
        return all(verdict.verdict != FAILS for verdict in self.verdicts)

    @cached_property
    def worlds(self) -> dict[str, dict[str, int]]:
        """In how many drawn worlds each style is best or worst by the mean, by what it is there.

        The keys are such as "best on profit", "worst on surplus" and "best on both".
        """
        styles = self.question.styles
        kinds = [f"{role} on {outcome}" for role in ROLES for outcome in OUTCOMES]
        counts = {kind: dict.fromkeys(styles, 0) for kind in [*kinds, "best on both"]}
        for block, values in self.blocks:
            if block.drawn is None:
                continue
            means = dict(zip(OUTCOMES, values.mean(axis=2), strict=True))
            for role, sign in ROLES.items():
                for outcome in OUTCOMES:
                    counts[f"{role} on {outcome}"][styles[(sign * means[outcome]).argmax()]] += 1
            winners = {styles[means[outcome].argmax()] for outcome in BOTH}
            if len(winners) == 1:
                counts["best on both"][winners.pop()] += 1
        return counts

    @property
    def n_worlds(self) -> int:
        """The number of worlds that nobody chose."""
        return len(self.blocks) - len(self.environments)

    def summary(self) -> str:
        """Returns the result in one line."""
        said = [f"({verdict.letter}) {verdict.verdict}" for verdict in self.verdicts]
        size = "full size" if self.full else f"full size: {self.question.seeds}"
        cut = ", interrupted" if self.interrupted else ""
        planned = len(self.question.environments)
        return (
            f"{', '.join(said)} ({len(self.environments)} of {planned} environments, "
            f"{self.seeds} runs, {size}{cut})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns all but the runs in types that JSON knows; what is not finite becomes None."""
        plain = {
            "question": self.question.table,
            "seed": self.seed,
            "seeds": self.seeds,
            "full": self.full,
            "interrupted": self.interrupted,
            "ok": self.ok,
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "places": [asdict(place) | {"sure": place.sure} for place in self.places],
            "shifts": [asdict(step) | {"sign": step.sign} for step in self.steps],
            "zero": asdict(self.zero),
            "worlds": {"number": self.n_worlds, "counts": self.worlds},
            "version": sim.__version__,
            "core": CORE_HASH,
        }
        safe: dict[str, Any] = json_safe(plain)
        return safe

    def save_runs(self, folder: Path) -> Path:
        """Writes a row a run: world, its drawn values, style or side of a shift, rep, outcomes."""
        import pyarrow as pa

        rows = [
            {
                "world": block.world.title,
                "drawn": None if block.drawn is None else json.dumps(block.drawn),
                "style": arm,
                "rep": rep,
                **dict(zip(OUTCOMES, values[:, a, rep].tolist(), strict=True)),
            }
            for block, values in self.blocks
            for a, arm in enumerate(block.arms)
            for rep in range(block.runs)
        ]
        world, styles = self.blocks[0][0].world, ", ".join(self.question.styles)
        about = provenance(world, styles, self.seed, None)
        about |= {"cocreate.experiment": json.dumps(self.question.table)}
        return write(folder / "runs.parquet", pa.Table.from_pylist(rows), about)


def check_honesty(
    file: str | Path | None = None,
    *,
    seeds: int | None = None,
    seed: int = 1,
    worlds: int | None = None,
    cores: int | None = None,
    progress: Progress | None = None,
) -> Honesty:
    """Runs the honesty test of a file, by default the one that comes with the package.

    `seeds` runs of each style and each side of a shift in every environment, replicates 0, 1, ...
    under `seed`; `worlds` that nobody chose; both by default as the file says. Below the size of
    the file, what more runs may tell is undecided. Interrupted by Ctrl-C, the result holds the
    environments that have ended. `progress(done, planned)` is called as runs end.
    """
    question = read(file)
    seeds = question.seeds if seeds is None else seeds
    worlds = question.worlds.number if worlds is None else worlds
    for what, number, least in (
        ("seeds", seeds, 1),
        ("seed", seed, 0),
        ("worlds", worlds, 0),
        ("cores", 1 if cores is None else cores, 1),
    ):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise UserError(f"{what} must be a whole number of at least {least}, but is {number!r}")
    styles: dict[str, str | type[Style]] = {name: name for name in question.styles}
    without = Block(question.zero, styles, ZERO_RUNS)
    blocks = [Block(w, styles | _sides(question), seeds) for w in question.environments.values()]
    blocks += [
        Block(world, styles, question.worlds.seeds, values)
        for values, world in question.draw(worlds)
    ]
    zero = without_gains(
        [{arm: _run(without, arm, seed, rep) for arm in without.arms} for rep in range(ZERO_RUNS)]
    )

    def one(n: int, a: int, rep: int) -> list[float]:
        result = _run(blocks[n], list(blocks[n].arms)[a], seed, rep)
        return [METRICS[outcome](result) for outcome in OUTCOMES]

    jobs = [
        (n, a, rep)
        for n, block in enumerate(blocks)
        for rep in range(block.runs)
        for a in range(len(block.arms))
    ]
    values = [np.full((len(OUTCOMES), len(block.arms), block.runs), np.nan) for block in blocks]
    left = [len(block.arms) * block.runs for block in blocks]
    interrupted = False
    try:
        found = in_parallel(one, jobs, cores or usable_cores())
        for done, ((n, a, rep), outcomes) in enumerate(found, start=1):
            values[n][:, a, rep] = outcomes
            left[n] -= 1
            if progress is not None:
                progress(done, len(jobs))
    except KeyboardInterrupt:
        interrupted = True
        if all(left[: len(question.environments)]):
            raise
    return Honesty(
        question=question,
        seed=seed,
        seeds=seeds,
        zero=zero,
        blocks=tuple((block, values[n]) for n, block in enumerate(blocks) if not left[n]),
        interrupted=interrupted,
    )


def _sides(question: Question) -> dict[str, str | type[Style]]:
    """Returns both sides of each shift as styles that never move."""
    return {
        f"{shift}: {side}": type("Side", (Style,), {"levers": levers})
        for shift, both in question.shifts.items()
        for side, levers in zip(SIDES, both, strict=True)
    }


def _run(block: Block, arm: str, seed: int, rep: int) -> Run:
    """Returns one run; the error of one that had to stop says which it was."""
    try:
        return run(block.world, block.arms[arm], seed=seed, rep=rep)
    except UserError:
        raise
    except Exception as problem:
        which = f"{block.world.title}, {arm}, seed {seed}, replicate {rep}"
        raise RunError(f"{which}: {told(problem)}") from problem
