"""How it works: sandboxes show runs and rules of the model, and everybody can use them."""

import json
import re
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from sim.errors import UserError
from sim.web.assets import HERE
from sim.web.rulebook import TRIALS, found
from sim.web.sandbox import PEOPLE, SHIFTS, Asked, answer, read_asked

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, PHONE, ready, step_of, stop

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
NUMBERS = range(1, len(SHIFTS) + 1)
SAID = "document.querySelector(\"[data-shift='5'] .late\").textContent"
DRAWN = f"() => document.querySelectorAll('.sandbox .little svg').length === {2 * len(SHIFTS)}"
ALL_DRAWN = f"() => document.querySelectorAll('.trial .little svg').length === {len(TRIALS)}"
ALL_DIFFER = """before => before.every((texts, n) => {
    const now = [...document.querySelectorAll(`[data-shift='${n + 1}'] .late`)];
    return String(now.map((one) => one.innerText)) !== String(texts);
})"""
OF_TURNS = [[*trials] for _, trials in groupby(TRIALS, lambda trial: trial.turn)]


def open_all(page, folds):
    """Opens all shifts, or all turns."""
    page.click(f".open-all[data-folds='{folds}']")


def open_shifts(page):
    """Opens the tab and all shifts, with their sandboxes drawn."""
    page.click("#how")
    open_all(page, ".shift")
    page.wait_for_function(DRAWN)
    return page


def how_many_open(page):
    return page.locator(".fold[open]").count()


@pytest.fixture
def first_sight(lab, visit):
    """Opens the tab."""

    def one(size=DESK, **options):
        page = ready(visit(lab.url, size, **options))
        page.click("#how")
        page.wait_for_selector("[data-shift='1'] .little svg")
        return page

    return one


@pytest.fixture
def how(lab, visit):
    """Opens the tab, with the sandboxes of all shifts drawn."""

    def one(size=DESK, **options):
        return open_shifts(ready(visit(lab.url, size, **options)))

    return one


@pytest.fixture
def rules(how):
    """Opens the tab, and goes through all rules, so that their sandboxes are drawn, too."""

    def one(size=DESK, **options):
        page = how(size, **options)
        open_all(page, ".turns .fold")
        for place in page.locator(".trials").all():
            place.scroll_into_view_if_needed()
        page.wait_for_function(ALL_DRAWN)
        return page

    return one


def slide(page, shift, value):
    """Moves a slider as a hand does."""
    page.eval_on_selector(
        f"[data-shift='{shift}'] input",
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', {bubbles: true}));"
        " slider.dispatchEvent(new Event('change', {bubbles: true})); }",
        str(value),
    )


def told(shift, value, **world):
    return json.loads(answer(Asked(shift, value, **world)))


def trust(**world):
    """What is said of trust at the end of the fifth shift."""
    before, now = told(5, 1.0, **world)["series"][0]["late"]
    change = round(100 * (now - before))
    return f"me {100 * before:.0f}\u202f%, as set {100 * now:.0f}\u202f% (+{change} points)"


def late(page, shift):
    return page.locator(f"[data-shift='{shift}'] .late").all_inner_texts()


def lines(page, shift):
    return page.eval_on_selector_all(
        f"[data-shift='{shift}'] .little .line", "all => all.map((one) => one.getAttribute('d'))"
    )


def test_sandbox__is_worked_out_by_the_model_for_what_the_slider_says(how):
    page = how()
    at_the_end, before_moved = late(page, 2), lines(page, 2)
    others = lines(page, 1) + lines(page, 3)
    slide(page, 2, 0.35)
    page.wait_for_selector("[data-shift='2'] .shift-levers td:last-child:text-is('0.41')")
    expected = told(2, 0.35)["series"]
    said = late(page, 2)
    assert said != at_the_end
    share = [f"{100 * value:.1f}" for value in expected[0]["late"]]
    assert f"control {share[0]}" in said[0]
    assert f"as set {share[1]}" in said[0]
    assert said[1].startswith("control ")
    assert f"as set {expected[1]['late'][1]:.0f}".replace("-", "\N{MINUS SIGN}") in said[1]
    after = lines(page, 2)
    assert (after[0], after[2]) == (before_moved[0], before_moved[2])
    assert after[1] != before_moved[1]
    assert after[3] != before_moved[3]
    assert lines(page, 1) + lines(page, 3) == others
    spoken = page.inner_text("#spoken")
    assert said[0] in spoken
    assert said[1] in spoken
    assert step_of(page) == 0  # the run in the other tabs is not touched

    slide(page, 2, 0)
    page.wait_for_selector("[data-shift='2'] .shift-levers td:last-child:text-is('0.20')")
    same = lines(page, 2)
    assert (same[0], same[2]) == (same[1], same[3])


def test_world__is_another_for_all_shifts(how):
    page = how()
    first = [late(page, shift) for shift in NUMBERS]
    page.click("#how-luck")
    page.wait_for_function(f"() => {SAID} === {json.dumps(trust(people=3000, luck=2))}")
    page.wait_for_function(ALL_DIFFER, arg=first)
    second = [late(page, shift) for shift in NUMBERS]
    page.select_option("#how-people", "1000")
    page.wait_for_function(f"() => {SAID} === {json.dumps(trust(people=1000, luck=2))}")
    page.wait_for_function(ALL_DIFFER, arg=second)
    third = [late(page, shift) for shift in NUMBERS]
    assert all(one != other for one, other in zip(first, third, strict=True))


def test_world__offers_what_the_server_works_out(how):
    page = how()
    options = page.eval_on_selector_all("#how-people option", "all => all.map((one) => one.value)")
    assert options == [str(people) for people in PEOPLE]
    last = page.inner_text("#how-draw").split()[-1]
    asked = {"shift": "1", "value": "1", "people": options[0], "luck": last}
    assert read_asked(asked.items()).luck == int(last)
    with pytest.raises(UserError):
        read_asked((asked | {"luck": str(int(last) + 1)}).items())


def test_sandbox__is_slid_by_keyboard_and_says_its_values(how):
    page = how()
    page.focus("#follows")
    page.keyboard.press("End")  # does nothing: arrows alone move between tabs
    page.focus("#compare")
    page.keyboard.press("ArrowLeft")
    assert page.get_attribute("#how", "aria-selected") == "true"
    slider = page.locator("[data-shift='1'] input")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "() => document.querySelector(\"[data-shift='1'] input\").ariaValueText.includes('0.86')"
    )
    assert slider.get_attribute("aria-valuetext") == "tools 0.86 and transparency 0.86"
    assert slider.get_attribute("aria-label") == (
        "From product to platform: moves tools and transparency"
    )
    page.locator("[data-shift='1'] summary").press("Enter")
    rows = page.locator("[data-shift='1'] details tbody tr")
    assert rows.count() == 6
    assert rows.last.locator("th").inner_text() == "60"
    assert rows.last.locator("td").count() == 4


def said_of(page, name):
    """The readings of a rule's sandbox as numbers, and a half of the last digit of each."""
    readings = []
    for text in page.locator(f"section:has(> #{name}) .readings strong").all_inner_texts():
        number = text.replace("\N{MINUS SIGN}", "-").replace(",", "").removesuffix("\u202f%")
        digits = len(number.partition(".")[2])
        by = 100 if text.endswith("%") else 1
        value = float("nan") if text == "\N{EN DASH}" else float(number) / by
        readings.append((value, 0.501 * 10**-digits / by))
    return readings


def shows(page, name, values):
    """Checks that a rule's sandbox reads these values."""
    readings = said_of(page, name)
    assert len(readings) == len(values)
    for (value, half), expected in zip(readings, values, strict=True):
        assert value == pytest.approx(expected, abs=half, nan_ok=True), name


@pytest.mark.parametrize("trials", OF_TURNS, ids=range(len(OF_TURNS)))
def test_rule__shows_by_keyboard_what_the_core_does(first_sight, trials):
    page = first_sight()
    page.locator(f"#turn-{trials[0].turn} > summary").press("Enter")
    for n, trial in enumerate(trials):
        name, values = f"trial-{trial.turn}-{n}", found(trial)  # (turned, line, along)
        page.wait_for_selector(f"section:has(> #{name}) .little svg")
        assert page.inner_text(f"#{name}") == trial.title
        assert page.inner_text(f"section:has(> #{name}) .hint") == f"Try it: {trial.hint}"
        along, turned = (page.locator(f"#{name}-{kind}") for kind in ("along", "turned"))
        mark = page.locator(f"section:has(> #{name}) .at")
        x = trial.along.values.index(trial.along.usual)
        y = trial.turned.values.index(trial.turned.usual)
        shows(page, name, values[y, :, x])
        at_first = mark.get_attribute("d")

        along.press("End")
        shows(page, name, values[y, :, -1])
        assert mark.get_attribute("d") != at_first
        output = page.inner_text(f"output[for='{name}-along']")
        assert along.get_attribute("aria-valuetext") == output
        spoken = page.inner_text("#spoken")
        assert f"{trial.along.title.lower()} {output}" in spoken
        assert f"{trial.lines[0]} " in spoken
        along.press("ArrowLeft")
        shows(page, name, values[y, :, -2])

        lines = page.locator(f"section:has(> #{name}) .line")
        drawn = [line.get_attribute("d") for line in lines.all()]
        turned.press("ArrowDown" if trial.turned.names else "Home")
        y = 1 if trial.turned.names else 0
        shows(page, name, values[y, :, -2])
        assert [line.get_attribute("d") for line in lines.all()] != drawn
        label = page.get_attribute(f"section:has(> #{name}) .little", "aria-label")
        assert label.startswith(f"Line chart. {trial.shown.title}, {trial.turned.title.lower()} ")


def test_rule__says_where_it_stood_and_has_a_table(rules):
    page = rules()
    sandbox = page.locator("section:has(> #trial-3-0)")
    assert sandbox.locator(".readings .soft").all_inner_texts() == ["", "", ""]
    first = sandbox.locator(".readings strong").first.inner_text()
    page.locator("#trial-3-0-turned").press("End")
    assert sandbox.locator(".readings .soft").first.inner_text() == f"at first {first}"
    sandbox.locator("summary").press("Enter")
    rows = sandbox.locator("tbody tr")
    rows.first.wait_for()
    trial = OF_TURNS[3][0]
    assert rows.count() == len(trial.along.values)
    accepted = [100 * value for value in found(trial)[-1, 0]]
    texts = sandbox.locator("tbody td:nth-child(2)").all_inner_texts()
    assert [float(text.removesuffix("\u202f%")) for text in texts] == pytest.approx(
        accepted, abs=0.501
    )
    assert sandbox.locator("caption").inner_text() == "Share of the work, control 1.00"
    sources = sandbox.locator("dl").all_inner_texts()
    assert "gate.screen" in sources[0]
    assert "gate_width 0.2" in sources[1]


def test_sandboxes__are_worked_out_when_they_are_seen(first_sight):
    page = first_sight()

    def asked(what):
        page.wait_for_timeout(300)
        return [int(n[1]) for url in page.asked if (n := re.search(what + r"=(\d+)", url))]

    assert set(asked("sandbox.shift")) == {1}
    page.locator("#shift-4 > summary").click()
    page.wait_for_selector("[data-shift='4'] .little svg")
    assert set(asked("sandbox.shift")) == {1, 4}
    page.click("a[href='#rules']")
    assert asked("rules.turn") == []
    page.locator("#turn-0 > summary").click()
    page.wait_for_selector("[data-turn='0'] .trial .little svg")
    assert asked("rules.turn") == [0]
    open_all(page, ".turns .fold")
    page.locator("[data-turn='13']").scroll_into_view_if_needed()
    page.wait_for_selector("[data-turn='13'] .trial .little svg")
    assert 13 in asked("rules.turn")
    assert len(asked("rules.turn")) < len(OF_TURNS)
    page.click("#compare")
    page.click("#how")
    assert len({*asked("rules.turn")}) == len(asked("rules.turn"))  # what is at hand is kept


def test_rules__stand_in_the_page_in_their_order(first_sight):
    turns = first_sight().locator(".turns > li")
    assert turns.count() == 14
    assert turns.first.is_visible()
    assert "turn_world" in turns.first.text_content()
    assert "be_seen" in turns.last.text_content()


@pytest.mark.parametrize(("size", "screens"), [(DESK, 2.5), (PHONE, 5)], ids=["desk", "phone"])
def test_how__is_short_until_it_is_opened(first_sight, size, screens):
    page = first_sight(size)
    assert page.evaluate("document.scrollingElement.scrollHeight") < screens * size["height"]
    lines = page.locator(".fold > summary").all()
    assert len(lines) == len(SHIFTS) + len(OF_TURNS)
    assert all(line.bounding_box()["height"] < (50 if size == DESK else 120) for line in lines)
    open_all(page, ".turns .fold")
    assert page.evaluate("document.scrollingElement.scrollHeight") > 2 * screens * size["height"]


def test_fold__opens_by_keyboard_and_says_whether_it_is_open(first_sight):
    page = first_sight()
    devtools = page.context.new_cdp_session(page)

    def spoken():
        script = {"expression": "document.activeElement"}
        one = devtools.send("Runtime.evaluate", script)["result"]["objectId"]
        asked = {"objectId": one, "fetchRelatives": False}
        (node,) = devtools.send("Accessibility.getPartialAXTree", asked)["nodes"]
        states = {state["name"]: state["value"]["value"] for state in node["properties"]}
        return node["name"]["value"], states["expanded"]

    page.focus("#turn-3 > summary")
    name, expanded = spoken()
    assert "People" in name
    assert "Work is screened" in name
    assert not expanded
    words = page.locator("#turn-3 .turn-words")
    assert not words.is_visible()
    page.keyboard.press("Enter")
    assert words.is_visible()
    assert spoken()[1]
    page.keyboard.press("Space")
    assert not words.is_visible()


def test_folds__open_all_at_once_and_for_print(first_sight):
    page = first_sight()
    assert how_many_open(page) == 1
    page.evaluate(
        "() => addEventListener('beforeprint', () =>"
        " { globalThis.printed = document.querySelectorAll('.fold[open]').length; })"
    )
    page.pdf()
    assert page.evaluate("printed") == len(SHIFTS) + len(OF_TURNS)
    page.wait_for_function("() => document.querySelectorAll('.fold[open]').length === 1")
    button = page.locator(".open-all").last
    for words, expected in (("Close all", 1 + len(OF_TURNS)), ("Open all", 1)):
        button.click()
        page.wait_for_function(
            f"() => [...document.querySelectorAll('.open-all')].at(-1).innerText === '{words}'"
        )
        assert how_many_open(page) == expected


def test_link__opens_the_turn_that_it_names(lab, visit):
    page = ready(visit(f"{lab.url}#turn-5"))
    page.wait_for_selector("[data-turn='5'] .trial .little svg")
    assert page.get_attribute("#how", "aria-selected") == "true"
    assert page.evaluate("document.activeElement.parentElement.id") == "turn-5"
    assert 0 <= page.locator("#turn-5").bounding_box()["y"] < DESK["height"] / 2
    assert how_many_open(page) == 2
    page.click("#compare")
    page.evaluate("() => { location.hash = '#turn-9'; }")
    page.wait_for_selector("[data-turn='9'] .trial .little svg")
    assert how_many_open(page) == 3


def test_link__to_a_turn_is_at_hand_and_leaves_the_run_as_it_is(first_sight):
    page = first_sight()
    packed = page.evaluate(
        "async () => (await import(new URL('page/link.js', location.href)))"
        ".pack({...lab.store.settings, seed: 77})"
    )
    page.evaluate("packed => { location.hash = '#lab=' + packed; }", packed)
    page.wait_for_function("() => lab.store.settings.seed === 77")
    page.locator("#turn-2 > summary").click()
    page.locator("#turn-2").get_by_role("link").click()
    assert page.url.endswith("#turn-2")
    page.reload()
    ready(page)
    assert page.evaluate("lab.store.settings.seed") == 77
    assert page.locator("#turn-2[open]").count() == 1


def test_headings__make_an_outline(rules):
    levels = rules().eval_on_selector_all(
        "#tab-how :is(h1, h2, h3, h4, h5, h6)", "all => all.map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 2
    assert levels.count(3) == len(SHIFTS) + len(OF_TURNS)
    assert all(next_one <= one + 1 for one, next_one in pairwise(levels))


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_how__has_no_sideways_scroll(rules, size):
    page = rules(size)
    page.locator(".trial summary").first.click()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    parts = ".way, .little svg, .shift-levers, .turns li, :is(.trial, .dial, .readings) > *, #how"
    outside = page.eval_on_selector_all(
        parts,
        "all => all.map((one) => [one.className, one.getBoundingClientRect()])"
        ".filter(([, {left, right}]) => left < 0 || right > innerWidth)",
    )
    assert outside == []
    ways = page.eval_on_selector_all(
        ".way", "all => all.map((one) => one.querySelector('.track').offsetWidth / one.offsetWidth)"
    )
    assert min(ways) > 0.6  # sliders keep their room beside or below the words


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__finds_nothing_serious_in_how(rules, scheme):
    if not AXE.is_file():
        pytest.skip("needs axe-core, which `make lab` fetches")
    page = rules(color_scheme=scheme)
    for sandbox in ("[data-shift='1']", "[data-turn='0']", "[data-turn='9']"):
        page.locator(f"{sandbox} summary").click()
    page.locator("#trial-0-0-turned").press("ArrowDown")
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave] == []


def test_lines__are_told_apart_by_dash_and_name(rules):
    page = rules(reduced_motion="reduce")
    dashes = page.eval_on_selector_all(
        ".sandbox .little", "all => all.map((one) => [...one.querySelectorAll('.line')]"
        ".map((line) => line.getAttribute('stroke-dasharray')))",
    )  # fmt: skip
    assert [len(set(pair)) for pair in dashes] == [2] * 10
    names = page.locator(".sandbox .little svg text:not(.axis)").all_text_contents()
    assert names[::2] == [shift.ends[0] for shift in SHIFTS for _ in range(2)]
    assert set(names[1::2]) == {"as set"}
    labels = page.eval_on_selector_all(".sandbox .little", "all => all.map((one) => one.ariaLabel)")
    assert all("Last 12 steps: " in label for label in labels)
    for dash, place in (("stroke-dasharray", ".line"), ("d", ".end")):
        looks = page.eval_on_selector_all(
            ".trial .little", "(all, [dash, place]) => all.map((one) =>"
            " [...one.querySelectorAll(place)].map((line) => line.getAttribute(dash)))",
            [dash, place],
        )  # fmt: skip
        assert [len({*found}) for found in looks] == [len(trial.lines) for trial in TRIALS]
    moving = page.evaluate(
        "() => [...document.querySelectorAll('#tab-how *')].filter((one) =>"
        " parseFloat(getComputedStyle(one).transitionDuration) > 0.05).length"
    )
    assert moving == 0


def test_server_that_is_gone__is_said_in_words(opening, visit):
    lab = opening("open_source", "--people", 60)
    page = open_shifts(ready(visit(lab.url, strict=False)))
    stop(lab)
    slide(page, 4, 0.5)
    page.wait_for_function(
        "() => document.querySelector(\"[data-shift='4'] .trouble\").innerText"
        ".includes('cannot be reached')"
    )
    assert len(lines(page, 4)) == 4


def test_rules__are_tried_again_when_the_server_is_back(opening, visit):
    lab = opening("open_source", "--people", 60)
    page = open_shifts(ready(visit(lab.url, strict=False)))
    stop(lab)
    page.locator("#turn-4 > summary").click()
    place = page.locator("[data-turn='4']")
    again = place.get_by_role("button", name="Try again")
    again.wait_for()
    assert "cannot be reached" in place.inner_text()
    opening("open_source", "--people", 60, port=lab.port)
    again.click()
    page.wait_for_selector("[data-turn='4'] .trial .little svg")
    assert "cannot be reached" not in place.inner_text()
