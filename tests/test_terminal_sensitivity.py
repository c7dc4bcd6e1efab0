import io
import math

import pytest
from rich.console import Console

from sim.analysis.indices import METHODS, Index
from sim.analysis.sensitivity import Sensitivity
from sim.terminal import print_sensitivity

VALUES = {"lever.tools": 0.05, "world.[drift]": 0.6}


def found(method="saltelli", reason="", replicates=3, size=1.0, sizes=(32, 64)):
    growth = {
        n: tuple(
            Index(name, m, n, size * v, size * (v - 0.1), size * (v + 0.1), size * 0.02)
            for m in METHODS[method].measures
            for name, v in VALUES.items()
        )
        for n in (() if reason else sizes)
    }
    return Sensitivity(
        "value_created", "commons", {}, method, tuple(VALUES), 64, replicates, growth, reason
    )


def printed(*results, width=100, encoding="utf-8"):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_sensitivity(results, Console(file=file, width=width, highlight=False))
    file.seek(0)
    return file.read()


def test_print_sensitivity__marks_what_is_not_told_and_puts_what_matters_first():
    text = printed(found())
    rows = [line.split() for line in text.splitlines() if "±" in line][:2]
    assert rows[0][0] == "world.[drift]"
    assert rows[0][1:5] == [".60", "±.10", ".60", "±.10"]
    assert rows[1][:5] == ["lever.tools", ".05", "±.10?", ".05", "±.10?"]
    assert rows[1][5:] == [".02", ".05"]
    for needle in (
        "value created, commons",
        "n = 32",
        "64 base points, the mean of 3 runs",
        "95 %",
    ):
        assert needle in text
    assert "Caution" not in text


def test_print_sensitivity__warns_that_one_run_tells_nothing_of_chance():
    text = printed(found(replicates=1, sizes=(64,)))
    assert "Caution" in text
    assert "by chance" not in text
    assert "n = 32" not in text


def test_print_sensitivity__writes_large_effects_in_one_power():
    text = printed(found("morris", size=3e6))
    assert "[M]" in text
    assert "1.8 ±0.3" in text
    assert all(measure in text for measure in METHODS["morris"].measures)


def test_print_sensitivity__calls_them_trajectories_where_they_are():
    text = printed(found("morris"))
    assert "64 trajectories, the mean of 3 runs" in text
    assert "resampling trajectories" in text
    assert "base point" not in text


def test_print_sensitivity__breaks_names_that_do_not_fit_at_their_dots():
    wide, narrow = (printed(found("morris"), width=width) for width in (100, 62))
    first = [[line.split()[0] for line in text.splitlines() if line] for text in (wide, narrow)]
    assert {"lever.tools", "world.[drift]"} < set(first[0])
    assert {"lever.", "tools", "world.", "[drift]"} < set(first[1])


def test_print_sensitivity__says_why_there_are_no_indices():
    assert "No indices: no variation." in printed(found(reason="no variation"))


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_print_sensitivity__shows_what_is_not_known_as_a_dash(encoding):
    one = found()
    nothing = Index("lever.tools", "total", 64, math.nan, math.nan, math.nan, 0.0)
    one.growth[64] = tuple(
        nothing if (i.factor, i.measure) == ("lever.tools", "total") else i for i in one.growth[64]
    )
    row = next(line for line in printed(one, encoding=encoding).splitlines() if "lever" in line)
    assert "- " in row
    assert "nan" not in row
