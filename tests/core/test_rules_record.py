import numpy as np

from sim import Levers


def test_record__keeps_each_step_as_it_was(begin):
    """What was recorded at a step never changes later (Q12)."""
    eco = begin(Levers(), Levers(control=1.0), time={"steps": 6})
    rows = []
    for step in range(1, 7):
        eco.advance(1)
        assert (eco.history[step] == eco.state.companies).all()
        rows.append((eco.history[step].copy(), eco.drive[step].copy()))
    for step, (row, drive) in enumerate(rows, start=1):
        assert (eco.history[step] == row).all()
        assert (eco.drive[step] == drive).all()


def test_active_members__contributed_within_a_month(begin):
    eco = begin(
        time={"step": "1 week", "steps": 10},
        turnover=dict.fromkeys(("leave", "leave_early"), "0 per month"),
    )
    submitted = []
    for _ in range(10):
        eco.advance(1)
        submitted.append(eco.state.people["submitted"] > 0)
        recent = np.any(submitted[-4:], axis=0)
        assert eco.state.companies["active"][0] == recent.sum()
    assert recent.sum() > submitted[-1].sum()


def test_coverage__is_the_share_of_step_sizes_of_active_members(begin, one_step):
    eco = begin(Levers(), Levers(), population={"people": 12})
    people = one_step(eco)[1].people
    for c in range(2):
        active = people[(people["company"] == c) & (people["submitted"] > 0)]
        steps = {*active["first_step"], *active["second_step"], *active["third_step"]}
        assert eco.state.companies["coverage"][c] == len(steps) / 12
    assert (eco.state.companies["coverage"] < 1).all()


def test_means__are_those_of_the_members(begin, one_step):
    eco = begin(Levers(), Levers(), Levers(), population={"founders": 0.5, "people": 100})
    people, companies = one_step(eco)[1].people, eco.state.companies
    for c in range(3):
        for name in ("trust", "belief", "crowding"):
            mean = people[name][people["company"] == c].mean()
            np.testing.assert_allclose(companies[name][c], mean, rtol=1e-12)


def test_means__of_a_company_without_members_are_those_of_a_stranger(begin, one_step):
    eco = begin(population={"founders": 0.0, "first_trust": 0.25}, turnover={"join_cost": 50.0})
    company = one_step(eco)[1].companies[0]
    assert company["trust"] == 0.25
    assert company["belief"] == company["crowding"] == company["coverage"] == 0
