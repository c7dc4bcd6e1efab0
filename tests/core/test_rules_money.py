import numpy as np
import pytest

from sim import Levers
from sim.core.random import Stream

LEVERS = Levers(
    control=0.4, money=0.6, recognition=0.9, social=0.7, transparency=0.8, sharing=0.5,
    experts=0.3, tools=0.5, contest=0.2,
)  # fmt: skip
RICH = {"worth": 100.0}


def test_money__is_spent_as_the_levers_say(begin, one_step, dice):
    eco = begin(LEVERS, Levers(), world=RICH, money={"award_share": "1 per month"})
    eco.state.companies["active"] = (50, 70)
    before, after = one_step(eco)
    now = after.companies[0]
    assert now["captured"] == pytest.approx(
        0.35 * now["created"] * (1 - 0.5 * (0.6 * 0.6 + 0.4 * 0.8)), rel=1e-12
    )
    winners = (after.problems["winner"][0] >= 0).any()
    assert now["accepted"] > 0
    assert now["rate"] == pytest.approx(0.5 * 0.6 * 0.8, rel=1e-12)  # the payroll is not spent
    paid = now["rate"] * now["accepted"] + winners * 30 * 0.2 * 0.6
    assert now["paid"] == pytest.approx(paid, rel=1e-12)
    cost = (
        paid
        + 2 * 10 * (0.25 + 0.75 * 0.3)
        + 40 * 0.5
        + 0.05 * 0.4 * now["seen"] * now["submitted"]
        + 0.004 * 0.6 * (1 - 0.7 * 0.5) * 50**2
        + 0.05 * 0.7 * 50
        + 0.5 * now["awards"]
    )
    assert now["cost"] == pytest.approx(cost, rel=1e-12)
    assert now["shared"] == pytest.approx(0.5 * (now["captured"] - cost), rel=1e-12)
    assert now["shared"] > 0
    assert now["cash"] == pytest.approx(100 + 0.5 * (now["captured"] - cost), rel=1e-12)
    lucky = dice(eco, Stream.AWARD) < (1 - np.exp(-1)) * 0.9
    mine = before.people["company"] == 0
    awarded = mine & lucky & (after.people["accepted"] > 0)
    assert ((after.people["awarded"] == 1) == awarded).all()
    assert now["awards"] == awarded.sum() > 0
    idle = after.companies[1]  # no levers: only the least staff and coordination
    assert idle["cost"] == pytest.approx(2 * 10 * 0.25 + 0.004 * 70**2, rel=1e-12)


@pytest.mark.parametrize(
    ("worth", "purse", "rate"),
    [
        (0.0, "3 per month", lambda now: 3 / now["accepted"]),
        (20.0, "3 per month", lambda now: 0.1 * now["captured"] / now["accepted"]),
        (9000.0, "3 per month", lambda now: 0.5),
    ],
    ids=["purse", "payroll", "full pay"],
)
def test_payroll__is_spread_over_the_accepted(begin, one_step, worth, purse, rate):
    """Money 0.6 pays 0.6 of it, for the 0.8 of the work that no contest calls for."""
    eco = begin(
        Levers(money=0.6, contest=0.2),
        world={"worth": worth},
        money={"pay_purse": purse, "payroll": 0.1, "prize": "0 per month"},
    )
    before, after = one_step(eco)
    now, people = after.companies[0], after.people
    assert now["accepted"] > 20
    wage = rate(now) * 0.6 * 0.8
    assert now["rate"] == pytest.approx(wage, rel=1e-12)
    assert now["paid"] == pytest.approx(wage * now["accepted"], rel=1e-12)
    earned = people["earned"] - before.people["earned"]
    np.testing.assert_allclose(earned, wage * people["accepted"], rtol=1e-12)


def test_review__costs_for_whatever_is_seen_also_of_the_backlog(begin, one_step):
    eco = begin(
        Levers(control=1.0),
        effort={"contributions": "0 per month"},
        gate={"review_capacity": "1000 per month"},
    )
    eco.state.people["waiting"] = 1
    eco.state.companies["waiting"] = 200
    now = one_step(eco)[1].companies[0]
    reviewed = 200  # all were seen
    assert now["cost"] == pytest.approx(2 * 10 * 0.25 + 0.05 * reviewed, rel=1e-12)


def test_profit__is_shared_in_proportion_to_accepted_work(begin, one_step):
    eco = begin(Levers(sharing=0.5), world=RICH)
    before, after = one_step(eco)
    now, people = after.companies[0], after.people
    assert now["shared"] > 0
    earned = people["earned"] - before.people["earned"]
    share = people["accepted"] / people["accepted"].sum()
    np.testing.assert_allclose(earned, share * now["shared"], rtol=1e-12)


@pytest.mark.parametrize(("behind", "payout"), [(0.0, 1.0), (30.0, 1.0), (30.0, 0.25), (1e6, 1.0)])
def test_profit__makes_losses_good_before_it_is_shared(begin, one_step, behind, payout):
    eco = begin(Levers(sharing=0.5), world=RICH, money={"payout": payout})
    company = eco.state.companies[0]
    assert company["endowment"] == company["cash"] == 200.0
    company["cash"] -= behind
    now = one_step(eco)[1].companies[0]
    profit = now["captured"] - now["cost"]
    assert profit > 30
    earnings = max(0.0, profit - behind)
    assert now["shared"] == pytest.approx(payout * 0.5 * earnings, rel=1e-12)
    assert now["cash"] == pytest.approx(200 - behind + profit - now["shared"], rel=1e-12)
    assert now["endowment"] == 200.0


def test_profit__of_the_step_alone_is_shared_whatever_was_earned_before(begin, one_step):
    eco = begin(Levers(sharing=0.5), world=RICH)
    eco.state.companies["cash"] += 1000.0
    now = one_step(eco)[1].companies[0]
    assert now["shared"] == pytest.approx(0.5 * (now["captured"] - now["cost"]), rel=1e-12)


def test_payout__of_0_keeps_all_profit_in_the_company(begin, one_step):
    eco = begin(Levers(sharing=1.0), world=RICH, money={"payout": 0.0})
    after = one_step(eco)[1]
    assert after.companies["captured"][0] > after.companies["cost"][0]
    assert after.companies["shared"][0] == 0
    assert (after.people["earned"] == 0).all()


def test_losses__are_not_shared(begin, one_step):
    eco = begin(Levers(sharing=1.0, tools=1.0), world={"worth": 0.0})
    now = one_step(eco)[1].companies[0]
    assert now["cost"] > now["captured"] == 0
    assert now["shared"] == 0


def test_company__without_cash_saves_and_closes(begin):
    eco = begin(
        Levers(tools=1.0),
        money={"seed_money": 0.0, "grace": "2 months", "austerity": 0.4},
        world={"worth": 0.0},
        time={"steps": 5},
    )
    rows = []
    for _ in range(5):
        eco.advance(1)
        rows.append([eco.state.companies[n][0] for n in ("overdrawn", "open", "tools", "members")])
    overdrawn, is_open, tools, members = zip(*rows, strict=True)
    assert overdrawn[:3] == (1, 2, 3)
    assert is_open == (1, 1, 0, 0, 0)
    assert tools[:3] == (1.0, 0.4, 0.4)
    assert members[1] > 0 == members[2] == members[4]
    assert (eco.history["cost"][4:] == 0).all()


def test_company__that_earns_again_in_time_is_saved(begin, one_step):
    eco = begin(Levers(tools=0.5), time={"steps": 4}, money={"grace": "2 months"})
    eco.state.companies["cash"] = -10.0
    one_step(eco)
    assert eco.state.companies["overdrawn"] == 1
    eco.state.companies["cash"] = 1000.0
    one_step(eco)
    assert eco.state.companies["overdrawn"] == 0
    assert eco.state.companies["austerity"] == 1


def test_company__that_has_closed_pays_nothing(begin):
    eco = begin(
        Levers(money=0.8, tools=1.0),
        money={"seed_money": 0.0, "grace": "2 months"},
        world={"worth": 0.0},
        time={"steps": 8},
    )
    eco.advance()
    closed = eco.history["open"][:, 0] == 0
    closed[closed.argmax()] = False  # it still paid in the step in which it closed
    assert closed.sum() == 5
    for name in ("rate", "paid", "cost", "captured", "shared"):
        assert (eco.history[name][closed, 0] == 0).all(), name
