"""What matters in a study: which of the things that were sampled, for which outcome, by how much.

The study must be whole, and of a design that was made for this question: see `indices`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from sim.analysis.comparison import SHOWN
from sim.analysis.indices import LEVEL, METHODS, Index, analyse
from sim.errors import UserError, unknown

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.design import Experiment, Plan
    from sim.design.axes import Sample

NAMED = 10
"""Runs that a refusal names, at most."""

BASES = {"saltelli": ("base point", "base points"), "morris": ("trajectory", "trajectories")}
"""What the independent parts of a design are called, one and several, by its method."""

OTHERS = {
    "latin_hypercube": "a Latin hypercube",
    "sobol": "Sobol points, which are spread evenly and give no Sobol indices",
    "": "no [sample]",
}
"""What designs of another kind are called where they are refused, by the method of [sample]."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How one outcome depends on what was sampled, under one style at one setting of [vary].

    `n` counts base points (Morris's trajectories), `replicates` the runs at each point, whose mean
    is analysed. `growth` holds the indices from growing numbers of base points, by that number; it
    is empty where `reason` says why there are none.
    """

    outcome: str
    style: str
    at: dict[str, Any]
    method: str
    factors: tuple[str, ...]
    n: int
    replicates: int
    growth: dict[int, tuple[Index, ...]]
    reason: str

    @property
    def measures(self) -> tuple[str, ...]:
        """What the method measures of each factor."""
        return METHODS[self.method].measures

    @property
    def leading(self) -> str:
        """The measure by which the factors are ranked: the total index, or mu*."""
        return METHODS[self.method].leading

    @property
    def bases(self) -> str:
        """What `n` counts, in words."""
        return BASES[self.method][1]

    @property
    def title(self) -> str:
        """The outcome, the style and the setting of [vary]."""
        where = [self.style, *(f"{name} = {value}" for name, value in self.at.items())]
        return ", ".join([self.outcome.replace("_", " "), *filter(None, where)])

    def of(self, measure: str, n: int | None = None) -> dict[str, Index]:
        """One measure by factor, from n base points, or from all."""
        indices = self.growth.get(self.n if n is None else n, ())
        return {index.factor: index for index in indices if index.measure == measure}

    @property
    def ranked(self) -> list[str]:
        """The factors, that which matters most first."""
        values = {factor: index.value for factor, index in self.of(self.leading).items()}
        return sorted(values, key=lambda factor: (np.isnan(values[factor]), -values[factor]))

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values; those that are not finite are for `json_safe`."""
        plain = dataclasses.asdict(self)
        indices = [i for indices in self.growth.values() for i in indices]
        plain["growth"] = [dataclasses.asdict(i) | {"told": i.told} for i in indices]
        return plain | {"level": LEVEL}


def sensitivity(
    experiment: Experiment,
    plan: Plan,
    table: pa.Table,
    outcomes: Sequence[str] | None = None,
    styles: Sequence[str] | None = None,
) -> list[Sensitivity]:
    """Tells what matters to outcomes (the usual ten) under styles (the first one).

    `table` has the runs of the plan in any order. Where [vary] is crossed with the sample, each of
    its settings has a result of its own. A UserError refuses designs of another kind, plans of
    which runs failed or are missing, and names that do not exist.
    """
    name = _method(experiment)
    method, sample = METHODS[name], cast("Sample", experiment.axes[-1])
    labels = [arm.label for arm in experiment.arms]
    styles = list(dict.fromkeys(styles or labels[:1]))
    for style in styles:
        if style not in labels:
            raise unknown("style", style, labels)
    shown = _shown(experiment.outcome_columns, outcomes)
    _refuse_gaps(plan, table)
    d = len(sample.names)
    design = sample.points.reshape(-1, d + method.extra, d)
    if len(design) == 1:
        one, _ = BASES[name]
        said = f"One {one} gives no {method.title}: take sample.n = 16, or more"
        raise UserError(said)
    settings = [plan.values(point) for point in range(0, plan.n_points, len(sample))]
    order = np.argsort(table["run"].to_numpy())
    shape = (plan.seeds, len(settings), *design.shape[:2], plan.n_styles)
    found = []
    for outcome in shown:
        runs = table[outcome].to_numpy()[order].astype(np.float64).reshape(shape)
        for style in styles:
            for k, values in enumerate(settings):
                at = runs[:, k, :, :, labels.index(style)]
                growth, reason = analyse(at, design, sample.names, method)
                found.append(
                    Sensitivity(
                        outcome=outcome,
                        style=style,
                        at={key: v for key, v in values.items() if key not in sample.names},
                        method=name,
                        factors=sample.names,
                        n=len(design),
                        replicates=plan.seeds,
                        growth=growth,
                        reason=reason,
                    )
                )
    return found


def _method(experiment: Experiment) -> str:
    """Returns the method of the sample; a UserError names those that are valid."""
    name: str = experiment.written.get("sample", {}).get("method", "")
    if name in METHODS:
        return name
    raise UserError(
        "What matters is told by a [sample] whose points were placed for it: "
        'method = "saltelli" gives Sobol indices, method = "morris" elementary effects with fewer '
        f"runs. The design of this experiment is another: it has {OTHERS.get(name, name)}"
    )


def _shown(known: Sequence[str], outcomes: Sequence[str] | None) -> Sequence[str]:
    """Returns the outcomes that are named, each once, else the usual ten, else the first ten."""
    for name in outcomes or ():
        if name not in known:
            raise unknown("outcome", name, known)
    named = list(dict.fromkeys(outcomes or ()))
    return named or [name for name in SHOWN if name in known] or known[:10]


def _refuse_gaps(plan: Plan, table: pa.Table) -> None:
    """Refuses a plan some of whose runs have no outcomes, naming these and their points."""
    state = np.full(len(plan), "missing", dtype="U7")
    state[table["run"].to_numpy()] = table["status"].to_numpy()
    gaps = np.flatnonzero(state != "done")
    if not gaps.size:
        return
    failed = np.flatnonzero(state == "failed")
    lines = [
        f"Every run of the design is needed, but of {len(plan)} runs {failed.size} failed and "
        f"{gaps.size - failed.size} are missing"
    ]
    for index in gaps[:NAMED].tolist():
        run = plan.run(index)
        values = {"style": run.style} if run.style else {}
        at = ", ".join(f"{name} = {v}" for name, v in (values | run.values).items())
        lines.append(f"run {index} {state[index]}: point {run.point_id}, rep {run.rep} ({at})")
    if gaps.size > NAMED:
        lines.append(f"and {gaps.size - NAMED} more")
    lines.append("the sweep's own command, given again, does these alone; failed ones with --retry")
    if failed.size:
        lines.append(f"why one failed is shown by: cocreate repeat FOLDER {failed[0]}")
    raise UserError("\n".join(lines))
