import math

import numpy as np
import pytest

from sim.classics import Cell
from sim.classics.boudreau import BEST, DEVIATION, EFFORT, Boudreau, chances, gumbel, luck
from sim.core.jit import kernel
from sim.core.random import new_key
from sim.errors import UserError

KEY = new_key(3, 0)
N_CONTESTS = 40_000


@kernel
def draw(key, luck):
    for contest in range(luck.shape[0]):
        for entrant in range(luck.shape[1]):
            luck[contest, entrant] = gumbel(key, contest, entrant)


def drawn(n):
    """The luck of all entrants, (contest, entrant)."""
    values = np.empty((N_CONTESTS, n))
    draw(KEY, values)
    return values


@pytest.mark.parametrize(("n", "best"), [(3, 4.342), (5, 4.107), (9, 3.960), (20, 4.143)])
def test_best__is_the_closed_form_at_g_12(n, best):
    assert Boudreau().best(12.0, n) == pytest.approx(best, abs=5e-4)


@pytest.mark.parametrize(("g", "rises"), [(1.0, True), (7.9, True), (8.5, False), (12.0, False)])
def test_best__rises_throughout_only_below_g_8(g, rises):
    best = [Boudreau().best(g, n) for n in range(2, 60)]
    assert (min(np.diff(best)) > 0) == rises


def test_published__depends_on_g_alone_but_for_the_units():
    """All that is worth something scales with mu, effort with mu / theta."""
    plain = Boudreau(prizes=(12.0,)).published()
    scaled = Boudreau(prizes=(12.0 * 3.0 * 0.25 / 4.0,), theta=2.0, mu=0.5, cost=3.0).published()
    unit = {BEST: 0.5, EFFORT: 0.25, DEVIATION: 1.0}
    assert list(plain) == list(scaled)
    for cell, (value, _, _) in plain.items():
        assert scaled[cell].value == pytest.approx(value * unit[cell.panel])


def test_simulate__finds_the_closed_forms_with_other_parameters():
    """Within 5 standard errors of 40,000 contests: 12 cells fail by chance in 1 of 100,000."""
    classic = Boudreau(
        sizes=(2, 7), prizes=(1.0, 3.0), theta=2.0, mu=0.5, cost=3.0, contests=N_CONTESTS
    )
    found = classic.simulate(1, 0)
    assert set(found) == set(classic.published())
    for cell, (value, _, _) in classic.published().items():
        near = {BEST: 0.5 * 2.0, EFFORT: value, DEVIATION: 0.5}[cell.panel]
        assert found[cell] == pytest.approx(value, abs=5 * near / math.sqrt(N_CONTESTS))


def test_luck__is_that_of_the_draws():
    values = drawn(4)
    best, density = luck(KEY, 4, N_CONTESTS)
    assert best == pytest.approx(values.max(axis=1).mean())
    rival = values[:, 1:].max(axis=1)
    assert density == pytest.approx(np.exp(-rival - np.exp(-rival)).mean())


def test_chances__are_how_often_the_one_ahead_wins():
    """Counted with the entrant's own luck drawn; 5 standard errors, so 1 of 1,000,000 fails."""
    values = drawn(4)
    ahead = np.array([0.0, -1.0, 2.0])
    won = (values[:, :1] + ahead > values[:, 1:].max(axis=1, keepdims=True)).mean(axis=0)
    error = 5 * 0.5 / math.sqrt(N_CONTESTS)
    assert chances(KEY, 4, N_CONTESTS, ahead) == pytest.approx(won, abs=error)
    assert won == pytest.approx(1 / (1 + 3 * np.exp(-ahead)), abs=error)


@pytest.mark.parametrize(("g", "n"), [(6.0, 3), (6.0, 20), (10.0, 5), (12.0, 20)])
def test_effort__is_an_equilibrium_where_that_is_claimed(g, n):
    """No effort on a fine grid pays better by more than what luck there is in the draws."""
    classic = Boudreau()
    effort = classic.effort(g, n)
    own = np.linspace(0.0, 4 * effort, 81)
    pay = g * chances(KEY, n, N_CONTESTS, own - effort) - own**2 / 2
    assert own[pay.argmax()] == pytest.approx(effort, abs=0.3 * effort)
    assert pay.max() <= pay[20] + 5e-4 * g
    assert classic.gain(g, n) < 0


@pytest.mark.parametrize(("n", "preferred"), [(3, 0.3), (5, 1.5), (9, 2.45)])
def test_effort__is_no_equilibrium_at_g_12_with_few_entrants(n, preferred):
    """There the first-order effort is a local best at most: another one pays clearly better."""
    effort = Boudreau().effort(12.0, n)
    own = np.linspace(0.0, 4 * effort, 81)
    pay = 12.0 * chances(KEY, n, N_CONTESTS, own - effort) - own**2 / 2
    assert own[pay.argmax()] == pytest.approx(preferred * effort, abs=0.3 * effort)
    assert pay.max() > pay[20] + 0.002 * 12.0
    assert Boudreau().gain(12.0, n) > 0


def test_claims__cover_both_signs_and_hold_in_a_run():
    classic = Boudreau()
    found = {cell: np.array([value]) for cell, value in classic.simulate(1, 0).items()}
    says = [claim.says for claim in classic.claims()]
    assert "G = 6: the best entry gets better with every further entrant" in says
    assert "G = 12: the best of 9 is worse than the best of 5" in says
    assert "G = 12: the best of 20 is better than the best of 9" in says
    assert "G = 10: this effort is an equilibrium, no deviation pays" in says
    assert "G = 12, 5 entrants: this effort is no equilibrium, a deviation pays" in says
    for claim in classic.claims():
        assert claim.excess(found)[0] > 0, claim.says


def test_claims__fail_where_their_sign_is_turned():
    classic = Boudreau()
    turned = {cell: np.array([-value]) for cell, value in classic.simulate(1, 0).items()}
    assert all(claim.excess(turned)[0] < 0 for claim in classic.claims())


def test_simulate__one_size_has_no_claim_about_others():
    classic = Boudreau(sizes=(4,), prizes=(5.0,), contests=10)
    assert Cell(BEST, "G = 5", 4) in classic.simulate(1, 0)
    assert [claim.says.split(": ")[1] for claim in classic.claims()] == [
        "this effort is an equilibrium, no deviation pays"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sizes": ()},
        {"sizes": (1, 3)},
        {"sizes": (3, 3)},
        {"prizes": ()},
        {"prizes": (0.0,)},
        {"prizes": (2.0, 2.0)},
        {"prizes": (math.inf,)},
        {"theta": 0.0},
        {"mu": -1.0},
        {"cost": math.nan},
        {"contests": 0},
    ],
)
def test_parameters__that_make_no_sense_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UserError, match=name):
        Boudreau(**wrong)
