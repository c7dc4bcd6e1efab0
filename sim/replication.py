"""Published models run again: their numbers and claims beside those found, each with a verdict."""

import csv
import dataclasses
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

import sim
from sim.analysis.comparison import json_safe
from sim.analysis.effects import compare_groups
from sim.classics import CLASSICS, Cell, Classic, FloatArray, Found
from sim.core.jit import CORE_HASH
from sim.errors import UserError, unknown
from sim.simulation import RunError
from sim.study import Progress, in_parallel, told, usable_cores

MATCH, MISSED, UNDECIDED, HOLDS, UNPUBLISHED = "match", "missed", "undecided", "holds", ""

LONGEST_SPAN = 10_000
"""Numbers that a span such as 0..20 may stand for."""
SPAN = re.compile(r"(-?\d+)\.\.(-?\d+)")
WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


@dataclass(frozen=True)
class Row:
    """A cell as published (NaN if it was not) and as simulated.

    `mean` is that of the `n` runs in which the cell has a value, [low, high] its 95 % t interval.
    Verdict: match, where the mean lies within the tolerance; else missed or undecided, where more
    runs may tell; empty for what was not published.
    """

    cell: Cell
    published: float
    tolerance: float
    kind: str
    mean: float
    low: float
    high: float
    n: int
    verdict: str

    def flat(self) -> dict[str, Any]:
        """Returns all values by name, those of the cell first."""
        return self.cell._asdict() | {k: v for k, v in vars(self).items() if k != "cell"}


@dataclass(frozen=True)
class ClaimRow:
    """A claim with the mean of its excess over `n` runs, which must be above 0.

    Verdict: holds; else missed or undecided, where more runs may tell.
    """

    says: str
    mean: float
    low: float
    high: float
    n: int
    verdict: str


@dataclass(frozen=True, eq=False)
class Replication:
    """A published model beside its simulation.

    `runs` of the runs that were planned have ended; `interrupted` by Ctrl-C there are fewer.
    """

    name: str
    classic: Classic
    seed: int
    runs: int
    interrupted: bool
    rows: tuple[Row, ...]
    claims: tuple[ClaimRow, ...]

    @property
    def full(self) -> bool:
        """Whether it has its full size, so that nothing may be left undecided."""
        return self.runs >= self.classic.runs

    @property
    def verdicts(self) -> list[str]:
        """The verdicts on all that was published, numbers and claims."""
        numbers = [row.verdict for row in self.rows if row.verdict != UNPUBLISHED]
        return numbers + [claim.verdict for claim in self.claims]

    @property
    def ok(self) -> bool:
        """Whether nothing was missed."""
        return MISSED not in self.verdicts

    def summary(self) -> str:
        """Returns the result in one line."""
        verdicts = self.verdicts
        n_numbers = len(verdicts) - len(self.claims)
        counts = ["no numbers were published for these parameters"]
        if n_numbers:
            counts = [f"{verdicts.count(MATCH)} of {n_numbers} numbers match"]
        if self.claims:
            counts.append(f"{verdicts.count(HOLDS)} of {len(self.claims)} claims hold")
        for bad in (MISSED, UNDECIDED):
            if bad in verdicts:
                counts.append(f"{verdicts.count(bad)} {bad}")
        size = "full size" if self.full else f"full size: {self.classic.runs}"
        cut = ", interrupted" if self.interrupted else ""
        return f"{self.name}: {', '.join(counts)} ({self.runs} runs, {size}{cut})"

    def to_dict(self) -> dict[str, Any]:
        """Returns all of it in types that JSON knows; what is not finite becomes None."""
        plain = {
            "name": self.name,
            "title": self.classic.title,
            "source": self.classic.source,
            "parameters": dataclasses.asdict(self.classic),
            "seed": self.seed,
            "runs": self.runs,
            "full": self.full,
            "interrupted": self.interrupted,
            "ok": self.ok,
            "rows": [row.flat() for row in self.rows],
            "claims": [vars(row) for row in self.claims],
            "version": sim.__version__,
            "core": CORE_HASH,
        }
        safe: dict[str, Any] = json_safe(plain)
        return safe

    def to_csv(self) -> str:
        """Returns the rows as CSV; what is not known is empty."""
        text = io.StringIO()
        writer = csv.DictWriter(text, [*Cell._fields, *_names(Row)[1:]], lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({k: "" if v != v else v for k, v in row.flat().items()})
        return text.getvalue()


def replicate(
    classic: str | type[Classic] | Classic,
    *,
    runs: int | None = None,
    quick: bool = False,
    seed: int = 1,
    cores: int | None = None,
    progress: Progress | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Replication:
    """Runs a published model, and returns its numbers and claims with their verdicts.

    `classic` is a name, a class or one with parameters of its own; `parameters` changes some,
    given as values or as text ("0..20", "3,5,9"). Runs are replicates 0, 1, ... under `seed`; as
    many as the classic says, or as it says for a `quick` look. Below full size what more runs may
    tell is undecided; at full size it is missed. Interrupted by Ctrl-C, the result holds the runs
    that have ended. `progress(done, planned)` is called as runs end.
    """
    model = with_parameters(classic, parameters or {})
    name = name_of(model)
    if quick and runs is not None:
        raise UserError("quick and runs both say how many runs there are: leave one of them out")
    planned = runs if runs is not None else model.quick if quick else model.runs
    for what, number, least in (
        ("runs", planned, 1),
        ("cores", 1 if cores is None else cores, 1),
        ("seed", seed, 0),
    ):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise UserError(f"{what} must be a whole number of at least {least}, but is {number!r}")

    def one(rep: int) -> dict[Cell, float]:
        try:
            return model.simulate(seed, rep)
        except UserError:
            raise
        except Exception as problem:
            raise RunError(f"{name}, seed {seed}, replicate {rep}: {told(problem)}") from problem

    ended: dict[int, dict[Cell, float]] = {}
    jobs = [(rep,) for rep in range(planned)]
    interrupted = False
    try:
        for (rep,), cells in in_parallel(one, jobs, cores or usable_cores()):
            ended[rep] = cells
            if progress is not None:
                progress(len(ended), planned)
    except KeyboardInterrupt:
        interrupted = True
        if not ended:
            raise
    return judged(model, [ended[rep] for rep in sorted(ended)], seed, interrupted)


def judged(
    model: Classic, runs: list[dict[Cell, float]], seed: int, interrupted: bool = False
) -> Replication:
    """Returns the verdicts on what these runs have found."""
    published = model.published()
    cells = dict.fromkeys(cell for run in runs for cell in run) | dict.fromkeys(published)
    found: Found = {
        cell: np.array([run.get(cell, math.nan) for run in runs], np.float64) for cell in cells
    }
    full = len(runs) >= model.runs
    rows = []
    for cell, values in found.items():
        mean, low, high, n = _interval(values)
        value, tolerance, kind = published.get(cell, (math.nan, math.nan, ""))
        if cell not in published:
            verdict = UNPUBLISHED
        elif abs(mean - value) <= tolerance:
            verdict = MATCH
        else:
            apart = low > value + tolerance or high < value - tolerance
            verdict = MISSED if full or apart else UNDECIDED
        rows.append(Row(cell, value, tolerance, kind, mean, low, high, n, verdict))
    claims = []
    for claim in model.claims():
        mean, low, high, n = _interval(claim.excess(found))
        verdict = HOLDS if mean > 0 else MISSED if full or high < 0 else UNDECIDED
        claims.append(ClaimRow(claim.says, mean, low, high, n, verdict))
    return Replication(
        name=name_of(model),
        classic=model,
        seed=seed,
        runs=len(runs),
        interrupted=interrupted,
        rows=tuple(rows),
        claims=tuple(claims),
    )


def _interval(values: FloatArray) -> tuple[float, float, float, int]:
    """Returns mean, 95 % t interval and number of the values that are finite."""
    effect = compare_groups(values, np.zeros_like(values), paired=True)
    return effect.difference, effect.low, effect.high, effect.n


def name_of(classic: Classic) -> str:
    """Returns the name of a classic, which is that of its file."""
    return type(classic).__module__.rpartition(".")[2]


def with_parameters(
    classic: str | type[Classic] | Classic, parameters: Mapping[str, Any]
) -> Classic:
    """Returns a classic with some parameters changed; a UserError names what is wrong with one."""
    kind = CLASSICS[classic] if isinstance(classic, str) else classic
    model = kind() if isinstance(kind, type) else kind
    hints, known = get_type_hints(type(model)), _names(type(model))
    changes = {}
    for key, value in parameters.items():
        if key not in known:
            raise unknown(f"parameter of {name_of(model)}", key, known)
        changes[key] = _converted(f"{name_of(model)}.{key}", value, hints[key])
    return dataclasses.replace(model, **changes)


def settings(words: Iterable[str]) -> dict[str, str]:
    """Returns the parameters that are set by words such as "sizes=3,5,9", still as text."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not (key and equals and value):
            raise UserError(f"--set {word}: must be KEY=VALUE, such as sizes=3,5,9 or sizes=3..9")
        if key in found:
            raise UserError(f"--set {word}: {key} is set already, to {found[key]}")
        found[key] = value
    return found


def _converted(place: str, value: Any, kind: Any) -> Any:
    """Returns a value, or a text that spells one, as the type of a parameter."""
    listed = get_origin(kind) is tuple
    text = isinstance(value, str) and kind is not str
    given = _spelled(place, value) if text and listed else value
    try:
        return msgspec.convert(given, kind, strict=not text)
    except msgspec.ValidationError:
        words = WORDS.get(get_args(kind)[0] if listed else kind, "a value")
        expected = f"a list, such as 3,5,9 or 3..9, each {words}" if listed else words
        raise UserError(f"{place} must be {expected}, but is {value!r}") from None


def _spelled(place: str, text: str) -> list[str]:
    """Returns the numbers, as text, of a list such as "3,5,9" or "0..20"."""
    parts: list[str] = []
    for part in text.split(","):
        if span := SPAN.fullmatch(part.strip()):
            first, last = (int(end) for end in span.groups())
            if not 0 <= last - first < LONGEST_SPAN:
                raise UserError(
                    f"{place} must rise over fewer than {LONGEST_SPAN:,} numbers in "
                    f"FIRST..LAST, but is {part.strip()!r}"
                )
            parts += [str(number) for number in range(first, last + 1)]
        else:
            parts.append(part.strip())
    return parts


def _names(kind: Any) -> list[str]:
    """Returns the fields of a dataclass."""
    return [field.name for field in dataclasses.fields(kind)]
