"""Sensitivity indices with intervals, from the outcomes of a design that was made for them.

Saltelli's design gives Sobol indices: the share of an outcome's variance that a factor explains
alone (`first order`), and with all its interactions (`total`). Morris's gives elementary effects,
changes of the outcome per whole range of a factor: their mean size (`mu*`), their mean (`mu`) and
their standard deviation (`sigma`), which interactions and bends make.

The run is the unit. Of several replicates at a point, under common random numbers, the mean is
analysed; what chance adds to an index is told from their spread. An interval is the index ± z
standard deviations of 1,000 resamples. Each draws anew whole base points (a trajectory; A, B and
their mixtures), and replicates for all of them together. Percentiles would lie too high for what
is never negative: in 150 designs of 64 base points (Ishigami's function and a factor without
effect, noise of standard deviation 2) they took chance for that factor's total in 24 % with 5
replicates and in 62 % with 20, these in none. Without noise these held the true index in 88 to
95 % of 150 designs of 16 base points, in 93 to 99 % with 64, in 98 to 100 % with 256: Sobol points
are more even than chance, which resampling cannot know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, sobol_indices

from sim.analysis.effects import ROUNDING

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 1000
AT_ONCE = 1 << 21
"""Numbers that are resampled together, which bounds memory."""
FEWEST = 8
"""Base points from which on the growth of the indices is shown."""
NEGLIGIBLE = 1e-9
"""An index below this share of the largest one is rounding, and 0."""
MOVE = 2 / 3
"""Share of its range by which a factor moves in Morris's design, which has four levels."""


@dataclass(frozen=True)
class Index:
    """One measure of one factor from n base points, with its interval at `LEVEL`, for it alone.

    `chance` is about what the measure would be if the factor changed nothing but the luck of the
    runs; 0 where one replicate does not tell.
    """

    factor: str
    measure: str
    n: int
    value: float
    low: float
    high: float
    chance: float

    @property
    def told(self) -> bool:
        """Whether it is told from 0, and from chance."""
        return self.low > self.chance or self.high < -self.chance


@dataclass(frozen=True)
class Method:
    """How one design is read; it has as many points a base point as factors, and `extra` ones.

    The `leading` measure ranks the factors. `prepare` makes, of outcomes (replicate, base point,
    point) and the design (base point, point, factor), what is averaged and resampled. `measure`
    makes (measure, set, factor) of its means over replicates, (set, base point, ...). `chance`
    makes (measure, factor) of two replicates or more.
    """

    title: str
    measures: tuple[str, ...]
    leading: str
    extra: int
    prepare: Callable[[FloatArray, FloatArray], FloatArray]
    measure: Callable[[FloatArray], FloatArray]
    chance: Callable[[FloatArray], FloatArray]


def analyse(
    outcomes: FloatArray, design: FloatArray, factors: Sequence[str], method: Method
) -> tuple[dict[int, tuple[Index, ...]], str]:
    """Returns the indices from growing numbers of base points, or why there are none.

    `outcomes` are (replicate, base point, point), `design` is (base point, point, factor).
    """
    unknown = outcomes.size - np.count_nonzero(np.isfinite(outcomes))
    if unknown:
        return {}, f"not known in {unknown} of {outcomes.size} runs"
    means = outcomes.mean(axis=0)
    if np.ptp(means) <= ROUNDING * np.abs(means).max():
        return {}, "no variation"
    n = len(design)
    sizes = [size for size in (n // 8, n // 4, n // 2) if size >= FEWEST] + [n]
    return {k: tuple(_indices(outcomes[:, :k], design[:k], factors, method)) for k in sizes}, ""


def _indices(
    outcomes: FloatArray, design: FloatArray, factors: Sequence[str], method: Method
) -> Iterator[Index]:
    """Yields each measure of each factor."""
    prepared = method.prepare(outcomes, design)
    values = method.measure(prepared.mean(axis=0)[np.newaxis])[:, 0]
    resampled = [method.measure(means) for means in _resampled(prepared)]
    halves = norm.ppf((1 + LEVEL) / 2) * np.concatenate(resampled, axis=1).std(axis=1, ddof=1)
    values[np.abs(values) < NEGLIGIBLE * np.abs(values).max()] = 0
    chance = method.chance(prepared) if len(prepared) > 1 else np.zeros_like(values)
    for m, measure in enumerate(method.measures):
        for f, factor in enumerate(factors):
            value, half = float(values[m, f]), float(halves[m, f])
            yield Index(
                factor, measure, len(design), value, value - half, value + half, float(chance[m, f])
            )


def _resampled(values: FloatArray) -> Iterator[FloatArray]:
    """Yields sets of resampled means over replicates, (set, base point, ...), `RESAMPLES` in all.

    The draws depend on nothing but the shape, so that indices do not change with what else is
    asked for.
    """
    rng = np.random.default_rng(RESAMPLES)
    n_replicates, n = values.shape[:2]
    left = RESAMPLES
    while left:
        size = min(left, 1 + AT_ONCE // values.size)
        left -= size
        replicates = rng.integers(n_replicates, size=(n_replicates, size))
        points = rng.integers(n, size=(size, n, 1))
        # Summed one by one, equal outcomes have equal means to the last bit.
        means = sum(values[drawn] for drawn in replicates) / n_replicates
        yield np.take_along_axis(means, points, axis=1)


def _as_they_are(outcomes: FloatArray, design: FloatArray) -> FloatArray:
    return outcomes


def _sobol(means: FloatArray) -> FloatArray:
    """First order and total; NaN where A and B do not vary.

    Source: Saltelli et al. (2010), as in SciPy.
    """
    n_sets, n, n_points = means.shape
    # SciPy takes no single factor of a single set.
    sets = np.concatenate([means, means]) if n_sets == 1 else means
    f = np.moveaxis(sets, -1, 0)
    found = sobol_indices(func={"f_A": f[0], "f_B": f[1], "f_AB": f[2:]}, n=n)
    both = np.stack([found.first_order, found.total_order]).reshape(2, -1, n_points - 2)
    flat = np.ptp(means[..., :2], axis=(1, 2)) == 0
    return np.where(flat[:, np.newaxis], np.nan, both[:, :n_sets])


def _sobol_chance(outcomes: FloatArray) -> FloatArray:
    """The total of luck alone; the first order of it is 0."""
    changes = _variance_of_means(outcomes[..., :1] - outcomes[..., 2:]) / 2
    variance = outcomes.mean(axis=0)[:, :2].var()
    total = changes / (variance or np.nan)
    return np.stack([np.zeros_like(total), total])


def _effects(outcomes: FloatArray, design: FloatArray) -> FloatArray:
    """Elementary effects (replicate, trajectory, factor): each step has that of what it moved.

    Source: Morris (1991).
    """
    directions = np.sign(np.diff(design, axis=1))
    steps = np.diff(outcomes, axis=2)
    return np.asarray(np.einsum("rns,nsf->rnf", steps, directions) / MOVE)


def _morris(effects: FloatArray) -> FloatArray:
    """mu* (Campolongo, Cariboni & Saltelli, 2007), mu and sigma."""
    size, mean = np.abs(effects).mean(axis=1), effects.mean(axis=1)
    return np.stack([size, mean, effects.std(axis=1, ddof=1)])


def _morris_chance(effects: FloatArray) -> FloatArray:
    """The mean size and the spread of normal effects by luck alone, whose mean is 0."""
    sigma = np.sqrt(_variance_of_means(effects))
    return np.stack([np.sqrt(2 / np.pi) * sigma, np.zeros_like(sigma), sigma])


def _variance_of_means(values: FloatArray) -> FloatArray:
    """Variance, by luck, of means over replicates (axis 0), averaged over base points (axis 1)."""
    return np.asarray(values.var(axis=0, ddof=1).mean(axis=0) / len(values))


METHODS = {
    "saltelli": Method(
        "Sobol indices", ("first order", "total"), "total", 2, _as_they_are, _sobol, _sobol_chance
    ),
    "morris": Method(
        "elementary effects", ("mu*", "mu", "sigma"), "mu*", 1, _effects, _morris, _morris_chance
    ),
}
"""The methods of [sample] whose points tell what matters."""
