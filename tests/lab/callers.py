"""A caller inside the small edge stack: a service that asks another by its name, past Traefik, 80 times a second."""

import subprocess
from typing import Literal

from tests.lab.edge_stack import EdgeStack

Kind = Literal["blind", "looks", "fresh"]
"""On a connection that is kept and used blindly; on one that is looked at before; on a fresh one each time."""

_CALLER = """
import collections, http.client, json, select, sys, threading, time
service, kind, seen, stop = *sys.argv[1:], collections.Counter(), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
due, connection = time.monotonic(), None
while not stop.is_set():
    due += 1 / 80
    time.sleep(max(due - time.monotonic(), 0))
    if connection and kind == "looks" and select.select([connection.sock], [], [], 0)[0]:
        connection.close()
        connection = None
    try:
        connection = connection or http.client.HTTPConnection(service, 8080, timeout=10)
        connection.request("GET", "/whoami")
        answer = connection.getresponse()
        answer.read()
        seen["ok" if answer.status == 200 else str(answer.status)] += 1
        closes = answer.will_close
    except (OSError, http.client.HTTPException) as error:
        seen[type(error).__name__] += 1
        closes = True
    if closes or kind == "fresh":
        connection.close()
        connection = None
print(json.dumps(seen))
"""


def calling(edge: EdgeStack, service: str, kind: Kind) -> subprocess.Popen[str]:
    """Calls until its stdin is closed, and then prints what it saw: JSON, by kind of outcome; "ok" is well."""
    argv = ["docker", "exec", "-i", edge.ids("drained")[0], "python3", "-u", "-c", _CALLER, service, kind]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
