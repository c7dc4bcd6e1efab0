"""Everybody can use the page: by keyboard alone, by ear, in the dark, and behind a proxy."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from sim.web.assets import HERE

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, ready, step_of


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
    page.click("#play")
    page.click(tab)
    page.wait_for_timeout(300)
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in grave]
    assert told == []
    assert page.evaluate("(await_ => axe.version)()")


def test_keyboard__alone_does_everything(lab, visit):
    page = ready(visit(lab.url))
    seen = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    for part in ("play", "step-once", "restart", "speed", "scenario", "people", "seed", "add"):
        assert part in seen
    assert {"compare", "levers", "export", "style-0"} <= seen

    page.focus("#step-once")
    page.keyboard.press("Enter")
    ready(page, 1)
    page.focus("#play")
    page.keyboard.press("Space")
    ready(page, 3)
    page.keyboard.press("Space")
    page.wait_for_function("() => !lab.store.playing")
    page.focus("#levers")
    page.keyboard.press("Enter")
    page.focus("#lever-0-fun")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => lab.store.settings.moves.length > 0")
    assert page.evaluate("lab.store.settings.moves.at(-1).slice(1)") == [0, "fun", 0.01]
    page.focus("#compare")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#follows", "aria-selected") == "true"
    assert page.is_visible("#tab-follows")
    assert step_of(page) >= 3


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
    page.select_option("#speed", "25")
    page.click("#play")
    ready(page, 12)
    page.click("#play")
    page.wait_for_function("() => !lab.store.playing")

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
