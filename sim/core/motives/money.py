"""Money: pay, prizes and a share of the profit."""

from typing import Any

from sim.core.jit import rule
from sim.core.wages import piece_rate

WAITS = False  # who works for pay, a prize or a share does not wait for others to work, too


@rule
def offer(company: Any, par: Any) -> float:
    """Returns what pay and a share in the result are worth, in [0, 1].

    A prize is worth its chance: it thins out with the number of contributions that compete
    (Boudreau, Lacetera & Lakhani 2011), and so does pay beyond what the payroll can bear. Shared
    ownership stands in for part of the pay [D].
    """
    rivals = max(1.0, company.submitted / par.months)
    prize = min(1.0, par.prize / (par.prize_dilution * rivals))
    pay = piece_rate(company, par) / par.pay if par.pay > 0.0 else 0.0
    offered = company.money * ((1.0 - company.contest) * pay + company.contest * prize)
    return offered * (1.0 - 0.5 * company.sharing) + par.share_appeal * company.sharing


@rule
def money(me: Any, fit: float, company: Any, offer: Any, par: Any) -> float:
    """Returns the appeal of money, in [0, 1], which is the same for everybody."""
    return offer.money
