"""In any world, at every step, the books balance and every number lies in its range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.state import COMPANY, PERSON
from sim.quantity import DAYS, Rate
from sim.reading import build, change
from sim.scenario import RULES, Scenario
from sim.simulation import Simulation
from sim.styles import STYLES

# Only what costs time is kept below its declared maximum.
LARGEST = {
    "people": 40,
    "problems": 6,
    "ring": 60,
    "pool": 4,
    "largest_step": 9,
    "smoothness": 20,
    "staff": 5,
    "expert_sample": 6,
    "expert_problems": 0.2,
    "activity_spread": 1.5,
    "contributions": 0.3,
}
COSTLY = ("problems", "ring", "pool", "largest_step", "staff", "expert_sample")
TYPES = ("conditional", "free_riders", "triangle")
PARAMETERS = {
    (section, name): declared
    for section, kind in RULES.items()
    for name, declared in kind.parameters().items()
    if name not in (*TYPES, "people")
}
RELATIVE = 1e-9


def values(kind, about, name):
    """Any value of a parameter within its declared range."""
    low, high = about.low, min(about.high, LARGEST.get(name, about.high))
    if kind is int:
        return st.integers(int(low), int(high))
    near = st.floats(low, min(high, max(low, 0.0) + 2.0))
    number = near | st.floats(low, high)
    if kind is float:
        return number
    if kind is Rate:
        return st.tuples(number, st.sampled_from(sorted(DAYS))).map(
            lambda drawn: f"{drawn[0] * DAYS[drawn[1]] * (1 - 1e-9)!r} per {drawn[1]}"
        )
    return st.integers(1, 200).map(lambda days: f"{days} days")


def event(kind, **fields):
    return st.fixed_dictionaries({"at": st.integers(1, 8), "kind": st.just(kind), **fields})


events = st.one_of(
    event("loss_of_core", size=st.floats(0, 1)),
    event("newcomers", size=st.floats(0, 1)),
    event("new_vision", size=st.floats(-1, 1)),
    event("pay_withdrawal", lasts=st.integers(0, 3)),
    event("new_style", style=st.sampled_from(sorted(STYLES))),
)


@st.composite
def worlds(draw):
    """A world with any number of parameters set to anything that is allowed."""
    table = {section: {} for section in RULES}
    most = draw(st.sampled_from([5, 5, 25]))
    chosen = draw(st.lists(st.sampled_from(sorted(PARAMETERS)), unique=True, max_size=most))
    costly = [(section, name) for section, name in PARAMETERS if name in COSTLY]
    for section, name in dict.fromkeys([*chosen, *costly]):
        table[section][name] = draw(values(*PARAMETERS[section, name], name), label=name)
    shares = sorted(draw(st.tuples(*[st.floats(0, 1)] * 3)))
    cuts = (shares[0], shares[1] - shares[0], shares[2] - shares[1])
    table["population"] |= dict(zip(TYPES, cuts, strict=True))
    table["population"]["people"] = draw(st.integers(1, LARGEST["people"]))
    lively = {
        "population": {"founders": 0.6},
        "effort": {"contributions": "9 per month"},
        "gate": {"review_capacity": "9 per month"},
        "money": {"seed_money": 20.0, "award_share": "1 per month", "wage": "0.2 per month"},
        "world": {"worth": 30.0},
        "turnover": {"awareness": "0.3 per month", "join_cost": -1.0},
    }
    for section, choices in lively.items():
        table[section] = choices | table[section]
    styles = draw(st.lists(st.sampled_from(sorted(STYLES)), min_size=1, max_size=3))
    return build(
        table
        | {
            "title": "any",
            "time": {
                "step": draw(st.sampled_from(["1 day", "1 week", "1 month", "100 days"])),
                "steps": draw(st.integers(1, 9)),
                "review": draw(st.integers(1, 4)),
            },
            "ties": {
                "kind": draw(st.sampled_from(["none", "small_world", "preferential"])),
                "degree": 2 * draw(st.integers(1, 25)),
            },
            "companies": [{"name": f"{n}", "style": name} for n, name in enumerate(styles)],
            "events": draw(st.lists(events, max_size=3)),
        },
        "any",
    )


def walk(world, seed=3):
    """Checks every step of a run; returns the simulation at its end."""
    eco = Simulation(world, seed=seed)
    before = eco.state.people.copy()
    in_range(eco)
    while not eco.done:
        eco.advance(1)
        contributions(eco, before)
        membership(eco)
        money(eco, before)
        adoption(eco)
        in_range(eco)
        snapshot(eco)
        before = eco.state.people.copy()
    return eco


def count(column, n_companies, weights=None):
    """Counts people, or their weights, by company."""
    inside = column >= 0
    weights = None if weights is None else weights[inside]
    return np.bincount(column[inside], weights, minlength=n_companies)


def contributions(eco, before):
    now, was = eco.history[eco.step], eco.history[eco.step - 1]
    people = eco.state.people
    decided = now["accepted"] + now["rejected"] + now["waiting"]
    assert (was["waiting"] + now["submitted"] == decided).all()
    n = len(now)
    for name in ("submitted", "accepted", "rejected"):
        assert (count(before["company"], n, people[name]) == now[name]).all(), name
        assert (people[name][before["company"] < 0] == 0).all(), name
    assert (count(people["company"], n, people["waiting"]) == now["waiting"]).all()
    assert (people["made"] - before["made"] == people["submitted"]).all()
    assert (people["accepted_ever"] - before["accepted_ever"] == people["accepted"]).all()
    assert (people["accepted_ever"] + people["waiting"] <= people["made"]).all()
    gone_by = before["waiting"] + people["submitted"]
    assert (gone_by == people["accepted"] + people["rejected"] + people["waiting"]).all()
    assert (people["made_here"] <= people["made"]).all()


def membership(eco):
    now, was = eco.history[eco.step], eco.history[eco.step - 1]
    people, n = eco.state.people, eco.history.shape[1]
    assert (count(people["company"], n) == now["members"]).all()
    assert (now["members"] - was["members"] == now["arrivals"] - now["departures"]).all()
    assert ((people["joined"] >= 0) == (people["company"] >= 0)).all()
    assert (now["open"] <= was["open"]).all()
    assert (now["members"][now["open"] == 0] == 0).all()
    arrived = eco.history["arrivals"][: eco.step + 1].sum() + eco.history["members"][0].sum()
    assert now["survived"].sum() + now["lost"].sum() <= arrived
    assert (people["invited"] == 0).all()


def money(eco, before):
    done = eco.history[: eco.step + 1]
    now = done[-1]
    assert (now["captured"] >= 0).all()
    assert (now["shared"] >= 0).all()
    assert (now["cost"] >= now["paid"] * (1 - RELATIVE)).all()
    cash = done["cash"][0] + (done["captured"] - done["cost"] - done["shared"]).sum(axis=0)
    size = np.abs(done["cash"]).max(axis=0) + done["cost"].sum(axis=0)
    assert (np.abs(cash - now["cash"]) <= RELATIVE * (1 + size)).all()
    earned = eco.state.people["earned"] - before["earned"]
    paid_out = now["paid"] + now["shared"]
    received = count(before["company"], len(now), earned)
    most = RELATIVE * (1 + paid_out + eco.state.people["earned"].sum())
    assert (np.abs(received - paid_out) <= most).all()
    payroll(eco, now)
    profit_shared(eco, done)
    assert (now["awards"] == count(before["company"], len(now), awarded(eco))).all()


def payroll(eco, now):
    """What is paid is prizes, and wages that the payroll can bear."""
    par, is_open = eco.par[0], now["open"] == 1
    wages = now["rate"] * now["accepted"]
    prizes = now["paid"] - wages
    purse = par["prize_purse"] * now["contest"] * now["money"]
    close = RELATIVE * (1 + now["paid"])
    assert ((np.abs(prizes) <= close) | (np.abs(prizes - purse) <= close)).all()
    most = np.maximum(par["pay_purse"], par["payroll"] * now["captured"])
    offered = now["money"] * (1 - now["contest"])
    assert (wages[is_open] <= (offered * most * (1 + RELATIVE))[is_open]).all()
    assert (now["rate"][is_open] <= (offered * par["pay"] * (1 + RELATIVE))[is_open]).all()


def profit_shared(eco, done):
    """Profit is shared out of earnings: it never takes from the money to begin with."""
    now, was = done[-1], done[-2]
    assert (now["endowment"] == done["cash"][0]).all()
    profit = now["captured"] - now["cost"]
    some = now["shared"] > 0
    close = RELATIVE * (1 + np.abs(was["cash"]) + now["captured"] + now["cost"])
    assert (now["shared"] <= eco.par["payout"] * now["sharing"] * profit + close)[some].all()
    assert (now["cash"] >= now["endowment"] - close)[some].all()


def awarded(eco):
    return eco.state.people["awarded"] == eco.step


def adoption(eco):
    now, people = eco.history[eco.step], eco.state.people
    assert (count(people["adopted"], len(now)) == now["adopters"]).all()
    assert (people["adopted"][people["volunteer"] == 1] == -1).all()
    assert (people["adopted"][people["gone"] == 1] == -1).all()
    assert (now["adopters"][now["open"] == 0] == 0).all() or (
        eco.history["open"][eco.step - 1] != now["open"]
    ).any()
    assert ((now["created"] > 0) == (now["adopters"] > 0)).all()


def in_range(eco):
    n_companies = eco.history.shape[1]
    for where, declared in ((eco.state.people, PERSON), (eco.history[eco.step], COMPANY)):
        for field in declared:
            column = where[field.name]
            least, most = {
                "share": (0, 1),
                "0 or 1": (0, 1),
                "type": (0, 3),
                "index": (-1, n_companies - 1),
                "index + 1": (0, n_companies),
                "step": (-1, eco.step),
                "steps": (0, eco.step),
                "count": (0, np.inf),
                "uses": (0, np.inf),
            }.get(field.unit, (-np.inf, np.inf))
            if "or -1" in field.doc:
                least = -1
            if field.unit == "circle" and field.name != "pull":
                least, most = 0, np.nextafter(1, 0)
            assert np.isfinite(column).all(), field.name
            assert ((least <= column) & (column <= most)).all(), (field.name, column)
    assert np.isfinite(eco.drive[eco.step]).all()
    assert ((eco.state.weights >= 0) & (eco.state.weights <= 1)).all()
    heights = eco.par["judging_noise"][0]
    assert (eco.history["noise"][eco.step] <= heights).all()


def snapshot(eco):
    people, faces, now = eco.state.people, eco.state.faces, eco.history[eco.step]
    assert (faces["company"] == people["company"]).all()
    assert (faces["goal"] == people["goal"].astype(np.float32)).all()
    recent = (people["last"] > people["joined"]) & (eco.step - people["last"] < eco.par["month"][0])
    active = np.where(recent & (people["last"] >= 0), people["company"], -1)
    assert (count(active, len(now)) == now["active"]).all()


@settings(max_examples=100)
@given(worlds(), st.integers(0, 5))
def test_books__balance_in_any_world(world, seed):
    walk(world, seed)


BUSY = change(
    Scenario("busy"),
    population={"people": 80, "founders": 0.7},
    time={"steps": 16, "review": 2},
    world={"ring": 150, "pool": 5},
    search={"expert_sample": 5},
    money={"seed_money": 20},
    effort={"contributions": "9 per month"},
    gate={"review_capacity": "15 per month"},
    turnover={"awareness": "0.3 per month", "join_cost": -1.0},
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("ties", ["none", "preferential"])
def test_books__balance_under_every_style(style, ties):
    eco = walk(change(BUSY, style=style, ties={"kind": ties}))
    for name in ("submitted", "accepted", "rejected", "arrivals", "departures", "adopters"):
        assert eco.history[name].sum() > 0, name


def test_books__balance_in_a_market_of_several_companies_with_a_rival_good():
    companies = [{"name": f"{n}", "style": style} for n, style in enumerate(STYLES)]
    world = change(
        BUSY,
        companies=companies,
        population={"people": 300},
        world={"rivalry": 1.0, "uses": 0.5},
        turnover={"switch_cost": -2.0},
    )
    eco = walk(world)
    history = eco.history
    assert (history["served"] < 1).any()
    assert (history["stock"] > 0).any()
    assert history["arrivals"].sum() > 300


def test_books__balance_when_companies_close():
    world = change(
        BUSY,
        companies=[{"name": "A"}, {"name": "B"}],
        money={"seed_money": 0.0, "grace": "3 months"},
        style="directive",
    )
    eco = walk(world)
    closed = (eco.history["open"] == 0).all(axis=1)
    assert closed[-1]
    last = int(closed.argmax())
    assert eco.history["members"][last].sum() == 0
    assert (eco.history["cash"][last:] == eco.history["cash"][last]).all()


def test_books__balance_when_newcomers_come_to_a_company_that_closes():
    world = change(BUSY, money={"seed_money": 0.0, "grace": "3 months"}, style="directive")
    closes = int((walk(world).history["open"][:, 0] == 0).argmax())
    walk(change(world, events=[{"at": closes, "kind": "newcomers", "size": 1.0}]))
