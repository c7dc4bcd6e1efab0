import numpy as np
import pytest

from sim import Levers

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
    fit = np.exp(-((away * (1 - 0.6 * tools * (1 - control)) / 0.15) ** 2))
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
    mean = np.hypot(now["phase_cos"], now["phase_sin"]) / now["accepted"]
    np.testing.assert_allclose(now["coherence"], np.exp(-1.5 * (1 - mean)), rtol=1e-12)


def test_coherence__stays_when_nobody_worked(begin, one_step):
    eco = begin(population={"founders": 0.0})
    eco.state.companies["coherence"] = 0.625
    assert one_step(eco)[1].companies["coherence"][0] == 0.625


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
