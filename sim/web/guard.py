"""Who may talk to the lab, what every answer forbids the browser, and how much one may send."""

import hmac
import os
import re
import secrets
import stat
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from sim.errors import UserError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names under which a browser on this machine, or at the other end of a tunnel, comes."""

ANY = frozenset({"", "0.0.0.0", "::"})
"""What one listens on to be reached from everywhere; nobody's name."""

KEY_BYTES, KEY_SECONDS = 32, 24 * 3600

MOST_BYTES = 16_384  # of a message
MOST_A_SECOND = 100  # messages of a socket

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer, unless it says otherwise itself."""

HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:/@\[\]]+))(?::\d{1,5})?")
"""The value of the header Host, in small letters: a name and perhaps a port."""


@dataclass(frozen=True)
class Guard:
    """Knows the lab's token and the names under which it is reached."""

    token: str = field(repr=False)
    cookie: str
    """Name of the cookie of a browser that came with the token; all ports of a name share them."""
    value: str = field(repr=False)
    """Value of that cookie."""
    names: frozenset[str]
    origins: frozenset[str]

    def knows(self, token: str | None, cookie: str | None = None) -> bool:
        """Returns whether one of the two is right, in the same time for whatever is wrong."""
        right_token = hmac.compare_digest(self.token.encode(), (token or "").encode())
        right_cookie = hmac.compare_digest(self.value.encode(), (cookie or "").encode())
        return right_token or right_cookie

    def remembering(self, key: bytes, port: int) -> Self:
        """Returns a guard that knows the browsers of an earlier lab with this key and port."""
        name, value = (
            hmac.digest(key, f"{what} {port}".encode(), "sha256").hex()
            for what in ("name", "value")
        )
        return replace(self, cookie=f"lab_{name[:8]}", value=value)

    def answers_to(self, host: str | None) -> bool:
        """Returns whether the header Host has a name of the lab, with any port.

        A page elsewhere whose name was made to lead here still sends its own.
        """
        found = HOST.fullmatch((host or "").lower())
        return found is not None and (found[1] or found[2]) in self.names

    def belongs(self, origin: str | None, host: str | None) -> bool:
        """Returns whether a page of this Origin is the lab's own, or one that is allowed.

        Its own has the very name and port that it asks for.
        """
        if not origin or not host:
            return False
        scheme, _, place = origin.lower().partition("://")
        own = scheme in ("http", "https") and place == host.lower()
        return own or origin.lower() in self.origins


def new_guard(host: str, allowed: Iterable[str] = ()) -> Guard:
    """Returns a guard with a fresh token for a lab that listens on a host.

    `allowed` are further addresses under which it is reached, such as "https://lab.example".
    """
    addresses = [address_of(url) for url in allowed]
    return Guard(
        token=secrets.token_urlsafe(32),
        cookie=f"lab_{secrets.token_hex(4)}",
        value=secrets.token_urlsafe(32),
        names=LOOPBACK | ({host.lower()} - ANY) | {name for _, name in addresses},
        origins=frozenset(origin for origin, _ in addresses),
    )


def address_of(url: str) -> tuple[str, str]:
    """Returns the origin of an address, as a browser writes it, and the name in it."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise UserError(
            f"An allowed origin is an address such as https://lab.example:8443, but this is {url!r}"
        )
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    origin = f"{parts.scheme}://{name}" + (f":{port}" if port not in (None, usual) else "")
    return origin, parts.hostname


def read_key() -> bytes:
    """Returns a secret of this user, which is kept for a day.

    With it a page that is open finds its lab again that was started anew. Where it cannot be kept,
    or others may have read it, it is a fresh one.
    """
    fresh = secrets.token_bytes(KEY_BYTES)
    try:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
        path = folder / "cocreate" / "lab.key"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (kept := _kept(path)) is not None:
            return kept
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(fresh)
        part.replace(path)
    except (OSError, RuntimeError):  # no such folder can be made, or there is no home
        pass
    return fresh


def _kept(path: Path) -> bytes | None:
    """Returns the secret in a file, if it is of today and this user's alone."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return None
    own = not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
    young = 0 <= time.time() - about.st_mtime < KEY_SECONDS
    whole = stat.S_ISREG(about.st_mode) and about.st_size == KEY_BYTES
    return path.read_bytes() if own and young and whole else None


class Rate:
    """Counts what comes within any one second."""

    def __init__(self, most: int = MOST_A_SECOND) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._most = most

    def allows(self, now: float) -> bool:
        """Counts one at a time [s], and returns whether that is still within the limit."""
        full = len(self._times) == self._most and now - self._times[0] < 1.0
        self._times.append(now)
        return not full
