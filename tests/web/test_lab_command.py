"""`cocreate lab` and `sim.open`, as a first-time user and a machine meet them."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import rich.style  # noqa: F401  # draws a random number when it is imported, and only then

import sim
from sim import web
from sim.cli import call
from sim.errors import UserError
from sim.web import assets, begin, listen
from sim.web.assets import Asset
from sim.web.settings import own_name

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or ""
SMALL = ("--people", "60", "--style", "commons", "directive")

PROGRAM = """
import sys
from pathlib import Path
from sim.web import assets
page = assets.Asset(Path(sys.argv.pop(1)), "text/html")
assets.read_assets = lambda: {"page/index.html": page}
"""
"""Stands in for the page, which is not always there; all else is the real command."""


@pytest.fixture(autouse=True)
def page(tmp_path, monkeypatch):
    """A page that is always there."""
    path = tmp_path / "index.html"
    path.write_text("the page")
    found = {"page/index.html": Asset(path, "text/html")}
    monkeypatch.setattr(assets, "read_assets", lambda: found)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    return path


@contextmanager
def started(page, *words, rest="import sim.cli; sim.cli.main()", **environment):
    """Runs a program of its own, and ends it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + rest, str(page), *words],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def opened(page, *words, **environment):
    """Runs `cocreate lab`, and gives it with the address that it prints."""
    words = ("lab", "--port", "0", *SMALL, *words)
    with started(page, *words, **environment) as process:
        yield process, address(process.stdout.readline())


def address(line):
    (url,) = re.findall(r"http://\S+", line)
    return url


def asked(url, **headers):
    """Returns the status and the cookie of a page."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=90)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("Set-Cookie")


def ended(process, number):
    """Sends a signal, and returns what was printed until the end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    return out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_q36_lab__prints_one_address_that_works_and_ends_cleanly(page, number):
    with opened(page, "--no-browser") as (process, url):
        status, cookie = asked(url)
        assert status == 303
        assert asked(url.partition("?")[0], Cookie=cookie.partition(";")[0])[0] == 200
        assert asked(url.partition("?")[0])[0] == 403
        assert asked(url + "x")[0] == 403
        out, err = ended(process, number)
    assert err == ""
    assert "http" not in out
    assert out.splitlines()[-1] == "The lab is closed."


def test_q36_token__stands_in_no_argument_and_no_environment(page, tmp_path):
    """Not even in those of the browser: it gets a file of the user's own, which leads on."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!/bin/sh\ntr '\\0' '\\n' </proc/$$/cmdline >{seen}.part\nmv {seen}.part {seen}\n"
    )
    browser.chmod(0o700)
    with opened(page, BROWSER=f"{browser} %s &") as (process, url):
        token = url.partition("token=")[2]
        assert len(token) >= 43
        while not seen.exists():
            time.sleep(0.01)
        (door,) = [word for word in seen.read_text().splitlines() if word.startswith("file:")]
        assert token not in seen.read_text()
        place = Path(urlsplit(door).path)
        assert f'content="0; url={url}"' in place.read_text()
        assert place.parent.stat().st_mode & 0o077 == 0
        for kind in ("cmdline", "environ"):
            assert token.encode() not in Path(f"/proc/{process.pid}/{kind}").read_bytes()
        out, err = ended(process, signal.SIGINT)
    assert not place.parent.exists()
    assert "ssh" not in out + err


def listening(port):
    """Returns the local addresses, in hexadecimal, at which a port is listened to."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            place, state = line.split()[1], line.split()[3]
            if state == "0A" and int(place.partition(":")[2], 16) == port:
                found.add(place.partition(":")[0])
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no list of sockets here")
def test_q36_lab__listens_on_this_machine_only(page):
    with opened(page, "--no-browser") as (_, url):
        assert listening(urlsplit(url).port) == {"0100007F"}


def test_q36_lab__for_everyone_warns_and_keeps_the_token(page):
    with opened(page, "--no-browser", "--host", "0.0.0.0") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert asked(url.partition("?")[0])[0] == 403
        assert asked(url)[0] == 303
        assert asked(url, Host="192.0.2.1")[0] == 403
        _, err = ended(process, signal.SIGINT)
    assert "cocreate: the lab listens on 0.0.0.0" in err
    assert "--allow-origin" in err


def test_q33_port__in_use_is_passed_over_and_said(page):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(page, "lab", *SMALL, "--port", str(port), "--no-browser") as process:
            url = address(process.stdout.readline())
            assert urlsplit(url).port > port
            assert asked(url)[0] == 303
            _, err = ended(process, signal.SIGINT)
    assert err == f"cocreate: port {port} is in use; the lab took {urlsplit(url).port}\n"


def test_q33_without_a_display__the_tunnel_is_printed_and_no_browser_opened(page):
    with opened(page) as (process, url):
        out = "".join(iter(process.stdout.readline, "Ctrl-C closes it.\n"))
        _, err = ended(process, signal.SIGINT)
    port = urlsplit(url).port
    assert err == ""
    assert "no display" in out
    assert re.search(rf"^  ssh -N -L {port}:127\.0\.0\.1:{port} \S+$", out, re.MULTILINE)


def test_lab__started_again_knows_its_browsers_but_has_a_new_token(page):
    with opened(page, "--no-browser") as (process, url):
        cookie = asked(url)[1].partition(";")[0]
        process.kill()
        process.wait()
    place = urlsplit(url)
    words = ("lab", *SMALL, "--port", str(place.port), "--no-browser")
    with started(page, *words) as process:
        again = address(process.stdout.readline())
        assert urlsplit(again).port == place.port
        assert asked(url)[0] == 403
        assert asked(url.partition("?")[0], Cookie=cookie)[0] == 200
    with started(page, *words[:-2], "0", "--no-browser") as process:
        other = address(process.stdout.readline())
        assert asked(other.partition("?")[0], Cookie=cookie)[0] == 403


def test_json__is_a_line_for_machines(page):
    with started(page, "lab", *SMALL, "--port", "0", "--json", "--no-browser") as process:
        facts = json.loads(process.stdout.readline())
        assert asked(facts["url"])[0] == 303
        assert f":{facts['port']}/" in facts["url"]
        assert facts["tunnel"].startswith("ssh ")
        out, err = ended(process, signal.SIGINT)
    assert out == err == ""


def test_interrupted_twice__is_no_traceback(page):
    with opened(page, "--no-browser") as (process, _):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=90)
    assert "Traceback" not in err
    assert process.returncode in (0, 130)


# What is missing or wrong


def refused(capsys, *words):
    """Checks that a mistake costs one line, and returns it."""
    assert call(["lab", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("cocreate: ")
    return line


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "websockets"])
def test_q35_lab__without_its_packages_says_what_to_type(capsys, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    assert refused(capsys).endswith("type: pip install 'cocreate[web]'")


def test_lab__without_its_page_says_what_to_type(capsys, monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(assets, "HERE", tmp_path / "nothing")
    assert refused(capsys).endswith("in a checkout of cocreate type: make lab")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no_such_world"], "No scenario is called 'no_such_world'"),
        (["missing.toml"], "there is no such scenario file"),
        (["--style", "commens"], "did you mean 'commons'?"),
        (["--style", *["commons"] * 7], "columns"),
        (["--people", "1000000000000"], "people"),
        (["--people", "1"], "people"),
        (["--seed", "-1"], "seed"),
        (["--seed", "x"], "no whole number"),
        (["--port", "65536"], "port must lie in 0 to 65535, but is 65536"),
        (["--port", "-1"], "port must lie in 0 to 65535, but is -1"),
        (["--host", "no such host"], "No machine is called 'no such host'"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["--allow-origin", "*"], "An allowed origin is an address such as"),
        (["--set", "population.peopel=5"], "people"),
    ],
)
def test_lab__refuses_what_is_wrong_in_a_line(capsys, words, told):
    assert told in refused(capsys, *words)


def test_ports__all_in_use_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(web, "PORTS_TRIED", 0)
            with pytest.raises(UserError, match=f"The ports {port} to {port} are all in use"):
                listen("127.0.0.1", port)


# What it starts with


def test_begin__takes_a_world_by_name_file_or_object_with_its_people(tmp_path):
    settings, own = begin("open_source", ["commons", "steward"], None, 3)
    world = sim.load("open_source")
    assert (settings.scenario, own, settings.seed) == ("open_source", None, 3)
    assert settings.people == world.population.people
    path = tmp_path / "mine.toml"
    path.write_text('title = "Mine"\n[population]\npeople = 40\n')
    settings, own = begin(path, ["commons", "steward"], None, 1)
    assert (settings.scenario, own.title, settings.people) == (own_name(own), "Mine", 40)
    changed = sim.change(world, population={"people": 77})
    settings, own = begin(changed, ["commons", "steward"], None, 1)
    assert (settings.scenario, own, settings.people) == (own_name(changed), changed, 77)


@pytest.mark.parametrize(
    ("world", "asked_for", "shown"),
    [
        ("open_source", ["commons"], ["foundation", "commons"]),  # beside the world's own
        ("open_source", ["foundation"], ["commons", "foundation"]),
        ("open_source", ["commons", "commons"], ["commons", "commons"]),
        ("open_source", [], ["foundation", "commons", "contest", "directive"]),
        ("mixed_market", ["steward"], ["", "steward"]),  # beside each company's own
        ("mixed_market", ["steward", "commons"], ["steward", "commons"]),
        ("mixed_market", [], ["", "commons", "contest", "directive"]),
    ],
)
def test_begin__shows_at_least_two_styles(world, asked_for, shown):
    settings, _ = begin(world, asked_for, 60, 1)
    assert [column.style for column in settings.columns] == shown


# From Python


def test_open__returns_a_lab_with_its_address_and_close(capsys):
    world = sim.load("default", ["population.people=60"])
    lab = sim.open(world, "steward", "commons", port=0)
    assert lab.url in capsys.readouterr().out  # no display here
    assert asked(lab.url)[0] == 303
    assert lab.url.partition("token=")[2] not in repr(lab)
    with web.start("open_source", "steward", "commons", people=60, port=lab.port) as other:
        assert other.port != lab.port
        assert asked(other.url)[0] == 303
        assert asked(f"{other.address}?{urlsplit(lab.url).query}")[0] == 403
    lab.close()
    lab.close()
    with pytest.raises(OSError, match="refused"):
        asked(lab.url)


def test_open__works_where_a_loop_runs_already_as_in_a_notebook():
    import asyncio

    async def cell():
        with sim.open("default", "steward", "commons", people=60, port=0) as lab:
            return await asyncio.to_thread(asked, lab.url)

    assert asyncio.run(cell())[0] == 303


def test_lab__has_its_machine_code_before_anyone_can_play(page):
    script = """
from sim import web
from sim.core.step import advance
print(len(advance.overloads))
web.start('default', 'steward', 'commons', people=60, port=0)
print(len(advance.overloads))
"""
    with started(page, rest=script) as process:
        out, err = process.communicate(timeout=90)
    assert (out.split(), err) == (["0", "1"], "")


@pytest.mark.parametrize("last", ["", "\nraise SystemExit(0)", "\nlab.close()"])
def test_script__that_ends_without_closing_its_lab_ends(page, last):
    script = "import sim\nlab = sim.open('default', 'steward', 'commons', people=60, port=0)"
    with started(page, rest=script + last) as process:
        out, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (0, "")
    assert address(out)


def test_script__that_fails_is_not_held_up_by_a_session(page):
    script = """
import sim, json
from websockets.sync.client import connect
lab = sim.open('default', 'steward', 'commons', people=60, port=0)
place = f'127.0.0.1:{lab.port}'
socket = connect('ws://' + place + '/socket?' + lab.url.partition('?')[2], origin='http://' + place)
socket = socket.__enter__()
socket.send(json.dumps({'do': 'open'}))
socket.recv()
socket.send(json.dumps({'do': 'play'}))
raise RuntimeError('a bug')
"""
    with started(page, rest=script) as process:
        _, err = process.communicate(timeout=90)
    assert process.returncode == 1
    assert err.splitlines()[-1] == "RuntimeError: a bug"


# In a real browser


@pytest.fixture(scope="module")
def browser():
    """A real browser."""
    if not CHROMIUM:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def chromium(browser):
    """A page of a browser that has been nowhere, and does not keep to the policy of a page."""
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(90_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def lab(page):
    page.write_text("<!doctype html><title>The lab</title>")
    with web.start("default", "steward", "commons", people=60, port=0) as opened:
        yield opened


def shows_the_lab(tab, lab):
    """Waits until a browser shows the page, without the token in its address."""
    tab.wait_for_url(re.compile(rf"^{re.escape(lab.address)}(#.*)?$"))
    assert tab.title() == "The lab"


def test_browser__that_is_opened_by_the_lab_comes_to_the_page(chromium, lab, monkeypatch):
    places = []
    monkeypatch.setattr(web.webbrowser, "open", lambda place: places.append(place) or True)
    assert lab.show()
    chromium.goto(places[0])
    shows_the_lab(chromium, lab)
    assert chromium.reload().status == 200


def test_browser__keeps_the_link_in_the_printed_address(chromium, lab):
    chromium.goto(f"{lab.url}#link")
    shows_the_lab(chromium, lab)
    assert chromium.url.endswith("/#link")


def test_browser__led_by_another_site_comes_to_the_page(chromium, lab):
    chromium.route(
        "http://elsewhere.example/",
        lambda route: route.fulfill(body=f'<a href="{lab.url}">lab</a>', content_type="text/html"),
    )
    chromium.goto("http://elsewhere.example/")
    chromium.click("a")
    shows_the_lab(chromium, lab)


def test_q36_browser__at_another_port_gets_neither_page_nor_socket(chromium, lab):
    """A page of the same machine, with which the browser sends the cookie."""
    chromium.goto(lab.url)
    with web.start("default", "steward", "commons", people=60, port=0) as other:
        chromium.goto(other.url)
        shows_the_lab(chromium, other)
        found = chromium.evaluate(
            """async place => {
                const socket = new WebSocket(place.replace("http", "ws") + "socket");
                const late = new Promise(done => setTimeout(done, 90000, "late"));
                const closed = new Promise(done => socket.onclose = event => done(event.code));
                const page = await fetch(place, {credentials: "include"}).then(() => 1, () => 0);
                return [await Promise.race([closed, late]), page];
            }""",
            lab.address,
        )
    assert found == [4403, 0]
