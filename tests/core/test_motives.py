"""The contract of every motive, and what each of ours says."""

import ast
import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.inputs import LEVERS
from sim.core.jit import kernel
from sim.core.motives import MOTIVES, STREAMS, WAITS, weigh
from sim.core.rules.offer import make_offers
from sim.core.space import fit
from sim.core.state import COMPANY, PERSON, State, records
from sim.scenario import Scenario, constants

NAMES = list(MOTIVES)
OURS = {"money", "recognition", "fun", "social", "own_use"}
SINGLE = float(np.finfo(np.float32).eps)  # weights are 32-bit floats


@kernel
def weighed(people, weights, companies, offers, par, pulls):
    make_offers(len(people), par[0], companies, offers)
    fits = fit(people[0], companies[0], offers[0])
    return weigh(0, 0, people[0], weights, fits, companies[0], offers[0], par[0], pulls)


def appeals(volunteer=0, weights=None, par=None, **fields):
    """The appeal of each motive to one person of one company."""
    people, companies = records(PERSON, 1), records(COMPANY, 1)
    people["volunteer"] = volunteer
    for name, value in fields.items():
        where = people if name in ("need", "crowding") else companies
        where[name] = value
    weights = np.array([np.ones(len(MOTIVES)) if weights is None else weights], np.float32)
    pulls = np.full((len(MOTIVES), 1), np.nan)
    offers = State.empty(1, 1, 1, tuple(MOTIVES), 1, 1, 1, 3).offers
    total = weighed(people, weights, companies, offers, par or PAR, pulls)
    assert total == pytest.approx(pulls.sum(), rel=1e-12)
    return dict(zip(NAMES, pulls[:, 0].tolist(), strict=True))


PAR = constants(Scenario("default"))
shares = st.floats(0, 1)


@given(
    st.fixed_dictionaries(
        dict.fromkeys((*LEVERS, "need", "direction", "crowding", "acceptance"), shares)
        | {"active": st.integers(0, 200), "submitted": st.integers(0, 1000)}
        | {"accepted": st.integers(0, 1000), "captured": st.floats(0, 1e6)}
    ),
    st.integers(0, 1),
)
def test_motives__appeal_from_0_to_1(fields, volunteer):
    for name, value in appeals(volunteer, **fields).items():
        assert 0 <= value <= 1 + 1e-12, name


@pytest.mark.parametrize("name", MOTIVES)
def test_motive__says_what_it_is_and_who_says_so(name):
    motive = getattr(MOTIVES[name], "py_func", MOTIVES[name])
    assert motive.__name__ == name
    assert list(inspect.signature(motive).parameters) == ["me", "fit", "company", "offer", "par"]
    tree = ast.parse(inspect.getsource(inspect.getmodule(motive)))
    assert ast.get_docstring(tree)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert list(found) in ([name], ["offer", name])
    for node in found.values():
        assert ast.get_docstring(node)
    assert re.search(r"\b(19|20)\d\d\b|\[D\]", " ".join(map(ast.get_docstring, found.values())))
    if "offer" in found:
        assert [argument.arg for argument in found["offer"].args.args] == ["company", "par"]


def test_motives__weigh_in_by_their_weight_alone():
    everything = dict.fromkeys(LEVERS, 0.5) | {"active": 20, "acceptance": 0.5, "need": 0.2}
    full = appeals(**everything)
    assert set(full) >= OURS
    weights = np.linspace(0.0, 0.3, len(MOTIVES)).astype(np.float32).tolist()
    weighted = appeals(weights=weights, **everything)
    for n, name in enumerate(NAMES):
        assert weighted[name] == weights[n] * full[name]


def test_motives__keep_their_draws_whichever_others_there_are():
    assert len(set(STREAMS)) == len(STREAMS)
    assert dict(zip(NAMES, STREAMS, strict=True))["fun"] == 1264168812
    assert all(0 <= stream < 2**32 for stream in STREAMS)


def test_motive_money__is_pay_prize_chance_and_share():
    assert appeals(money=1.0)["money"] == 1
    assert appeals(money=1.0, sharing=1.0)["money"] == pytest.approx(0.5 + 0.3)
    assert appeals(sharing=1.0)["money"] == pytest.approx(0.3)
    few = appeals(money=1.0, contest=1.0, submitted=5)["money"]
    many = appeals(money=1.0, contest=1.0, submitted=50)["money"]
    assert (few, many) == pytest.approx((1.0, 30 / (3 * 50)))


def test_motive_money__thins_out_with_those_among_whom_the_payroll_is_shared():
    """Full pay is 0.5; the purse is 30, and half of what is captured is spent on pay."""

    def offered(**fields):
        return appeals(money=0.6, **fields)["money"]

    assert offered(accepted=60) == pytest.approx(0.6)
    assert offered(accepted=240) == pytest.approx(0.6 * (30 / 240) / 0.5)
    assert offered(accepted=240, captured=120.0) == pytest.approx(0.6 * (60 / 240) / 0.5)
    assert offered(accepted=240, captured=1e6) == pytest.approx(0.6)
    mixed = 0.6 * (0.75 * (30 / 240) / 0.5 + 0.25 * 1.0)
    assert offered(accepted=240, contest=0.25) == pytest.approx(mixed)


def test_motive_money__is_the_only_one_that_does_not_wait_for_others():
    assert [name for name, waits in zip(NAMES, WAITS, strict=True) if not waits] == ["money"]


@pytest.mark.parametrize("name", ["fun", "recognition", "social"])
def test_crowding__takes_its_part_of_what_is_done_for_its_own_sake(name):
    """0.65 of the appeal at full crowding; where money drew people before, it is no less."""
    levers = dict.fromkeys(LEVERS, 0.8) | {"active": 40, "acceptance": 0.5, "need": 0.2}
    free, half, full = (appeals(**levers, crowding=crowding) for crowding in (0.0, 0.5, 1.0))
    assert half[name] == pytest.approx((1 - 0.65 / 2) * free[name])
    assert full[name] == pytest.approx((1 - 0.65) * free[name])
    assert (full["money"], full["own_use"]) == (free["money"], free["own_use"])


def test_motive_fun__is_spoilt_by_control_and_pay():
    assert appeals(fun=1.0)["fun"] == 1
    assert appeals(fun=1.0, control=1.0)["fun"] == pytest.approx(0.2)
    assert appeals(fun=1.0, crowding=1.0)["fun"] == pytest.approx(0.35)
    assert appeals()["fun"] == pytest.approx(0.4)


def test_motive_recognition__needs_an_audience():
    assert appeals(recognition=1.0, transparency=1.0)["recognition"] == 1
    assert appeals(recognition=1.0)["recognition"] == pytest.approx(0.4)


def test_motive_social__grows_ever_less():
    values = [appeals(social=1.0, active=n)["social"] for n in (0, 10, 20, 200)]
    assert values[0] == 0
    assert values[1] - values[0] > values[2] - values[1] > 0
    assert values[3] == pytest.approx(1.0)


def test_motive_own_use__is_an_unmet_need_of_a_user():
    far = {"need": 0.5, "direction": 0.0, "acceptance": 1.0}
    near_enough = np.exp(-((0.5 * (1 - 0.8) / 0.15) ** 2))  # tools bridge 0.8 of the way
    assert appeals(**far, tools=1.0)["own_use"] == pytest.approx(1 - near_enough)
    assert appeals(**far)["own_use"] == pytest.approx(0.4, abs=0.01)
    assert appeals(**far | {"need": 0.0})["own_use"] == 0
    assert appeals(**far | {"acceptance": 0.0})["own_use"] == 0


def test_motive_own_use__is_none_of_volunteers(begin):
    """A volunteer's other motives are those the same person would have as a user, to the sum 1."""
    users = begin(population={"volunteers": 0.0}).state.weights.astype(np.float64)
    mixed = begin(population={"volunteers": 0.5}).state
    kind = mixed.people["volunteer"]
    assert 50 < kind.sum() < 150
    use = NAMES.index("own_use")
    assert (users[:, use] > 0).all()
    assert (mixed.weights[kind == 0] == users[kind == 0]).all()
    without = np.delete(users, use, axis=1)
    without /= without.sum(axis=1, keepdims=True)
    volunteers = mixed.weights[kind == 1]
    assert (volunteers[:, use] == 0).all()
    without = without[kind == 1]
    np.testing.assert_allclose(np.delete(volunteers, use, axis=1), without, rtol=2 * SINGLE)
    np.testing.assert_allclose(mixed.weights.sum(axis=1, dtype=np.float64), 1.0, rtol=SINGLE)
