"""Elementary functions that give the same bits on every machine.

The C library's exp and log differ from processor to processor, and NumPy's from both. These are
made of + - * /, square root and exact operations on bits alone, so compiled and interpreted code
agree on every processor. Powers are written as products: ``x ** 8`` would not agree.

Sources: the rational forms of exp, log, sin and cos are those of FDLIBM (Sun Microsystems, 1993);
the normal quantile is Wichura (1988), algorithm AS 241.
"""

import math
from typing import Any

import numpy as np

from sim.core.jit import kernel, rule

LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts; the first has 21 trailing zero bits,
LN2_LOW = 1.90821492927058770002e-10  # so that its product with an exponent is exact
INVERSE_LN2 = 1.44269504088896338700e00
EXP_LARGEST = 7.09782712893383973096e02  # beyond it exp is infinite
EXP_SMALLEST = -7.45133219101941108420e02  # below it exp is zero

# Adding and taking away 1.5 * 2**52 leaves no room for a fraction: it rounds to a whole number.
ROUNDER = 6755399441055744.0
BITS_OF_ROUNDER = 0x4338000000000000

MANTISSA_BITS = 52
MANTISSA = 0x000FFFFFFFFFFFFF
EXPONENT_BIAS = 1023
BITS_OF_ONE = 0x3FF0000000000000
BITS_OF_SQRT_HALF = 0x3FE6A09E00000000
SMALLEST_NORMAL = 2.2250738585072014e-308
TWO_TO_54 = 18014398509481984.0

# Coefficients, highest power first.
EXP = (
    4.13813679705723846039e-08,
    -1.65339022054652515390e-06,
    6.61375632143793436117e-05,
    -2.77777777770155933842e-03,
    1.66666666666666019037e-01,
)
LOG = (
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
    0.0,
)
SINE = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
COSINE = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
QUANTILE_CENTRE = (
    2.5090809287301226727e03,
    3.3430575583588128105e04,
    6.7265770927008700853e04,
    4.5921953931549871457e04,
    1.3731693765509461125e04,
    1.9715909503065514427e03,
    1.3314166789178437745e02,
    3.3871328727963666080e00,
)
QUANTILE_CENTRE_BELOW = (
    5.2264952788528545610e03,
    2.8729085735721942674e04,
    3.9307895800092710610e04,
    2.1213794301586595867e04,
    5.3941960214247511077e03,
    6.8718700749205790830e02,
    4.2313330701600911252e01,
    1.0,
)
QUANTILE_SIDE = (
    7.74545014278341407640e-04,
    2.27238449892691845833e-02,
    2.41780725177450611770e-01,
    1.27045825245236838258e00,
    3.64784832476320460504e00,
    5.76949722146069140550e00,
    4.63033784615654529590e00,
    1.42343711074968357734e00,
)
QUANTILE_SIDE_BELOW = (
    1.05075007164441684324e-09,
    5.47593808499534494600e-04,
    1.51986665636164571966e-02,
    1.48103976427480074590e-01,
    6.89767334985100004550e-01,
    1.67638483018380384940e00,
    2.05319162663775882187e00,
    1.0,
)
QUANTILE_TAIL = (
    2.01033439929228813265e-07,
    2.71155556874348757815e-05,
    1.24266094738807843860e-03,
    2.65321895265761230930e-02,
    2.96560571828504891230e-01,
    1.78482653991729133580e00,
    5.46378491116411436990e00,
    6.65790464350110377720e00,
)
QUANTILE_TAIL_BELOW = (
    2.04426310338993978564e-15,
    1.42151175831644588870e-07,
    1.84631831751005468180e-05,
    7.86869131145613259100e-04,
    1.48753612908506148525e-02,
    1.36929880922735805310e-01,
    5.99832206555887937690e-01,
    1.0,
)


@rule
def polynomial(coefficients: tuple[float, ...], x: float) -> float:
    """The polynomial in x, by Horner's rule; the coefficient of the highest power comes first."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


@rule
def power_of_two(k: np.int64) -> float:
    """2.0 ** k for k in [-1022, 1023], by writing the exponent's bits."""
    return np.int64((k + EXPONENT_BIAS) << MANTISSA_BITS).view(np.float64)


@rule
def exp(x: float) -> float:
    """The exponential within one unit in the last place; 0 below -745.14, inf above 709.78.

    Without branches, so that a processor takes several at once.
    """
    within = min(max(x, EXP_SMALLEST), EXP_LARGEST)
    shifted = np.float64(within * INVERSE_LN2 + ROUNDER)
    twos = shifted - ROUNDER
    high = within - twos * LN2_HIGH
    low = twos * LN2_LOW
    rest = high - low
    square = rest * rest
    c = rest - square * polynomial(EXP, square)
    value: float = 1.0 + (rest * c / (2.0 - c) - low + high)
    k = shifted.view(np.int64) - BITS_OF_ROUNDER  # twos as a whole number
    half = k >> 1  # two factors, because 2 ** 1024 is no number and 2 ** -1075 is zero
    value = value * power_of_two(half) * power_of_two(k - half)
    value = math.inf if x > EXP_LARGEST else value
    value = 0.0 if x < EXP_SMALLEST else value
    return x if x != x else value


@rule
def exp_all(x: Any, n: int) -> None:
    """Replaces each of the first n numbers by its exponential."""
    for k in range(n):
        x[k] = exp(x[k])


@kernel
def all_finite(rows: Any, columns: Any) -> bool:
    """Whether all numbers in some columns (column,) of a table (row, any) are finite."""
    for r in range(len(rows)):
        for c in columns:
            if not abs(rows[r, c]) < math.inf:
                return False
    return True


@rule
def log(x: float) -> float:
    """Natural logarithm within one unit in the last place; -inf at 0, NaN below."""
    if x == 0.0:
        return -math.inf
    if x < 0.0:
        return math.nan
    if not x < math.inf:  # infinite, or NaN
        return x
    k = np.int64(-EXPONENT_BIAS)
    if x < SMALLEST_NORMAL:
        x = x * TWO_TO_54
        k = k - 54
    # x = 2 ** k * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)]
    bits = np.float64(x).view(np.int64) + (BITS_OF_ONE - BITS_OF_SQRT_HALF)
    k = k + (bits >> MANTISSA_BITS)
    f = np.int64((bits & MANTISSA) + BITS_OF_SQRT_HALF).view(np.float64) - 1.0
    s = f / (2.0 + f)
    half_square = 0.5 * f * f
    series = polynomial(LOG, s * s)
    twos = np.float64(k)
    return s * (half_square + series) + twos * LN2_LOW - half_square + f + twos * LN2_HIGH


@rule
def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), the logistic function, for any x without overflow."""
    below = exp(-abs(x))
    return (1.0 if x >= 0.0 else below) / (1.0 + below)


@rule
def sigmoid_all(x: Any, n: int) -> None:
    """Replaces each of the first n numbers by its logistic function."""
    for k in range(n):
        x[k] = sigmoid(x[k])


@rule
def normal_quantile(p: float) -> float:
    """The value that a standard normal variable stays below with probability p.

    Relative error about 1e-15; -inf at p <= 0 and inf at p >= 1. Wichura (1988), AS 241, PPND16.
    """
    if p <= 0.0:
        return -math.inf
    if p >= 1.0:
        return math.inf
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(QUANTILE_CENTRE, r) / polynomial(QUANTILE_CENTRE_BELOW, r)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r = r - 1.6
        value = polynomial(QUANTILE_SIDE, r) / polynomial(QUANTILE_SIDE_BELOW, r)
    else:
        r = r - 5.0
        value = polynomial(QUANTILE_TAIL, r) / polynomial(QUANTILE_TAIL_BELOW, r)
    return -value if q < 0.0 else value


@rule
def turn(x: float) -> tuple[float, float]:
    """Cosine and sine of x whole turns, (cos(2 pi x), sin(2 pi x)); exact at quarter turns.

    For |x| < 2**49; within two units in the last place.
    """
    shifted = np.float64(4.0 * x + ROUNDER)
    quarters = shifted - ROUNDER
    angle = 2.0 * math.pi * (x - 0.25 * quarters)
    square = angle * angle
    sine = angle + angle * square * polynomial(SINE, square)
    half = 0.5 * square
    whole = 1.0 - half
    cosine = whole + (((1.0 - whole) - half) + square * square * polynomial(COSINE, square))
    quadrant = shifted.view(np.int64)  # whose last two bits are those of quarters
    across, up = (sine, cosine) if quadrant & 1 else (cosine, sine)
    return -across if (quadrant + 1) & 2 else across, -up if quadrant & 2 else up


@rule
def turn_all(x: Any, cosines: Any, sines: Any, n: int) -> None:
    """Sets the cosine and sine of each of the first n numbers, in whole turns."""
    for k in range(n):
        cosines[k], sines[k] = turn(x[k])
