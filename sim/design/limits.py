"""How often and how long: replicates, the precision to be reached, and what a run may take."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec.structs import replace

from sim.design.arms import OWN, Arm
from sim.design.draft import Draft
from sim.design.words import unkept
from sim.errors import unknown
from sim.metrics import METRICS
from sim.reading import section
from sim.scenario import About, Section

DEFAULT_SEEDS = 40
MOST_SEEDS = 10**9

SECONDS = {"s": 1, "min": 60, "h": 3600}
BYTES = {"B": 1, "MB": 10**6, "GB": 10**9}


class Precise(Section, frozen=True):
    """Replicate until the interval of a paired difference is narrow enough.

    `styles` are the labels of two arms. It starts with `least` replicates, or with `seeds` if
    these are more, grows by `block` and ends at `most`.
    """

    outcome: Annotated[str, About("outcome", 0, 0, "outcome whose difference counts", "-")]
    width: Annotated[float, About("1", 1e-300, 1e300, "width that the interval shall have", "-")]
    styles: Annotated[tuple[str, ...], About("styles", 0, 0, "the two styles", "-")] = ()
    least: Annotated[int, About("count", 30, 1e9, "replicates to start with", "-")] = 30
    block: Annotated[int, About("count", 1, 1e9, "replicates more each time", "-")] = 20
    most: Annotated[int, About("count", 30, 1e9, "replicates to end with", "-")] = 400


@dataclass(frozen=True)
class Limits:
    """What a run may take: `time` [s], `memory` of a worker [bytes], failures that are alike."""

    time: float | None = None
    memory: int | None = None
    failures: int = 5


def read_precise(draft: Draft, arms: Sequence[Arm], outcomes: Sequence[str]) -> Precise | None:
    """Returns when to stop replicating, if the experiment says so."""
    if "precise" not in draft.table:
        return None
    given = draft.inner("precise")
    pair = given.pop("styles", None)
    wrong: list[str] = []
    precise = section(Precise, given, "precise", wrong)
    labels = [arm.label for arm in arms]
    if OWN in arms:
        wrong.append("precise needs styles to compare, but every company has its own")
    elif not isinstance(pair, list | tuple) or len(pair) != 2 or pair[0] == pair[1]:
        wrong.append(f"precise.styles must be two of the styles, but is {pair!r}")
    else:
        missing = [label for label in pair if label not in labels]
        wrong += [f"precise.styles: {unknown('style here', one, labels)}" for one in missing]
    if isinstance(precise, Precise):
        if precise.outcome not in outcomes:
            problem = unkept(precise.outcome, METRICS) or unknown(
                "outcome", precise.outcome, outcomes
            )
            wrong.append(f"precise.outcome: {problem}")
        if precise.most < precise.least:
            wrong.append(f"precise.most must be at least precise.least, but is {precise.most}")
    draft.wrong("precise", wrong)
    if wrong or not isinstance(precise, Precise):
        return None
    return replace(precise, styles=tuple(pair or ()))


def read_seeds(draft: Draft, precise: Precise | None) -> int:
    """Returns the number of replicates, to start with if it grows."""
    if precise is None:
        given = draft.table.get("seeds", DEFAULT_SEEDS)
        return draft.whole("seeds", given, 1, MOST_SEEDS, DEFAULT_SEEDS)
    given = draft.table.get("seeds", precise.least)
    seeds = max(draft.whole("seeds", given, 1, MOST_SEEDS, precise.least), precise.least)
    if seeds > precise.most:
        said = f"seeds must be at most precise.most, {precise.most}, but is {seeds}"
        draft.wrong("seeds", said)
    return seeds


def read_limits(draft: Draft) -> Limits:
    """Returns the limits."""
    given = draft.inner("limits", ("time", "memory", "failures"))
    draft.written["limits"] = given
    time = _amount(draft, "limits.time", given.get("time"), SECONDS, "60 s")
    memory = _amount(draft, "limits.memory", given.get("memory"), BYTES, "2 GB")
    usual = Limits.failures
    failures = given.get("failures", usual)
    return Limits(
        time,
        None if memory is None else round(memory),
        draft.whole("limits.failures", failures, 1, 10**9, usual),
    )


def _amount(
    draft: Draft, key: str, given: object, units: Mapping[str, int], example: str
) -> float | None:
    """Returns a positive amount in the smallest of its units, or None without a limit."""
    if given is None:
        return None
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", str(given))
    if found and found[2] in units and float(found[1]) > 0:
        return float(found[1]) * units[found[2]]
    allowed = f'a number above 0 with its unit ({", ".join(units)}), such as "{example}"'
    draft.wrong(key, f"{key} must be {allowed}, but is {given!r}")
    return None
