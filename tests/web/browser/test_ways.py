"""The page plays through a proxy with a path of its own, and through a forwarded port."""

import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parent)
    from lab_bench import pause, ready, rows, step_of


@contextmanager
def proxied(port, prefix):
    """A proxy to a port, which takes a prefix off every path; refuses what lies elsewhere."""
    elsewhere = []

    def pass_on(near):
        with suppress(OSError), near, socket.create_connection(("127.0.0.1", port)) as far:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(65536) or b"\r\n\r\n"
            line, _, rest = head.partition(b"\r\n")
            method, path, version = line.split()
            if not path.startswith(prefix + b"/"):
                elsewhere.append(path)
                near.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            if b"upgrade: websocket" not in rest.lower():
                rest = b"Connection: close\r\n" + rest
            far.sendall(b" ".join((method, path.removeprefix(prefix), version)) + b"\r\n" + rest)
            back = threading.Thread(target=pump, args=(far, near), daemon=True)
            back.start()
            pump(near, far)
            back.join()

    def pump(source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve():
        with suppress(OSError):
            while True:
                threading.Thread(target=pass_on, args=[door.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1], elsewhere
        door.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("prefix", ["", "/node/n01/8765"])
def test_q33_page__plays_under_a_prefix_and_through_a_forwarded_port(lab, visit, prefix):
    with proxied(lab.port, prefix.encode()) as (port, elsewhere):
        token = lab.url.partition("?")[2]
        page = ready(visit(f"http://127.0.0.1:{port}{prefix}/?{token}"))
        page.select_option("#speed", "50")
        page.click("#play")
        ready(page, 10)
        pause(page)
        assert len(rows(page)[0]) == step_of(page) + 1
        page.goto("about:blank")
    assert elsewhere == []
    assert all(f":{port}{prefix}/" in address for address in page.asked if "127.0.0.1" in address)
