"""What a company has for everybody alike, worked out once and not by each person."""

from typing import Any

from sim.core.jit import rule
from sim.core.motives import put_motives
from sim.core.numbers import log
from sim.core.space import narrowness


@rule
def make_offers(n_people: int, par: Any, companies: Any, offers: Any) -> None:
    """Sets what each company has for members and for those who hear of it, as things stand.

    People give the more, the more others use what they make (Zhang & Zhu 2011; the logarithm is
    ours [D]): the term is 0 at 1,000 users. Users spread the word (Bass 1969).
    """
    for c in range(len(companies)):
        company, offer = companies[c], offers[c]
        offer.reach = narrowness(company, par)
        offer.crowding = company.money / (company.money + par.crowding_offset)
        offer.lift = par.sharing_lift * company.sharing
        audience = log(1.0 + company.adopters / 200.0) / log(6.0)
        offer.welcome = (
            par.tools_appeal * company.tools
            + par.audience_appeal * (audience - 1.0)
            - par.effort_cost
        )
        users = company.adopters / n_people
        closed = par.closed_word * company.control
        offer.word = par.awareness + par.word_of_mouth * users * (1.0 - closed)
        put_motives(company, offer, par)
