"""Tails and quantiles of the distributions that the checks use.

Own code, since scipy would add 110 MB to a Lambda package for five functions.
"""

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist

_TINY = 1e-300
_PRECISE = 1e-16
_STEPS = 100_000
_NARROW = 1e-13
_NEARLY = 1e-4


def normal_two_sided(z: float) -> float:
    """Return the probability that a standard normal is further from 0 than z."""
    return math.erfc(abs(z) / math.sqrt(2))


def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal; 0 < p < 1."""
    return NormalDist().inv_cdf(p)


def kolmogorov_tail(x: float) -> float:
    """Return the probability that Kolmogorov's limit distribution exceeds x."""
    if x <= 0:
        return 1.0
    if x < 1:  # the theta-function form converges at once where the alternating series does not
        terms = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * x * x)) for k in range(1, 12))
        return 1 - math.sqrt(2 * math.pi) / x * math.fsum(terms)
    series = ((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 20))
    return min(1.0, 2 * math.fsum(series))


def chi2_tail(x: float, df: float) -> float:
    """Return the probability that chi-squared exceeds x; df > 0."""
    if x <= 0:
        return 1.0
    a, half = df / 2, x / 2
    if half < a + 1:
        return 1 - _gamma_series(a, half)
    return _gamma_fraction(a, half)


@cache
def chi2_quantile(p_above: float, df: float) -> float:
    """Return the value that chi-squared exceeds with probability p_above."""
    high = df + 10.0
    while chi2_tail(high, df) > p_above:
        high *= 2
    return _root(lambda x: p_above - chi2_tail(x, df), 0.0, high)


def student_two_sided(t: float, df: float) -> float:
    """Return the probability that Student's t is further from 0 than t."""
    if math.isinf(t):
        return 0.0
    return beta_cdf(df / (df + t * t), df / 2, 0.5)


def student_quantile(p_two_sided: float, df: float) -> float:
    """Return the value that |t| exceeds with this probability."""

    def too_far(t: float) -> float:
        return p_two_sided - student_two_sided(t, df)

    guess = _student_guess(p_two_sided, df)
    low, high = guess * (1 - _NEARLY), guess * (1 + _NEARLY)
    if too_far(low) > 0 or too_far(high) < 0:  # few degrees of freedom: search from afar
        low, high = 0.0, 10.0
        while too_far(high) < 0:
            high *= 2
    return _root(too_far, low, high)


def _student_guess(p_two_sided: float, df: float) -> float:
    """Return the expansion of Cornish and Fisher around the normal quantile, second order."""
    z = normal_quantile(1 - p_two_sided / 2)
    return z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df * df)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function at x in 0..1."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    front = math.exp(log_front)
    if x < (a + 1) / (a + b + 2):  # where the fraction converges quickly
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the quantile of the beta distribution; 0 < p < 1."""
    return _root(lambda x: beta_cdf(x, a, b) - p, 0.0, 1.0)


def binomial_at_least(k: int, n: int, p: float) -> float:
    """Return the probability of k or more successes in n trials of probability p."""
    if k > n:
        return 0.0
    return 1.0 if k <= 0 else beta_cdf(p, k, n - k + 1)


def hypergeometric_at_least(k: int, *, drawn: int, marked: int, total: int) -> float:
    """Return the probability that k or more of the marked items are among those drawn."""
    top = min(drawn, marked)
    if k <= max(0, drawn + marked - total):
        return 1.0
    if k > top:
        return 0.0
    term = math.exp(
        _log_choose(marked, k) + _log_choose(total - marked, drawn - k) - _log_choose(total, drawn)
    )
    terms = [term]
    for i in range(k, top):
        term *= (marked - i) / (i + 1) * (drawn - i) / (total - marked - drawn + i + 1)
        terms.append(term)
    return min(1.0, math.fsum(terms))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of a rising function: Illinois method, bisection where that is slow."""
    at_low, at_high, slow = rising(low), rising(high), 0
    while high - low > _NARROW * abs(high):
        middle = (low * at_high - high * at_low) / (at_high - at_low) if slow < 3 else math.nan
        if not low < middle < high:
            middle, slow = (low + high) / 2, 0
        before, at_middle = high - low, rising(middle)
        if at_middle == 0 or middle in {low, high}:
            return middle
        if at_middle < 0:
            low, at_low, at_high = middle, at_middle, at_high / 2
        else:
            high, at_high, at_low = middle, at_middle, at_low / 2
        slow = slow + 1 if high - low > before / 2 else 0
    return (low + high) / 2


def _gamma_series(a: float, x: float) -> float:
    term = total = 1 / a
    for k in range(1, _STEPS):
        term *= x / (a + k)
        total += term
        if term < total * _PRECISE:
            break
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def _gamma_fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    value = d
    for i in range(1, _STEPS):
        factor = -i * (i - a)
        b += 2
        d = 1 / _away_from_0(factor * d + b)
        c = _away_from_0(b + factor / c)
        value *= d * c
        if abs(d * c - 1) < _PRECISE:
            break
    return value * math.exp(a * math.log(x) - x - math.lgamma(a))


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate the fraction of Numerical Recipes (§6.4) by Lentz's method."""
    c, d = 1.0, 1 / _away_from_0(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for factor in (even, odd):
            d = 1 / _away_from_0(1 + factor * d)
            c = _away_from_0(1 + factor / c)
            value *= d * c
        if abs(d * c - 1) < _PRECISE:
            break
    return value


def _away_from_0(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
