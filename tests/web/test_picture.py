"""A person's byte says what the state says of them."""

import numpy as np
import pytest

from sim.core.motives import MOTIVES
from sim.core.state import PERSON
from sim.reading import change, load
from sim.simulation import Simulation
from sim.web.picture import MOST_SHOWN, main_motives, picture, shown


def after(steps, **population):
    world = change(load("default"), population=population)
    simulation = Simulation(world, "commons", seed=3)
    simulation.advance(steps)
    return simulation


@pytest.mark.parametrize(
    ("n_people", "every", "n_shown"),
    [(10, 1, 10), (4096, 1, 4096), (4097, 2, 2049), (10_000, 3, 3334), (200_000, 49, 4082)],
)
def test_shown__is_every_person_or_every_kth(n_people, every, n_shown):
    assert shown(n_people).step == every
    assert len(range(n_people)[shown(n_people)]) == n_shown <= MOST_SHOWN


def test_picture__holds_motive_membership_and_part_of_each_person():
    simulation = after(30, people=1500, founders=0.3)
    people, weights = simulation.state.people, simulation.state.weights
    bytes_ = picture(simulation, main_motives(simulation))
    assert bytes_.dtype == np.uint8
    for n, (person, byte) in enumerate(zip(people, bytes_, strict=True)):
        assert byte & 7 == list(weights[n]).index(max(weights[n]))
        assert bool(byte & 8) == (person["company"] >= 0)
        took_part = person["company"] >= 0 and person["last"] == 30 and person["joined"] < 30
        assert bool(byte & 16) == took_part
        assert byte < 32
    assert len(set((bytes_ & 7).tolist())) == len(MOTIVES)


@pytest.mark.parametrize("step", ["1 month", "1 week", "1 day"])
def test_picture__has_as_many_active_people_as_the_company_counts(step):
    world = change(load("default"), time={"step": step}, population={"founders": 0.3})
    simulation = Simulation(world, "commons")
    for _ in range(12):
        simulation.advance(1)
        bytes_ = picture(simulation, main_motives(simulation))
        row = simulation.history[simulation.step, 0]
        assert np.count_nonzero(bytes_ & 16) == row["active"]
        assert np.count_nonzero(bytes_ & 8) == row["members"]
    assert row["active"] > 0


def test_picture__at_step_0_shows_the_founders():
    simulation = after(0, people=200, founders=0.5)
    bytes_ = picture(simulation, main_motives(simulation))
    assert np.count_nonzero(bytes_ & 8) == simulation.history[0, 0]["members"] > 0
    assert np.count_nonzero(bytes_ & 16) == simulation.history[0, 0]["active"]


def test_picture__of_many_people_shows_the_same_ones_each_time():
    simulation = after(5, people=10_000)
    bytes_ = picture(simulation, main_motives(simulation))
    everyone = simulation.state.people["company"][::3] >= 0
    assert np.array_equal((bytes_ & 8) > 0, everyone)


def test_picture__reads_what_the_state_declares():
    assert {"company", "last", "joined"} <= {field.name for field in PERSON}
