"""The tab Studies: pictures that mark the same, and a click that opens that very run."""

import json
import math
from pathlib import Path

import pytest

from sim.web.assets import HERE
from sim.web.runs import Runs
from sim.web.studying import Asked, open_studied

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, PHONE, STUDY, ready, rows, start, stop

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
STYLES = STUDY["styles"]


@pytest.fixture(scope="module")
def studied(folder):
    return open_studied(folder)


@pytest.fixture(scope="module")
def lab(folder):
    found = start("open_source", "--people", 200, "--study", folder)
    yield found
    stop(found)


@pytest.fixture
def tab(lab, visit):
    """Opens the tab, with all its pictures drawn."""

    def one(size=DESK, **options):
        page = ready(visit(lab.url, size, **options))
        page.click("#studies")
        page.wait_for_selector("#study-frontier svg")
        return page

    return one


def told(studied):
    return json.loads(studied.told())


def test_tab__is_there_only_where_a_study_was_given(lab, opening, visit):
    page = ready(visit(opening("open_source", "--people", 60).url))
    assert page.locator("#studies").is_hidden()
    page.focus("#network")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#how", "aria-selected") == "true"
    page = ready(visit(lab.url))
    assert page.locator("#studies").is_visible()
    page.focus("#network")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#studies", "aria-selected") == "true"
    page.reload()
    ready(page)
    page.wait_for_selector("#study-frontier svg")
    assert page.get_attribute("#studies", "aria-selected") == "true"


def test_pictures__show_what_the_study_says(tab, studied):
    page, found = tab(), told(studied)
    point = "A point is one value of people and one value of trust critical."
    assert page.inner_text("#study-what") == f"{found['what']} {point}"
    assert "that hold for all 24 comparisons at once, those of other outcomes too, with 95" in (
        page.inner_text("#study-effects-words")
    )
    assert page.locator("#study-said li").all_inner_texts() == found["said"]
    for shown, name in zip(page.locator("#study-names > div").all(), found["names"], strict=True):
        assert shown.inner_text().startswith(f"{name['words'].capitalize()} ({name['meaning']}): ")
        assert shown.locator("code").inner_text() == name["key"]
    page.click("#study-effects-table summary")
    for outcome in found["outcomes"]:
        name = outcome["name"]
        page.select_option("#study-outcome", name)
        assert page.inner_text("#study-answer") == " ".join(found["answers"][name])
        for place, winner in enumerate(found["winners"][name]):
            said = page.get_attribute(f"#cell-{place}", "aria-label")
            assert said.endswith(f": {STYLES[winner] if winner >= 0 else 'undecided'}")
            fill = page.get_attribute(f"#cell-{place}", "fill")
            assert (fill == "url(#hatched)") == (winner < 0)
        drawn = page.locator("#study-map g[aria-label=text] text").all_inner_texts()
        assert len(drawn) == 4
        assert drawn.count("undecided") == found["winners"][name].count(-1)
        assert page.locator("#study-effects [role=button]").count() == 8
        table = page.locator("#study-effects-cells tbody tr").all()
        for row, effect in zip(table, found["effects"][name], strict=True):
            place, arm, n, difference, _, _ = effect
            cells = row.locator("th, td").all_inner_texts()
            assert (cells[0], cells[4]) == (STYLES[arm], str(n))
            shown = cells[2].replace("\u2212", "-").replace(",", "")
            assert float(shown) == pytest.approx(difference, rel=0.006)
            said = page.get_attribute(f"#effect-{place}-{arm}", "aria-label")
            assert said.endswith(f": {cells[2]}, interval {cells[3]}, n = {n}")
    assert page.locator("#study-frontier [role=button]").count() == 12


def test_plot__is_fetched_when_the_tab_is_first_opened(lab, visit):
    page = ready(visit(lab.url))
    page.wait_for_timeout(500)
    libraries = [f"/vendor/{name}.min.js" for name in ("d3/d3", "@observablehq/plot/plot.umd")]
    assert not [url for url in page.asked if url.endswith(tuple(libraries))]
    page.click("#studies")
    page.wait_for_selector("#study-frontier svg")
    for library in libraries:
        assert len([url for url in page.asked if url.endswith(library)]) == 1
    assert page.locator("style").count() == 0


def test_zero_line__is_crossed_by_the_interval_where_nothing_is_told(tab, studied):
    page, found = tab(), told(studied)
    lines = page.eval_on_selector_all(
        "#study-effects g[aria-label=rule] line",
        "all => all.map((one) => { const { left, right } = one.getBoundingClientRect();"
        " return [left, right]; })",
    )
    (zero, _), *bars = lines
    assert len(bars) == len(found["effects"]["surplus"])
    for (left, right), (*_, low, high) in zip(bars, found["effects"]["surplus"], strict=True):
        assert (left < zero < right) == (low < 0 < high)


def test_frontier__joins_those_that_nobody_beats(tab, studied):
    page, found = tab(), told(studied)
    for x, y in (("surplus", "quality"), ("profit", "surplus")):
        page.select_option("#study-x", x)
        page.select_option("#study-y", y)
        names = [outcome["name"] for outcome in found["outcomes"]]
        better = {outcome["name"]: outcome["better"] for outcome in found["outcomes"]}
        points = [
            (better[x] * mark[3][names.index(x)], better[y] * mark[3][names.index(y)])
            for mark in found["marks"]
        ]
        best = [
            one
            for one in points
            if not any(o != one and o[0] >= one[0] and o[1] >= one[1] for o in points)
        ]
        marks = page.locator("#study-frontier g[aria-label=dot]").first.locator("path")
        hollow = [mark.get_attribute("fill") == "var(--paper)" for mark in marks.all()]
        assert len(hollow) == 12
        assert hollow.count(False) == len(best)
        joined = page.get_attribute("#study-frontier g[aria-label=line] path", "d")
        assert joined.count("L") == max(0, len(best) - 1)


@pytest.fixture
def mapped(lab, visit, studied):
    """Opens the tab with a map of so many columns and rows, of the study's four points."""

    def one(size, n_columns, n_rows):
        found = told(studied)
        found["map"] = {
            "across": "people",
            "columns": [str(250 * 2**n) for n in range(n_columns)],
            "rows": [f"trust critical = 0.{n}" for n in range(n_rows)],
            "cells": [[(r + c) % 4 for c in range(n_columns)] for r in range(n_rows)],
        }
        page = ready(visit(lab.url, size))
        page.route("**/study", lambda route: route.fulfill(json=found))
        page.click("#studies")
        page.wait_for_selector("#study-map svg")
        return page

    return one


def heads(page, axis):
    """The words along an axis of the map, in the order in which they are drawn."""
    said = page.locator(f"#study-map g[aria-label='{axis}-axis tick label'] text").all()
    return [one.text_content().replace("=", " = ").replace("  ", " ") for one in said]


@pytest.mark.parametrize(
    ("size", "n_columns", "n_rows", "is_turned", "is_named"),
    [
        (DESK, 5, 2, False, True),
        (PHONE, 2, 5, False, True),
        (PHONE, 5, 2, True, True),
        (PHONE, 4, 4, False, False),
    ],
)
def test_map__fits(mapped, size, n_columns, n_rows, is_turned, is_named):
    page = mapped(size, n_columns, n_rows)
    assert page.locator("#study-map [role=button]").count() == n_columns * n_rows
    widths = "one => [one.scrollWidth, one.clientWidth]"
    needed, there = page.eval_on_selector("#study-map", widths)
    assert needed <= there
    assert "sideways" not in page.inner_text("#study-map-words")
    assert heads(page, "y" if is_turned else "x")[0] == "250"
    assert heads(page, "x" if is_turned else "y")[0].startswith("trust critical")
    words = page.locator("#study-map g[aria-label=text] text").count()
    assert words == (n_columns * n_rows if is_named else 0)
    assert page.locator("#study-map .legend").count() == (not is_named)
    frame = page.locator("#study-map").bounding_box()
    for one in page.locator("#study-map text").all():
        box = one.bounding_box()
        assert box["x"] >= frame["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_map__that_is_too_wide_for_a_phone_says_that_it_scrolls(mapped):
    page = mapped(PHONE, 12, 12)
    needed, there = page.eval_on_selector("#study-map", "one => [one.scrollWidth, one.clientWidth]")
    assert needed > there
    assert page.inner_text("#study-map-words").endswith("scroll it sideways to see all of it.")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


def marked(page):
    """What is marked in the map, among the differences, and on the frontier."""
    return (
        page.locator("#study-map [aria-pressed=true]").count(),
        page.locator("#study-effects [stroke='var(--ink)']").count(),
        page.locator("#study-frontier [stroke='var(--ink)']").count(),
    )


def test_choice__marks_the_same_everywhere(tab):
    page = tab()
    assert marked(page) == (0, 0, 0)
    page.click("#cell-2")
    assert page.input_value("#study-place") == "2"
    cells, effects, spots = marked(page)
    assert (cells, spots) == (1, 1)
    assert effects == (page.input_value("#study-arm") != "0")  # the reference has no difference
    page.click("#effect-1-2")
    assert (page.input_value("#study-place"), page.input_value("#study-arm")) == ("1", "2")
    assert marked(page) == (1, 1, 1)
    page.select_option("#study-place", "-1")
    assert marked(page) == (0, 4, 4)
    page.click("#study-all")
    assert marked(page) == (0, 0, 0)
    assert page.evaluate("document.activeElement.id") == "study-place"


def test_click__on_a_mark_of_the_frontier_chooses_it(tab):
    page = tab()
    page.locator("#study-frontier").scroll_into_view_if_needed()
    box = page.locator("#study-frontier [role=button]").last.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.input_value("#study-place") != "-1"
    assert page.input_value("#study-arm") != "-1"
    page.wait_for_selector("#study-runs tbody tr")
    assert page.locator("#study-runs tbody tr").count() == 6


def test_run__that_is_opened_in_compare_is_that_of_the_study(tab, studied):
    page = tab()
    page.focus("#effect-3-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#study-runs tbody tr")
    found = json.loads(studied.runs_of(Asked(3, 1)))["runs"][4]
    page.focus(f"[aria-label='Open run {found['run']} in Compare']")
    page.keyboard.press("Enter")
    page.wait_for_function("() => lab.store.settings.scenario.startsWith('study:3:4:')")
    assert page.get_attribute("#compare", "aria-selected") == "true"
    assert page.evaluate("lab.store.settings.columns.map((one) => one[0])") == STYLES[:2]
    assert page.input_value("#people") == "400"
    said = page.inner_text("#note-words")
    assert said == f"Run {found['run']} of the study is in the second card; press Play."
    chosen = page.locator("#scenario option:checked").inner_text()
    assert chosen == "The study's point 3, replicate 4"
    page.select_option("#speed", "0")
    page.click("#play")
    page.wait_for_function("() => lab.store.ended")
    ready(page, STUDY["fixed"]["time.steps"])  # that it has ended may be told before
    runs = Runs(studied.settings_of(found["run"]), None, studied)
    while not runs.done:
        runs.advance()
    for one, other in zip(rows(page), runs.series().tolist(), strict=True):
        for row, expected in zip(one, other, strict=True):
            for value, real in zip(row, expected, strict=True):
                assert value == real or ((value is None or math.isnan(value)) and math.isnan(real))
    own = runs.simulations[1].result().fingerprint()
    assert own == studied.study.repeat(found["run"])[0].fingerprint()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_studies__has_no_sideways_scroll(tab, size):
    page = tab(size)
    page.click("#effect-3-1")
    page.wait_for_selector("#study-runs tbody tr")
    page.click("#study-frontier-table summary")
    page.click("#study-effects-table summary")
    page.wait_for_selector("#study-frontier-cells tbody tr")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    for part in (".panel", ".study-choice select", "#study-effects svg", "#study-frontier svg"):
        for box in page.locator(part).all():
            place = box.bounding_box()
            assert place["x"] >= 0, part
            assert place["x"] + place["width"] <= size["width"], part


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__finds_nothing_serious_in_studies(tab, scheme):
    if not AXE.is_file():
        pytest.skip("needs axe-core, which `make lab` fetches")
    page = tab(color_scheme=scheme)
    page.click("#study-frontier-table summary")
    for choice in ("#effect-3-1", "#cell-0"):
        page.click(choice)
        page.wait_for_selector("#study-runs tbody tr")
        page.wait_for_timeout(200)
        page.evaluate(AXE.read_text())
        found = page.evaluate("async () => (await axe.run()).violations")
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave] == []


def test_picture__has_a_name_and_a_table(tab):
    page = tab()
    name = page.get_attribute("#study-frontier", "aria-label")
    assert "12 marks" in name
    assert "Not beaten: " in name
    page.click("#study-frontier-table summary")
    page.wait_for_selector("#study-frontier-cells tbody tr")
    assert page.locator("#study-frontier-cells tbody tr").count() == 12
    page.focus("#study-frontier [tabindex='0']")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    focused = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    place, arm = page.input_value("#study-place"), page.input_value("#study-arm")
    assert focused == f"spot-{place}-{arm}"
    assert page.evaluate("document.activeElement.id") == focused
    assert page.locator("#study-frontier [tabindex='0']").count() == 1
