"""Step 5: users adopt what fits them, and value is created."""

from math import inf, sqrt
from typing import Any

from sim.core.jit import rule
from sim.core.landscape import height
from sim.core.numbers import exp
from sim.core.space import log_fit


@rule
def bring_out(par: Any, companies: Any, offers: Any, problems: Any, rings: Any) -> None:
    """Sets quality, coherence and worth of each product.

    Quality is the mean of (height / 100) ^ 8 over the problems; coherence falls with the spread
    of the goals that its parts were made for where the product is integral (discovery against
    divergence, Almirall & Casadesus-Masanell 2010; our form [D]).
    """
    for c in range(len(companies)):
        company = companies[c]
        total = 0.0
        for p in range(problems.shape[1]):
            task = problems[c, p]
            part = height(rings, task.ring, task.at) / 100.0
            second = part * part
            fourth = second * second
            total += fourth * fourth
        company.quality = total / problems.shape[1]
        if company.parts > 1e-9:
            square = company.phase_cos * company.phase_cos + company.phase_sin * company.phase_sin
            length = sqrt(square)
            company.coherence = exp(-par.integrality * (1.0 - min(1.0, length / company.parts)))
        offers[c].worth = worth(company, par)


@rule
def worth(company: Any, par: Any) -> float:
    """Returns what a company's product is worth in a month to a user whom it fits fully [money].

    Where trust is critical, an untrusted product is worth little; a rival good is worth less
    the less of the demand for it is met.
    """
    trusted = min(1.2, company.trust / 0.75)
    return (
        par.worth
        * company.quality
        * company.coherence
        * (1.0 - par.trust_critical + par.trust_critical * trusted)
        * (1.0 - par.rivalry + par.rivalry * company.served)
    )


@rule
def look_out(k: int, me: Any, reservation: float, lot: Any) -> None:
    """Begins a person's choice: with what one can do without, or with nothing better to find."""
    lot.need[k] = me.need
    lot.adopted[k] = -1
    lot.best[k] = reservation if int(me.volunteer) | int(me.gone) == 0 else inf


@rule
def compare(k: int, c: int, company: Any, offer: Any, lot: Any) -> None:
    """Lets a user adopt the product of company c if it is the best so far."""
    suits = exp(log_fit(lot.need[k], company, offer))
    value = offer.worth * suits
    best, fit, adopted = lot.best[k], lot.fit[k], lot.adopted[k]
    better = value > best
    lot.best[k] = value if better else best
    lot.fit[k] = suits if better else fit
    lot.adopted[k] = c if better else adopted


@rule
def count_adopters(c: int, n: int, par: Any, lot: Any, tally: Any) -> None:
    """Counts the users of company c among n people, what is created for them and how it suits."""
    adopters, created, suits, months = tally.adopters, tally.created, tally.fit, par.months
    for k in range(n):  # all is fetched for everybody: for some only, it would take a branch
        is_one, value, fit = lot.adopted[k] == c, lot.best[k] * months, lot.fit[k]
        adopters += int(is_one)
        created += value if is_one else 0.0
        suits += fit if is_one else 0.0
    tally.adopters, tally.created, tally.fit = adopters, created, suits


@rule
def count_users(par: Any, companies: Any, tallies: Any) -> None:
    """Counts users, what is created for them and how well they are served."""
    for c in range(len(companies)):
        company = companies[c]
        company.adopters = 0
        company.created = 0.0
        company.fit = 0.0
        for b in range(len(tallies) - 1):
            company.adopters += tallies[b, c].adopters
            company.created += tallies[b, c].created
            company.fit += tallies[b, c].fit
        if company.adopters > 0:
            company.fit /= company.adopters
        use_up(par, company)


@rule
def use_up(par: Any, company: Any) -> None:
    """Adds contributed goods to the stock, and takes off what rival use consumes.

    A good is rival to the degree `rivalry` (Ostrom 1990: subtractability); what is left keeps
    for the next step [D].
    """
    company.stock += par.uses * company.accepted
    wanted = par.rivalry * par.months * company.adopters
    used = min(company.stock, wanted)
    company.served = used / wanted if wanted > 0.0 else 1.0
    company.stock -= used
