"""What a contribution is paid, out of what a company can spend on pay."""

from typing import Any

from sim.core.jit import rule


@rule
def piece_rate(company: Any, par: Any) -> float:
    """Returns the pay of an accepted contribution at full money [money].

    It is full pay until the payroll is spent, a part of what is captured and never less than the
    purse a company starts with; the payroll is then spread over all of the accepted [D].
    """
    payroll = max(par.pay_purse, par.payroll * company.captured)
    return min(par.pay, payroll / max(1.0, company.accepted))
