import pytest

from sim import Levers
from sim.core.inputs import LEVERS

ASKED = Levers(**{name: 0.1 + 0.05 * n for n, name in enumerate(LEVERS)})
COSTLY = {"money", "recognition", "social", "experts", "tools"}


@pytest.mark.parametrize("austerity", [1.0, 0.5, 0.0])
def test_levers__are_those_asked_for_as_far_as_they_can_be_paid(begin, one_step, austerity):
    eco = begin(ASKED, Levers())
    eco.state.companies["austerity"] = (austerity, 1.0)
    company = one_step(eco)[1].companies
    for name in LEVERS:
        left = austerity if name in COSTLY else 1.0
        assert company[name].tolist() == [getattr(ASKED, name) * left, 0.0], name
