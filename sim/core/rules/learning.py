"""Step 6: beliefs and trust move."""

from typing import Any

from sim.core.jit import rule
from sim.core.numbers import sigmoid
from sim.core.reciprocity import next_belief


@rule
def learn(par: Any, people: Any, companies: Any) -> None:
    """Moves what members believe and whom they trust, from what they see of this step."""
    for c in range(len(companies)):
        take_stock(companies[c])
    for i in range(len(people)):
        me = people[i]
        if me.company >= 0 and me.gone == 0:
            companies[me.company].effort += me.effort
            companies[me.company].present += 1
    for c in range(len(companies)):
        company = companies[c]
        if company.present > 0:
            company.effort /= company.present
    for i in range(len(people)):
        me = people[i]
        if me.company >= 0:
            company = companies[me.company]
            gap = company.effort - me.belief
            believe(me, company, par)
            come_to_trust(me, gap, company, par)


@rule
def take_stock(company: Any) -> None:
    """Sets the acceptance felt in this step and clears the mean effort."""
    due = company.accepted + company.rejected + company.waiting
    if due > 0:
        company.acceptance = company.accepted / due
    company.effort = 0.0
    company.present = 0


@rule
def believe(me: Any, company: Any, par: Any) -> None:
    """Moves the belief towards the effort seen; transparency shows more, free riding too [D]."""
    gain = min(1.0, par.belief_gain * (1.0 + par.belief_sight * (2.0 * company.transparency - 1.0)))
    me.belief = next_belief(me.belief, company.effort, gain, par.belief_rise, par.belief_decay)


@rule
def come_to_trust(me: Any, gap: float, company: Any, par: Any) -> None:
    """Moves trust, slowly up and fast down, by fair treatment, openness and a fair share [D]."""
    due = me.accepted + me.rejected + me.waiting
    treated = me.accepted / due if due > 0 else company.acceptance
    captured = company.captured / company.created if company.created > 0.0 else 0.0
    target = sigmoid(
        -0.4
        + par.trust_acceptance * (treated - 0.5)
        + par.trust_openness * company.transparency
        + par.trust_sharing * company.sharing
        - par.trust_capture * captured * (1.0 - 0.7 * company.money)
        + par.trust_gap * company.transparency * gap
    )
    rate = par.trust_up if target > me.trust else par.trust_down
    me.trust += rate * (target - me.trust)
