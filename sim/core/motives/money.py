"""Money: pay, prizes and a share of the profit."""

from typing import Any

from sim.core.jit import rule


@rule
def money(me: Any, company: Any, par: Any) -> float:
    """Returns the appeal of pay and of a share in the result, in [0, 1].

    A prize is worth its chance: it thins out with the number of contributions that compete
    (Boudreau, Lacetera & Lakhani 2011). Shared ownership stands in for part of the pay [D].
    """
    rivals = max(1.0, company.submitted / par.months)
    prize = min(1.0, par.prize / (par.prize_dilution * rivals))
    pay = company.money * ((1.0 - company.contest) + company.contest * prize)
    return pay * (1.0 - 0.5 * company.sharing) + par.share_appeal * company.sharing
