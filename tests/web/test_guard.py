"""Who is let in, and how much they may send."""

import os
import time
from pathlib import Path

import pytest

from sim.errors import UserError
from sim.web.guard import HEADERS, MOST_A_SECOND, Guard, Rate, address_of, new_guard, read_key


@pytest.fixture
def guard() -> Guard:
    return new_guard("127.0.0.1", ["https://Lab.example:8443/some/path"])


def test_token__is_fresh_long_and_not_shown() -> None:
    first, second = new_guard("127.0.0.1"), new_guard("127.0.0.1")
    assert first.token != second.token
    assert first.cookie != second.cookie  # two labs on one machine share the jar of a browser
    assert len(first.token) >= 43  # 256 bits
    assert first.token not in repr(first)


def test_knows__the_token_and_the_cookie_alone(guard: Guard) -> None:
    assert guard.knows(guard.token)
    assert guard.knows(None, guard.value)
    assert not guard.knows(guard.value, guard.token)  # each in its place
    for right in (guard.token, guard.value):
        for wrong in ("", None, right[:-1], right + "x", right.swapcase(), "ü"):
            assert not guard.knows(wrong, wrong)
    assert guard.value not in repr(guard)


def test_remembering__knows_the_browsers_of_the_same_user_and_port(guard: Guard) -> None:
    before, after = guard.remembering(b"key", 1), new_guard("127.0.0.1").remembering(b"key", 1)
    assert (before.cookie, before.value) == (after.cookie, after.value)
    assert before.token != after.token
    for other in (after.remembering(b"key", 2), after.remembering(b"other", 1)):
        assert other.cookie != before.cookie
        assert not other.knows(None, before.value)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key is kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "cocreate" / "lab.key"


def test_key__is_the_users_alone_and_kept_for_a_day(kept: Path) -> None:
    key = read_key()
    assert len(key) == 32
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert read_key() == key
    os.utime(kept, (0, time.time() - 25 * 3600))
    assert read_key() not in (key, b"")
    assert [path.name for path in kept.parent.iterdir()] == ["lab.key"]


def test_q36_key__that_others_may_have_read_or_made_is_not_used(kept: Path) -> None:
    key = read_key()
    kept.chmod(0o640)
    assert read_key() != key
    kept.write_bytes(b"")
    assert len(read_key()) == 32
    elsewhere = kept.with_name("elsewhere")
    elsewhere.write_bytes(bytes(32))
    elsewhere.chmod(0o600)
    kept.unlink()
    kept.symlink_to(elsewhere)
    assert read_key() != bytes(32)


def test_q34_key__needs_no_folder(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.parent.parent.joinpath("file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(kept.parent.parent / "file"))
    assert read_key() != read_key()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8765", "LOCALHOST:1", "[::1]:65535", "lab.example", "lab.example:1"],
)
def test_host__may_be_a_name_of_the_lab_with_any_port(guard: Guard, host: str) -> None:
    assert guard.answers_to(host)


@pytest.mark.parametrize(
    "host",
    [
        None, "", "evil.example", "127.0.0.1.evil.example", "evil.example:8765", "0.0.0.0:8765",
        "localhost.", "localhost:", "localhost:123456", "a@localhost", "localhost/x", "localhost#",
        "::1", "[::1", "127.0.0.2", "lab.example.evil", "127.1", "localhost localhost",
    ],
)  # fmt: skip
def test_q36_host__of_any_other_name_is_refused(guard: Guard, host: str | None) -> None:
    assert not guard.answers_to(host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8765", "127.0.0.1:8765"),
        ("http://LOCALHOST:9000", "localhost:9000"),
        ("https://localhost", "localhost"),
        ("http://[::1]:1", "[::1]:1"),
        ("https://lab.example:8443", "127.0.0.1:8765"),
        ("https://lab.example:8443", "lab.example:8443"),
    ],
)
def test_origin__is_the_place_that_is_asked_or_one_allowed(
    guard: Guard, origin: str, host: str
) -> None:
    assert guard.belongs(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8765"),
        ("", "127.0.0.1:8765"),
        ("null", "null"),
        ("http://127.0.0.1:9000", "127.0.0.1:8765"),
        ("http://localhost:8765", "127.0.0.1:8765"),
        ("http://evil.example", "127.0.0.1:8765"),
        ("file://127.0.0.1:8765", "127.0.0.1:8765"),
        ("127.0.0.1:8765", "127.0.0.1:8765"),
        ("http://lab.example:8443", "127.0.0.1:8765"),
        ("https://lab.example", "127.0.0.1:8765"),
        ("http://127.0.0.1:8765/", "127.0.0.1:8765"),
    ],
)
def test_q36_origin__from_anywhere_else_is_refused(
    guard: Guard, origin: str | None, host: str
) -> None:
    assert not guard.belongs(origin, host)


def test_host__that_the_lab_listens_on_is_a_name_but_for_everywhere() -> None:
    assert new_guard("192.0.2.7").answers_to("192.0.2.7:8765")
    assert new_guard("0.0.0.0").names == new_guard("::").names == new_guard("127.0.0.1").names


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://lab.example", "https://lab.example"),
        ("https://lab.example:443/", "https://lab.example"),
        ("http://LAB.example:8080/a/b?c", "http://lab.example:8080"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_address__is_read_as_a_browser_writes_its_origin(url: str, origin: str) -> None:
    assert address_of(url)[0] == origin


@pytest.mark.parametrize(
    "url", ["", "lab.example", "*", "ftp://lab.example", "http://", "http://a:b:c", "http://u@h", "http://[x"]
)  # fmt: skip
def test_address__that_is_none_is_refused_in_words(url: str) -> None:
    with pytest.raises(UserError, match="An allowed origin is an address such as"):
        address_of(url)


def test_rate__allows_so_many_in_any_second() -> None:
    rate = Rate()
    assert all(rate.allows(10.0 + n / 1000) for n in range(MOST_A_SECOND))
    assert not rate.allows(10.5)
    slow = Rate(3)
    allowed = [slow.allows(time) for time in (0.0, 0.5, 0.9, 1.1, 1.2)]
    assert allowed == [True, True, True, True, False]


def test_policy__lets_nothing_in_from_elsewhere_and_no_script_in_the_page() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
