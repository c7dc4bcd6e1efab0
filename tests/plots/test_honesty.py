import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from sim.core.inputs import Levers
from sim.honesty import Block, Honesty
from sim.honesty.question import Question, Worlds
from sim.honesty.zero import Zero
from sim.plots import _draw, save
from sim.plots.honesty import honesty as draw
from sim.scenario import Scenario

STYLES = ("directive", "$toolkit", "commons")
CALM, SURE = Levers(), Zero((), 1.0, 1.0, {})


def made(values, shifts=("from a to b",), runs=8, noise=0.1):
    """A test with these levels (environment, outcome, arm), the same noise in other places."""
    worlds = {name: Scenario(title=name) for name in ("plain", "rugged and $")[: len(values)]}
    question = Question(
        text="?",
        seeds=runs,
        styles=STYLES,
        environments=worlds,
        shifts=dict.fromkeys(shifts, (CALM, CALM)),
        zero=Scenario(title="zero"),
        worlds=Worlds(number=0, seeds=1, values={}),
        table={},
    )
    arms = dict.fromkeys((*STYLES, *range(2 * len(shifts))), "")
    rng = np.random.default_rng(4)
    blocks = tuple(
        (Block(world, arms, runs), level[..., None] + noise * rng.normal(size=(*level.shape, runs)))
        for world, level in zip(worlds.values(), np.array(values, float), strict=True)
    )
    return Honesty(question, 1, runs, SURE, blocks, False)


LEVELS = [
    [[9, 5, 1, 0, 0], [1, 9, 5, 0, 9], [5, 1, 9, 9, 0]],
    [[1, 5, 9, 0, 0], [9, 1, 5, 9, 0], [9, 9, 9, 0, 0]],
]


def words(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def blocks(figure):
    """Colours of all blocks but those of shifts, row by row from left to right."""
    found = [
        p for p in figure.axes[0].patches if isinstance(p, Rectangle) and not p.get_linewidth()
    ]
    return [p.get_facecolor()[:3] for p in sorted(found, key=lambda p: (p.get_y(), p.get_x()))]


def test_honesty__gives_each_cell_the_colour_of_its_best_style():
    colours = [to_rgb(_draw.look(k).colour) for k in range(3)]
    found = blocks(draw(made(LEVELS)))
    assert found[:5] == [colours[k] for k in (0, 1, 2, 2, 0)]
    assert found[5] not in colours  # of styles that are alike none is best for sure
    assert sum(found[5]) > 2


def test_honesty__names_the_best_the_worst_and_what_may_be_chance():
    said = words(draw(made(LEVELS[:1])))
    for style in ("directive", r"\$toolkit", "commons"):
        assert said.count(style) == 2
    assert not any(word.endswith(" ?") for word in said)
    unsure = words(draw(made(LEVELS[:1], noise=50.0)))
    assert sum(word.endswith(" ?") for word in unsure) == 6


def test_honesty__marks_the_shifts_that_pay_and_those_that_do_not():
    said = words(draw(made(LEVELS)))
    assert (said.count("+"), said.count("−")) == (1, 1)
    said = words(draw(made(LEVELS, noise=50.0)))
    assert (said.count("+"), said.count("−")) == (0, 0)


def test_honesty__says_what_it_shows():
    figure = draw(made(LEVELS))
    assert "n = 8 runs a style" in figure.get_suptitle()
    assert "95 %" in figure.get_suptitle()
    expected = {"plain", r"rugged and \$", "Value created", "Surplus", "Profit", "from a to b"}
    assert expected <= set(words(figure))


@pytest.mark.parametrize("level", [0.0, np.nan])
def test_honesty__draws_ties_once_and_nothing_that_is_not_known(level):
    figure = draw(made(np.full((1, 3, 5), level), noise=0.0))
    figure.draw_without_rendering()
    assert len(blocks(figure)) == (0 if np.isnan(level) else 3)


@pytest.mark.parametrize("n_shifts", [1, 5])
def test_honesty__no_word_lies_on_another_or_outside(n_shifts, tmp_path):
    shifts = [f"from something long {n} to something else" for n in range(n_shifts)]
    sides = np.zeros((2, 3, 2 * n_shifts))
    figure = draw(made(np.concatenate([np.array(LEVELS)[..., :3], sides], axis=2), shifts))
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in [*figure.texts, *figure.axes[0].texts]]
    for n, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other.padded(-1)) for other in boxes[:n])
    assert save(figure, tmp_path / "figure.png").stat().st_size > 10_000
