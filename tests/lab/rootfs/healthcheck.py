#!/usr/bin/python3 -IS
"""The health check program of the lab's images: `healthcheck http://HOST:PORT/PATH` or `healthcheck tcp://HOST:PORT`.

Imports next to nothing, since every container runs it every few seconds.
"""

import socket
import sys


def main(address: str) -> int:
    """0 when the address answers (for http: with 200)."""
    scheme, _, rest = address.partition("://")
    place, _, path = rest.partition("/")
    host, _, port = place.partition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2.5) as connection:
            if scheme == "tcp":
                return 0
            connection.sendall(f"GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            answer = connection.makefile("rb").read(400).decode("utf-8", "replace")
    except OSError as error:
        print(error)
        return 1
    print(answer.partition("\r\n\r\n")[2])
    return 0 if answer.split(" ", 2)[1:2] == ["200"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
