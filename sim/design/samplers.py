"""Designs in the unit cube: where to put n points, or n groups of them, in d dimensions.

Each is `method(n, d, rng) -> (points, d)`, values in [0, 1]. The order is that in which a
half-finished design is a smaller one of its kind, as far as the method has such an order.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Sampler = Callable[[int, int, np.random.Generator], FloatArray]

LEVELS = 4
"""Levels of a factor in Morris's design: even, so that each is as likely."""


def latin_hypercube(n: int, d: int, rng: np.random.Generator) -> FloatArray:
    """Places n points so that each of n equal slices of each factor holds one.

    Source: McKay, Beckman & Conover (1979).
    """
    from scipy.stats import qmc  # half a second or more, which only those who sample shall pay

    return np.asarray(qmc.LatinHypercube(d, rng=rng).random(n))


def sobol(n: int, d: int, rng: np.random.Generator) -> FloatArray:
    """Places n points, a power of two, by a scrambled Sobol sequence.

    Source: Sobol (1967); Owen (1998) for the scrambling.
    """
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(d, rng=rng).random(n))


def saltelli(n: int, d: int, rng: np.random.Generator) -> FloatArray:
    """Places n groups of d + 2 points, n a power of two, for Sobol indices.

    A group is a point of A, one of B, and d points of A with coordinate j taken from B. So
    outcomes y of all points, as y.reshape(n, d + 2), are f_A in column 0, f_B in column 1 and f_AB
    in the others, transposed as scipy.stats.sobol_indices takes them.
    Source: Saltelli et al. (2010), as in SciPy.
    """
    from scipy.stats import qmc

    both = qmc.Sobol(2 * d, bits=64, rng=rng).random(n)
    groups = np.repeat(both[:, np.newaxis, :d], d + 2, axis=1)
    groups[:, 1] = both[:, d:]
    factor = np.arange(d)
    groups[:, factor + 2, factor] = both[:, d:]
    return groups.reshape(-1, d)


def morris(n: int, d: int, rng: np.random.Generator) -> FloatArray:
    """Places n trajectories of d + 1 points, each of which moves one more factor than the last.

    Factors have `LEVELS` levels p and move by p / (2 (p - 1)), in random order and direction.
    Source: Morris (1991); Campolongo, Cariboni & Saltelli (2007) for what to read from it.
    """
    step = LEVELS / 2
    trajectories = np.empty((n, d + 1, d))
    for trajectory in trajectories:
        low = rng.integers(0, LEVELS // 2, d)
        up = rng.random(d) < 0.5
        trajectory[:] = np.where(up, low, low + step)
        for moved, factor in enumerate(rng.permutation(d)):
            trajectory[moved + 1 :, factor] += step if up[factor] else -step
    return trajectories.reshape(-1, d) / (LEVELS - 1)


METHODS: dict[str, Sampler] = {f.__name__: f for f in (latin_hypercube, sobol, saltelli, morris)}
"""The methods by name."""

POWER_OF_TWO = ("sobol", "saltelli")
"""Methods whose balance is lost unless n is a power of two."""

GROUPED = ("saltelli", "morris")
"""Methods whose points belong together, so that none may be taken out."""
