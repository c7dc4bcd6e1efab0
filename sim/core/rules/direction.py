"""Step 4, its end: where the product and the vision move."""

from typing import Any

from sim.core.jit import rule
from sim.core.random import Stream, normal
from sim.core.space import apart, wrap


@rule
def steer(t: int, key: Any, par: Any, companies: Any, tallies: Any, world: Any) -> None:
    """Moves each product towards accepted work and, by control, towards the vision.

    A company influences what comes out, it does not decide it. Its vision moves towards accepted
    work and a little towards the market, with an error [D]; the stronger it is the less it bends,
    and at full strength it is a constant signal but for the error (Hegselmann & Krause 2015).
    """
    for c in range(len(companies)):
        company = companies[c]
        gather(company, c, tallies)
        if company.open == 0:
            continue
        openness = 1.0 - company.control
        humility = 1.0 - company.vision
        pull = company.pull / company.accepted if company.accepted > 0 else 0.0
        to_vision = apart(company.goal, company.direction)
        to_work = apart(company.direction + pull, company.goal) if company.accepted > 0 else 0.0
        to_market = apart(world[0].centre, company.goal)
        error = par.vision_noise * normal(key, Stream.LISTEN, t, c, 0)
        company.direction = wrap(
            company.direction
            + par.work_pull * openness * pull
            + par.vision_pull * company.control * to_vision
        )
        company.goal = wrap(
            company.goal
            + humility * (par.listening * openness * to_work + par.market_pull * to_market)
            + error
        )


@rule
def gather(company: Any, c: int, tallies: Any) -> None:
    """Counts the work decided on, and adds it to the parts of the product."""
    company.accepted = 0
    company.rejected = 0
    company.awards = 0
    company.pull = 0.0
    for b in range(len(tallies) - 1):
        tally = tallies[b, c]
        company.accepted += tally.accepted
        company.rejected += tally.rejected
        company.awards += tally.awards
        company.pull += tally.pull
        company.phase_cos += tally.phase_cos
        company.phase_sin += tally.phase_sin
    company.parts += company.accepted
