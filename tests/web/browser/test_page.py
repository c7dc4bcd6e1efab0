"""The page shows the runs with the settings shown, from step 0 on, and is quick about it."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.reading import load
from sim.web.series import SERIES
from sim.web.settings import Column, Settings

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import (
        DESK,
        NAMES,
        PHONE,
        STYLES,
        headless,
        move,
        overhear,
        pause,
        ready,
        rows,
        step_of,
        walk,
    )


TABS = ("#compare", "#follows", "#network", "#how")


def equal(shown, expected):
    np.testing.assert_array_equal(np.array(shown, float), np.array(expected, float))


def test_page__is_ready_with_little_and_asks_nobody_else(lab, visit):
    page = ready(visit(lab.url))
    parts = "performance.getEntriesByType('resource').map((one) => one.decodedBodySize)"
    sizes = page.evaluate(parts)
    assert len(sizes) < 60
    assert sum(sizes) < 500_000  # bytes
    page.click("#play")
    for tab in TABS:
        page.click(tab)
        page.wait_for_timeout(300)
    ready(page, 5)
    assert len(page.asked) > 15
    places = {address.split("/")[2] for address in page.asked}
    assert places == {f"127.0.0.1:{lab.port}"}


@pytest.mark.parametrize("styles", [STYLES[:2], STYLES, (*STYLES, "toolkit", "foundation")])
def test_first_screen__needs_no_scrolling(opening, visit, styles):
    lab = opening("open_source", "--style", *styles)
    page = ready(visit(lab.url, DESK))
    page.click("#play")
    ready(page, 3)
    inner = "document.scrollingElement.scroll"
    assert page.evaluate(f"{inner}Height") <= DESK["height"]
    assert page.evaluate(f"{inner}Width") <= DESK["width"]
    for part in ("#play", "#seen", "#seed", "#people", "#scenario", "#speed", ".card canvas"):
        box = page.locator(part).last.bounding_box()
        assert box["y"] + box["height"] <= DESK["height"], part


@pytest.mark.parametrize(
    ("styles", "count"), [(STYLES[:2], "Two"), ((*STYLES, "toolkit", "foundation"), "Six")]
)
def test_first_words__say_what_this_is_in_two_lines(opening, visit, styles, count):
    page = ready(visit(opening("open_source", "--people", 2000, "--style", *styles).url, DESK))
    ways = f"{count} ways of managing the same 2,000 simulated people, with the same luck."
    assert page.inner_text("#seen") == ways
    assert page.inner_text("#sure").startswith("Press Play to see ")
    for part in ("#seen", "#sure"):
        box = page.locator(part).bounding_box()
        assert box["height"] < 30, part


FOUR = {
    "styles": ("open_source", [Column(style, {}) for style in STYLES]),
    "a market": ("mixed_market", [Column(style, {}) for style in ("", *STYLES[1:])]),
    "options": (
        "open_source",
        [Column("adaptive", {}, {"pace": n / 10, "trust": 0.4}) for n in range(1, 5)],
    ),
}


@pytest.mark.parametrize("what", FOUR)
def test_levers__of_four_styles_need_no_scrolling(lab, visit, what):
    scenario, columns = FOUR[what]
    packed = Settings(scenario, tuple(columns), 1, 400).packed()
    page = ready(visit(f"{lab.url}#lab={packed}", DESK))
    page.click("#levers")
    page.click("#step-once")
    ready(page, 1)
    page.wait_for_timeout(200)
    assert page.locator(".card").count() == 4
    assert page.evaluate("document.scrollingElement.scrollHeight") <= DESK["height"]


def test_value__that_is_not_there_has_no_unit(lab, visit):
    said = ready(visit(lab.url)).evaluate(
        """async () => {
            const { shown, difference } = await import(new URL("page/words.js", location.href));
            const share = { unit: "share", digits: 1 };
            return [NaN, 0.125].flatMap((value) => [shown(share, value), difference(share, value)]);
        }"""
    )
    assert said == ["\u2013", "\u2013", "12.5\u202f%", "+12.5 points"]


def test_charts__say_which_way_is_good_where_the_model_takes_a_side(lab, visit):
    page = ready(visit(lab.url))
    page.click("#follows")
    ways = {1: "\u2191 more is better", -1: "\u2193 less is better", 0: ""}
    expected = [ways[series.better] for series in SERIES]
    assert page.locator("#small .better").all_inner_texts() == expected
    page.wait_for_selector("#values table")
    assert page.locator("#values tbody td:nth-child(3)").all_inner_texts() == expected
    assert set(expected) == set(ways.values())


@pytest.fixture
def busy(opening, visit):
    """Opens the page of a run in which people take part under all styles, at step 20."""

    def open_page(size):
        page = ready(visit(opening("sharing_platform", "--style", *STYLES).url, size))
        walk(page, 20)
        return page

    return open_page


def test_card__tells_the_mean_of_a_year_beside_the_share(busy):
    page = busy(DESK)
    participation = np.array(rows(page), float)[:, -12:, NAMES.index("participation")]
    told = page.locator(".lately").all_inner_texts()
    assert told == [
        f"{100 * mean:.1f}\u202f% in the mean of the last 12 steps"
        for mean in participation.mean(axis=1)
    ]
    assert len(set(told)) == len(STYLES)


def test_phone__shows_the_levers_of_one_style_and_the_shares_of_all(busy):
    page = busy(PHONE | {"height": 480})
    assert page.locator(".card:visible").count() == len(STYLES)
    page.click("#levers")
    page.click("#shares button:nth-child(3)")
    assert page.locator(".card:visible select").input_value() == STYLES[2]
    assert page.locator("#shares [aria-pressed=true] .name").inner_text() == "Commons"
    page.locator("#lever-2-facilitation").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box, last = (page.locator(one).bounding_box() for one in ("#shares", "#lever-2-facilitation"))
    assert 0 <= box["y"] < box["y"] + box["height"] < last["y"] < 480
    shares = page.locator(".card .share").all_text_contents()
    assert page.locator("#shares .value").all_inner_texts() == shares
    assert len(set(shares)) > 1


@pytest.mark.parametrize("studies", [False, True])
def test_phone__keeps_the_words_of_tabs_apart(lab, visit, studies):
    page = ready(visit(lab.url, PHONE))
    page.evaluate("there => { document.querySelector('#studies').hidden = !there; }", studies)
    ends = page.eval_on_selector_all(
        "[role=tab]:not([hidden])",
        """all => all.map((tab) => {
            const words = document.createRange();
            words.selectNodeContents(tab);
            const { left, right } = words.getBoundingClientRect();
            return [left, right];
        })""",
    )
    assert len(ends) == 4 + studies
    assert min(after[0] - before[1] for before, after in pairwise(ends)) >= 10
    assert ends[-1][1] <= PHONE["width"]


def test_style__that_heads_a_card_begins_with_a_capital_as_all_headings_do(lab, visit):
    page = ready(visit(lab.url))
    heads = page.locator(".card select option:checked").all_text_contents()
    assert heads == page.locator(".card h2").all_text_contents()
    assert heads == ["Directive", "Contest", "Commons", "Steward"]


def test_style__is_told_by_its_line_alone_beside_the_people(lab, visit):
    page = ready(visit(lab.url))
    for tab, drawn in (("#compare", 1), ("#follows", 2), ("#network", 1)):
        page.click(tab)
        swatch = page.locator("[role=tabpanel]:visible .swatch.look-1:visible").first
        looks = "all => all.map((path) => getComputedStyle(path).display)"
        shown = swatch.locator("path").evaluate_all(looks)
        assert len(shown) - shown.count("none") == drawn


def test_card__says_before_the_first_step_that_nobody_has_taken_part_yet(opening, visit):
    page = ready(visit(opening("sharing_platform", "--people", 400).url))
    words = page.locator(".card .headline span:last-child")
    (only,) = headless(["directive"], 400, 0, scenario="sharing_platform")
    founders = round(400 * only[0][NAMES.index("participation")])
    assert founders > 1
    assert set(words.all_inner_texts()) == {f"{founders} people to begin with"}
    page.click("#step-once")
    ready(page, 1)
    assert all("take" in told for told in words.all_inner_texts())


@pytest.mark.parametrize("tab", TABS)
def test_phone__has_no_sideways_scroll(lab, visit, tab):
    page = ready(visit(lab.url, PHONE))
    page.click("#levers")
    page.click("#play")
    page.click(tab)
    ready(page, 3)
    page.wait_for_timeout(300)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_values__of_four_styles_have_room(busy, size):
    page = busy(size)
    page.click("#follows")
    page.wait_for_selector("#values table")
    width = page.locator("#values").evaluate("host => [host.scrollWidth, host.clientWidth]")
    assert width[0] == width[1]
    heads = page.locator("#values thead th:visible").all_inner_texts()
    assert heads[-4:] == [style.capitalize() for style in STYLES]


def test_q31_what_is_shown__is_the_run_with_the_settings_shown(lab, visit):
    page = ready(visit(lab.url))
    assert step_of(page) == 0
    equal(rows(page), headless(STYLES, 400, 0))

    page.click("#play")
    ready(page, 20)
    assert pause(page) <= 3  # two may be on their way
    stopped = step_of(page)
    page.wait_for_timeout(400)
    assert step_of(page) == stopped
    page.click("#step-once")
    ready(page, stopped + 1)
    page.wait_for_timeout(200)
    assert step_of(page) == stopped + 1
    expected = headless(STYLES, 400, stopped + 1)
    equal(rows(page), expected)
    share = [column[-1][NAMES.index("participation")] for column in expected]
    assert page.locator(".card .share").all_inner_texts() == [
        f"{100 * s:.1f}\u202f%" for s in share
    ]
    assert f"Step {stopped + 1} of" in page.inner_text("#step")

    page.fill("#people", "30")
    page.press("#people", "Enter")
    page.wait_for_function("() => lab.store.settings.people === 30 && lab.store.step === 0")
    page.fill("#seed", "7")
    page.press("#seed", "Enter")
    page.wait_for_function("() => lab.store.settings.seed === 7 && lab.store.step === 0")
    for _ in range(2):
        page.click("#restart")
        page.wait_for_function("() => lab.store.step === 0 && lab.store.nRows === 1")
        assert page.input_value("#people") == "30"
    walk(page, 10)
    equal(rows(page), headless(STYLES, 30, 10, seed=7))


def test_columns__are_in_lock_step_and_equal_ones_are_equal(opening, visit):
    lab = opening("open_source", "--people", 300, "--style", "commons", "commons", "directive")
    page = ready(visit(lab.url))
    page.select_option("#speed", "100")
    page.evaluate(
        "() => { const take = lab.store.take; globalThis.steps = [];"
        " lab.store.take = function (frame) { const kept = take.call(this, frame);"
        " steps.push([frame.step, ...this.rows.map((_, c) => this.line(c, 0).length)]);"
        " return kept; }; }"
    )
    walk(page, 20)
    page.click("#play")
    page.wait_for_function("() => lab.store.ended")
    frames = page.evaluate("steps")
    assert len(frames) > 20
    assert all(lengths == [step + 1] * 3 for step, *lengths in frames)
    one, other, third = rows(page)
    equal(one, other)
    assert one != third


def test_lever__moved_while_running_is_obeyed_at_once_and_only_in_its_column(lab, visit):
    page = ready(visit(lab.url))
    page.click("#play")
    ready(page, 2)
    overhear(page)
    values = [0.05, 0.2, 0.35, 0.5]
    for value in values:
        move(page, 2, "money", value)
        page.wait_for_function("to => lab.store.settings.moves.at(-1)?.[3] === to", arg=value)
    told = page.evaluate(
        """heard.flatMap((one) => {
            if (one.do === "lever") return [`asked ${one.value}`];
            return one.is === "frame" ? [`held ${one.moves.at(-1)?.[4]}`] : [];
        })"""
    )
    for value in values:  # frames that were on their way come before, and no others
        assert told.index(f"held {value}") - told.index(f"asked {value}") <= 4
    first = page.evaluate("lab.store.settings.moves[0]")
    assert first[1:] == [2, "money", 0.05]
    ready(page, first[0] + 40)
    pause(page)
    shown, last = rows(page), step_of(page)
    expected = headless(STYLES, 400, last)
    for column in (0, 1, 3):
        equal(shown[column], expected[column])
    equal(shown[2][: first[0] + 1], expected[2][: first[0] + 1])
    assert shown[2] != expected[2]
    page.click("#follows")
    page.wait_for_selector("#mark:not([hidden])")


def test_market__is_shown_as_it_is_written_beside_one_style_in_all_its_companies(lab, visit):
    page = ready(visit(lab.url))
    page.select_option("#scenario", "mixed_market")
    page.wait_for_function("() => lab.store.settings.scenario === 'mixed_market'")
    assert page.evaluate("lab.store.names") == ["own styles", *STYLES]
    docs = page.locator(".card .doc").all_inner_texts()
    assert docs[0].startswith("Each company has its own: Command (directive), Kit")
    assert all(words.startswith("All companies. ") for words in docs[1:])
    page.click("#levers")
    assert [page.locator(f".card:nth-child({n}) .lever").count() for n in (1, 2)] == [0, 12]
    assert "there are no levers to move" in page.inner_text(".card:nth-child(1) .levers")
    assert "Moves hold in all 4." in page.inner_text(".card:nth-child(2) .levers")
    walk(page, 8)
    people = load("mixed_market").population.people
    equal(rows(page)[:1], headless([None], people, 8, scenario="mixed_market"))
    assert rows(page)[0] != rows(page)[1]

    page.click("#remove-0")
    page.wait_for_function("() => lab.store.nColumns === 4")
    page.select_option("#add", label="Own styles")
    page.wait_for_function("() => lab.store.nColumns === 5")
    assert page.evaluate("lab.store.names") == [*STYLES, "own styles"]
    page.select_option("#scenario", "open_source")
    page.wait_for_function("() => lab.store.settings.scenario === 'open_source'")
    assert page.evaluate("lab.store.names") == list(STYLES)
    assert page.locator("#style-0 option", has_text="Own styles").count() == 0


def test_lever__starts_ticked_where_the_style_has_it(lab, visit):
    page = ready(visit(lab.url))
    move(page, 0, "fun", 0.9)
    page.wait_for_function("() => lab.store.settings.moves.length === 1")
    assert page.input_value("#lever-0-fun") == "0.9"
    assert page.locator(".lever.held").count() == 1
    page.click("#restart")
    page.wait_for_function("() => lab.store.settings.moves.length === 0")
    page.wait_for_function("() => document.querySelectorAll('.lever.held').length === 0")
