"""Several management styles in the same world, one value a run: what `compare` returns."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.analysis import effects as _effects
from sim.analysis import tradeoffs as _tradeoffs
from sim.errors import UserError, unknown

FloatArray = npt.NDArray[np.float64]

SHOWN = (
    "value_created",
    "surplus",
    "profit",
    "cost",
    "quality",
    "active",
    "retention_3",
    "trust",
    "gini",
    "returned_share",
)
"""The outcomes a table or a figure shows unless asked for others."""


@dataclass(frozen=True)
class Outcome:
    """What one number of a run means.

    The title is written as inside a sentence ("value created"); tables and figures capitalise it.
    `better` is +1 where more is better, -1 where less is, 0 where neither is.
    """

    name: str
    title: str
    unit: str
    better: int

    @property
    def heading(self) -> str:
        """The title as it stands at the head of a row or a panel."""
        return self.title[:1].upper() + self.title[1:]


@dataclass(frozen=True, eq=False)
class Comparison:
    """The outcomes of several styles, each run counted once.

    `outcomes` holds an array (arm, run) for each name. Where `paired`, column r has the same
    seed in every arm (common random numbers). A value that is not finite is an outcome that the
    run did not have, such as the recovery from a shock that never came: it is left out, together
    with its partner where runs are paired, and the n that is reported is what remains.
    """

    scenario: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...] | tuple[tuple[int, int], ...]
    paired: bool
    outcomes: dict[str, FloatArray]
    about: dict[str, Outcome]
    interrupted: bool = False

    def __post_init__(self) -> None:
        if not self.arms or len(set(self.arms)) < len(self.arms):
            raise UserError(
                f"A comparison needs one or more styles, each once, but got: {list(self.arms)}"
            )
        shape = (len(self.arms), len(self.seeds))
        for name, values in self.outcomes.items():
            if values.shape != shape:
                raise UserError(
                    f"Outcome {name!r} must have one value for each style and run, {shape}, "
                    f"but has {values.shape}"
                )
            if name not in self.about:
                raise UserError(f"Outcome {name!r} lacks its title, unit and direction")

    @property
    def n_runs(self) -> int:
        """Runs in each arm."""
        return len(self.seeds)

    def values(self, outcome: str) -> FloatArray:
        """One outcome, (arm, run); NaN where a run does not have it."""
        if outcome not in self.outcomes:
            raise unknown("outcome", outcome, self.outcomes)
        values = np.asarray(self.outcomes[outcome], dtype=np.float64)
        return np.where(np.isfinite(values), values, np.nan)

    def arm(self, style: str | None = None) -> int:
        """The row of a style; that of the first one, the usual baseline, if none is named."""
        if style is None:
            return 0
        if style not in self.arms:
            raise unknown("style", style, self.arms)
        return self.arms.index(style)

    def shown(self, names: list[str] | None = None) -> list[str]:
        """The outcomes to show: those named, else the usual ten, else the first ten there are."""
        if names is not None:
            for name in names:
                self.values(name)
            return list(names)
        return [name for name in SHOWN if name in self.outcomes] or list(self.outcomes)[:10]

    def means(self, outcome: str, level: float = 0.95) -> list[_effects.Mean]:
        """The mean of each style with its t interval."""
        return _effects.means(self, outcome, level)

    def effects(
        self,
        outcome: str,
        baseline: str | None = None,
        *,
        level: float = 0.95,
        n_comparisons: int | None = None,
    ) -> list[_effects.Effect]:
        """Each other style against the baseline; see `sim.analysis.effects.effects`."""
        return _effects.effects(self, outcome, baseline, level, n_comparisons)

    def all_effects(
        self, names: list[str] | None = None, baseline: str | None = None, level: float = 0.95
    ) -> dict[str, list[_effects.Effect]]:
        """The effects on several outcomes, corrected together as the one family they are."""
        shown = self.shown(names)
        family = max(1, len(shown) * (len(self.arms) - 1))
        return {
            name: self.effects(name, baseline, level=level, n_comparisons=family) for name in shown
        }

    def frontier(self, x: str, y: str) -> list[str]:
        """The styles that no other beats on both outcomes."""
        return _tradeoffs.frontier(self, x, y)

    def sentences(self, names: list[str] | None = None) -> list[str]:
        """Who wins on what, in plain words."""
        return _tradeoffs.sentences(self, names)

    def to_dict(self, baseline: str | None = None) -> dict[str, Any]:
        """All of it in types that JSON knows; what is not finite becomes None."""
        outcomes = {
            name: {
                **dataclasses.asdict(self.about[name]),
                "values": self.values(name).tolist(),
                "means": [dataclasses.asdict(mean) for mean in self.means(name)],
            }
            for name in self.outcomes
        }
        effects = [
            dataclasses.asdict(effect)
            for family in self.all_effects(baseline=baseline).values()
            for effect in family
        ]
        plain = {
            "scenario": self.scenario,
            "arms": self.arms,
            "seeds": self.seeds,
            "n_runs": self.n_runs,
            "paired": self.paired,
            "interrupted": self.interrupted,
            "outcomes": outcomes,
            "effects": effects,
            "findings": self.sentences(),
        }
        safe: dict[str, Any] = json_safe(plain)
        return safe


def json_safe(value: Any) -> Any:
    """A value in types that JSON knows; what is not a finite number becomes None."""
    if isinstance(value, dict):
        return {key: json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
