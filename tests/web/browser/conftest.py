"""The lab as its users have it: the real server, and its page in a real Chromium."""

import shutil
from pathlib import Path

import pytest

from sim.sweeps import sweep
from sim.web.assets import HERE

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import DESK, STUDY, STYLES, start, stop

FAILURES = Path(__file__).parents[3] / "results" / "failures"
ALONE = (  # no name but this machine's can be looked up; what Chromium does for itself is off
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 90_000.0  # milliseconds
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
PAGES = pytest.StashKey[list]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps what a failed test's pages looked like, in results/failures."""
    report = yield
    if report.when == "call" and report.failed:
        FAILURES.mkdir(parents=True, exist_ok=True)
        for n, page in enumerate(item.stash.get(PAGES, [])):
            if not page.is_closed():
                page.screenshot(path=FAILURES / f"{item.name}-{n}.png")
    return report


@pytest.fixture
def opening():
    """Starts labs, and ends them."""
    labs = []

    def one(*words, port=0):
        labs.append(start(*words, port=port))
        return labs[-1]

    yield one
    for lab in labs:
        if lab.process.poll() is None:
            stop(lab)


@pytest.fixture(scope="module")
def lab():
    """A lab for the tests of a file, with four styles and few people."""
    found = start("open_source", "--people", 400, "--style", *STYLES)
    yield found
    stop(found)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The results of a small study."""
    found = tmp_path_factory.mktemp("study") / "results"
    sweep(STUDY, found, executor="serial")
    return found


@pytest.fixture(scope="module")
def chromium():
    """A browser for the tests of a file: while there is one, no other test can have a loop."""
    path = shutil.which("chromium")
    if path is None or not (HERE / "vendor").is_dir():
        pytest.skip("needs Chromium, and what `make lab` fetches")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ALONE))
        yield browser
        browser.close()


def wait_for_drawing(page):
    """Has the page's `wait_for_function` wait until what came true in its store is drawn, too."""
    wait = page.wait_for_function

    def wait_and_draw(*words, **how):
        wait(*words, **how)
        page.evaluate(DRAWN)

    page.wait_for_function = wait_and_draw


@pytest.fixture
def visit(chromium, request):
    """Opens a page in a browser that has never been there; nothing may go wrong on it."""
    contexts, wrong, pages = [], [], request.node.stash.setdefault(PAGES, [])

    def open_page(url, size=DESK, strict=True, **how):
        contexts.append(chromium.new_context(viewport=size, **how))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        wait_for_drawing(page)
        page.asked = []
        page.on("request", lambda asked: page.asked.append(asked.url))
        page.on("websocket", lambda socket: page.asked.append(socket.url))
        if strict:
            page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
        pages.append(page)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
