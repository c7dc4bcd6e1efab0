"""Step 5: users adopt what fits them, and value is created."""

from math import sqrt
from typing import Any

from sim.core.jit import rule
from sim.core.numbers import exp
from sim.core.space import fit


@rule
def create_value(par: Any, people: Any, companies: Any, problems: Any, rings: Any) -> None:
    """Lets each user adopt the best product above what they can do without."""
    for c in range(len(companies)):
        prepare(c, par, companies[c], problems, rings)
    for i in range(len(people)):
        me = people[i]
        me.adopted = -1
        if me.volunteer == 1 or me.gone == 1:
            continue
        best = par.reservation
        for c in range(len(companies)):
            company = companies[c]
            if company.open == 1:
                value = worth(me, company, par)
                if value > best:
                    best = value
                    me.adopted = c
        if me.adopted >= 0:
            company = companies[me.adopted]
            company.adopters += 1
            company.created += best * par.months
            company.fit += fit(me, company, par)
    for c in range(len(companies)):
        company = companies[c]
        if company.adopters > 0:
            company.fit /= company.adopters
        use_up(par, company)


@rule
def prepare(c: int, par: Any, company: Any, problems: Any, rings: Any) -> None:
    """Sets quality and coherence of a product and clears what is counted over its users.

    Quality is the mean of (height / 100) ^ 8 over the problems; coherence falls with the spread
    of the goals that its parts were made for where the product is integral (discovery against
    divergence, Almirall & Casadesus-Masanell 2010; our form [D]).
    """
    total = 0.0
    for p in range(problems.shape[1]):
        task = problems[c, p]
        height = rings[task.ring, task.at] / 100.0
        second = height * height
        fourth = second * second
        total += fourth * fourth
    company.quality = total / problems.shape[1]
    if company.parts > 1e-9:
        length = sqrt(company.phase_cos * company.phase_cos + company.phase_sin * company.phase_sin)
        company.coherence = exp(-par.integrality * (1.0 - min(1.0, length / company.parts)))
    company.adopters = 0
    company.created = 0.0
    company.fit = 0.0


@rule
def worth(me: Any, company: Any, par: Any) -> float:
    """Returns what a company's product is worth to a user in a month [money].

    Where trust is critical, an untrusted product is worth little; a rival good is worth less
    the less of the demand for it is met.
    """
    trusted = min(1.2, company.trust / 0.75)
    return (
        par.worth
        * company.quality
        * company.coherence
        * fit(me, company, par)
        * (1.0 - par.trust_critical + par.trust_critical * trusted)
        * (1.0 - par.rivalry + par.rivalry * company.served)
    )


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
