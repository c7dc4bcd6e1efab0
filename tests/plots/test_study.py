import math
from itertools import pairwise

import matplotlib
import numpy as np
import pyarrow as pa
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex

from sim.analysis.report import report
from sim.design import Plan, read_experiment
from sim.plots import _draw, save
from sim.plots.study import study

WORLD = {"scenario": "default", "outcomes": ["value_created", "cost"], "seeds": 8}
TWO = WORLD | {"styles": ["directive", "commons"]}
SIZES = {"population.people": [50, 100, 400]}
TIES = {"ties.kind": ["none", "small_world", "preferential"]}
BOTH = {"outcomes": ["value_created", "cost"]}
SAMPLE = {"method": "sobol", "n": 64, "ranges": {"lever.money": [0.0, 1.0]}}
LUCK = np.random.default_rng(3).normal(size=1000)


def told(experiment, n=None, failed=(), unknown=()):
    """What is said of runs whose outcome is told by style and replicate.

    The figure shows the first outcome unless the experiment says otherwise.
    """
    figure = {"outcomes": experiment["outcomes"][:1]} | experiment.get("figure", {})
    read = read_experiment(experiment | {"figure": figure})
    plan = Plan(read)
    runs = [plan.run(i) for i in range(len(plan) if n is None else n)]
    values = [
        math.nan if run.index in unknown else len(run.style) + LUCK[run.index % 997] for run in runs
    ]
    columns = {
        name: [v + 10 * k for v in values] for k, name in enumerate(read.outcome_columns, start=1)
    }
    status = ["failed" if run.index in failed else "done" for run in runs]
    return report(read, plan, pa.table({"run": range(len(runs)), "status": status, **columns}))


def words(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def caption(figure):
    return " ".join(figure.get_supxlabel().split())


def lines(axes):
    """Points of the marks by colour."""
    return {
        line.get_color(): line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata())
    }


def bands(axes):
    return [c for c in axes.collections if isinstance(c, PolyCollection)]


COLOURS = [_draw.look(k).colour for k in range(4)]


def test_study__draws_each_mark_where_it_is_with_its_interval():
    found = told(TWO | {"vary": SIZES, "figure": BOTH})
    figure = study(found)
    assert len(figure.axes) == 2
    for axes, outcome in zip(figure.axes, BOTH["outcomes"], strict=True):
        for colour, style in zip(COLOURS, found.arms, strict=False):
            own = [m for m in found.marks if (m.outcome, m.line) == (outcome, style)]
            assert lines(axes)[colour] == [[m.x, m.mean] for m in own]
        for band, style in zip(bands(axes), found.arms, strict=True):
            own = [m for m in found.marks if (m.outcome, m.line) == (outcome, style)]
            corners = band.get_paths()[0].vertices.tolist()
            for mark in own:
                assert [mark.x, mark.low] in corners
                assert [mark.x, mark.high] in corners


def test_study__names_lines_axes_units_and_the_question():
    said = words(study(told(TWO | {"question": "Why $?", "vary": SIZES, "figure": BOTH})))
    assert said.count("directive") == said.count("commons") == 2
    assert r"Why \$?" in said
    assert "population.people [count]" in said
    assert "Value created [money a month]\n(more is better →)" in said
    assert {"50", "100", "400"} <= set(said)


def test_study__says_n_intervals_and_what_is_missing():
    assert caption(study(told(TWO | {"vary": SIZES}))) == (
        "n = 8 runs a mark, paired by seed. Bands: 95 % intervals of the means."
    )
    part = caption(study(told(TWO | {"vary": SIZES}, n=40, failed=[2])))
    assert part.startswith("n = 6 to 7 runs a mark")
    assert part.endswith("39 of 48 runs are done; 1 failed and 8 are still missing.")
    assert "n = 1 run a mark, paired by seed. One alone has no interval." in (
        caption(study(told(TWO | {"vary": SIZES, "seeds": 1})))
    )
    hidden = TWO | {"vary": SIZES | TIES, "figure": {"columns": ""}}
    assert "n = 8 seeds a mark, paired by seed. Averaged over ties.kind." in (
        caption(study(told(hidden)))
    )


def test_study__counts_pairs_where_it_shows_differences():
    differences = {"vary": SIZES, "figure": {"show": "differences"}}
    failed = [0, 1, 6, 13]
    said = caption(study(told(TWO | differences, failed=failed)))
    assert said.startswith("n = 5 to 8 pairs of runs a mark. Bands: simultaneous")


def test_study__says_which_outcomes_some_runs_do_not_have():
    found = told(TWO | {"vary": SIZES}, unknown=range(7))
    assert "Value created: known in 41 of 48 runs." in caption(study(found))


POINTS = {
    "columns": ["style", "population.people"],
    "rows": [["directive", 50], ["commons", 50], ["directive", 400], ["toolkit", 100]],
}


def test_study__draws_bars_side_by_side_where_a_line_has_one_point():
    found = told(WORLD | {"table": POINTS})
    figure = study(found)
    (axes,) = figure.axes
    assert not bands(axes)
    assert "Bars: 95 % intervals" in caption(figure)
    bars = [c for c in axes.collections if isinstance(c, LineCollection)]
    segments = [segment.tolist() for bar in bars for segment in bar.get_segments()]
    drawn = {(low[1], high[1]): low[0] for low, high in segments}
    assert set(drawn) == {(mark.low, mark.high) for mark in found.marks}
    x = {(mark.line, mark.x): drawn[mark.low, mark.high] for mark in found.marks}
    assert x["directive", 400] == 400
    assert x["toolkit", 100] == 100
    first, second = x["directive", 50], x["commons", 50]
    assert second - first == pytest.approx(0.03 * 350)
    assert (first + second) / 2 == pytest.approx(50)
    assert lines(axes)[COLOURS[1]][0][0] == second


def test_study__writes_sampled_values_with_four_digits():
    one = WORLD | {"styles": ["commons"], "sample": SAMPLE | {"method": "latin_hypercube", "n": 3}}
    (axes,) = study(told(one)).axes
    labels = [tick.get_text() for tick in axes.get_xticklabels()]
    assert len(labels) == 3
    assert all(len(label) <= len("0.01234") for label in labels)


def test_study__sets_texts_side_by_side_in_their_order():
    found = told(TWO | {"vary": TIES})
    figure = study(found)
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == TIES["ties.kind"]
    places = [[x for x, _ in lines(axes)[colour]] for colour in COLOURS[:2]]
    assert np.round(places[0]).tolist() == np.round(places[1]).tolist() == [0, 1, 2]
    assert (np.array(places[0]) < np.array(places[1])).all()
    bars = [c for c in axes.collections if isinstance(c, LineCollection)]
    heights = [segment[:, 1].tolist() for segment in bars[0].get_segments()]
    assert heights == [[m.low, m.high] for m in found.marks if m.line == "directive"]
    assert "Bars: 95 % intervals" in caption(figure)


def test_study__has_a_column_for_each_value_with_the_same_scale():
    figure = study(told(TWO | {"vary": SIZES | TIES, "figure": BOTH}))
    assert len(figure.axes) == 6
    heads = [axes.get_title() for axes in figure.axes]
    assert heads == [f"ties.kind = {kind}" for kind in TIES["ties.kind"]] + [""] * 3
    assert len({axes.get_ylim() for axes in figure.axes[:3]}) == 1


def test_study__lays_styles_in_rows_where_nothing_varies():
    found = told(TWO | {"figure": BOTH})
    figure = study(found)
    assert [axes.get_title() for axes in figure.axes] == ["Value created", "Cost"]
    (left, _) = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["directive", "commons"]
    drawn = [line.get_xydata().tolist() for line in left.lines]
    first = found.marks[0]
    assert drawn[:2] == [[[first.low, 0], [first.high, 0]], [[first.mean, 0]]]
    assert to_hex(left.lines[2].get_color()) == COLOURS[1]


def test_study__draws_companies_of_a_market_as_styles():
    market = {"scenario": "mixed_market", "outcomes": ["profit"], "seeds": 4}
    rows = [tick.get_text() for tick in study(told(market)).axes[0].get_yticklabels()]
    assert rows == ["Command", "Kit", "Commons", "Steward"]
    (axes,) = study(told(market | {"vary": SIZES})).axes
    assert len(bands(axes)) == 4


def test_study__draws_differences_from_the_baseline_in_the_colours_of_the_styles():
    found = told(TWO | {"vary": SIZES, "figure": {"show": "differences"}})
    figure = study(found)
    (axes,) = figure.axes
    assert COLOURS[0] not in lines(axes)
    assert lines(axes)[COLOURS[1]] == [[m.x, m.mean] for m in found.marks]
    assert "directive" not in words(figure)
    assert "difference from directive" in axes.get_ylabel()
    assert "simultaneous 95 % intervals of the differences from directive (Bonferroni, 3" in (
        caption(figure)
    )


def test_study__of_one_style_has_lines_of_what_varies():
    one = WORLD | {"styles": ["commons"], "vary": SIZES | {"lever.fun": [0.2, 0.8]}}
    figure = study(told(one | {"figure": {"x": "population.people"}}))
    said = words(figure)
    assert {"0.2", "0.8"} <= set(said)
    assert "commons" not in said
    assert "Lines: lever.fun." in caption(figure)


def test_study__has_a_legend_where_styles_are_rows_and_lines_are_others():
    figure = study(
        told(TWO | {"vary": SIZES, "figure": {"x": "style", "lines": "population.people"}})
    )
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["50", "100", "400"]
    assert legend.get_title().get_text() == "population.people"


def test_study__says_what_the_marks_of_a_sample_are():
    said = caption(study(told(TWO | {"seeds": 2, "sample": SAMPLE})))
    assert said.startswith("n = 8 points of a sample a mark")
    assert "all have the same 2 seeds, whose luck the bands do not show" in said
    assert "Marks: 8 parts of the range" in said


@pytest.mark.parametrize("n", [1, 3])
def test_study__can_be_drawn_of_next_to_nothing(n, tmp_path):
    for more in ({}, {"vary": SIZES}, {"vary": TIES}):
        path = save(study(told(TWO | more, n=n)), tmp_path / "figure.png")
        assert path.stat().st_size > 5000


def test_study__keeps_its_many_labels_apart():
    styles = ["directive", "contest", "toolkit", "foundation", "commons", "steward"]
    figure = study(told(WORLD | {"styles": styles, "vary": SIZES}))
    figure.draw_without_rendering()
    boxes = [
        text.get_window_extent()
        for text in figure.axes[0].findobj(matplotlib.text.Annotation)
        if text.get_text() in styles
    ]
    assert len(boxes) == 6
    ordered = sorted(boxes, key=lambda box: box.y0)
    for low, high in pairwise(ordered):
        assert low.y0 + 0.8 * low.height <= high.y0
