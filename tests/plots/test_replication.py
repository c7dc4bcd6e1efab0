import math
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import LineCollection

from sim.classics import Cell, Classic
from sim.plots import save
from sim.plots.replication import replication as draw
from sim.replication import Replication, Row


class Drawn(Classic):
    """A model whose cells the tests make."""

    title, source = "What it is $ about", "Somebody 1999"
    x, y = "number of [things]", "height [$]"
    runs, quick = 9, 3

    def simulate(self, seed, rep):
        raise NotImplementedError

    def published(self):
        return {}


def row(panel, line, x, published, mean, half=0.5):
    n = 9 if math.isfinite(mean) else 0
    cell = Cell(panel, line, x)
    return Row(cell, published, 0.1, "published", mean, mean - half, mean + half, n, "match")


def figure(*rows):
    return draw(Replication("drawn", Drawn(), 1, 9, False, tuple(rows), ()))


def rows(n_lines=2, n_panels=1):
    return [
        row(f"panel {p}", f"line {k}", x, 10.0 * k + x, 10.0 * k + x + 0.25)
        for p in range(n_panels)
        for k in range(n_lines)
        for x in (1, 2, 4)
    ]


def words(drawn):
    return [text.get_text() for text in drawn.findobj(matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize(("n_panels", "columns"), [(1, 2), (3, 2), (5, 4)])
def test_replication__pairs_published_and_simulated_on_the_same_axes(n_panels, columns):
    drawn = figure(*rows(n_panels=n_panels))
    drawn.draw_without_rendering()
    assert len(drawn.axes) == 2 * n_panels
    for left, right in zip(drawn.axes[::2], drawn.axes[1::2], strict=True):
        assert left.get_title(loc="left") == "published"
        assert right.get_title(loc="left") == "simulated"
        assert left.get_shared_x_axes().joined(left, right)
        assert left.get_shared_y_axes().joined(left, right)
        assert left.get_position().y0 == pytest.approx(right.get_position().y0)
        assert left.get_position().x1 < right.get_position().x0
    assert len({round(axes.get_position().x0, 2) for axes in drawn.axes}) == columns


def test_replication__says_what_it_shows():
    drawn = figure(*rows())
    title = drawn.get_suptitle()
    for needle in (r"What it is \$ about", "Somebody 1999", "n = 9 runs", "95 %"):
        assert needle in title
    said = words(drawn)
    assert "number of [things]" in said
    assert any("panel 0" in text and r"height [\$]" in text for text in said)
    assert {"line 0", "line 1"} <= set(said)


def test_replication__draws_the_numbers_there_are():
    left, right = figure(*rows()).axes
    published, simulated = [1.0, 2.0, 4.0], [1.25, 2.25, 4.25]
    assert left.lines[0].get_ydata() == pytest.approx(published)
    assert left.lines[0].get_markerfacecolor() == "white"
    hollow, filled = right.lines[:2]
    assert hollow.get_ydata() == pytest.approx(published)
    assert hollow.get_markerfacecolor() == "none"
    assert hollow.get_zorder() < filled.get_zorder()
    assert filled.get_ydata() == pytest.approx(simulated)
    bars = next(part for part in right.collections if isinstance(part, LineCollection))
    for bar, x, mean in zip(bars.get_segments(), (1, 2, 4), simulated, strict=True):
        assert bar == pytest.approx(np.array([[x, mean - 0.5], [x, mean + 0.5]]))


def test_replication__lines_run_from_left_to_right_whatever_the_order():
    left, right = figure(*reversed(rows(n_lines=1))).axes
    for line in (left.lines[0], right.lines[1]):
        assert list(line.get_xdata()) == [1, 2, 4]


def test_replication__tells_lines_apart_without_colour_and_alike_in_all_panels():
    drawn = figure(*rows(n_lines=4), row("other", "line 3", 1, 1.0, 1.0))
    lines = drawn.axes[0].lines
    assert (
        len({line.get_color() for line in lines}) == len({line.get_marker() for line in lines}) == 4
    )
    assert [line.get_linestyle() for line in lines] == ["-", "--", "--", "--"]
    other = next(line for line in drawn.axes[2].lines if len(line.get_xdata()))
    assert other.get_color() == lines[3].get_color()
    assert other.get_marker() == lines[3].get_marker()


def test_replication__says_so_where_nothing_was_published_or_found():
    nan = math.nan
    drawn = figure(
        row("new", "line", 1, nan, 3.0),
        row("old", "line", 1, 2.0, nan),
        row("old", "line", 2, 2.0, 2.0, half=nan),
    )
    drawn.draw_without_rendering()
    assert words(drawn).count("not published") == 1
    assert "not published" in [text.get_text() for text in drawn.axes[0].texts]


def test_replication__many_lines_are_all_named(tmp_path):
    drawn = figure(*rows(n_lines=27))
    drawn.draw_without_rendering()
    named = [text for text in drawn.axes[1].texts if text.get_text().startswith("line")]
    assert len(named) == 27
    boxes = sorted((text.get_window_extent() for text in named), key=lambda box: box.y0)
    assert all(high.y0 - low.y0 > 0.5 * low.height for low, high in pairwise(boxes))
    assert save(drawn, tmp_path / "figure.png").stat().st_size > 10_000
