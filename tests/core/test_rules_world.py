import numpy as np

from sim import Levers
from sim.core.random import Stream


def test_world__is_the_same_for_every_style(begin):
    worlds = []
    for levers in (Levers(), Levers(control=1.0, money=1.0, experts=1.0)):
        eco = begin(levers, time={"steps": 12})
        eco.advance()
        state = eco.state
        worlds.append((state.world, state.people["need"], state.problems["ring"], state.rings))
    for one, other in zip(*worlds, strict=True):
        assert (one == other).all()


def test_needs__drift_with_the_market(begin, one_step):
    eco = begin(world={"drift": "0.3 per month"})
    before, after = one_step(eco)
    moved = (after.world["centre"][0] - before.world["centre"][0]) % 1
    assert moved > 0
    away = (after.people["need"] - before.people["need"] - moved + 0.5) % 1 - 0.5
    assert np.abs(away).max() < 1e-12


def test_problems__begin_without_a_winner(begin):
    assert (begin(Levers(), Levers()).state.problems["winner"] == -1).all()


def test_problems__are_posed_anew_at_their_rate_alike_for_all_companies(begin, one_step, dice):
    eco = begin(
        Levers(),
        Levers(),
        population={"founders": 0.0},  # nobody works on them
        world={"problems": 200, "renewal": "0.7 per month"},
    )
    past = eco.scenario.world.pool  # the past problem, which is never posed
    eco.state.problems["at"] = 0
    eco.state.problems["ring"] = past
    after = one_step(eco)[1]
    renewed = dice(eco, Stream.WORLD_RENEWAL) < 1 - np.exp(-0.7)
    assert ((after.problems["ring"][0] != past) == renewed).all()
    assert ((after.problems["ring"] >= 0) & (after.problems["ring"] <= past)).all()
    assert (after.problems[0] == after.problems[1]).all()
    assert len(np.unique(after.problems["at"][0])) > 50
