"""What outlives a reload, a server that ends, and a slow browser; and links that open a run."""

import json
import signal
from base64 import urlsafe_b64encode
from pathlib import Path

import numpy as np
import pytest

from sim.styles import make

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import (
        count_frames,
        headless,
        move,
        pause,
        ready,
        rows,
        start,
        step_of,
        stop,
        walk,
    )

LONG = 25_000  # steps that no test waits for


def packed(**changed):
    table = {
        "v": 1,
        "scenario": "open_source",
        "columns": [["commons", {}], ["directive", {}]],
        "seed": 3,
        "people": 200,
        "moves": [],
    }
    return urlsafe_b64encode(json.dumps(table | changed).encode()).decode().rstrip("=")


def table_of(page):
    """The CSV that the page's own link leads to."""
    return page.evaluate(
        "async () => (await fetch(document.querySelector('#export-csv').href)).text()"
    )


def test_reload__keeps_session_history_and_playing(lab, visit):
    page = ready(visit(lab.url))
    page.click("#play")
    ready(page, 8)
    before, session = rows(page), page.evaluate("lab.store.session.session")
    page.reload()
    ready(page, 9)
    assert page.evaluate("lab.store.session.session") == session
    assert page.evaluate("lab.store.playing")
    after = np.array(rows(page), float)
    np.testing.assert_array_equal(after[:, : len(before[0])], np.array(before, float))
    ready(page, step_of(page) + 3)


def test_server__that_is_killed_and_started_again_finds_its_page(opening, visit):
    lab = opening("open_source", "--people", 200)
    page = ready(visit(lab.url, strict=False))
    page.click("#play")
    ready(page, 4)
    move(page, 1, "fun", 0.5)
    page.wait_for_function("() => lab.store.settings.moves.length === 1")
    stop(lab, signal.SIGKILL)
    page.wait_for_selector("#banner:not([hidden])")
    assert "connection" in page.inner_text("#banner-words")
    assert page.is_visible("#banner-copy")
    again = start("open_source", "--people", 200, port=lab.port)
    try:
        assert again.port == lab.port
        page.wait_for_selector("#banner", state="hidden")
        page.wait_for_function("() => lab.store.settings.moves.length === 1")
        page.click("#step-once")
        ready(page, 1)
    finally:
        stop(again)


@pytest.mark.parametrize(
    ("code", "words"), [(1011, "The lab failed at its answer"), (4410, "no room for one more")]
)
def test_closed_socket__is_opened_again_only_when_the_reader_asks(lab, visit, code, words):
    page = visit("about:blank", strict=False)
    opened = []
    page.route_web_socket("**/socket", lambda way: (opened.append(way), way.close(code=code)))
    page.goto(lab.url)
    page.wait_for_selector("#banner:not([hidden])")
    assert words in page.inner_text("#banner-words")
    assert "Trying again" not in page.inner_text("#banner-words")
    page.wait_for_timeout(1_500)
    assert len(opened) == 1
    page.click("#retry")
    page.wait_for_function("() => lab.line.socket === null")
    assert len(opened) == 2


def test_slow_browser__is_obeyed_and_has_no_queue(opening, visit):
    lab = opening("open_source", "--people", 20_000, "--set", f"time.steps={LONG}")
    page = ready(visit(lab.url))
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    frames, acknowledged, waiting = [], [], []

    def came(event):
        if event["response"]["opcode"] == 2:
            frames.append(event)
            waiting.append(len(frames) - len(acknowledged))

    def went(event):
        if '"ack"' in event["response"]["payloadData"]:
            acknowledged.append(event)

    devtools.on("Network.webSocketFrameReceived", came)
    devtools.on("Network.webSocketFrameSent", went)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    count_frames(page)
    page.click("#follows")
    page.select_option("#speed", "0")
    page.click("#play")
    page.wait_for_function("() => frames >= 12")
    assert pause(page) <= 3  # two may be on their way
    assert step_of(page) < LONG
    assert max(waiting) <= 2


def test_link__with_moves_gives_the_same_table_in_a_fresh_browser(lab, visit):
    page = ready(visit(lab.url))
    page.click("#play")
    ready(page, 5)
    move(page, 0, "money", 0.7)
    page.wait_for_function("() => lab.store.settings.moves.length === 1")
    ready(page, 15)
    move(page, 3, "fun", 0.1)
    page.wait_for_function("() => lab.store.settings.moves.length === 2")
    ready(page, 30)
    pause(page)
    last, table = step_of(page), table_of(page)
    link = page.evaluate("sessionStorage.getItem('cocreate-session')")

    fresh = ready(visit(f"{lab.url}#lab={json.loads(link)['link']}"))
    fresh.select_option("#speed", "0")
    fresh.click("#play")
    fresh.wait_for_function("n => lab.store.step > n", arg=last)
    lines = table_of(fresh).splitlines()
    assert table.splitlines()[1:] == [
        line for line in lines[1:] if int(line.split(",")[step_column(table)]) <= last
    ]
    assert table.count("\n") == 1 + 4 * (last + 1)


def test_link__with_options_of_a_style_shows_its_run_and_tells_them(lab, visit):
    columns = [["adaptive", {}], ["adaptive", {}, {"pace": 0.3}], ["steward", {}]]
    page = ready(visit(f"{lab.url}#lab={packed(columns=columns)}"))
    assert page.evaluate("lab.store.names") == ["adaptive", "adaptive (pace 0.3)", "steward"]
    docs = page.locator(".card .doc").all_inner_texts()
    assert ["Pace 0.3. " in words for words in docs] == [False, True, False]
    page.click("#levers")
    told = page.locator(".levers p").all_inner_texts()
    assert told == ["Options: pace 0.3."]
    walk(page, 12)
    quick = headless([lambda: make("adaptive", {"pace": 0.3})], 200, 12, seed=3)
    usual = headless(["adaptive"], 200, 12, seed=3)
    shown = np.array(rows(page), float)
    np.testing.assert_array_equal(shown[1], np.array(quick[0], float))
    np.testing.assert_array_equal(shown[0], np.array(usual[0], float))
    assert quick != usual


def step_column(table):
    return table.splitlines()[0].split(",").index("step")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (packed(columns=[["comons", {}], ["directive", {}]]), "did you mean 'commons'"),
        (packed(people=10**12), "people"),
        (packed(seed=-1), "seed"),
        ("x" * 10_000, "link"),
        ("%00%ff!!", "link"),
    ],
)
def test_bad_link__is_refused_in_words_and_the_usual_run_is_shown(lab, visit, link, words):
    page = visit(f"{lab.url}#lab={link}")
    page.wait_for_selector("#note:not([hidden])")
    assert words in page.inner_text("#note-words").lower()
    ready(page)
    page.click("#step-once")
    ready(page, 1)


def test_link__for_a_scenario_file_is_refused_where_the_file_was_changed(opening, visit, tmp_path):
    file, link = tmp_path / "mine.toml", ""
    for steps in (30, 40):
        file.write_text(f'title = "Mine"\n[population]\npeople = 200\n[time]\nsteps = {steps}\n')
        page = visit(f"{opening(file, '--style', 'commons', 'steward').url}{link}")
        if link:
            page.wait_for_selector("#note:not([hidden])")
            assert "or this one was changed since; start the lab" in page.inner_text("#note-words")
        ready(page)
        assert page.evaluate("lab.store.about.steps") == steps
        link = f"#lab={page.evaluate('lab.store.session.link')}"


def test_q32_two_browsers__play_at_once_and_neither_sees_the_other(opening, visit):
    lab = opening("open_source", "--people", 200)
    for round_ in range(10):
        one = ready(visit(f"{lab.url}#lab={packed(seed=1 + round_)}"))
        other = ready(
            visit(f"{lab.url}#lab={packed(seed=2, columns=[['steward', {}], ['contest', {}]])}")
        )
        for page in (one, other):
            page.select_option("#speed", "0")
        for page in (one, other):
            page.click("#play")
        for page in (one, other):
            page.wait_for_function("() => lab.store.ended || lab.store.step >= 200")
        assert rows(one) != rows(other)
        one.context.close()
        at = step_of(other)
        assert at > 0
        assert lab.process.poll() is None
        other.context.close()
