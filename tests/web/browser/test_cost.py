"""What a frame costs: server and browser, with many people and all charts."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import STYLES, count_frames, ready, step_of

FRAMES = 60


def seconds_of(process):
    """Processor time of a process so far [s]."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes_of(process):
    """Memory that a process holds [MB]."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def played(lab, page):
    """Plays for some frames; returns the processor time that one costs server and page [s]."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # not the clock

    def so_far():
        found = devtools.send("Performance.getMetrics")["metrics"]
        busy = {one["name"]: one["value"] for one in found}["TaskDuration"]
        return np.array([page.evaluate("frames"), seconds_of(lab.process), busy])

    count_frames(page)
    page.click("#play")
    ready(page, 2)
    first = so_far()
    page.wait_for_function("n => frames >= n", arg=int(first[0]) + FRAMES, polling=250)
    n_frames, server, browser = so_far() - first
    return server / n_frames, browser / n_frames


def test_frame__of_four_styles_and_ten_thousand_people_costs_little(opening, visit):
    lab = opening("open_source", "--people", 10_000, "--style", *STYLES)
    page = ready(visit(lab.url, {"width": 1280, "height": 3000}))  # charts out of sight cost less
    page.click("#follows")
    assert page.locator("#small .plot").count() == 15
    server, browser = played(lab, page)
    assert server < 0.010
    assert browser < 0.060


@pytest.mark.slow
def test_page__is_usable_with_a_hundred_thousand_people_a_style(opening, visit):
    lab = opening("open_source", "--people", 100_000, "--style", *STYLES)
    page = ready(visit(lab.url))
    page.click("#play")
    ready(page, 10)
    begin = time.monotonic()
    page.click("#play")
    page.wait_for_function("() => !lab.store.playing")
    assert time.monotonic() - begin < 1.0
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
