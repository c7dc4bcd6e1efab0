import math

import pytest
from matplotlib.text import Text

from sim.analysis.indices import METHODS, Index
from sim.analysis.sensitivity import Sensitivity
from sim.plots import save
from sim.plots.sensitivity import sensitivity as draw

FACTORS = ("lever.tools", "world.$", "ties.kind")
VALUES = {"lever.tools": 0.1, "world.$": 0.6, "ties.kind": 0.0}


def index(factor, measure, n, half, chance):
    value = VALUES[factor]
    return Index(factor, measure, n, value, value - half, value + half, chance)


def found(method="saltelli", reason="", replicates=3, half=0.05, outcome="value_created"):
    growth = {
        n: tuple(
            index(factor, measure, n, half, 0.02 if replicates > 1 else 0.0)
            for measure in METHODS[method].measures
            for factor in FACTORS
        )
        for n in ((16, 32, 64) if not reason else ())
    }
    return Sensitivity(
        outcome, "commons", {"world.pool": 8}, method, FACTORS, 64, replicates, growth, reason
    )


def words(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("method", METHODS)
def test_sensitivity__draws_each_measure_by_factor_and_as_it_grew(method):
    figure = draw([found(method), found(method, outcome="trust")])
    figure.draw_without_rendering()
    measures = METHODS[method].measures
    assert len(figure.axes) == 4 * len(measures)
    titles = [axes.get_title(loc="left") for axes in figure.axes[: 2 * len(measures)]]
    assert titles[0] == f"value created, commons, world.pool = 8\n{measures[0]}"
    assert titles[1:] == [m for measure in measures for m in (measure, measure)][1:]
    assert [t.get_text() for t in figure.axes[1].get_xticklabels()] == ["16", "32", "64"]
    bases = "trajectories" if method == "morris" else "base points"
    assert figure.axes[1].get_xlabel() == bases


def test_sensitivity__puts_what_matters_most_on_top_and_hollows_what_is_not_told():
    by_factor, grown, *_ = draw([found()]).axes
    labels = [label.get_text() for label in by_factor.get_yticklabels()]
    assert labels == [r"world.\$", "lever.tools", "ties.kind"]
    marks = [line for line in by_factor.lines if len(line.get_xdata()) == 1]
    assert [line.get_xdata()[0] for line in marks] == [0.6, 0.1, 0.0]
    assert [line.get_markerfacecolor() == "white" for line in marks] == [False, False, True]
    bars = [line.get_xdata() for line in by_factor.lines if len(line.get_xdata()) == 2]
    assert any(list(bar) == pytest.approx([0.55, 0.65]) for bar in bars)
    assert sum(len(line.get_xdata()) == 3 for line in grown.lines) == len(FACTORS)


def test_r24_sensitivity__intervals_that_hold_0_are_hollow():
    marks = [line for line in draw([found(half=0.7)]).axes[0].lines if len(line.get_xdata()) == 1]
    assert [line.get_markerfacecolor() for line in marks] == ["white"] * 3


@pytest.mark.parametrize("replicates", [1, 3])
def test_sensitivity__says_what_it_rests_on(replicates):
    figure = draw([found(replicates=replicates)])
    title = figure.get_suptitle()
    assert "64 base points" in title
    assert "95 % intervals" in title
    assert ("the mean of 3 runs" in title) == ("chance" in title) == (replicates == 3)
    assert len(figure.axes[0].collections) == (3 if replicates == 3 else 0)


def test_sensitivity__says_why_there_are_no_indices():
    figure = draw([found(reason="no variation", outcome="trust")])
    assert "trust, commons, world.pool = 8: no variation" in words(figure)


def test_sensitivity__leaves_unknown_indices_out(tmp_path):
    one = found()
    nothing = Index("ties.kind", "total", 64, math.nan, math.nan, math.nan, math.nan)
    one.growth[64] = (*one.growth[64][:-1], nothing)
    figure = draw([one])
    assert save(figure, tmp_path / "sensitivity.png").stat().st_size > 10_000


def test_sensitivity__writes_large_numbers_short(monkeypatch):
    for factor in FACTORS:
        monkeypatch.setitem(VALUES, factor, VALUES[factor] * 1e6)
    axes = draw([found("morris")]).axes[0]
    assert axes.xaxis.get_major_formatter()(500_000) == "500k"
