"""Everybody can use the page: by keyboard alone, by ear, in the dark, and behind a proxy."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from sim.web.assets import HERE

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, STYLES, move, pause, ready, start, step_of, stop, walk


AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["#compare", "#follows", "#network", "#how"])
def test_axe__finds_nothing_serious(lab, visit, scheme, tab):
    if not AXE.is_file():
        pytest.skip("needs axe-core, which `make lab` fetches")
    page = ready(visit(lab.url, DESK, color_scheme=scheme))
    page.click("#levers")
    page.click("#play")
    ready(page, 5)
    pause(page)
    page.click(tab)
    page.wait_for_timeout(300)
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave]
    assert told == []
    assert page.evaluate("(await_ => axe.version)()")


INTERACTIVE = "button, input, select, a[href], summary, [tabindex], [role=tab], [role=button]"


@pytest.fixture(scope="module")
def full(folder):
    """A lab that has all tabs."""
    found = start("open_source", "--people", 60, "--style", *STYLES, "--study", folder)
    yield found
    stop(found)


class Keys:
    """Hands on the keyboard: what has the focus, and how to get it elsewhere."""

    def __init__(self, page):
        self.page, self.press = page, page.keyboard.press
        page.evaluate(
            "() => { const known = new Map(); globalThis.numberOf = (one) =>"
            " known.get(one) ?? known.set(one, known.size).get(one); }"
        )
        self.devtools = page.context.new_cdp_session(page)

    def focused(self):
        """The element in focus: its number, whether arrows lead on, and whether it can be seen."""
        return self.page.evaluate(
            """async () => {
                await new Promise(requestAnimationFrame); // it has scrolled there by then
                const one = document.activeElement, style = getComputedStyle(one);
                const { left, right, top, bottom } = one.getBoundingClientRect();
                const there = document.elementFromPoint(
                    (Math.max(0, left) + Math.min(innerWidth, right)) / 2,
                    (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2,
                );
                const own = one.closest("svg") ?? one; // marks may lie above each other
                return {
                    html: one.outerHTML.slice(0, 150),
                    number: numberOf(one),
                    leads: one.hasAttribute("tabindex") && one.matches("button, [role=button]")
                        && one.role !== "tab",
                    isSeen: there !== null && (own.contains(there) || there.contains(one)),
                    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
                };
            }"""
        )

    def name(self):
        """The name under which a screen reader knows the element in focus."""
        script = {"expression": "document.activeElement"}
        one = self.devtools.send("Runtime.evaluate", script)["result"]["objectId"]
        asked = {"objectId": one, "fetchRelatives": False}
        (node,) = self.devtools.send("Accessibility.getPartialAXTree", asked)["nodes"]
        return node["name"]["value"]

    def reach(self, selector):
        """Goes on by Tab until the focus is there."""
        for _ in range(200):
            if self.page.evaluate("what => document.activeElement.matches(what)", selector):
                return
            self.press("Tab")
        pytest.fail(f"no Tab leads to {selector}")

    def walk(self):
        """Goes round by Tab and, where one leads to others, by arrows; yields each stop."""
        visited = set()
        while True:
            self.press("Tab")
            found = self.focused()
            if found["number"] in visited:
                return
            if found["leads"]:
                self.press("Home")
                found = self.focused()
            while found["number"] not in visited:
                visited.add(found["number"])
                if not found["html"].startswith("<body"):  # round the end
                    yield found
                if found["leads"]:
                    self.press("ArrowDown")
                found = self.focused()


@pytest.mark.parametrize("tab", ["#compare", "#follows", "#network", "#studies", "#how"])
def test_keyboard__reaches_all_that_can_be_used(full, visit, tab):
    page = ready(visit(full.url))
    page.click("#step-once")
    ready(page, 1)
    for lever in ("fun", "money", "tools", "sharing"):
        move(page, 0, lever, 0.55)
    page.wait_for_function("() => lab.store.settings.moves.length === 4")
    page.click(tab)
    if tab == "#network":
        page.wait_for_selector("#network-cells tbody tr")
    if tab == "#studies":
        page.click("#effect-3-1")
        page.wait_for_selector("#study-runs tbody tr")
    if tab == "#how":
        for button in page.locator(".open-all").all():
            button.click()
        for place in page.locator(".trials").all():
            place.scroll_into_view_if_needed()
            place.locator("svg").last.wait_for()
    page.wait_for_timeout(500)
    for summary in page.query_selector_all("details:not([open]) > summary:visible"):
        summary.click()
    page.click("#export")
    keys, wrong = Keys(page), []
    there = page.evaluate(
        """what => {
            const isThere = (one) => one.checkVisibility() && !one.disabled && one.role !== "tab";
            const found = [...document.querySelectorAll(what)].filter(isThere);
            return Object.fromEntries(found.map((one) => [numberOf(one), one.outerHTML]));
        }""",
        INTERACTIVE,
    )
    for found in keys.walk():
        there.pop(str(found["number"]), None)
        if not found["isSeen"] or found["outline"] < 2 or not keys.name():
            wrong.append(found)
    assert wrong == []
    assert [html[:150] for html in there.values()] == []


def test_keyboard__alone_runs_moves_and_exchanges(full, visit):
    page = ready(visit(full.url))
    keys = Keys(page)
    keys.reach("#step-once")
    keys.press("Enter")
    ready(page, 1)
    keys.reach("#play")
    keys.press("Space")
    ready(page, 3)
    keys.press("Space")
    page.wait_for_function("() => !lab.store.playing")
    keys.reach("#speed")
    speed = page.evaluate("lab.store.speed")
    keys.press("ArrowDown")
    page.wait_for_function("before => lab.store.speed > before", arg=speed)
    keys.reach("#levers")
    keys.press("Enter")
    keys.reach("#lever-0-fun")
    keys.press("Home")
    keys.press("ArrowRight")
    page.wait_for_function("() => lab.store.settings.moves.at(-1)?.[3] === 0.01")
    assert page.evaluate("lab.store.settings.moves.at(-1).slice(1)") == [0, "fun", 0.01]
    assert step_of(page) >= 3

    keys.reach("#style-1")
    keys.press("ArrowUp")
    page.wait_for_function("was => lab.store.names[1] !== was", arg=STYLES[1])
    page.wait_for_function("() => document.activeElement.id === 'style-1'")
    keys.reach("#remove-1")
    keys.press("Enter")
    page.wait_for_function("() => lab.store.nColumns === 3")
    keys.reach("#seed")
    page.keyboard.type("5")
    keys.press("Enter")
    page.wait_for_function("() => lab.store.settings.seed !== 1")
    keys.reach("#restart")
    keys.press("Enter")
    page.wait_for_function("() => lab.store.step === 0 && lab.store.nRows === 1")


def test_keyboard__alone_goes_through_the_tabs(full, visit):
    page = ready(visit(full.url))
    keys = Keys(page)
    keys.reach("#step-once")
    keys.press("Enter")
    ready(page, 1)
    keys.reach("[role=tab]")
    for tab in ("follows", "network", "studies", "how", "compare", "follows"):
        keys.press("ArrowRight")
        assert page.get_attribute(f"#{tab}", "aria-selected") == "true"
        assert page.locator("[role=tabpanel]:visible").get_attribute("id") == f"tab-{tab}"
    page.wait_for_selector("#large canvas")
    keys.reach("#differences")
    keys.press("Space")
    assert page.is_checked("#differences")
    keys.reach("#large .plot")
    keys.press("ArrowLeft")
    assert page.locator("#large .pointed").first.inner_text().startswith("Step 1: ")

    keys.reach("[role=tab]")
    keys.press("ArrowRight")
    page.wait_for_selector("#network-cells .choice")
    keys.reach("#network-cells .choice")
    keys.press("ArrowDown")
    person = page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    assert page.locator(".fare").first.inner_text().startswith(f"Person {person}: ")
    keys.reach("#network-nobody")
    keys.press("Enter")
    assert page.locator("#network-cells .chosen").count() == 0

    keys.reach("[role=tab]")
    keys.press("ArrowRight")
    page.wait_for_selector("#study-map svg")
    keys.reach("#study-map [role=button]")
    keys.press("ArrowDown")
    keys.press("Enter")
    place = page.input_value("#study-place")
    assert place != "-1"
    assert page.evaluate("document.activeElement.id") == f"cell-{place}"
    keys.reach("#study-effects [role=button]")
    keys.press("End")
    keys.press("Enter")
    assert page.locator("#study-frontier [aria-pressed=true]").get_attribute("id") == "spot-3-2"
    page.wait_for_selector("#study-runs .choice")
    keys.reach("#study-runs .choice")
    keys.press("Enter")
    page.wait_for_function("() => lab.store.settings.scenario.startsWith('study:3:')")
    assert page.evaluate("document.activeElement.id") == "play"


def test_keyboard__alone_exports(full, visit):
    page = ready(visit(full.url))
    keys = Keys(page)
    keys.reach("#export")
    keys.press("Enter")
    keys.reach("#export-csv")
    with page.expect_download() as loaded:
        keys.press("Enter")
    assert loaded.value.suggested_filename == "series.csv"
    keys.reach("#export-svg")
    with page.expect_download() as loaded:
        keys.press("Enter")
    assert loaded.value.suggested_filename == "participation-step-0.svg"
    assert page.is_hidden("#export-menu")
    assert page.evaluate("document.activeElement.id") == "export"
    for leave in ("Escape", "Shift+Tab"):
        keys.press("Enter")
        assert page.is_visible("#export-menu")
        keys.press("Tab")
        keys.press(leave)
        keys.press("Shift+Tab")
        assert page.is_hidden("#export-menu")
        keys.reach("#export")


def test_canvases__have_names_and_tables(lab, visit):
    page = ready(visit(lab.url))
    page.click("#step-once")
    ready(page, 1)
    for tab, table in (("#compare", "#people-cells"), ("#follows", "#values")):
        page.click(tab)
        if tab == "#compare":
            page.click("#people-table summary")
        page.wait_for_selector(f"{table} table tbody tr")
        names = page.eval_on_selector_all(
            "canvas:not([aria-hidden])",
            "all => all.filter((one) => one.offsetParent).map((one) => one.closest('[role=img]')"
            "?.getAttribute('aria-label') ?? '')",
        )
        assert len(names) >= 4
        assert [name for name in names if len(name) <= 20] == []
        assert page.locator(f"{table} table tbody tr").count() >= 4


def test_motives__are_told_apart_by_shape_alone(lab, visit):
    page = ready(visit(lab.url))
    inked = page.evaluate(
        """async () => {
            const { drawMark } = await import(new URL("page/mark.js", location.href));
            const { forgetColours } = await import(new URL("page/palette.js", location.href));
            const side = 13, radius = 3.2; // as small as among 4,000 people on a desk
            const found = [];
            for (let motive = 0; motive < lab.store.about.motives.length; motive++) {
                document.documentElement.style.setProperty(`--motive-${motive}`, "#000");
                forgetColours();
                for (const state of [1, 2]) {
                    const context = new OffscreenCanvas(side, side).getContext("2d");
                    drawMark(context, motive, state, side / 2, side / 2, radius);
                    context.globalCompositeOperation = "destination-over";
                    context.fillStyle = "#fff";
                    context.fillRect(0, 0, side, side);
                    const { data } = context.getImageData(0, 0, side, side);
                    found.push(Array.from({ length: side * side }, (_, p) => data[4 * p] / 255));
                }
            }
            return found;
        }"""
    )
    assert len(inked) == 10
    for one, other in combinations(inked, 2):  # differ by the ink of so many pixels
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 5
    for tab, legend in (("#compare", "#legend"), ("#network", "#network-legend")):
        page.click(tab)
        page.wait_for_selector(f"{legend} .motive-4")
        shapes = [page.get_attribute(f"{legend} .motive-{n}", "d") for n in range(5)]
        assert len(set(shapes)) == 5


def test_motive__that_is_chosen_in_the_legend_is_seen_alone(opening, visit):
    page = ready(visit(opening("sharing_platform", "--people", 3000).url))
    walk(page, 12)

    def full(motive):
        """Pixels in the full colour of a motive in all pictures."""
        return page.evaluate(
            """motive => {
                const style = getComputedStyle(document.documentElement);
                const code = style.getPropertyValue(`--motive-${motive}`).trim();
                const [r, g, b] = [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16));
                let n = 0;
                for (const canvas of document.querySelectorAll(".picture canvas")) {
                    const { width, height } = canvas;
                    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
                    for (let p = 0; p < data.length; p += 4)
                        n += data[p] === r && data[p + 1] === g && data[p + 2] === b;
                }
                return n;
            }""",
            motive,
        )

    before = [full(motive) for motive in range(5)]
    assert min(before) > 20
    page.focus("#legend button:nth-of-type(4)")
    page.keyboard.press("Enter")
    assert page.locator("#legend [aria-pressed=true]").all_inner_texts() == ["recognition"]
    alone = [full(motive) for motive in range(5)]
    assert alone[3] >= before[3]
    assert alone[:3] + alone[4:] == [0, 0, 0, 0]
    page.keyboard.press("Enter")
    assert page.locator("#legend [aria-pressed=true]").count() == 0
    assert [full(motive) for motive in range(5)] == before


def test_motion__is_reduced_where_it_is_asked_for(lab, visit):
    page = ready(visit(lab.url, reduced_motion="reduce"))
    moving = page.evaluate(
        "() => [...document.querySelectorAll('*')].filter((one) => {"
        " const style = getComputedStyle(one);"
        " return parseFloat(style.transitionDuration) > 0.05"
        " || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0.05); })"
        ".map((one) => one.id || one.className)"
    )
    assert moving == []


def test_settings__in_the_python_lines_give_the_same_run(lab, visit, tmp_path):
    page = ready(visit(lab.url))
    page.click("#step-once")
    ready(page, 1)
    lines = page.evaluate(
        "async () => (await fetch(document.querySelector('#export-py').href)).text()"
    )
    found = {}
    exec(compile(lines, "lines.py", "exec"), found)  # noqa: S102 - what the lab itself has written
    assert "sim" in found
    assert json.dumps(page.evaluate("lab.store.settings.seed")) in lines
