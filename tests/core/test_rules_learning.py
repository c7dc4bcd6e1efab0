import numpy as np
import pytest

from sim import Levers

KEEP = {"turnover": dict.fromkeys(("leave", "leave_early", "awareness"), "0 per month")}


def share(rate):
    return 1 - np.exp(-rate)


def test_members__learn_from_what_they_see(begin, one_step):
    """The whole of step 6, for two companies that differ in all it depends on."""
    money, openness, sharing = np.array([0.6, 0.2]), np.array([0.9, 0.2]), np.array([0.5, 0.0])
    levers = [
        Levers(money=m, transparency=t, sharing=o, control=0.5)
        for m, t, o in zip(money, openness, sharing, strict=True)
    ]
    eco = begin(*levers, **KEEP, population={"founders": 0.9}, world={"worth": 20.0})
    eco.state.people["crowding"] = np.linspace(0, 1, 200)
    before, after = one_step(eco)
    now, people = after.companies, after.people
    inside = before.people["company"] >= 0
    c = before.people["company"][inside]
    was, me = before.people[inside], people[inside]
    effort = np.bincount(c, me["effort"]) / np.bincount(c)
    np.testing.assert_allclose(now["effort"], effort, rtol=1e-12)
    gap = effort[c] - was["belief"]
    gain = np.minimum(1, share(0.536) * (0.3 + 1.4 * openness[c]))
    belief = np.clip(was["belief"] + gain * gap + 0.0059 - 0.016 * was["belief"], 0, 1)
    np.testing.assert_allclose(me["belief"], belief, rtol=1e-12)

    target = money[c] ** 2 / (money[c] + 0.08)
    rate = np.where(target > was["crowding"], share(0.357), share(0.02))
    crowding = was["crowding"] + rate * (target - was["crowding"])
    np.testing.assert_allclose(me["crowding"], crowding, rtol=1e-12)

    due = me["accepted"] + me["rejected"] + me["waiting"]
    of_all = now["accepted"] / (now["accepted"] + now["rejected"] + now["waiting"])
    treated = np.where(due > 0, me["accepted"] / np.maximum(due, 1), of_all[c])
    np.testing.assert_allclose(now["acceptance"], of_all, rtol=1e-12)
    kept = now["captured"] / now["created"]
    feeling = -0.4 + 2.5 * (treated - 0.5) + openness[c] + sharing[c]
    feeling += 8 * openness[c] * gap - 3 * kept[c] * (1 - 0.7 * money[c])
    target = 1 / (1 + np.exp(-feeling))
    rate = np.where(target > was["trust"], share(0.051), share(0.163))
    trust = was["trust"] + rate * (target - was["trust"])
    np.testing.assert_allclose(me["trust"], trust, rtol=1e-12)
    assert 10 < (target > was["trust"]).sum() < len(target) - 10
    for name in ("trust", "belief", "crowding"):
        assert (people[name][~inside] == before.people[name][~inside]).all()


def test_crowding__outlasts_the_pay(begin):
    """Paid for half a year, then not any more (Gneezy & Rustichini 2000)."""
    eco = begin(
        Levers(money=0.8), **KEEP, time={"steps": 18, "review": 6}, money={"seed_money": 100.0}
    )
    eco.advance(6)
    paid = eco.state.people["crowding"].mean()
    eco.styles[0].levers = Levers()
    eco.advance()
    later = eco.state.people["crowding"].mean()
    assert paid == pytest.approx((1 - np.exp(-0.357 * 6)) * 0.64 / 0.88)
    assert later == pytest.approx(paid * np.exp(-0.02 * 12))


def test_transparency__shows_free_riding_too(begin):
    """Whoever expects more than is given loses belief and trust the faster the more they see.

    Nobody gives anything here, and nothing is created that a company could keep. Openness is
    welcome in itself, too: where beliefs are no more than an eighth too high it gains trust.
    """

    def after(transparency):
        eco = begin(
            Levers(transparency=transparency),
            **KEEP,
            population={"free_riders": 1.0, "conditional": 0.0, "triangle": 0.0},
            world={"worth": 0.0},
            time={"steps": 3},
        )
        eco.state.people["belief"] = 0.9
        eco.advance()
        assert (eco.history["effort"][1:] == 0).all()
        return eco.state.people["belief"].mean(), eco.state.people["trust"].mean()

    assert after(1.0)[0] < after(0.2)[0] < 0.9
    assert after(1.0)[1] < after(0.2)[1]


def test_acceptance__is_kept_while_nothing_is_decided(begin, one_step):
    eco = begin(effort={"contributions": "0 per month"})
    eco.state.companies["acceptance"] = 0.375
    assert one_step(eco)[1].companies["acceptance"][0] == 0.375
