import numpy as np
import pytest

from sim import Levers

NEVER = "0 per month"
WORTH = {"worth": 20.0, "trust_critical": 0.6, "rivalry": 0.7, "uses": 0.5, "integrality": 1.5}


def apart(to, start):
    return (to - start + 0.5) % 1 - 0.5


def test_users__adopt_the_best_product_above_what_they_have(begin, one_step):
    """The whole of the adoption, with two companies and a rival good."""
    tools, control = np.array([0.9, 0.0]), np.array([0.2, 0.7])
    levers = [Levers(tools=0.9, control=0.2), Levers(control=0.7)]
    eco = begin(
        *levers,
        world=WORTH,
        population={"need_spread": 0.3},
        effort={"contributions": "30 per month"},
        time={"steps": 3},
    )
    eco.advance(2)
    before, after = one_step(eco)
    was, now, people = before.companies, after.companies, after.people
    heights = after.rings[after.problems["ring"], after.problems["at"]]
    np.testing.assert_allclose(now["quality"], ((heights / 100) ** 8).mean(axis=1), rtol=1e-12)
    away = np.abs(apart(people["need"][:, None], now["direction"]))
    fit = np.exp(-((away * (1 - 0.8 * tools * (1 - control)) / 0.15) ** 2))
    trusted = 0.4 + 0.6 * np.minimum(1.2, was["trust"] / 0.75)
    served = 0.3 + 0.7 * was["served"]
    value = 20 * now["quality"] * now["coherence"] * fit * trusted * served
    best = value.argmax(axis=1)
    best_value = value.max(axis=1)
    adopted = np.where((people["volunteer"] == 0) & (best_value > 0.15), best, -1)
    assert (people["adopted"] == adopted).all()
    assert set(adopted) == {-1, 0, 1}
    for c in range(2):
        users = adopted == c
        assert now["adopters"][c] == users.sum()
        assert now["created"][c] == pytest.approx(best_value[users].sum(), rel=1e-12)
        assert now["fit"][c] == pytest.approx(fit[users, c].mean(), rel=1e-12)
    stock = was["stock"] + 0.5 * now["accepted"]
    wanted = 0.7 * now["adopters"]
    used = np.minimum(stock, wanted)
    np.testing.assert_allclose(now["stock"], stock - used, atol=1e-12)
    np.testing.assert_allclose(now["served"], used / wanted, rtol=1e-12)
    assert (now["served"] < 1).any()
    mean = np.hypot(now["phase_cos"], now["phase_sin"]) / now["parts"]
    np.testing.assert_allclose(now["coherence"], np.exp(-1.5 * (1 - mean)), rtol=1e-12)
    assert (now["coherence"] < 0.99).all()


def test_parts__are_what_was_accepted_and_fall_out_with_renewal(begin, one_step):
    """Of the parts of a step e^-0.3 are left after the next; so are what they were made for."""
    eco = begin(
        world={"renewal": "0.3 per month", "integrality": 2.0},
        turnover=dict.fromkeys(("leave", "leave_early"), NEVER),
        time={"steps": 4},
    )
    parts, phases = 0.0, 0.0
    for _ in range(4):
        before, after = one_step(eco)
        people, now = after.people, after.companies[0]
        mine = before.people["company"] == 0
        accepted = people["accepted"][mine]
        assert accepted.sum() > 0
        parts = parts * np.exp(-0.3) + accepted.sum()
        turns = np.exp(2j * np.pi * people["goal"][mine])
        phases = phases * np.exp(-0.3) + (accepted * turns).sum()
        assert now["parts"] == pytest.approx(parts, rel=1e-12)
        assert now["phase_cos"] + 1j * now["phase_sin"] == pytest.approx(phases, rel=1e-12)
        spread = 1 - abs(phases) / parts
        assert now["coherence"] == pytest.approx(np.exp(-2 * spread), rel=1e-12)
        assert spread > 0.01


def test_coherence__is_that_of_all_parts_not_of_the_latest(begin, one_step):
    """As many old parts at the other end of the circle: without renewal the phases cancel."""

    def coherence(renewal, old):
        eco = begin(world={"renewal": renewal, "integrality": 1.0})
        company = eco.state.companies[0]
        eco.state.people["goal"] = eco.state.people["need"] = company["goal"] = 0.25
        company["parts"], company["phase_sin"] = old, -old
        after = one_step(eco)[1]
        accepted = after.companies["accepted"][0]
        return after.companies["coherence"][0], accepted

    alone, accepted = coherence(NEVER, 0.0)
    assert alone > 0.99
    assert coherence(NEVER, accepted)[0] == pytest.approx(np.exp(-1), abs=0.01)
    assert coherence("100 per month", accepted)[0] == pytest.approx(alone)


def test_coherence__stays_when_nobody_worked(begin, one_step):
    eco = begin(population={"founders": 0.0})
    eco.state.companies["coherence"] = 0.625
    assert one_step(eco)[1].companies["coherence"][0] == 0.625


def test_coherence__of_a_product_that_nobody_works_on_stays_as_it_was(begin):
    """Its parts fade, to less than a computer can hold; how they fitted together does not."""
    eco = begin(
        population={"founders": 0.0},
        world={"renewal": "5 per month", "integrality": 10.0},
        turnover=dict.fromkeys(("awareness", "word_of_mouth", "tie_awareness"), NEVER),
        time={"steps": 250},
    )
    company = eco.state.companies[0]
    company["parts"], company["phase_cos"], company["phase_sin"] = 40.0, -30.0, 24.0
    eco.advance()
    coherence = eco.history["coherence"][1:, 0]
    fits = np.exp(-10 * (1 - np.hypot(30, 24) / 40))
    np.testing.assert_allclose(coherence, fits, rtol=1e-12)


def test_coherence__of_parts_for_one_goal_is_1_and_no_more(begin):
    eco = begin(
        world={"integrality": 10.0, "drift": NEVER},
        search={"vision_noise": NEVER},
        turnover=dict.fromkeys(("leave", "leave_early"), NEVER),
        time={"steps": 30},
    )
    eco.state.people["goal"] = eco.state.people["need"] = eco.state.companies["goal"] = 0.3
    eco.advance()
    assert eco.history["accepted"].sum() > 100
    assert (eco.history["coherence"][1:] <= 1).all()
    assert eco.history["coherence"][1:].min() > 1 - 1e-12


def test_those_gone__adopt_nothing(begin, one_step):
    def users(gone):
        eco = begin(world={"worth": 20.0}, effort={"contributions": NEVER})
        eco.state.people["gone"][:80] = gone
        after = one_step(eco)[1]
        return after.people["adopted"] >= 0, after.companies[0]

    (all_users, everybody), (left, company) = users(0), users(1)
    assert all_users[:80].any()
    assert not left[:80].any()
    assert (left[80:] == all_users[80:]).all()
    assert company["adopters"] == left.sum() < everybody["adopters"]
    assert company["created"] < everybody["created"]


def test_trust__counts_only_as_far_as_it_is_critical(begin, one_step):
    def created(trust, critical):
        eco = begin(world={"worth": 20.0, "trust_critical": critical})
        eco.state.companies["trust"] = trust
        return one_step(eco)[1].companies["created"][0]

    assert created(0.1, 0.0) == created(0.9, 0.0)
    assert created(0.0, 1.0) == 0
    assert 0 < created(0.3, 1.0) < created(0.9, 1.0)
    assert created(0.9, 1.0) == created(1.0, 1.0)  # no more than 1.2 of 0.75


def test_value__of_a_step_is_in_proportion_to_its_length(begin, one_step):
    def created(step):
        eco = begin(
            time={"step": step},
            population={"founders": 0.0},
            world={"worth": 20.0, "drift": "0 per month", "renewal": "0 per month"},
            search={"vision_noise": "0 per month", "market_pull": "0 per month"},
        )
        return one_step(eco)[1].companies["created"][0]

    assert created("1 month") > 0
    assert created("1 week") / 7 == pytest.approx(created("1 month") / (365.25 / 12))
