/* Elementary functions and draws that give the same bits as sim.core.numbers and sim.core.random.
 *
 * exp, log, sin and cos are FDLIBM's rational forms (Sun Microsystems, 1993); the normal quantile
 * is Wichura (1988), algorithm AS 241; the generator is SplitMix64's finaliser (Steele, Lea &
 * Flood 2014), chained over the coordinates of a draw. Compile without contraction: a fused
 * multiply-add rounds once where the core rounds twice. */

#ifndef ARITHMETIC_H
#define ARITHMETIC_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A rule becomes part of whoever calls it; by itself gcc leaves the larger ones as calls. */
#define RULE static inline __attribute__((always_inline))

typedef uint64_t chance; /* the key of a replicate, or a state on the way to a draw */

static const double LN2_HIGH = 6.93147180369123816490e-01;
static const double LN2_LOW = 1.90821492927058770002e-10;
static const double INVERSE_LN2 = 1.44269504088896338700e00;
static const double EXP_LARGEST = 7.09782712893383973096e02;
static const double EXP_SMALLEST = -7.45133219101941108420e02;
static const double ROUNDER = 6755399441055744.0; /* 1.5 * 2^52 leaves no room for a fraction */
static const int64_t BITS_OF_ROUNDER = 0x4338000000000000;
static const double MARGIN = 1e-12; /* more than any rounding of a chance */
static const double PI = 3.141592653589793;

static const double EXP[] = {
    4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05,
    -2.77777777770155933842e-03, 1.66666666666666019037e-01,
};
static const double LOG[] = {
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
    2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
    6.666666666666735130e-01, 0.0,
};
static const double SINE[] = {
    1.58969099521155010221e-10, -2.50507602534068634195e-08, 2.75573137070700676789e-06,
    -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01,
};
static const double COSINE[] = {
    -1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
    2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02,
};
static const double QUANTILE_CENTRE[] = {
    2.5090809287301226727e03, 3.3430575583588128105e04, 6.7265770927008700853e04,
    4.5921953931549871457e04, 1.3731693765509461125e04, 1.9715909503065514427e03,
    1.3314166789178437745e02, 3.3871328727963666080e00,
};
static const double QUANTILE_CENTRE_BELOW[] = {
    5.2264952788528545610e03, 2.8729085735721942674e04, 3.9307895800092710610e04,
    2.1213794301586595867e04, 5.3941960214247511077e03, 6.8718700749205790830e02,
    4.2313330701600911252e01, 1.0,
};
static const double QUANTILE_SIDE[] = {
    7.74545014278341407640e-04, 2.27238449892691845833e-02, 2.41780725177450611770e-01,
    1.27045825245236838258e00, 3.64784832476320460504e00, 5.76949722146069140550e00,
    4.63033784615654529590e00, 1.42343711074968357734e00,
};
static const double QUANTILE_SIDE_BELOW[] = {
    1.05075007164441684324e-09, 5.47593808499534494600e-04, 1.51986665636164571966e-02,
    1.48103976427480074590e-01, 6.89767334985100004550e-01, 1.67638483018380384940e00,
    2.05319162663775882187e00, 1.0,
};
static const double QUANTILE_TAIL[] = {
    2.01033439929228813265e-07, 2.71155556874348757815e-05, 1.24266094738807843860e-03,
    2.65321895265761230930e-02, 2.96560571828504891230e-01, 1.78482653991729133580e00,
    5.46378491116411436990e00, 6.65790464350110377720e00,
};
static const double QUANTILE_TAIL_BELOW[] = {
    2.04426310338993978564e-15, 1.42151175831644588870e-07, 1.84631831751005468180e-05,
    7.86869131145613259100e-04, 1.48753612908506148525e-02, 1.36929880922735805310e-01,
    5.99832206555887937690e-01, 1.0,
};

/* Python's min and max of two, which keep the first of equals. */
RULE double least(double a, double b) { return b < a ? b : a; }
RULE double most(double a, double b) { return b > a ? b : a; }

RULE double of_bits(int64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

RULE int64_t bits_of(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

RULE double horner(const double *coefficients, size_t n, double x) {
    double value = coefficients[0];
    for (size_t k = 1; k < n; k++) value = value * x + coefficients[k];
    return value;
}
#define POLYNOMIAL(coefficients, x) \
    horner(coefficients, sizeof(coefficients) / sizeof(coefficients)[0], x)

RULE double power_of_two(int64_t k) { return of_bits((k + 1023) << 52); }

/* Without branches, so that a processor takes several at once. */
RULE double exponential(double x) {
    double within = least(most(x, EXP_SMALLEST), EXP_LARGEST);
    double shifted = within * INVERSE_LN2 + ROUNDER;
    double twos = shifted - ROUNDER;
    double high = within - twos * LN2_HIGH;
    double low = twos * LN2_LOW;
    double rest = high - low;
    double square = rest * rest;
    double c = rest - square * POLYNOMIAL(EXP, square);
    double value = 1.0 + (rest * c / (2.0 - c) - low + high);
    int64_t k = bits_of(shifted) - BITS_OF_ROUNDER;
    int64_t half = k >> 1; /* two factors: 2^1024 is no number and 2^-1075 is zero */
    value = value * power_of_two(half) * power_of_two(k - half);
    value = x > EXP_LARGEST ? INFINITY : value;
    value = x < EXP_SMALLEST ? 0.0 : value;
    return x != x ? x : value;
}

RULE double logarithm(double x) {
    if (x == 0.0) return -INFINITY;
    if (x < 0.0) return NAN;
    if (!(x < INFINITY)) return x;
    int64_t k = -1023;
    if (x < 2.2250738585072014e-308) {
        x = x * 18014398509481984.0;
        k = k - 54;
    }
    int64_t sqrt_half = 0x3FE6A09E00000000;
    int64_t bits = bits_of(x) + (0x3FF0000000000000 - sqrt_half);
    k = k + (bits >> 52);
    double f = of_bits((bits & 0x000FFFFFFFFFFFFF) + sqrt_half) - 1.0;
    double s = f / (2.0 + f);
    double half_square = 0.5 * f * f;
    double series = POLYNOMIAL(LOG, s * s);
    double twos = (double)k;
    return s * (half_square + series) + twos * LN2_LOW - half_square + f + twos * LN2_HIGH;
}

RULE double sigmoid(double x) {
    double below = exponential(-fabs(x));
    return (x >= 0.0 ? 1.0 : below) / (1.0 + below);
}

RULE double normal_quantile(double p) {
    if (p <= 0.0) return -INFINITY;
    if (p >= 1.0) return INFINITY;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * POLYNOMIAL(QUANTILE_CENTRE, r) / POLYNOMIAL(QUANTILE_CENTRE_BELOW, r);
    }
    double r = sqrt(-logarithm(q < 0.0 ? p : 1.0 - p));
    double value;
    if (r <= 5.0) {
        r = r - 1.6;
        value = POLYNOMIAL(QUANTILE_SIDE, r) / POLYNOMIAL(QUANTILE_SIDE_BELOW, r);
    } else {
        r = r - 5.0;
        value = POLYNOMIAL(QUANTILE_TAIL, r) / POLYNOMIAL(QUANTILE_TAIL_BELOW, r);
    }
    return q < 0.0 ? -value : value;
}

/* Cosine and sine of x whole turns, for |x| < 2^49; without branches, too. */
RULE void turn(double x, double *cosine_of, double *sine_of) {
    double shifted = 4.0 * x + ROUNDER;
    double quarters = shifted - ROUNDER;
    double angle = 2.0 * PI * (x - 0.25 * quarters);
    double square = angle * angle;
    double sine = angle + angle * square * POLYNOMIAL(SINE, square);
    double half = 0.5 * square;
    double whole = 1.0 - half;
    double cosine = whole + (((1.0 - whole) - half) + square * square * POLYNOMIAL(COSINE, square));
    int64_t quadrant = bits_of(shifted); /* whose two last bits are those of quarters */
    double c = (quadrant & 1) != 0 ? sine : cosine, s = (quadrant & 1) != 0 ? cosine : sine;
    *cosine_of = of_bits(bits_of(c) ^ (int64_t)((uint64_t)((quadrant + 1) & 2) << 62));
    *sine_of = of_bits(bits_of(s) ^ (int64_t)((uint64_t)(quadrant & 2) << 62));
}

RULE chance mix(chance state, int64_t coordinate) {
    uint64_t z = state + ((uint64_t)coordinate + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

/* A number in (0, 1) that belongs to stream, step t, person i and draw j. */
RULE double uniform(chance key, int64_t stream, int64_t t, int64_t i, int64_t j) {
    chance bits = mix(mix(mix(mix(key, stream), t), i), j);
    return (double)(int64_t)((bits >> 11) | 1) * (1.0 / 9007199254740992.0);
}

/* The numbers of those of n people, from `first` on, who are listed. */
RULE void uniform_all(
    chance key, int64_t stream, int64_t t, int64_t j, int64_t first, const int16_t *who, int64_t n,
    double *restrict numbers) {
    for (int64_t k = 0; k < n; k++) numbers[k] = uniform(key, stream, t, first + who[k], j);
}

RULE double normal(chance key, int64_t stream, int64_t t, int64_t i, int64_t j) {
    return normal_quantile(uniform(key, stream, t, i, j));
}

/* Whether what has this hazard happens, and with any higher, for all that one sees at once. */
RULE bool surely_occurs(double hazard, double u) {
    return u < hazard - 0.5 * hazard * hazard - MARGIN;
}

/* Whether what has this hazard happens at quantile u: mostly decided without the exponential. */
RULE bool occurs(double hazard, double u) {
    if (u >= hazard + MARGIN) return false;
    return surely_occurs(hazard, u) || u < 1.0 - exponential(-hazard);
}

/* Whether the Poisson number with this mean is 0 at quantile u, for all that one sees at once. */
RULE bool surely_none(double mean, double u) { return u < 1.0 - mean - MARGIN; }

/* The Poisson number, by inversion, where the chance of 0, exp(-mean), is `none`. */
RULE int64_t poisson_after(double none, double mean, double u) {
    if (mean > 500.0) {
        double z = normal_quantile(u);
        return (int64_t)most(0.0, mean + z * sqrt(mean) + (z * z - 1.0) / 6.0 + 0.5);
    }
    int64_t count = 0;
    double step = none;
    double below = step;
    while (u > below && (count < mean || below + step > below)) {
        count += 1;
        step = step * mean / count;
        below = below + step;
    }
    return count;
}

RULE int64_t poisson(double mean, double u) {
    return surely_none(mean, u) ? 0 : poisson_after(exponential(-mean), mean, u);
}

#endif
