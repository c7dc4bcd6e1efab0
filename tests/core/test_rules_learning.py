import numpy as np
import pytest

from sim import Levers

NEVER = "0 per month"
SINGLE = float(np.finfo(np.float32).eps)  # of people's own efforts, which are kept as 32-bit floats
KEEP = {"turnover": dict.fromkeys(("leave", "leave_early", "awareness"), NEVER)}


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
    before, after = one_step(eco)
    now, people = after.companies, after.people
    inside = before.people["company"] >= 0
    c = before.people["company"][inside]
    was, me = before.people[inside], people[inside]
    effort = np.bincount(c, me["effort"]) / np.bincount(c)
    np.testing.assert_allclose(now["effort"], effort, rtol=SINGLE)
    gap = now["effort"][c] - was["belief"]
    gain = np.minimum(1, share(0.536) * (0.3 + 1.4 * openness[c]))
    belief = np.clip(was["belief"] + gain * gap + 0.0059 - 0.016 * was["belief"], 0, 1)
    np.testing.assert_allclose(me["belief"], belief, rtol=1e-12)

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
    for name in ("trust", "belief"):
        assert (people[name][~inside] == before.people[name][~inside]).all()


def test_belief__follows_what_is_seen_the_faster_the_more_can_be_seen(begin, one_step):
    """At a sight of 0.4 and full transparency 1.4 of the gain; without sight all see alike."""

    def way(transparency, sight):
        eco = begin(
            Levers(transparency=transparency),
            **KEEP,
            learning={"belief_sight": sight, "belief_rise": NEVER, "belief_decay": NEVER},
        )
        eco.state.people["belief"] = 0.5
        after = one_step(eco)[1]
        gap = after.companies["effort"][0] - 0.5
        moved = (after.people["belief"] - 0.5) / (share(0.536) * gap)
        assert moved == pytest.approx(moved[0])
        return moved[0]

    assert [way(t, 0.0) for t in (0.0, 0.5, 1.0)] == pytest.approx([1.0] * 3)
    assert [way(t, 0.4) for t in (0.0, 0.5, 1.0)] == pytest.approx([0.6, 1.0, 1.4])


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


def test_effort__that_is_seen_is_that_of_those_who_were_there(begin, one_step):
    """Members who leave for good in this step decide on nothing, and are not counted as idle."""

    eco = begin(**KEEP)
    eco.state.people["gone"][:120] = 1
    after = one_step(eco)[1]
    company, effort = after.companies[0], after.people["effort"].astype(float)
    assert company["present"] == 80
    assert company["effort"] == pytest.approx(effort[120:].mean(), rel=SINGLE)
    assert company["effort"] > 2 * effort.mean() > 0


def test_effort__of_a_company_that_all_leave_is_0(begin, one_step):
    eco = begin(**KEEP)
    eco.state.people["gone"] = 1
    company = one_step(eco)[1].companies[0]
    assert (company["effort"], company["present"], company["members"]) == (0, 0, 0)


def test_acceptance__is_kept_while_nothing_is_decided(begin, one_step):
    eco = begin(effort={"contributions": "0 per month"})
    eco.state.companies["acceptance"] = 0.375
    assert one_step(eco)[1].companies["acceptance"][0] == 0.375
