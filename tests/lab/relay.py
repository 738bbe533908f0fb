"""Hands connections from one network namespace to another: `python -m tests.lab.relay NAMESPACE PORT`.

What connects to 127.0.0.1:PORT in the namespace reaches 127.0.0.1:PORT of this one: so a second engine finds the
registry under the name that images have. It prints a line once it listens.
"""

import contextlib
import ctypes
import os
import socket
import sys
import threading

_CLONE_NEWNET = 0x40000000
_PIECE = 1 << 16


def _enter(handle: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(handle, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def main(namespace: str, port: int) -> None:
    """Listen there, connect here."""
    ours = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(namespace, os.O_RDONLY)
    _enter(there)
    listening = socket.create_server(("127.0.0.1", port))
    _enter(ours)
    print("listening", flush=True)
    while True:
        inner, _ = listening.accept()
        try:
            outer = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            inner.close()
            continue
        outer.settimeout(None)
        for ends in ((inner, outer), (outer, inner)):
            threading.Thread(target=_pump, args=ends, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
