"""The server, as browsers and others meet it: a real one on a free port, real sockets."""

import http.client
import json
import logging
import random
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import sim
from sim import web
from sim.errors import UserError
from sim.web import OpenLab, begin, channel, listen
from sim.web.assets import Asset, digest_of
from sim.web.exports import python_lines, scenario_toml, series_csv
from sim.web.guard import HEADERS, MOST_BYTES, new_guard
from sim.web.series import SERIES
from sim.web.server import Lab
from sim.web.session import Session
from sim.web.settings import Column, Settings, own_name

HEAD = struct.Struct("<11I4x")
NAMES = [series.name for series in SERIES]
PATIENCE = 90.0  # seconds
SMALL = {"people": 60, "seed": 1}
WORLD = ["population.people=60", "time.steps=5000"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A page of a few files; what a browser makes of the real one, others test."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "secret.py").write_text("SECRET")
    found = {}
    for name, kind in {
        "page/index.html": "text/html; charset=utf-8",
        "page/lab.js": "text/javascript; charset=utf-8",
        "vendor/plot/plot.js": "text/javascript; charset=utf-8",
    }.items():
        path = folder / name.replace("/", "_")
        path.write_text(f"this is {name}")
        digest = digest_of(path) if name.startswith("vendor") else ""
        found[name] = Asset(path, kind, digest)
    return found


@pytest.fixture
def opening(files):
    """Opens labs, and closes them at the end."""
    with ExitStack() as labs:

        def start(*, allowed=(), styles=("commons", "directive"), **options):
            settings, own = begin(sim.load("default", WORLD), styles, **SMALL)
            guard = new_guard("127.0.0.1", allowed)
            application = Lab(guard, files, settings, own, **options)
            return labs.enter_context(OpenLab(application, listen("127.0.0.1", 0)))

        yield start


@pytest.fixture(scope="module")
def shared(files):
    """A lab for tests that leave no session in it."""
    settings, own = begin("open_source", ("commons", "directive"), **SMALL)
    application = Lab(new_guard("127.0.0.1"), files, settings, own)
    with OpenLab(application, listen("127.0.0.1", 0)) as lab:
        yield lab


def application(lab):
    return lab._application


def cookie(lab):
    guard = application(lab).guard
    return {"Cookie": f"{guard.cookie}={guard.value}"}


def get(lab, path, headers=None, method="GET"):
    """Asks for a path exactly as it is written, with the lab's cookie unless told otherwise."""
    connection = http.client.HTTPConnection("127.0.0.1", lab.port, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_host=True)
        host = {"Host": f"127.0.0.1:{lab.port}"}
        for name, value in (host | (cookie(lab) if headers is None else headers)).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


class Browser:
    """A browser's socket, which acknowledges what it reads and keeps the rows of the series."""

    def __init__(self, lab, *, session=None, link=None, have=0, port=None, path="/socket"):
        port = port or lab.port
        self._way = connect(
            f"ws://127.0.0.1:{port}{path}",
            additional_headers=cookie(lab),
            origin=f"http://127.0.0.1:{port}",
            ping_interval=None,  # pings draw from the global random state
            open_timeout=PATIENCE,
            close_timeout=1,
            compression=None,
            max_size=None,
        )
        self.socket = self._way.__enter__()
        self.rows = {}
        self.steps = []
        self.said = []
        if have is not None:
            self.send(do="open", session=session, link=link, have=have)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._way.__exit__(*error)

    def send(self, **command):
        self.socket.send(json.dumps(command))

    def read(self, seconds=PATIENCE):
        """Returns the next message: a table, or the head of a frame."""
        message = self.socket.recv(seconds)
        if isinstance(message, str):
            self.said.append(json.loads(message))
            return self.said[-1]
        head = HEAD.unpack(message[: HEAD.size])
        _, number, step, first, n_rows, n_columns, n_series, _, _, flags, _ = head
        table = np.frombuffer(message, "<f8", n_columns * n_rows * n_series, HEAD.size)
        for row in range(n_rows):
            values = table.reshape(n_columns, n_rows, n_series)[:, row]
            self.rows[first + row] = values
        self.steps.append(step)
        self.send(do="ack", frame=number)
        return {"is": "frame", "step": step, "first": first, "rows": n_rows, "flags": flags}

    def until(self, kind, seconds=PATIENCE, **wanted):
        """Reads until a message of a kind comes with these values, and returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.read(end - time.monotonic())
            if message["is"] == kind and wanted.items() <= message.items():
                return message
        raise AssertionError(f"no {kind} with {wanted}")

    def play(self, steps):
        """Plays as fast as it goes until so many steps are taken; returns the series."""
        self.send(do="speed", value=0)
        self.send(do="play")
        self.until_step(steps)
        return self.series(steps)

    def until_step(self, step):
        """Reads until a step is shown."""
        end = time.monotonic() + PATIENCE
        while not self.steps or self.steps[-1] < step:
            assert time.monotonic() < end, f"step {step} never came"
            self.read()

    def series(self, steps):
        """Returns all rows (step, column, series) from 0 to a step."""
        return np.array([self.rows[row] for row in range(steps + 1)])

    def closed(self, seconds=PATIENCE):
        """Reads until the socket is closed, and returns its code and reason."""
        end = time.monotonic() + seconds
        with suppress(ConnectionClosed):
            while time.monotonic() < end:
                self.socket.recv(seconds)
        return self.socket.close_code, self.socket.close_reason


def alive(lab):
    """Checks that a server answers, and that a new session runs in it."""
    assert get(lab, "/")[0].status == 200
    with Browser(lab) as browser:
        browser.until("frame")
        browser.send(do="step")
        browser.until("frame", step=1)


def wait_until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.01)


# Who gets the page


def test_q36_page__is_refused_without_the_token(shared):
    for headers in ({}, {"Cookie": "lab_0=x"}, {"Cookie": "x"}, {"Authorization": "Bearer x"}):
        for path in (
            "/",
            "/page/lab.js",
            "/export/series.csv",
            "/nothing",
            "/?token=",
            "/?token=x",
        ):
            answer, body = get(shared, path, headers)
            assert answer.status == 403, path
            assert b"Open the whole address" in body
            assert answer.getheader("Set-Cookie") is None


def test_q36_page__comes_with_the_printed_address_and_hides_the_token(shared):
    path = shared.url.removeprefix(f"http://127.0.0.1:{shared.port}")
    answer, body = get(shared, path, {})
    assert (answer.status, answer.getheader("Location"), body) == (303, "./", b"")
    name_value, *marks = answer.getheader("Set-Cookie").split("; ")
    # No path: a browser takes that of the address, whatever a proxy puts before it.
    assert {mark.lower() for mark in marks} == {"httponly", "samesite=strict"}
    answer, body = get(shared, "/", {"Cookie": name_value})
    assert (answer.status, body) == (200, b"this is page/index.html")
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8"


def test_page__that_another_site_leads_to_leads_on_by_itself(shared):
    """The browser sends a strict cookie only with what a page of ours asks for."""
    path = shared.url.removeprefix(f"http://127.0.0.1:{shared.port}")
    answer, body = get(shared, path, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200
    assert answer.getheader("Set-Cookie")
    assert b'http-equiv="refresh" content="0; url=./"' in body
    assert application(shared).guard.token.encode() not in body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "0.0.0.0", ""])
def test_q36_host__of_another_name_is_refused_even_with_the_token(shared, host):
    answer, body = get(shared, "/", cookie(shared) | {"Host": host})
    assert answer.status in (400, 403)
    assert b"index" not in body


def test_host__of_a_forwarded_port_is_the_labs(shared):
    assert get(shared, "/", cookie(shared) | {"Host": "localhost:4321"})[0].status == 200


def test_host__of_an_allowed_address_is_the_labs(opening):
    lab = opening(allowed=["https://lab.example"])
    assert get(lab, "/", cookie(lab) | {"Host": "lab.example"})[0].status == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200), ("/", "HEAD", 200), ("/page/lab.js", "GET", 200),
        ("/vendor/plot/plot.js", "GET", 200), ("/nothing", "GET", 404), ("/", "POST", 405),
        ("/export/series.csv", "GET", 404), ("/export/nothing", "GET", 404),
        ("/page/lab.js", "DELETE", 405), ("/socket", "GET", 404),
    ],
)  # fmt: skip
def test_answer__forbids_the_browser_all_but_the_page(shared, path, method, status):
    answer, _ = get(shared, path, method=method)
    assert answer.status == status
    for name, value in HEADERS.items():
        if not (name == "Cache-Control" and path.startswith("/vendor")):
            assert answer.getheader(name) == value
    assert answer.getheader("Server") is None
    refused, _ = get(shared, path, {}, method=method)
    assert refused.status == 403
    assert refused.getheader("Content-Security-Policy") == HEADERS["Content-Security-Policy"]


def test_library__is_kept_by_the_browser_as_long_as_it_is_the_same(shared):
    answer, body = get(shared, "/vendor/plot/plot.js")
    assert (answer.getheader("Cache-Control"), body) == ("no-cache", b"this is vendor/plot/plot.js")
    same = cookie(shared) | {"If-None-Match": answer.getheader("ETag")}
    assert get(shared, "/vendor/plot/plot.js", same)[0].status == 304
    other = cookie(shared) | {"If-None-Match": '"other"'}
    assert get(shared, "/vendor/plot/plot.js", other)[0].status == 200


UP = [
    "..", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%252e%252e", "%c0%ae%c0%ae", "%ef%bc%8e%ef%bc%8e",
    "%u002e%u002e", "..%00", "..;", "...", "%2e%2e%2e", "..%20", "%e2%80%a5", "..%5c..", "..\\",
    "..%2f..", "%2e%2e%2f%2e%2e", "..%252f..", "%00", "%0a..", "%5c%5c", ".%00.", "~", "%7e",
]  # fmt: skip


@pytest.mark.parametrize("up", UP)
def test_q36_files__outside_the_list_are_not_found_however_they_are_spelled(shared, up):
    for path in (
        f"/page/{up}/server.py", f"/{up}/{up}/{up}/etc/passwd", f"/page/{up}/page/lab.js",
        f"/vendor/{up}/manifest.json", f"/{up}/", f"/page%2f{up}%2flab.js", f"/page/lab.js{up}",
        f"/page\\{up}\\secret.py", f"//{up}/page_secret.py", f"/page//{up}//lab.js",
    ):  # fmt: skip
        status = get(shared, path)[0].status
        # A proxy may show the lab under somebody's home.
        named = up in ("~", "%7e") and path == f"/{up}/"
        assert status == (200 if named else 404), path
        assert get(shared, path, {})[0].status == 403


@pytest.mark.parametrize(
    "path", ["/page", "/page/", "/vendor/", "/page/index", "/PAGE/lab.js", "/export/"]
)
def test_folders__are_not_listed(shared, path):
    assert get(shared, path)[0].status == 404


def test_broken_requests__leave_the_server_alive(opening):
    lab = opening()
    for broken in (
        b"\x00\xff\xfe", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"A" * 200_000,
        b"GET /socket HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    ):  # fmt: skip
        place = ("127.0.0.1", lab.port)
        with suppress(OSError), socket.create_connection(place, timeout=5) as raw:
            raw.sendall(broken)
            raw.shutdown(socket.SHUT_WR)
            status = raw.recv(1000).split(b"\r\n")[0]
            assert not status or int(status.split()[1]) >= 400
    alive(lab)


# Who gets the socket


def knock(lab, *, origin, headers):
    return connect(
        f"ws://127.0.0.1:{lab.port}/socket",
        origin=origin,
        additional_headers=headers,
        ping_interval=None,
        open_timeout=PATIENCE,
    )


def test_q36_socket__tells_its_own_page_that_the_token_is_missing(shared):
    with knock(shared, origin=f"http://127.0.0.1:{shared.port}", headers={}) as socket_:
        with pytest.raises(ConnectionClosed):
            socket_.recv(PATIENCE)
        assert socket_.close_code == 4401


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://localhost:1", "http://127.0.0.1:1"]
)
def test_q36_socket__of_a_page_from_elsewhere_is_refused(shared, origin):
    with pytest.raises(InvalidStatus) as refused, knock(shared, origin=origin, headers={}):
        pass
    assert refused.value.response.status_code == 403
    # A page at another port gets the browser to send the cookie: it is of the same site.
    with knock(shared, origin=origin, headers=cookie(shared)) as socket_:
        with pytest.raises(ConnectionClosed):
            socket_.recv(PATIENCE)
        assert socket_.close_code == 4403


def test_q36_socket__under_another_name_is_refused(shared):
    port = shared.port
    with (
        socket.create_connection(("127.0.0.1", port)) as way,
        pytest.raises(InvalidStatus) as refused,
        connect(
            f"ws://evil.example:{port}/socket",
            sock=way,
            origin=f"http://evil.example:{port}",
            additional_headers=cookie(shared),
            ping_interval=None,
            open_timeout=PATIENCE,
        ),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_socket__of_an_allowed_address_is_taken(opening):
    lab = opening(allowed=["https://lab.example"])
    with knock(lab, origin="https://lab.example", headers=cookie(lab)) as socket_:
        socket_.send('{"do":"open"}')
        assert json.loads(socket_.recv(PATIENCE))["is"] == "session"


def test_q36_token__is_in_no_log(opening, caplog):
    caplog.set_level(logging.DEBUG)
    lab = opening()
    token = application(lab).guard.token
    get(lab, f"/?token={token}", {})
    get(lab, "/")
    with connect(
        f"ws://127.0.0.1:{lab.port}/socket?token={token}",
        origin=f"http://127.0.0.1:{lab.port}",
        ping_interval=None,
        open_timeout=PATIENCE,
        logger=logging.getLogger("not.ours"),
    ) as socket_:
        socket_.send("{}")
        socket_.recv(PATIENCE)
    lab.close()
    ours = [record for record in caplog.records if record.name != "not.ours"]
    assert not [record for record in ours if token in record.getMessage()]
    assert token not in repr(lab)


# Sessions


def test_q31_socket__shows_the_run_with_the_settings_shown_from_step_0_on(opening):
    lab = opening()
    with Browser(lab) as browser:
        about = browser.until("session")
        shown = browser.play(120)
    assert about["settings"]["columns"] == [["commons", {}], ["directive", {}]]
    assert [series["name"] for series in about["about"]["series"]] == NAMES
    world = sim.load("default", WORLD)
    for column, style in enumerate(("commons", "directive")):
        run = sim.run(world, style, seed=1)
        for name, expected in {
            "quality": run["quality"],
            "coherence": run["coherence"],
            "participation": run["active"] / 60,
        }.items():
            assert np.array_equal(shown[:, column, NAMES.index(name)], expected[:121]), name


def test_q32_two_sessions__play_at_once_and_neither_sees_the_other(opening):
    lab = opening()
    asked = [
        Settings(
            own_name(sim.load("default", WORLD)),
            (Column(style, {}), Column("steward", {})),
            seed,
            60,
        )
        for seed, style in ((1, "commons"), (2, "contest"))
    ]
    alone = []
    for settings in asked:
        with Browser(lab, link=settings.packed()) as browser:
            alone.append(browser.play(200))
    for _ in range(3):
        with ExitStack() as stack:
            browsers = [
                stack.enter_context(Browser(lab, link=settings.packed())) for settings in asked
            ]
            found = [None, None]

            def play(n, browsers=browsers, found=found):
                found[n] = browsers[n].play(200)

            threads = [threading.Thread(target=play, args=[n]) for n in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            for n in range(2):
                assert np.array_equal(found[n], alone[n], equal_nan=True)
            browsers[0].socket.close()  # the other goes on
            browsers[1].send(do="pause")
            browsers[1].until("state", playing=False)
            browsers[1].send(do="step")
            browsers[1].until("frame")
        drop_all(lab)
    assert not np.array_equal(alone[0], alone[1], equal_nan=True)


def drop_all(lab):
    """Ends the sessions that nobody looks at."""
    sessions = application(lab).sessions
    wait_until(lambda: all(s.idle_since is not None for s in sessions._open.values()))
    while sessions._open:
        sessions._open.popitem()[1].close()


def test_lever__moved_is_answered_with_the_step_and_changes_only_its_column(opening):
    lab = opening(styles=("commons", "commons"))
    with Browser(lab) as browser:
        browser.until("frame")
        for step in range(1, 6):
            browser.send(do="step")
            browser.until("frame", step=step)
        browser.send(do="lever", id=7, column=1, lever="money", value=0.9)
        assert browser.until("done") == {"is": "done", "id": 7, "step": 5}
        browser.play(60)
        shown = browser.series(60)
    assert np.array_equal(shown[:6, 0], shown[:6, 1], equal_nan=True)
    assert not np.array_equal(shown[:, 0], shown[:, 1], equal_nan=True)
    run = sim.run(sim.load("default", WORLD), "commons", seed=1)
    assert np.array_equal(shown[:, 0, NAMES.index("quality")], run["quality"][:61])


def test_reload__finds_the_session_playing_and_sends_only_what_is_missing(opening):
    lab = opening()
    with Browser(lab) as browser:
        name = browser.until("session")["session"]
        browser.send(do="speed", value=100)
        browser.send(do="play")
        browser.until_step(20)
        before = dict(browser.rows)
    with Browser(lab, session=name, have=len(before)) as browser:
        about = browser.until("session")
        assert (about["session"], about["playing"]) == (name, True)
        assert browser.until("frame")["first"] == len(before)
        browser.until_step(40)
        after = before | browser.rows
    assert sorted(after) == list(range(len(after)))


def test_unknown_session__becomes_a_new_one_from_the_link_or_the_usual(opening):
    lab = opening()
    link = Settings("open_source", (Column("contest", {}), Column("toolkit", {})), 7, 50).packed()
    with Browser(lab, session="gone", link=link) as browser:
        about = browser.until("session")
        assert about["session"] != "gone"
        assert (about["settings"]["seed"], about["link"]) == (7, link)
    with Browser(lab, session="gone") as browser:
        assert browser.until("session")["settings"]["seed"] == 1


def test_restart__tells_every_page_of_a_session(opening):
    lab = opening()
    link = Settings("open_source", (Column("contest", {}), Column("toolkit", {})), 7, 50).packed()
    with Browser(lab) as one:
        name = one.until("session")["session"]
        with Browser(lab, session=name) as two:
            two.until("frame")
            one.send(do="restart", settings=link)
            for browser in (one, two):
                assert browser.until("session", link=link)["session"] == name
                assert browser.until("frame", first=0)["flags"] & 4


def test_ninth_session__is_refused_in_words_and_a_closed_page_makes_room(opening):
    lab = opening()
    with ExitStack() as pages:
        for _ in range(8):
            pages.enter_context(Browser(lab)).until("session")
        with Browser(lab) as ninth:
            assert "All 8 sessions are in use" in ninth.until("refused")["words"]
            assert ninth.closed()[0] == 4410
        assert len(application(lab).sessions) == 8
    wait_until(
        lambda: any(s.idle_since is not None for s in application(lab).sessions._open.values())
    )
    with Browser(lab) as browser:
        browser.until("frame")
    assert len(application(lab).sessions) == 8


def test_sessions__that_nobody_looks_at_end_and_watched_ones_stay(opening):
    there = set(threading.enumerate())
    lab = opening(patience=0.4)
    with Browser(lab) as watched, Browser(lab) as left:
        name = watched.until("session")["session"]
        left.until("session")
        left.socket.close()
        wait_until(lambda: len(application(lab).sessions) == 1)
        time.sleep(0.8)
        assert application(lab).sessions.get(name)
        watched.send(do="step")
        watched.until("frame", step=1)
    wait_until(lambda: len(application(lab).sessions) == 0)
    ends = {thread for thread in set(threading.enumerate()) - there if thread.name == "lab"}
    wait_until(lambda: not any(thread.is_alive() for thread in ends))


# What a socket may not do


LINKS = {
    "unknown style": b'{"v":1,"scenario":"open_source","columns":[["nobody",{}],["commons",{}]],'
    b'"seed":1,"people":60,"moves":[]}',
    "10^12 people": b'{"v":1,"scenario":"open_source","columns":[["steward",{}],["commons",{}]],'
    b'"seed":1,"people":1000000000000,"moves":[]}',
    "negative seed": b'{"v":1,"scenario":"open_source","columns":[["steward",{}],["commons",{}]],'
    b'"seed":-1,"people":60,"moves":[]}',
    "a path": b'{"v":1,"scenario":"../../etc/passwd","columns":[["steward",{}],["commons",{}]],'
    b'"seed":1,"people":60,"moves":[]}',
    "nothing": b"",
    "a list": b"[]",
}


@pytest.mark.parametrize("name", LINKS)
def test_bad_link__is_refused_in_words_and_the_same_socket_can_open_another(shared, name):
    from base64 import urlsafe_b64encode

    link = urlsafe_b64encode(LINKS[name]).decode().rstrip("=")
    with Browser(shared, link=link) as browser:
        words = browser.until("refused")["words"]
        assert len(words.split()) >= 5
        assert "Traceback" not in words
        browser.send(do="open", link=None)
        browser.until("frame")
    drop_all(shared)


def test_noise_for_a_link__is_refused_in_words(shared):
    noise = "".join(random.Random(1).choices("abcdefABCDEF0123456789-_", k=10_000))
    with Browser(shared, link=noise) as browser:
        assert browser.until("refused")["words"]


@pytest.mark.parametrize(
    "message",
    [
        "", "{", "null", "[]", "1", '"play"', "{}", '{"do":null}', '{"do":"exec"}',
        '{"do":"__class__"}', '{"do":"play","more":1}', '{"do":"speed"}',
        '{"do":"speed","value":"fast"}', '{"do":"speed","value":3}', '{"do":"speed","value":1e400}',
        '{"do":"speed","value":' + "9" * 5000 + "}", '{"do":"open"}', '{"do":"ack","frame":"1"}',
        '{"do":"lever","id":1,"column":9,"lever":"money","value":0.5}',
        '{"do":"lever","id":1,"column":-1,"lever":"money","value":0.5}',
        '{"do":"lever","id":1,"column":0,"lever":"__dict__","value":0.5}',
        '{"do":"lever","id":1,"column":0,"lever":"money","value":NaN}',
        '{"do":"lever","id":1,"column":0,"lever":"money","value":2}',
        '{"do":"lever","id":1,"column":0,"lever":"__dict__","value":null}',
        '{"do":"lever","id":1,"column":0,"lever":"money"}',
        '{"do":"restart","settings":"x"}', '{"do":"restart","settings":{}}',
        '{"do":"open","have":-1}', "[" * 16_000, '{"a":' * 3000, "\ud7ff", "\x00",
        b"", b"\x00\xff", b'{"do":"play"}',
    ],
    ids=lambda message: repr(message[:40]),
)  # fmt: skip
def test_message__that_is_no_command_is_refused_in_words(shared, message):
    with Browser(shared) as browser:
        browser.until("frame")
        browser.socket.send(message)
        words = browser.until("refused")["words"]
        assert words
        assert "Traceback" not in words
        browser.send(do="step")
        browser.until("frame", step=1)
    drop_all(shared)


@pytest.mark.parametrize("command", ["play", "pause", "step"])
def test_command__before_a_session_is_open_is_refused_in_words(shared, command):
    with Browser(shared, have=None) as browser:
        browser.send(do=command)
        assert "No session is open" in browser.until("refused")["words"]


@contextmanager
def bystander(lab):
    """Checks that what happens meanwhile is nothing to another page."""
    with Browser(lab) as other:
        other.until("frame")
        yield
        other.send(do="step")
        other.until("frame", step=1)


def test_message__too_large_closes_only_its_socket(opening):
    lab = opening()
    with bystander(lab), Browser(lab) as browser:
        browser.until("frame")
        just = json.dumps({"do": "restart", "settings": ""})
        just = just[:-2] + "x" * (MOST_BYTES - len(just)) + just[-2:]
        browser.socket.send(just)
        browser.until("refused")
        browser.socket.send(just[:-2] + "x" + just[-2:])
        assert browser.closed()[0] == 4409
    with bystander(lab), Browser(lab) as browser:
        browser.until("frame")
        browser.socket.send("x" * 500_000)
        assert browser.closed()[0] == 4409
    with bystander(lab), Browser(lab) as browser:
        browser.until("frame")
        with suppress(ConnectionClosed):  # not even read
            browser.socket.send("x" * 20_000_000)
        assert browser.closed()[0] in (1006, 1009)
    alive(lab)


@pytest.mark.parametrize("message", ['{"do":"pause"}', "{", '{"do":"ack","frame":0}'])
def test_flood__closes_only_its_socket(opening, monkeypatch, message):
    lab = opening()
    # However slow the machine, all comes within one second.
    monkeypatch.setattr(channel, "time", SimpleNamespace(monotonic=lambda: 0.0))
    with bystander(lab), Browser(lab) as browser:
        browser.until("frame")
        with suppress(ConnectionClosed):
            for _ in range(2_000):
                browser.socket.send(message)
        assert browser.closed()[0] == 4408
    alive(lab)


def test_acknowledging__does_not_count_as_commands(shared):
    with Browser(shared) as browser:
        browser.until("frame")
        for _ in range(80):
            browser.send(do="ack", frame=1)
            browser.send(do="pause")
        browser.send(do="step")
        browser.until("frame", step=1)
    drop_all(shared)


def test_browser__that_reads_nothing_slows_no_other(opening):
    lab = opening()
    with Browser(lab) as quick:
        name = quick.until("session")["session"]
        with Browser(lab, session=name) as stuck:  # acknowledges nothing, as it reads nothing
            stuck.until("session")
            quick.play(300)
            waiting = []
            with suppress(TimeoutError):
                while True:
                    waiting.append(stuck.socket.recv(0.5))
            assert len([m for m in waiting if isinstance(m, bytes)]) <= 2


class Flood:
    """Stands in for a session that says more than any browser can read."""

    def __init__(self, settings):
        self.id, self.idle_since, self.all_said = "flood", None, threading.Event()

    def start(self):
        pass

    def close(self):
        pass

    def attach(self, send, have=0):
        def flood():
            for _ in range(400):
                send(bytes(100_000))
            self.all_said.set()

        threading.Thread(target=flood).start()
        return self

    def acknowledge(self, frame):
        pass


def test_browser__that_does_not_read_never_holds_up_the_server(opening, monkeypatch):
    monkeypatch.setattr(web, "END", PATIENCE)
    lab = opening(new_session=Flood)
    with Browser(lab):
        wait_until(lambda: len(application(lab).sessions) == 1)
        (flood,) = application(lab).sessions._open.values()
        assert flood.all_said.wait(PATIENCE)
        for _ in range(5):
            assert get(lab, "/")[0].status == 200
        lab.close()
        assert lab.wait(0)


def test_session__that_cannot_start_is_refused_in_words(opening, caplog):
    def broken(settings):
        if settings.seed == 5:
            raise RuntimeError("a bug")
        if settings.seed == 6:
            raise UserError("This world has nobody in it")
        return Session(settings)

    lab = opening(new_session=broken)
    columns = (Column("commons", {}), Column("steward", {}))
    with Browser(lab, link=Settings("open_source", columns, 5, 60).packed()) as browser:
        assert "failed in the lab itself" in browser.until("refused")["words"]
        assert "a bug" in caplog.text
        browser.send(do="open", link=Settings("open_source", columns, 6, 60).packed())
        assert browser.until("refused")["words"] == "This world has nobody in it"
        assert len(application(lab).sessions) == 0
        browser.send(do="open", link=Settings("open_source", columns, 7, 60).packed())
        browser.until("frame")


class Unsayable(Session):
    """A session that tells its pages what cannot be written down."""

    def described(self):
        endless = []
        endless.append(endless)
        more = {5: object(), 6: "\ud800", 7: endless}.get(self.settings.seed)
        return super().described() | {"more": more}


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_message__that_cannot_be_written_closes_its_socket_with_words(opening, caplog, seed):
    world = sim.load("default", WORLD)
    lab = opening(new_session=lambda settings: Unsayable(settings, world))
    columns = (Column("commons", {}), Column("steward", {}))
    with (
        bystander(lab),
        Browser(lab, link=Settings("open_source", columns, seed, 60).packed()) as browser,
    ):
        code, reason = browser.closed()
        assert (code, reason) == (1011, "the lab failed; where it was started, it says why")
    assert "A message of the lab cannot be written" in caplog.text
    (failed,) = [
        session
        for session in application(lab).sessions._open.values()
        if session.settings.seed == seed
    ]
    wait_until(lambda: failed.idle_since is not None)


def test_silence__is_told_from_a_break(opening, monkeypatch):
    monkeypatch.setattr(channel, "BEAT", 0.2)
    lab = opening()
    before = time.monotonic()
    with Browser(lab) as browser:
        browser.until("frame")
        browser.until("beat")
        browser.until("beat")
    assert time.monotonic() - before > 0.39  # they come in silence only


def test_commands__are_obeyed_at_once(opening):
    """Small messages do not wait for each other."""
    lab = opening()
    with Browser(lab) as browser:
        browser.until("frame")
        for step in range(1, 12):
            browser.send(do="step")
            browser.until("frame", step=step)
        ways = [one.transport for one in lab._server.server_state.connections]
        ends = [way.get_extra_info("socket") for way in ways]
        assert ends
        assert all(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in ends)


# Exports


def test_exports__are_what_the_session_has(opening):
    lab = opening()
    with Browser(lab) as browser:
        name = browser.until("session")["session"]
        browser.play(10)
        browser.send(do="pause")
        browser.until("state", playing=False)
        session = application(lab).sessions.get(name)
        for file, write in {
            "series.csv": series_csv,
            "scenario.toml": scenario_toml,
            "lines.py": python_lines,
        }.items():
            answer, body = get(lab, f"/export/{file}?session={name}")
            assert answer.status == 200
            assert body.decode() == write(session)
            assert answer.getheader("Content-Disposition") == f'attachment; filename="{file}"'


def test_exports__of_no_session_are_not_found(shared):
    for query in ("", "?session=", "?session=gone", "?session=__class__"):
        answer, body = get(shared, f"/export/series.csv{query}")
        assert (answer.status, body) == (404, b"There is no such session, or it has ended.\n")


# Proxies and tunnels


@contextmanager
def relay(port, prefix=b""):
    """A way to a port through another one, which takes a prefix off the path."""
    ends = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)

    def pump(source, target, first):
        with suppress(OSError):
            while data := source.recv(65536):
                if first and prefix:
                    line, _, rest = data.partition(b"\r\n")
                    assert b" " + prefix in line, line
                    data = line.replace(b" " + prefix, b" ", 1) + b"\r\n" + rest
                    first = False
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve():
        while not ends.is_set():
            with suppress(TimeoutError):
                near = listening.accept()[0]
                far = socket.create_connection(("127.0.0.1", port))
                both.extend([near, far])
                for one, two, first in ((near, far, True), (far, near, False)):
                    threading.Thread(target=pump, args=[one, two, first], daemon=True).start()

    both = []
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ends.set()
        thread.join()
        for end in (*both, listening):
            end.close()


class At:
    """A lab as it is reached at another port."""

    def __init__(self, lab, port):
        self._application, self.port = lab._application, port


@pytest.mark.parametrize(
    ("prefix", "taken_off"),
    [("", b""), ("/node/n01/8765", b""), ("/node/n01/8765", b"/node/n01/8765"), ("/~a.b_c", b"")],
)
def test_q33_lab__plays_through_a_forwarded_port_and_under_a_prefix(opening, prefix, taken_off):
    lab = opening()
    with relay(lab.port, taken_off) as port:
        there = At(lab, port)
        token = application(lab).guard.token
        answer, _ = get(there, f"{prefix}/?token={token}", {})
        assert (answer.status, answer.getheader("Location")) == (303, "./")
        assert "path" not in answer.getheader("Set-Cookie").lower()
        for path in ("/", "/page/lab.js", "/vendor/plot/plot.js"):
            answer, body = get(there, f"{prefix}{path}")
            assert (answer.status, body[:8]) == (200, b"this is ")
        with Browser(there, port=port, path=f"{prefix}/socket") as browser:
            name = browser.until("session")["session"]
            browser.play(10)
        assert get(there, f"{prefix}/export/series.csv?session={name}")[0].status == 200
        assert get(there, f"{prefix}/nothing")[0].status == 404


# The end


def test_close__tells_the_browsers_frees_the_port_and_ends_the_threads(
    opening, monkeypatch, caplog
):
    monkeypatch.setattr(web, "END", PATIENCE)
    there = set(threading.enumerate())
    lab = opening()
    with Browser(lab) as playing, Browser(lab) as waiting:
        playing.until("frame")
        waiting.until("frame")
        playing.send(do="play")
        lab.close()
        assert playing.closed()[0] == waiting.closed()[0] == 1001
    assert lab.wait(0)
    assert caplog.messages == []  # such as that the server's patience was exceeded
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", lab.port), timeout=1)
    wait_until(lambda: set(threading.enumerate()) <= there)
    lab.close()  # a second time is nothing


def test_kept_alive__connections_are_answered_again(shared):
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=PATIENCE)
    for _ in range(3):
        connection.request("GET", "/page/lab.js", headers=cookie(shared))
        answer = connection.getresponse()
        assert answer.read() == b"this is page/lab.js"
        assert not answer.will_close
    connection.close()
