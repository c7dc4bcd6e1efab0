"""What the page costs with many people and all charts, as counts: these are no clock."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import STYLES, pause, ready, step_of, walk


def megabytes_of(process):
    """Memory that a process holds [MB]."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def counting(page):
    """Counts from here on: strokes on canvases, changes of elements, layouts of the page."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.evaluate(
        """() => {
            globalThis.strokes = globalThis.changes = 0;
            for (const { prototype } of [CanvasRenderingContext2D, Path2D]) {
                const all = Object.entries(Object.getOwnPropertyDescriptors(prototype));
                for (const [name, { value }] of all) {
                    if (typeof value !== "function" || name === "constructor") continue;
                    prototype[name] = function (...words) {
                        strokes++;
                        return value.apply(this, words);
                    };
                }
            }
            const watcher = new MutationObserver((all) => { changes += all.length; });
            const kinds = { childList: true, attributes: true, characterData: true };
            watcher.observe(document, { subtree: true, ...kinds });
        }"""
    )

    def so_far():
        found = devtools.send("Performance.getMetrics")["metrics"]
        layouts = {one["name"]: one["value"] for one in found}["LayoutCount"]
        return np.array([*page.evaluate("[strokes, changes]"), layouts])

    return so_far


def test_frame__of_four_styles_and_ten_thousand_people_costs_little(opening, visit):
    lab = opening("open_source", "--people", 10_000, "--style", *STYLES)
    page = ready(visit(lab.url, {"width": 1280, "height": 3000}))  # charts out of sight cost less
    page.click("#follows")
    assert page.locator("#small .plot").count() == 15
    so_far = counting(page)
    walk(page, 20)
    before = so_far()
    walk(page, 20)
    strokes, changes, layouts = (so_far() - before) / 20
    assert 1_000 < strokes < 6_000  # 19 charts of four lines
    assert changes < 60
    assert layouts < 5


@pytest.mark.slow
def test_page__is_usable_with_a_hundred_thousand_people_a_style(opening, visit):
    lab = opening("open_source", "--people", 100_000, "--style", *STYLES)
    page = ready(visit(lab.url))
    page.click("#play")
    ready(page, 10)
    assert pause(page) <= 3  # two may be on their way
    at = step_of(page)
    page.click("#step-once")
    ready(page, at + 1)


@pytest.mark.slow
def test_memory__is_flat_over_ten_minutes(opening, visit):
    lab = opening("open_source", "--people", 2_000, "--style", *STYLES)
    page = ready(visit(lab.url))
    page.click("#follows")
    devtools = page.context.new_cdp_session(page)

    def held():
        devtools.send("HeapProfiler.collectGarbage")
        page_heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        return megabytes_of(lab.process), page_heap / 1e6

    page.click("#play")
    after = []
    for _ in range(20):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            page.wait_for_timeout(500)
            if page.evaluate("lab.store.ended"):
                page.click("#restart")
                page.click("#play")
        after.append(held())
    server, heap = zip(*after, strict=True)
    assert max(server[-5:]) < max(server[2:7]) + 20
    assert max(heap[-5:]) < max(heap[2:7]) + 10
