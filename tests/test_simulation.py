import threading

import numpy as np
import pytest

from sim import Levers, Report, Style
from sim.core.motives import MOTIVES
from sim.core.state import COMPANY, PERSON, records
from sim.core.state import WORLD as WORLD_FIELDS
from sim.errors import UserError
from sim.reading import change
from sim.scenario import Scenario
from sim.simulation import (
    ADDED,
    EVENT_NAMES,
    RunError,
    Simulation,
    happened,
    run,
    total,
)
from sim.styles import STYLES

WORLD = change(
    Scenario("tiny"),
    population={"people": 120, "founders": 0.5},
    time={"steps": 12, "review": 4},
    world={"ring": 150, "pool": 5},
    search={"expert_sample": 5},
    effort={"effort_cost": -0.8},  # few people are hardly an audience, so their utility is lower
    money={"seed_money": 30.0},
    turnover={"awareness": "0.1 per month", "leave_early": "0.3 per month"},
    style="steward",
)
MARKET = change(WORLD, companies=[{"name": "A"}, {"name": "B", "style": "commons"}])


def bits(result):
    arrays = [result.companies, result.drive, *result.state.arrays()]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def test_run__is_repeated_by_its_seed_and_replicate():
    assert bits(run(WORLD, seed=3, rep=2)) == bits(run(WORLD, seed=3, rep=2))
    assert run(WORLD, seed=3, rep=2).fingerprint() == run(WORLD, seed=3, rep=2).fingerprint()


def test_q01_replicates__differ_from_each_other():
    prints = {run(WORLD, seed=seed, rep=rep).fingerprint() for seed in (0, 42) for rep in range(5)}
    assert len(prints) == 10


def test_run__in_pieces_is_the_same_run():
    whole = Simulation(MARKET, "explorer")
    whole.advance()
    for pieces in ([1] * 12, [3, 5, 4], [5, 7], [0, 12], [100]):
        eco = Simulation(MARKET, "explorer")
        for steps in pieces:
            eco.advance(steps)
        assert bits(eco.result()) == bits(whole.result()), pieces


def test_run__that_is_logged_is_the_same_run():
    logged = run(MARKET, events=True)
    assert bits(logged) == bits(run(MARKET))
    assert logged.fingerprint() != run(MARKET).fingerprint()  # it covers the log too


def test_runs__at_the_same_time_do_not_touch_each_other():
    alone = {seed: run(MARKET, "adaptive", seed=seed).fingerprint() for seed in range(8)}
    together = {}
    threads = [
        threading.Thread(
            target=lambda s=seed: together.update(
                {s: run(MARKET, "adaptive", seed=s).fingerprint()}
            )
        )
        for seed in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_result__does_not_change_when_the_simulation_goes_on():
    eco = Simulation(MARKET, events=True)
    eco.advance(4)
    early = eco.result()
    before = early.fingerprint(), bits(early)
    eco.advance()
    assert (early.fingerprint(), bits(early)) == before
    assert eco.result().end == 12


@pytest.mark.parametrize("style", ["explorer", "directive", None])
def test_under__is_the_same_run_as_one_begun_anew(style):
    first = Simulation(MARKET, "commons", seed=3, rep=1, events=True)
    twin = first.under(style)
    for one, chosen in ((twin, style), (first, "commons")):
        one.advance()
        anew = run(MARKET, chosen, seed=3, rep=1, events=True)
        assert bits(one.result()) == bits(anew)
        assert one.result().fingerprint() == anew.fingerprint()
        assert one.result().styles == anew.styles


def test_under__needs_a_run_that_has_not_begun():
    eco = Simulation(WORLD)
    eco.advance(1)
    with pytest.raises(UserError, match="cannot begin again"):
        eco.under("commons")


def rows(steps, every=1, **stop):
    time = {"steps": steps, "every": every}
    result = run(change(WORLD, time=time, stop=stop))
    assert len(result["members"]) == len(result.steps)
    assert (result["members"] == result.every_step("members")[result.steps]).all()
    return result.steps.tolist(), result.end


def test_q11_rows__are_labelled_with_their_step_and_end_with_the_last():
    assert rows(3) == ([0, 1, 2, 3], 3)
    assert rows(5, every=2) == ([0, 2, 4, 5], 5)
    assert rows(4, every=9) == ([0, 4], 4)
    assert rows(1) == ([0, 1], 1)


def test_q11_rows__end_where_the_scenario_stops():
    submitted = np.cumsum(run(WORLD).every_step("submitted"))
    members = run(WORLD).every_step("members")
    limit = float(members[2])
    assert (members[:2] > limit).all()
    assert rows(8, outcome="members", below=limit + 0.5) == ([0, 1, 2], 2)
    assert rows(8, every=5, outcome="members", below=limit + 0.5) == ([0, 2], 2)
    assert rows(8, outcome="members", above=0.0) == ([0], 0)
    assert rows(8, outcome="members", below=-1.0)[1] == 8
    assert submitted[1] > 0


def test_q11_single_steps__give_the_same_rows_as_one_run():
    world = change(WORLD, time={"steps": 5, "every": 2})
    eco = Simulation(world)
    for _ in range(9):
        eco.advance(1)
    assert eco.step == 5
    assert eco.done
    assert eco.result().fingerprint() == run(world).fingerprint()


FLOATS = [("people", "person", f.name) for f in PERSON if f.kind in "fs"]
FLOATS += [("companies", "company", f.name) for f in COMPANY if f.kind == "f"]
FLOATS += [("world", "world", f.name) for f in WORLD_FIELDS]


@pytest.mark.parametrize(("array", "whose", "name"), FLOATS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("row", [0, -1])
def test_q24_value_that_is_not_finite__stops_the_run_and_is_named(array, whose, name, value, row):
    """Put in before step 5, for one person, company or the world: step and variable are those."""
    eco = Simulation(WORLD)
    eco.advance(4)
    getattr(eco.state, array)[name][row] = value
    with pytest.raises(RunError, match=f"step 5: {name} of a {whose}".replace("a world", "the")):
        eco.advance()


@pytest.mark.parametrize("row", [0, 4095, 4096, -1])
def test_q24_value_that_is_not_finite__is_found_among_many(row):
    eco = Simulation(change(WORLD, population={"people": 5000}))
    eco.state.people["skill"][row] = -np.inf
    with pytest.raises(RunError, match="step 1: skill of a person"):
        eco.advance()


def test_value_that_is_huge_and_finite__stops_no_run():
    eco = Simulation(WORLD)
    eco.state.companies["endowment"] = -np.finfo(float).max
    eco.advance(1)
    assert eco.step == 1


def test_numbers_of_one_run__are_not_those_of_another():
    world = change(WORLD, time={"steps": 3})
    first = Simulation(world)
    first.par["appeal"] = 0.0
    second = Simulation(world)
    assert second.par["appeal"] == world.effort.appeal
    assert second.par.dtype is first.par.dtype  # or Numba would take long to look it up


def test_q24_value_that_is_not_finite_after_the_last_step__stops_the_run_too():
    class Greedy(Style):
        levers = Levers()

        def decide(self, report):
            if report.step == 8:
                eco.state.rings[:] = np.nan  # shows in the quality from step 9 on
            return self.levers

    eco = Simulation(WORLD, Greedy)
    with pytest.raises(RunError, match="step 9: "):
        eco.advance()


def answering(answer, since=0):
    class Odd(Style):
        levers = Levers(control=0.5)

        def decide(self, report):
            return answer if report.step >= since else self.levers

    return Odd


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Levers(control=1.5), "control to 1.5"),
        (Levers(tools=-0.1), "tools to -0.1"),
        (Levers(money=float("nan")), "money to nan"),
        (Levers(fun=float("inf")), "fun to inf"),
        (Levers(fun="much"), "fun to 'much'"),
        (None, "must answer with Levers, not None"),
        ({"control": 0.5}, "must answer with Levers"),
    ],
)
def test_style__that_answers_with_nonsense_stops_the_run(answer, what):
    with pytest.raises(RunError, match="step 8: the style 'Odd'") as problem:
        run(WORLD, answering(answer, since=8))
    assert what in str(problem.value)


def test_style__may_answer_with_any_kind_of_number():
    number = Levers(control=1, tools=np.float32(0.5), money=np.float64(0.25))
    result = run(WORLD, answering(number))
    assert result["control"][1] == 1
    assert result["tools"][1] == 0.5


def test_style__is_asked_at_each_review_and_sees_all_until_then():
    seen = []

    class Curious(Style):
        levers = Levers(control=0.2)

        def decide(self, report: Report):
            seen.append((report.step, len(report["members"]), report.levers.control))
            return Levers(control=min(1.0, report.levers.control + 0.1))

    result = run(WORLD, Curious)
    assert [row[:2] for row in seen] == [(0, 1), (4, 5), (8, 9)]
    assert [row[2] for row in seen] == pytest.approx([0.2, 0.3, 0.4])
    assert result["control"][1:].tolist() == pytest.approx([0.3] * 4 + [0.4] * 4 + [0.5] * 4)
    assert result.styles == ("Curious",)


def test_q12_style__cannot_change_what_was_recorded():
    class Vandal(Style):
        levers = Levers()

        def decide(self, report):
            try:
                report["members"][:] = 0
                report.series["trust"] = 0
            except ValueError:  # read-only
                pass
            return self.levers

    class Quiet(Style):
        levers = Levers()

    assert run(WORLD, Vandal).fingerprint() == run(WORLD, Quiet).fingerprint()


def test_styles__decide_at_the_same_time():
    """At a review all see the others as they were, whichever stands first in the list."""
    seen = []

    class Mover(Style):
        levers = Levers(control=0.2)

        def decide(self, report):
            seen.append(report.rivals[0].levers.control)
            return Levers(control=0.7)

    run(change(MARKET, companies=[{"name": "A"}, {"name": "B"}], time={"steps": 2}), Mover)
    assert seen == [0.2, 0.2]


def test_report__profit_is_the_mean_since_the_last_review():
    told = []

    class Accountant(Style):
        levers = Levers(tools=0.5)

        def decide(self, report):
            told.append(report.profit())
            return self.levers

    result = run(WORLD, Accountant)
    profit = result["captured"] - result["cost"] - result["shared"]
    assert told == pytest.approx([0, profit[1:5].mean(), profit[5:9].mean()])


def test_report__rivals_are_the_other_open_companies():
    seen = []

    class Watcher(Style):
        levers = Levers(tools=0.5)

        def decide(self, report):
            seen.append([(rival.levers, rival.profit) for rival in report.rivals])
            return self.levers

    result = run(MARKET, Watcher)
    assert [len(rivals) for rivals in seen] == [1, 1, 1]
    other = result.of("B")
    profit = (other["captured"] - other["cost"] - other["shared"])[1:5].mean()
    assert seen[1][0] == (STYLES["commons"].levers, pytest.approx(profit))


def test_report__names_the_nearest_series():
    class Misspelt(Style):
        levers = Levers()

        def decide(self, report):
            return Levers(control=float(report["membrs"][-1]))

    with pytest.raises(UserError, match="did you mean 'members'"):
        run(WORLD, Misspelt)


def test_report__dice_belong_to_company_review_and_number():
    drawn = {}

    class Gambler(Style):
        levers = Levers()

        def decide(self, report):
            for j in (0, 1, 2):
                drawn[id(self), report.step, j] = report.uniform(j)
            return self.levers

    run(change(MARKET, companies=[{"name": "A"}, {"name": "B"}]), Gambler)
    assert len(set(drawn.values())) == len(drawn) == 2 * 3 * 3
    assert all(0 < value < 1 for value in drawn.values())


def test_appoint__reviews_at_once():
    eco = Simulation(WORLD, "steward")
    eco.advance(6)
    eco.appoint(0, "directive")
    eco.advance()
    control = eco.result()["control"]
    assert control[6] == STYLES["steward"].levers.control
    assert (control[7:] == STYLES["directive"].levers.control).all()
    assert eco.result().styles == ("directive",)


def test_company_style__comes_before_the_style_asked_for():
    assert run(MARKET, "toolkit").styles == ("toolkit", "commons")
    assert run(MARKET).styles == ("steward", "commons")


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
@pytest.mark.parametrize("name", ["seed", "rep"])
def test_seed__that_is_no_whole_number_is_refused(name, seed):
    with pytest.raises(UserError, match=f"{name} must be a whole number of at least 0"):
        run(WORLD, **{name: seed})


def test_seed__may_be_any_whole_number():
    assert run(WORLD, seed=0).fingerprint() != run(WORLD, seed=2**70).fingerprint()
    assert run(WORLD, seed=np.int64(5)).fingerprint() == run(WORLD, seed=5).fingerprint()


def test_style__that_does_not_exist_is_refused():
    with pytest.raises(UserError, match="No style is called 'comons'; did you mean 'commons'"):
        run(WORLD, "comons")


def test_style__given_as_an_object_is_refused_with_the_remedy():
    with pytest.raises(UserError, match="class"):
        run(WORLD, STYLES["commons"]())


def test_of__is_one_company():
    result = run(MARKET)
    a, b = result.of("A"), result.of(1)
    assert (a["members"] + b["members"] == result["members"]).all()
    assert (a["created"] + b["created"] == result["created"]).all()
    assert (a.people["company"] == 0).all()
    assert (b.made == b.people["made_here"]).all()
    assert len(result.people) == 120
    assert a.drive.shape == (13, 1, len(MOTIVES))
    with pytest.raises(UserError, match="company"):
        result.of("Z")
    with pytest.raises(UserError, match="did you mean 'members'"):
        a["membrs"]


def test_total__is_a_sum_or_a_weighted_mean():
    companies = run(MARKET).companies
    for name in ("members", "created", "cash", "accepted"):
        assert name in ADDED
        assert (total(companies, name) == companies[name].sum(axis=1)).all()
    members = companies["members"]
    mean = (companies["trust"] * members).sum(axis=1) / members.sum(axis=1)
    assert total(companies, "trust") == pytest.approx(mean)
    assert (total(companies[:, :1], "trust") == companies["trust"][:, 0]).all()


def test_log__says_what_the_series_say():
    result = run(MARKET, "contest", events=True)
    log, companies = result.log, result.companies
    kind = {name: log[log["event"] == n] for n, name in enumerate(EVENT_NAMES)}
    for step in range(1, 13):
        for c in range(2):
            now = companies[step, c]

            def events(name, step=step, c=c):
                rows = kind[name]
                return rows[(rows["step"] == step) & (rows["company"] == c)]

            counted = {"submit": "submitted", "accept": "accepted", "reject": "rejected"}
            for name, series in counted.items():
                assert events(name)["value"].sum() == now[series], (step, name)
            assert events("paid")["value"].sum() == pytest.approx(now["paid"] + now["shared"])
            assert len(events("award")) == now["awards"]
            assert len(events("join")) + len(events("switch")) == now["arrivals"]
    assert {EVENT_NAMES[n] for n in np.unique(log["event"])} >= {
        "join", "leave", "submit", "accept", "reject", "paid", "adopt", "aware",
    }  # fmt: skip
    assert (np.diff(log["step"]) >= 0).all()
    assert log["person"].min() >= 0
    assert log["person"].max() < 120


def test_happened__says_who_did_what():
    before = records(PERSON, 3)
    before["company"] = (0, 1, -1)
    before["adopted"] = before["awarded"] = -1
    after = before.copy()
    after["company"] = (1, -1, 0)
    after["submitted"] = (4, 0, 0)
    after["earned"] = (2.5, 0, 0)
    after["aware"] = (0, 0, 1)
    after["awarded"][0] = 9
    after["adopted"][2] = 1
    rows = [
        (EVENT_NAMES[row["event"]], row["person"], row["company"], row["value"])
        for row in happened(9, before, after)
    ]
    assert sorted(rows) == [
        ("adopt", 2, 1, 1.0),
        ("award", 0, 0, 1.0),
        ("aware", 2, 0, 1.0),
        ("join", 2, 0, 1.0),
        ("leave", 1, 1, 1.0),
        ("paid", 0, 0, 2.5),
        ("submit", 0, 0, 4.0),
        ("switch", 0, 1, 1.0),
    ]


@pytest.mark.parametrize("change_one", ["people", "companies", "drive", "steps", "log"])
def test_fingerprint__covers_every_number(change_one):
    result = run(WORLD, events=True)
    before = result.fingerprint()
    if change_one == "people":
        result.state.people["trust"][3] = np.nextafter(result.state.people["trust"][3], 1)
    elif change_one == "companies":
        result.companies["cash"][5, 0] += 1e-9
    elif change_one == "drive":
        result.drive[5, 0, 1] += 1e-12
    elif change_one == "steps":
        result.steps[-1] -= 1
    else:
        result.log["value"][0] += 1
    assert result.fingerprint() != before


def test_fingerprint__leaves_out_seed_and_names():
    """Two equal runs have equal fingerprints whatever their labels."""
    named = change(WORLD, title="another name", companies=[{"name": "Łódź – 協働"}])
    assert run(named).fingerprint() == run(WORLD).fingerprint()
