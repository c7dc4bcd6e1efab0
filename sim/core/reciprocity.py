"""Reciprocity: what people give, given what they believe others give."""

from sim.core.jit import rule


@rule
def contribution(intercept: float, slope: float, belief: float) -> float:
    """Returns the voluntary contribution, in [0, 1], of one type at a belief in [0, 1].

    The schedules of Fischbacher & Gaechter (2010), as straight lines.
    """
    return max(0.0, min(1.0, intercept + slope * belief))


@rule
def next_belief(belief: float, seen: float, gain: float, rise: float, decay: float) -> float:
    """Returns the belief, in [0, 1], after others' contributions were seen.

    Fischbacher & Gaechter (2010) estimate 1 - gain - decay on the belief before, gain on what was
    seen, and a constant `rise`.
    """
    return max(0.0, min(1.0, belief + gain * (seen - belief) + (rise - decay * belief)))
