"""Before all else: companies do what their management asked for, as far as they can pay."""

from typing import Any

from sim.core.jit import rule


@rule
def follow_policy(companies: Any, levers: Any) -> None:
    """Puts the levers into force; without cash, levers that cost money are cut [D]."""
    for c in range(len(companies)):
        company, asked = companies[c], levers[c]
        company.control = asked.control
        company.vision = asked.vision
        company.fun = asked.fun
        company.transparency = asked.transparency
        company.sharing = asked.sharing
        company.contest = asked.contest
        company.facilitation = asked.facilitation
        company.money = asked.money * company.austerity
        company.recognition = asked.recognition * company.austerity
        company.social = asked.social * company.austerity
        company.experts = asked.experts * company.austerity
        company.tools = asked.tools * company.austerity
