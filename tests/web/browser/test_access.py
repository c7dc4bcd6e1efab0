"""Everybody can use the page: by keyboard alone, by ear, in the dark, and behind a proxy."""

import json
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
