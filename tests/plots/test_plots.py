import dataclasses
import gc
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import warnings
import weakref
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import sim.plots
from sim.analysis.comparison import Comparison, Outcome
from sim.errors import UserError
from sim.plots import _draw, save

NAMES = [m.name for m in pkgutil.iter_modules(sim.plots.__path__) if m.name[0] != "_"]
TESTS = Path(__file__).parent
ABOUT = [
    Outcome("cost", "cost", "$/month", -1),
    Outcome("surplus", "surplus", "$/month", 1),
    Outcome("gini", "Gini of contributions", "", 0),
]


def comparison(n_arms=3, n_runs=6, value=None, paired=True):
    rng = np.random.default_rng(2)
    outcomes = {about.name: rng.lognormal(size=(n_arms, n_runs)) for about in ABOUT}
    if value is not None:
        outcomes = {name: np.full_like(values, value) for name, values in outcomes.items()}
    arms = tuple(f"style_{arm}" for arm in range(n_arms))
    about = {outcome.name: outcome for outcome in ABOUT}
    return Comparison("a $ world $", arms, tuple(range(n_runs)), paired, outcomes, about)


def plot_called(name):
    return getattr(importlib.import_module(f"sim.plots.{name}"), name)


def takes_comparison(name):
    return "comparison" in inspect.signature(plot_called(name)).parameters


COMPARED = [name for name in NAMES if name == "series" or takes_comparison(name)]


def draw(name, table):
    """Any of the plots of a comparison; `series` is drawn of its outcomes as if they were steps."""
    plot = plot_called(name)
    if name == "series":
        runs = {
            arm: table.values("cost")[k][:, None] * np.ones(4) for k, arm in enumerate(table.arms)
        }
        return plot(np.arange(4), runs, title="Cost", unit="$/month", time="month")
    takes = inspect.signature(plot).parameters
    return plot(table, **({"x": "cost", "y": "surplus"} if "x" in takes else {}))


def words(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize("name", NAMES)
def test_plot__file_holds_one_function_called_like_it(name):
    module = importlib.import_module(f"sim.plots.{name}")
    own = [
        key
        for key, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__ and key[0] != "_"
    ]
    assert own == [name]
    assert inspect.getdoc(getattr(module, name))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in COMPARED])
def test_plot__of_something_else_than_a_comparison_has_tests_of_its_own(name):
    assert f"sim.plots.{name}" in (TESTS / f"test_{name}.py").read_text("utf-8")


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize(
    "table",
    [
        comparison(),
        comparison(paired=False),
        comparison(n_arms=9),
        comparison(n_arms=1),
        comparison(n_runs=1),
        comparison(value=1.0),
        comparison(value=np.nan),
    ],
    ids=["usual", "independent", "nine", "one style", "one run", "constant", "unknown"],
)
def test_plot__draws_without_a_warning_and_leaves_settings_alone(name, table):
    before = dict(matplotlib.rcParams)
    figure = draw(name, table)
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save__leaves_settings_alone(suffix, tmp_path):
    figure = draw("series", comparison())
    before = dict(matplotlib.rcParams)
    save(figure, tmp_path / f"figure.{suffix}")
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", COMPARED)
def test_plot__says_n_interval_and_unit(name):
    figure = draw(name, comparison())
    title = figure.get_suptitle()
    assert "n = 6 runs a style" in title
    assert "95 %" in title
    assert any(r"\$/month" in text for text in words(figure))
    assert {"style_0", "style_1", "style_2"} <= set(words(figure))


def test_plot__title_tells_paired_from_independent():
    assert "paired by seed" in draw("outcomes", comparison()).get_suptitle()
    assert "independent seeds" in draw("outcomes", comparison(paired=False)).get_suptitle()


def test_outcomes__shows_the_means_and_intervals_of_the_comparison():
    table = comparison()
    panel = draw("outcomes", table).axes[0]
    about = table.about[table.shown()[0]]
    bars = [line.get_xdata() for line in panel.lines if len(line.get_xdata()) == 2]
    for mean in table.means(about.name):
        assert any(np.allclose(bar, (mean.low, mean.high)) for bar in bars)


def test_outcomes__draws_the_outcomes_that_are_named():
    figure = importlib.import_module("sim.plots.outcomes").outcomes(
        comparison(), names=["gini", "cost"]
    )
    assert [axes.get_title("left") for axes in figure.axes] == ["Gini of contributions", "Cost"]


def test_frontier__beaten_styles_are_hollow():
    table = comparison()
    table.outcomes["cost"][:] = np.array([1.0, 2.0, 3.0])[:, None]
    table.outcomes["surplus"][:] = np.array([1.0, 3.0, 2.0])[:, None]
    (axes,) = draw("frontier", table).axes
    markers = [line for line in axes.lines if line.get_marker() not in ("None", None, "")]
    assert [m.get_markerfacecolor() == "white" for m in markers] == [False, False, True]


def test_series__leaves_out_what_is_not_known():
    plot = importlib.import_module("sim.plots.series").series
    runs = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 7.0]])
    (axes,) = plot([0, 1, 2], {"open": runs}, title="Active", unit="people").axes
    assert axes.lines[0].get_ydata() == pytest.approx([2, 3, 7])
    with pytest.raises(UserError, match=r"'open' must be \(run, step\) with 4 steps"):
        plot([0, 1, 2, 3], {"open": runs}, title="Active")


def test_look__tells_42_styles_apart_and_six_by_colour():
    assert len({_draw.look(k).colour for k in range(6)}) == 6
    assert len({(_draw.look(k).colour, _draw.look(k).marker) for k in range(42)}) == 42


def test_spread__keeps_order_and_distance():
    placed = _draw.spread([3.0, 1.0, 1.1, 1.05], 0.5)
    assert sorted(placed) == [placed[1], placed[3], placed[2], placed[0]]
    assert min(np.diff(sorted(placed))) >= 0.5 - 1e-12
    assert placed[0] == 3.0
    assert np.mean(placed[1:]) == pytest.approx(np.mean([1.0, 1.1, 1.05]))


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save__same_figure_same_bytes(suffix, tmp_path):
    files = [save(draw("frontier", comparison()), tmp_path / f"{k}.{suffix}") for k in (1, 2)]
    first, second = (file.read_bytes() for file in files)
    assert first == second
    assert len(first) > 1000


def test_save__refuses_unknown_formats_and_folders(tmp_path):
    figure = Figure()
    with pytest.raises(UserError, match="'pgn'; did you mean 'png'"):
        save(figure, tmp_path / "figure.pgn")
    with pytest.raises(UserError, match="there are: pdf, png, svg"):
        save(figure, tmp_path / "figure")
    with pytest.raises(UserError, match="no folder"):
        save(figure, tmp_path / "missing" / "figure.png")


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_save__says_in_one_line_which_letters_are_not_drawn(suffix, tmp_path, caplog):
    table = dataclasses.replace(comparison(), arms=("Łódź – 協働", "働 $", "plain"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(draw("outcomes", table), tmp_path / f"figure.{suffix}")
    (record,) = caplog.records
    assert record.name == "sim"
    assert record.getMessage() == (
        f"cocreate: figure.{suffix} shows boxes for 協 働, which its font does not have"
    )


def test_save__keeps_other_warnings(tmp_path, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: warnings.warn("else", stacklevel=2))
    with pytest.warns(UserWarning, match="else"):
        save(Figure(), tmp_path / "figure.png")


def test_save__failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = save(draw("series", comparison()), tmp_path / "figure.png")
    old = path.read_bytes()

    def fail(self, file, **options):
        file.write(b"half")
        raise OSError

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError):  # noqa: PT011 - whichever the system raises passes through
        save(Figure(), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


HEADLESS = """
import sys, numpy as np
from sim.plots import save
from sim.plots.series import series
figure = series(range(3), {"open": np.ones((2, 3))}, title="Active")
save(figure, sys.argv[1])
assert "matplotlib.pyplot" not in sys.modules
import matplotlib
print(dict.__getitem__(matplotlib.rcParams, "backend"))
"""


@pytest.mark.parametrize("backend", [None, "TkAgg"])
def test_q41_no_display__figures_are_written_and_the_back_end_stays(backend, tmp_path):
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "MPLBACKEND")}
    env |= {"MPLBACKEND": backend} if backend else {}
    path = tmp_path / "figure.png"
    done = subprocess.run(
        [sys.executable, "-c", HEADLESS, str(path)], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert path.stat().st_size > 1000
    assert backend is None or done.stdout.strip().lower() == backend.lower()


def test_q41_figures__are_gone_after_use(tmp_path):
    kept = []
    for name in COMPARED:
        figure = draw(name, comparison())
        save(figure, tmp_path / "figure.png")
        kept.append(weakref.ref(figure))
        del figure
    gc.collect()
    assert [ref() for ref in kept] == [None] * len(COMPARED)


MANY = """
import resource, sys, numpy as np
from sim.plots import save
from sim.plots.series import series
runs = {"open": np.random.default_rng(1).random((20, 50))}
for k in range(350):
    save(series(range(50), runs, title="Active"), sys.argv[1])
    if k == 49:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
def test_q41_memory__300_figures_take_no_more_than_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(tmp_path / "figure.png")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 50  # MB
