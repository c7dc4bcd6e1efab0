"""Step 6: beliefs and trust move."""

from typing import Any

from sim.core.jit import rule
from sim.core.reciprocity import next_belief


@rule
def take_stock(par: Any, companies: Any, offers: Any, tallies: Any) -> None:
    """Sets what members see of this step: acceptance, the mean effort, and what is fair.

    Transparency shows more, free riding too [D].
    """
    for c in range(len(companies)):
        company, offer = companies[c], offers[c]
        due = company.accepted + company.rejected + company.waiting
        if due > 0:
            company.acceptance = company.accepted / due
        company.effort = 0.0
        company.present = 0
        for b in range(len(tallies) - 1):
            company.effort += tallies[b, c].effort
            company.present += tallies[b, c].present
        if company.present > 0:
            company.effort /= company.present
        sight = 1.0 + par.belief_sight * (2.0 * company.transparency - 1.0)
        offer.gain = min(1.0, par.belief_gain * sight)
        captured = company.captured / company.created if company.created > 0.0 else 0.0
        offer.fairness = (
            -0.4
            + par.trust_openness * company.transparency
            + par.trust_sharing * company.sharing
            - par.trust_capture * captured * (1.0 - 0.7 * company.money)
        )


@rule
def learn(par: Any, me: Any, company: Any, offer: Any) -> float:
    """Moves what a member believes, from what they see of this step.

    Returns the log odds of trust that treatment, openness and a fair share speak for [D].
    """
    gap = company.effort - me.belief
    me.belief = next_belief(
        me.belief, company.effort, offer.gain, par.belief_rise, par.belief_decay
    )
    due = me.accepted + me.rejected + me.waiting
    felt = company.acceptance * int(due == 0)  # without a branch: it is different each time
    treated = (me.accepted + felt) / max(due, 1)
    return (
        offer.fairness
        + par.trust_acceptance * (treated - 0.5)
        + par.trust_gap * company.transparency * gap
    )


@rule
def come_to_trust(par: Any, me: Any, deserved: float) -> None:
    """Moves a member's trust towards what is deserved, slowly up and fast down [D]."""
    rate = par.trust_up if deserved > me.trust else par.trust_down
    me.trust += rate * (deserved - me.trust)
