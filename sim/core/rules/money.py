"""Step 5, its end: money flows."""

from typing import Any

from sim.core.jit import rule
from sim.core.random import Stream, uniform
from sim.core.wages import piece_rate


@rule
def honour(t: int, i: int, key: Any, par: Any, me: Any, company: Any, tally: Any) -> None:
    """May give one person an award for accepted work."""
    chance = par.award_share * company.recognition
    if chance > 0.0 and uniform(key, Stream.AWARD, t, i, 0) < chance:
        me.awarded = t
        tally.awards += 1


@rule
def settle_accounts(par: Any, companies: Any) -> None:
    """Captures value, pays costs, shares profit and counts the cash.

    What a company captures is what does not spill over to others; openness and transparency
    spill more. Coordination costs grow with the square of the active members (Brooks 1975).
    """
    for c in range(len(companies)):
        company = companies[c]
        company.captured = 0.0
        company.cost = 0.0
        company.rate = 0.0
        company.shared = 0.0
        if company.open == 1:
            budget(company, par)
            close_books(company, par)


@rule
def budget(company: Any, par: Any) -> None:
    """Sets revenue and cost of the step, and the profit to be shared.

    Members are paid out of earnings, and losses are made good before (Hansmann 1996).
    """
    spill = par.spillover * (0.6 * (1.0 - company.control) + 0.4 * company.transparency)
    company.captured = par.margin * company.created * (1.0 - spill)
    company.rate = piece_rate(company, par) * company.money * (1.0 - company.contest)
    company.paid += company.rate * company.accepted
    active = company.active
    reviewed = company.accepted + company.rejected + company.waiting
    open_work = par.coordination * (1.0 - company.control) * (1.0 - 0.7 * company.tools)
    company.cost = (
        company.paid
        + par.staff_cost * (0.25 + 0.75 * company.experts)
        + par.tools_cost * company.tools
        + par.review_cost * company.control * company.seen * reviewed
        + open_work * active * active
        + par.community_cost * company.social * active
        + par.award_cost * company.awards
    )
    if company.accepted > 0:
        profit = company.captured - company.cost
        earnings = company.cash + profit - company.endowment
        company.shared = par.payout * company.sharing * max(0.0, min(profit, earnings))


@rule
def pay(me: Any, company: Any) -> None:
    """Pays one person for accepted work, and their part of the profit."""
    me.earned += me.accepted * (company.rate + company.shared / company.accepted)


@rule
def close_books(company: Any, par: Any) -> None:
    """Counts the cash; without any, the company cuts its levers, and in the end closes."""
    company.cash += company.captured - company.cost - company.shared
    if company.cash >= 0.0:
        company.overdrawn = 0
        company.austerity = 1.0
    else:
        company.overdrawn += 1
        company.austerity = par.austerity
        if company.overdrawn > par.grace:
            company.open = 0
