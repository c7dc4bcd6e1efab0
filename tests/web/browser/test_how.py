"""How it works: sandboxes show runs of the model, and everybody can use them."""

import json
from pathlib import Path

import pytest

from sim.errors import UserError
from sim.web.assets import HERE
from sim.web.sandbox import PEOPLE, SHIFTS, Asked, answer, read_asked

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, PHONE, ready, step_of, stop

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
NUMBERS = range(1, len(SHIFTS) + 1)
SAID = "document.querySelector(\"[data-shift='5'] .late\").textContent"
DRAWN = f"() => document.querySelectorAll('.little svg').length === {2 * len(SHIFTS)}"


@pytest.fixture
def how(lab, visit):
    """Opens the tab, with all its sandboxes drawn."""

    def one(size=DESK, **options):
        page = ready(visit(lab.url, size, **options))
        page.click("#how")
        page.wait_for_function(DRAWN)
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
    page.wait_for_timeout(500)
    second = [late(page, shift) for shift in NUMBERS]
    page.select_option("#how-people", "1000")
    page.wait_for_function(f"() => {SAID} === {json.dumps(trust(people=1000, luck=2))}")
    page.wait_for_timeout(500)
    third = [late(page, shift) for shift in NUMBERS]
    assert all(len({*map(str, three)}) == 3 for three in zip(first, second, third, strict=True))


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


def test_rules__stand_in_the_page_in_their_order(how):
    page = how()
    turns = page.locator(".turns > li")
    assert turns.count() == 14
    assert turns.first.is_visible()
    assert "turn_world" in turns.first.inner_text()
    assert "be_seen" in turns.last.inner_text()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_how__has_no_sideways_scroll(how, size):
    page = how(size)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size["width"]
    for part in (".way", ".little svg", ".shift-levers", ".turns li", "#how"):
        for box in page.locator(part).all():
            place = box.bounding_box()
            assert place["x"] >= 0, part
            assert place["x"] + place["width"] <= size["width"], part


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__finds_nothing_serious_in_how(how, scheme):
    if not AXE.is_file():
        pytest.skip("needs axe-core, which `make lab` fetches")
    page = how(color_scheme=scheme)
    page.locator("[data-shift='1'] summary").click()
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave] == []


def test_lines__are_told_apart_by_dash_and_name(how):
    page = how(reduced_motion="reduce")
    dashes = page.eval_on_selector_all(
        ".little", "all => all.map((one) => [...one.querySelectorAll('.line')]"
        ".map((line) => line.getAttribute('stroke-dasharray')))",
    )  # fmt: skip
    assert [len(set(pair)) for pair in dashes] == [2] * 10
    names = page.locator(".little svg text:not(.axis)").all_text_contents()
    assert names[::2] == [shift.ends[0] for shift in SHIFTS for _ in range(2)]
    assert set(names[1::2]) == {"as set"}
    labels = page.eval_on_selector_all(".little", "all => all.map((one) => one.ariaLabel)")
    assert all("Last 12 steps: " in label for label in labels)
    moving = page.evaluate(
        "() => [...document.querySelectorAll('#tab-how *')].filter((one) =>"
        " parseFloat(getComputedStyle(one).transitionDuration) > 0.05).length"
    )
    assert moving == 0


def test_server_that_is_gone__is_said_in_words(opening, visit):
    lab = opening("open_source", "--people", 60)
    page = ready(visit(lab.url, strict=False))
    page.click("#how")
    page.wait_for_function(DRAWN)
    stop(lab)
    slide(page, 4, 0.5)
    page.wait_for_function(
        "() => document.querySelector(\"[data-shift='4'] .trouble\").innerText"
        ".includes('cannot be reached')"
    )
    assert len(lines(page, 4)) == 4
