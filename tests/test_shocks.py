import numpy as np
import pytest

from sim.core.inputs import LEVERS
from sim.errors import UserError
from sim.reading import change
from sim.scenario import Scenario
from sim.shocks import KINDS
from sim.simulation import Simulation, run
from sim.styles import STYLES

WORLD = change(
    Scenario("shaken"),
    population={"people": 150, "founders": 0.6},
    time={"steps": 24, "review": 4},
    world={"ring": 150, "pool": 5},
    search={"expert_sample": 5},
    effort={"effort_cost": -0.8},  # few people are hardly an audience, so their utility is lower
    money={"seed_money": 30.0},
    turnover={"awareness": "0.1 per month", "leave_early": "0.3 per month"},
    style="commons",
)
MARKET = change(WORLD, companies=[{"name": "A"}, {"name": "B"}, {"name": "C", "style": "steward"}])

TWO = [{"name": "A"}, {"name": "B"}]


def shaken(*events, world=WORLD):
    return run(change(world, events=list(events)), seed=42)


def equal_until(one, other, step):
    """Whether all columns of all steps up to this one are equal bit for bit."""
    same = one.companies[: step + 1].tobytes() == other.companies[: step + 1].tobytes()
    return same and one.drive[: step + 1].tobytes() == other.drive[: step + 1].tobytes()


@pytest.mark.parametrize("world", [WORLD, MARKET], ids=["one company", "three"])
def test_q04_worlds_that_part_at_a_step__are_equal_before_it(world):
    """Style C until step 16, then A or B; a third copy has an event of size 0."""
    calm = shaken(world=world)
    for others in (("directive", "toolkit"), ("adaptive", "explorer")):
        one, other = (
            shaken({"at": 17, "kind": "new_style", "style": name}, world=world) for name in others
        )
        assert equal_until(one, other, 16)
        assert equal_until(one, calm, 16)
        assert not equal_until(one, other, 24)


@pytest.mark.parametrize("world", [WORLD, MARKET], ids=["one company", "three"])
@pytest.mark.parametrize("kind", ["loss_of_core", "loss_of_audience", "new_vision", "newcomers"])
def test_q04_event_of_size_0__changes_nothing(world, kind):
    calm = shaken(world=world)
    nothing = shaken(*({"at": at, "kind": kind, "size": 0.0} for at in (3, 11)), world=world)
    assert nothing.fingerprint() == calm.fingerprint()
    for one, other in zip(nothing.state.arrays(), calm.state.arrays(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_q04_event_after_the_end__changes_nothing():
    late = shaken({"at": 25, "kind": "newcomers", "size": 1.0})
    assert late.fingerprint() == shaken().fingerprint()


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "loss_of_core", "size": 0.5},
        {"kind": "loss_of_audience", "size": 0.5},
        {"kind": "pay_withdrawal"},
        {"kind": "new_vision", "size": 0.4},
        {"kind": "newcomers", "size": 0.5},
        {"kind": "new_style", "style": "directive"},
    ],
    ids=lambda event: event["kind"],
)
@pytest.mark.parametrize("at", [1, 7, 9])
def test_every_kind__has_its_first_effect_at_its_step(event, at):
    calm, hit = shaken(), shaken({"at": at, **event})
    assert equal_until(calm, hit, at - 1)
    assert not equal_until(calm, hit, at)


def test_kinds__are_all_tested_above():
    assert set(KINDS) == {
        "loss_of_core", "loss_of_audience", "pay_withdrawal", "new_vision", "newcomers",
        "new_style",
    }  # fmt: skip


def stopped_before(event, **world):
    """A simulation that has come to the step before the event."""
    eco = Simulation(change(WORLD, events=[event], **world), seed=42)
    eco.advance(event["at"] - 1)
    return eco


def test_loss_of_core__takes_those_who_made_most_for_good():
    eco = stopped_before({"at": 9, "kind": "loss_of_core", "size": 0.25})
    people = eco.state.people
    members = np.flatnonzero(people["company"] == 0)
    made = people["made_here"].copy()
    eco.advance(1)
    gone = np.flatnonzero(people["gone"] == 1)
    assert len(gone) == np.ceil(0.25 * len(members)) > 3
    assert set(gone) <= set(members)
    assert made[gone].min() >= np.sort(made[np.setdiff1d(members, gone)])[-1]
    eco.advance()
    assert (people["company"][gone] == -1).all()


def test_loss_of_core__strikes_before_the_step():
    """Who has left makes nothing in the step any more."""
    eco = stopped_before({"at": 9, "kind": "loss_of_core", "size": 1.0})
    eco.advance(1)
    assert eco.history["submitted"][9].sum() == 0


def test_loss_of_audience__shuts_out_a_share_of_members_and_outsiders_for_good():
    event = {"at": 9, "kind": "loss_of_audience", "size": 0.5}
    eco = stopped_before(event, population={"people": 3000}, companies=TWO)
    people = eco.state.people
    member = people["company"].copy()
    eco.advance(1)
    gone = people["gone"] == 1
    for group in (member == -1, member == 0, member == 1):
        # Binomial, five standard deviations; outsiders are hit once, not by each company.
        assert gone[group].mean() == pytest.approx(0.5, abs=2.5 / np.sqrt(group.sum()))
    eco.advance()
    assert (people["company"][gone] == -1).all()
    assert (people["adopted"][gone] == -1).all()
    assert (people["adopted"][~gone] >= 0).any()


def test_loss_of_audience__of_one_company_spares_the_members_of_others():
    event = {"at": 9, "kind": "loss_of_audience", "size": 1.0, "company": "B"}
    eco = stopped_before(event, companies=TWO)
    spared = eco.state.people["company"] == 0
    eco.advance(1)
    assert spared.any()
    assert (eco.state.people["gone"] == ~spared).all()


def test_pay_withdrawal__stops_the_pay_while_it_lasts():
    hit = shaken({"at": 6, "kind": "pay_withdrawal", "lasts": 5})
    paid = hit.every_step("paid")
    assert (hit.every_step("money")[6:11] == 0).all()
    assert (paid[6:11] == 0).all()
    assert (hit.every_step("money")[[5, 11]] == STYLES["commons"].levers.money).all()
    assert paid[1:6].sum() > 0
    assert (shaken({"at": 6, "kind": "pay_withdrawal"}).every_step("money")[6:] == 0).all()


def test_new_vision__moves_the_goal_around_the_circle():
    event = {"at": 9, "kind": "new_vision", "size": -0.4}
    eco = stopped_before(event)
    before = eco.state.companies["goal"][0]
    eco._meet_events()
    assert eco.state.companies["goal"][0] == pytest.approx((before - 0.4) % 1)


def test_newcomers__are_a_share_of_the_outsiders_who_join_in_the_step():
    eco = stopped_before({"at": 9, "kind": "newcomers", "size": 0.5}, population={"people": 3000})
    outside = eco.state.people["company"] < 0
    eco.advance(1)
    joined = outside & (eco.state.people["joined"] == 9)
    # Binomial, five standard deviations; a few more join of their own accord.
    assert 0.5 - 5 * 0.5 / np.sqrt(outside.sum()) < joined.sum() / outside.sum() < 0.62


def test_newcomers__never_are_those_who_left_for_good():
    hit = shaken(
        {"at": 5, "kind": "loss_of_core", "size": 1.0},
        {"at": 9, "kind": "newcomers", "size": 1.0},
    )
    gone = hit.state.people["gone"] == 1
    assert gone.any()
    assert (hit.state.people["company"][gone] == -1).all()


def test_event__befalls_only_the_company_it_names():
    eco = Simulation(
        change(MARKET, events=[{"at": 5, "kind": "loss_of_core", "size": 1.0, "company": "B"}])
    )
    eco.advance(4)
    before = eco.state.people["company"].copy()
    eco.advance(1)
    assert (eco.state.people["gone"] == (before == 1)).all()


def test_new_style__reviews_once():
    """A style appointed at a review decides once, as any other does (not twice)."""
    event = {"at": 5, "kind": "new_style", "style": "bureaucratizing"}
    eco = stopped_before(event)
    asked = []
    decide = STYLES["bureaucratizing"].decide

    def counted(self, report):
        asked.append(report.step)
        return decide(self, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(STYLES["bureaucratizing"], "decide", counted)
        eco.advance(8)
    assert asked == [4, 8]


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ({"at": 1, "kind": "new_visions"}, "did you mean 'new_vision'"),
        ({"at": 1, "kind": "newcomers", "company": "Z"}, "company"),
        ({"at": 1, "kind": "new_style", "style": "comons"}, "did you mean 'commons'"),
        ({"at": 1, "kind": "new_style"}, "style"),
        ({"at": 0, "kind": "newcomers", "size": 0.1}, r"events\.0\.at must lie in \[1"),
        ({"kind": "newcomers"}, r"events\.0\.at is missing"),
        ({"at": 1, "kind": "newcomers", "size": 1.5}, r"events\.0\.size must lie in"),
        ({"at": 1, "kind": "newcomers", "size": -0.5}, r"events\.0\.size"),
        ({"at": 1, "kind": "loss_of_core", "size": -0.5}, r"events\.0\.size"),
        ({"at": 1, "kind": "newcomers", "size": 0.5, "style": "commons"}, r"events\.0\.style"),
        ({"at": 1, "kind": "newcomers", "size": 0.5, "lasts": 3}, r"events\.0\.lasts"),
        ({"at": 1, "kind": "pay_withdrawal", "size": 0.5}, r"events\.0\.size"),
    ],
)
def test_q22_event__that_means_nothing_is_refused(event, what):
    with pytest.raises(UserError, match=what):
        change(WORLD, events=[event])


def test_levers__of_the_test_style_include_pay():
    assert STYLES["commons"].levers.money > 0
    assert "money" in LEVERS
