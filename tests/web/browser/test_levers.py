"""Sliders follow the style that moves its levers, and stay where the reader has or leaves them."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import numpy as np
import pytest

from sim.core.inputs import LEVERS, MEANING
from sim.reading import load
from sim.simulation import Simulation
from sim.web.link import read_settings
from sim.web.runs import Runs, freed
from sim.web.settings import Column, Move, Settings

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import move, pause, ready, rows, step_of, walk

PEOPLE = 600
COLUMNS = ("adaptive", "commons")  # the first moves its levers, the second does not


@pytest.fixture
def page(opening, visit):
    """A page with its levers open."""
    lab = opening("sharing_platform", "--people", PEOPLE, "--style", *COLUMNS)
    page = ready(visit(lab.url))
    page.click("#levers")
    return page


def asked(step):
    """What the styles of both columns ask for at a step of the runs without a lab."""
    world = load("sharing_platform", [f"population.people={PEOPLE}"])
    found = []
    for style in COLUMNS:
        simulation = Simulation(world, style, seed=1)
        simulation.advance(step)
        found.append([getattr(simulation.asked[0], lever) for lever in LEVERS])
    return found


def play(page, step):
    """Plays until a step at least, and stops there."""
    page.select_option("#speed", "25")
    page.click("#play")
    ready(page, step)
    pause(page)


def shown(page, column):
    """The sliders of a column, the numbers beside them, and what a screen reader is told."""
    ids = [f"#lever-{column}-{lever}" for lever in LEVERS]
    sliders = [float(page.input_value(id_)) for id_ in ids]
    numbers = [float(page.text_content(f"output[for='{id_[1:]}']")) for id_ in ids]
    return sliders, numbers, [page.get_attribute(id_, "aria-valuetext") for id_ in ids]


def ticks(page):
    return page.eval_on_selector_all(".tick", "all => all.map((one) => one.style.left)")


def test_levers__are_told_in_words_one_below_the_other(page):
    page.click("#lever-words summary")
    told = page.locator("#lever-meanings > div").all_inner_texts()
    assert told == [f"{name.capitalize()}: {meaning}." for name, meaning in MEANING.items()]


def test_sliders__follow_their_style_and_the_start_stays_ticked(page):
    first, before = asked(0), ticks(page)
    play(page, 40)
    now = asked(step_of(page))
    assert max(abs(a - b) for a, b in zip(now[0], first[0], strict=True)) > 0.05
    assert now[1] == first[1]
    for column in (0, 1):
        sliders, numbers, told = shown(page, column)
        assert sliders == pytest.approx(now[column], abs=0.005001)
        assert numbers == pytest.approx(now[column], abs=0.005001)
        assert [float(words) for words in told] == numbers
    assert ticks(page) == before
    assert page.locator(".lever.held").count() == 0


def test_lever__that_is_held_is_told_as_held_while_the_style_moves_the_others(page):
    move(page, 0, "fun", 0.8)
    page.wait_for_function("() => lab.store.settings.moves.length === 1")
    play(page, 40)
    sliders, _, told = shown(page, 0)
    fun = LEVERS.index("fun")
    assert (sliders[fun], told[fun]) == (0.8, "0.80, held")
    assert "Held since step 0, whatever the style does." in page.text_content("#lever-0-fun-tip")
    assert sum("held" in words for words in told) == page.locator(".lever.held").count() == 1
    start = page.evaluate("lab.store.about.start[0][0]")
    others = [n for n in range(len(LEVERS)) if n != fun]
    assert max(abs(sliders[n] - start[n]) for n in others) > 0.05


def docs(page):
    """The lines of the cards that say what their columns are."""
    return page.locator(".card .doc").all_text_contents()


def test_card__says_which_levers_are_held_while_none_are_seen(page):
    plain = docs(page)
    move(page, 1, "fun", 0.8)
    page.wait_for_selector(".lever.held #lever-1-fun")
    assert docs(page) == plain
    page.click("#levers")
    assert docs(page) == [plain[0], f"Fun held at 0.80. {plain[1]}"]
    move(page, 1, "tools", 0.25)
    page.wait_for_selector(".lever.held #lever-1-tools")
    page.click("#levers")
    told = f"Fun held at 0.80, tools held at 0.25. {plain[1]}"
    assert docs(page) == [plain[0], told]
    play(page, 5)
    assert docs(page) == [plain[0], told]
    page.click("#levers")
    page.click(".lever:has(#lever-1-fun) .let-go")
    page.wait_for_function("() => document.querySelectorAll('.lever.held').length === 1")
    page.click("#levers")
    assert docs(page) == [plain[0], f"Tools held at 0.25. {plain[1]}"]


def test_card__tells_the_reader_of_a_link_which_levers_are_held(opening, visit):
    lab = opening("sharing_platform", "--people", PEOPLE, "--style", *COLUMNS)
    columns = tuple(Column(style, {}) for style in COLUMNS)
    moved = Settings("sharing_platform", columns, 1, PEOPLE, (Move(1, 0, "fun", 0.8),))
    page = ready(visit(f"{lab.url}#lab={moved.packed()}"))
    plain = docs(page)
    walk(page, 2)
    assert docs(page) == [f"Fun held at 0.80. {plain[0]}", plain[1]]


def thumb(page, lever):
    """Where the thumb of a slider of the first column is, and how long its way."""
    box = page.locator(f"#lever-0-{lever}").bounding_box()
    way = box["width"] - 14
    x = box["x"] + 7 + way * float(page.input_value(f"#lever-0-{lever}"))
    return x, box["y"] + box["height"] / 2, way


def moving(page):
    """The lever that the style will have moved most after 60 steps."""
    now, later = asked(step_of(page))[0], asked(60)[0]
    return max(LEVERS, key=lambda lever: abs(later[LEVERS.index(lever)] - now[LEVERS.index(lever)]))


def test_slider__under_the_finger_does_not_jump_and_follows_again_when_it_was_not_moved(page):
    lever = moving(page)
    x, y, way = thumb(page, lever)
    before = page.input_value(f"#lever-0-{lever}")
    page.mouse.move(x, y)
    page.mouse.down()
    page.focus("#speed")
    page.select_option("#speed", "50")
    page.evaluate("() => document.querySelector('#play').click()")
    ready(page, 60)
    assert page.input_value(f"#lever-0-{lever}") == before
    assert page.text_content(f"output[for='lever-0-{lever}']") == f"{float(before):.2f}"
    assert abs(asked(60)[0][LEVERS.index(lever)] - float(before)) > 0.05
    page.mouse.move(x + way / 4, y)  # away and back
    page.mouse.move(x, y)
    page.mouse.up()
    pause(page)
    now = asked(step_of(page))[0][LEVERS.index(lever)]
    page.wait_for_function(
        "([id, now]) => Math.abs(document.getElementById(id).value - now) < 0.005001",
        arg=[f"lever-0-{lever}", now],
    )
    assert page.evaluate("lab.store.settings.moves") == []


def test_slider__stays_where_it_is_left_until_the_run_holds_it_there(page):
    lever = moving(page)
    play(page, 20)
    x, y, way = thumb(page, lever)
    page.select_option("#speed", "10")
    page.click("#play")
    page.mouse.move(x, y)
    page.mouse.down()
    to = 0.9 if float(page.input_value(f"#lever-0-{lever}")) < 0.5 else 0.1
    page.mouse.move(page.locator(f"#lever-0-{lever}").bounding_box()["x"] + 7 + way * to, y)
    page.evaluate(
        """lever => {
            globalThis.seen = new Set();
            const slider = document.querySelector(`#lever-0-${lever}`);
            const look = () => { seen.add(slider.value); requestAnimationFrame(look); };
            look();
            const send = lab.line.send;  // as where the way to the server is long
            lab.line.send = function (command) {
                if (command.do !== "lever") return send.call(this, command);
                setTimeout(() => send.call(this, command), 300);
                return true;
            };
        }""",
        lever,
    )
    page.mouse.up()
    page.wait_for_function("() => lab.store.settings.moves.length === 1")
    ready(page, step_of(page) + 10)
    (value,) = page.evaluate("[...seen]")
    assert float(value) == pytest.approx(to, abs=0.02)
    (kept,) = page.evaluate("lab.store.settings.moves")
    assert kept[1:] == [0, lever, float(value)]


def test_levers__of_another_company_are_shown_where_several_are_managed(opening, visit):
    words = ("mixed_market", "--people", PEOPLE, "--style", "commons", "explorer")
    page = ready(visit(opening(*words).url))
    page.click("#levers")
    assert page.locator("#company-1 option").all_inner_texts() == [
        company.name for company in load("mixed_market").companies
    ]
    play(page, 24)
    world = freed(load("mixed_market", [f"population.people={PEOPLE}"]))
    column = page.evaluate("lab.store.names.indexOf('explorer')")
    simulation = Simulation(world, "explorer", seed=1)
    simulation.advance(step_of(page))
    seen = []
    for company in (0, 2):
        page.select_option(f"#company-{column}", str(company))
        sliders, numbers, _ = shown(page, column)
        values = [getattr(simulation.asked[company], lever) for lever in LEVERS]
        assert sliders == pytest.approx(values, abs=0.0051)
        assert numbers == pytest.approx(values, abs=0.0051)
        seen.append(sliders)
    assert seen[0] != seen[1]
    move(page, column, "fun", 1.0)
    page.click("#step-once")
    page.wait_for_selector(f".lever.held #lever-{column}-fun")
    page.select_option(f"#company-{column}", "1")
    page.wait_for_selector(f".lever.held #lever-{column}-fun")
    assert page.input_value(f"#lever-{column}-fun") == "1"


def test_lever__that_is_let_go_is_back_where_it_began_and_its_styles_again(page):
    lever = LEVERS.index("control")
    start = asked(0)[0][lever]
    move(page, 0, "control", 0.9)
    page.wait_for_function("() => lab.store.held[0] === 1")
    play(page, 20)
    assert page.locator(".let-go:visible").count() == 1
    button = page.get_by_role("button", name="Let go of control: back to where it began")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => lab.store.settings.moves.at(-1)[3] === null")
    page.wait_for_function("() => document.querySelectorAll('.lever.held').length === 0")
    assert page.evaluate("document.activeElement.id") == "lever-0-control"
    assert page.locator(".let-go:visible").count() == 0
    assert shown(page, 0)[0][lever] == start != 0.9
    play(page, 40)
    assert shown(page, 0)[0][lever] != pytest.approx(start, abs=0.005001)

    table = json.dumps(page.evaluate("lab.store.settings")).encode()
    runs = Runs(read_settings(urlsafe_b64encode(table).decode().rstrip("=")))
    while runs.step < step_of(page):
        runs.advance()
    np.testing.assert_array_equal(np.array(rows(page), float), runs.series())


@pytest.fixture
def moved(page):
    """The page with what follows from five moves, three steps apart; and what is said of them."""
    told = []
    for n, value in enumerate((0.9, 0.8, 0.7, 0.6, None)):
        step = step_of(page)
        if value is None:
            page.click(".lever:has(#lever-1-fun) .let-go")
        else:
            move(page, 1, "fun", value)
        page.wait_for_function("n => lab.store.settings.moves.length === n", arg=n + 1)
        before = f"{asked(0)[1][LEVERS.index('fun')] if n == 0 else 1 - n / 10:.2f}"
        to = "let go" if value is None else f"{value:.2f}"
        told.insert(0, f"Step {step}: fun {before} \u2192 {to} under commons")
        for _ in range(3):
            page.click("#step-once")
            ready(page, step := step + 1)
    page.click("#follows")
    page.wait_for_selector("#large canvas")
    return page, told


def test_moves__are_told_beside_the_charts_the_newest_first(moved):
    page, told = moved
    assert page.locator("#moves li").all_inner_texts() == told[:3]
    assert page.locator("#moves-earlier li:visible").count() == 0
    page.click("text=2 earlier")
    assert page.locator("#moves-earlier li").all_inner_texts() == told[3:]
    page.click("#restart")
    page.wait_for_selector("#mark", state="hidden")


def test_moves__are_told_at_their_mark_by_mouse_and_by_keys(moved):
    page, told = moved
    plot = page.locator("#large .plot").first
    over = plot.locator(".u-over").bounding_box()
    mark = over["x"] + over["width"] * 6 / 24
    page.mouse.move(mark, over["y"] + 60)
    assert page.locator(".told-moves:visible").all_inner_texts() == [told[2]]
    page.mouse.move(mark + over["width"] / 16, over["y"] + 60)
    assert page.locator(".told-moves:visible").count() == 0
    page.mouse.move(0, 0)
    plot.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert page.locator(".told-moves:visible").all_inner_texts() == [told[0]]
    assert page.text_content("#spoken").endswith(told[0])
    page.keyboard.press("ArrowLeft")
    assert page.locator(".told-moves:visible").count() == 0


def test_moves__are_told_in_an_exported_chart(moved):
    page, told = moved
    page.click("#export")
    with page.expect_download() as loaded:
        page.click("#export-svg")
    drawn = loaded.value.path().read_text("utf-8")
    places = [drawn.index(words) for words in told]
    assert places == sorted(places)
