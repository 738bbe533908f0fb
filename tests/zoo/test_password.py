"""A role's password is replaced on a real engine while a service opens a new connection for each request."""

import os

import pytest

from avnwizard.errors import ExitCode
from tests.flows.cli import avnwizard
from tests.waiting import until
from tests.zoo.parts import app, compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, ENV, NAMES_POSTGRES, ZooStack, bring_up

pytestmark = pytest.mark.skipif(
    os.environ.get("AVNWIZARD_LAB") != "1", reason="the lab starts only when AVNWIZARD_LAB=1 asks"
)
OLD = "the-first-password-of-shop"
_INIT = f"CREATE ROLE shop LOGIN PASSWORD '{OLD}';\nCREATE DATABASE shop OWNER shop;\n"
_DOOR = """
import http.server, os, signal, sys, threading
import psycopg

class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            with psycopg.connect(os.environ["DSN"], connect_timeout=5) as connection:
                body, status = connection.execute("SELECT session_user::text").fetchone()[0], 200
        except psycopg.Error as error:
            body, status = str(error), 500
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("", 8080), Door)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""


@pytest.fixture
def shop(zoo: ZooStack) -> ZooStack:
    """A server with the role `shop`, and a service that signs in as it for each request."""
    dsn = {"DSN": "postgres://shop:${SHOP_PASSWORD:?}@postgres:5432/shop"}
    door = app("shop", "v1.5.0", environment=dsn, volumes=["./door.py:/door.py:ro"])
    door |= {"entrypoint": ["python3", "/door.py"], "depends_on": {"postgres": {"condition": "service_healthy"}}}
    door["healthcheck"]["test"] = ["CMD", "healthcheck", "http://127.0.0.1:8080/"]
    server = postgres()
    server["volumes"].append("./init:/docker-entrypoint-initdb.d:ro")
    release = {
        COMPOSE_FILE: compose({"traefik": traefik(), "postgres": server, "shop": door}),
        "door.py": _DOOR,
        "init/10.sql": _INIT,
    }
    operator = {".env": f"{ENV}SHOP_PASSWORD={OLD}\n", "avnwizard.toml": NAMES_POSTGRES}
    return bring_up(zoo, {"v1.0.0": release}, operator=operator)


def _refused(zoo: ZooStack) -> int:
    said = zoo.lab.docker("logs", zoo.containers("postgres")[-1].id)
    return f"{said.stdout}{said.stderr}".count("password authentication failed")


def test_no_connection_is_refused(shop: ZooStack) -> None:
    """There and back under load: 0 requests lost, 0 connections refused. ALTER ROLE alone refuses them."""
    until(lambda: shop.ask("/shop")[0] == 200, limit_s=20)
    server = shop.containers("postgres")[0].id
    with shop.load("shop", rate=10) as there:
        done = avnwizard("rotate", "password", "shop", "--stack", shop.clone, "--yes")
    assert done.code == ExitCode.DONE, done.err
    new = (shop.clone / ".env").read_text("utf-8").partition("SHOP_PASSWORD=")[2].strip()
    assert len(new) == 64
    with shop.load("shop", rate=10) as back:
        taken = shop.rollback()
    assert taken.code == ExitCode.DONE, taken.err
    assert f"SHOP_PASSWORD={OLD}\n" in (shop.clone / ".env").read_text("utf-8")
    print(there.report, back.report, sep="\n")
    assert there.report is not None
    assert back.report is not None
    assert (there.report.lost_total, back.report.lost_total, _refused(shop)) == (0, 0, 0)
    assert there.report.sent > 20
    assert shop.sql("SELECT rolname FROM pg_roles WHERE rolname ~ 'shop'") == "shop"
    assert shop.containers("postgres")[0].id == server
    shop.nothing_to_do()
    shop.sql("ALTER ROLE shop PASSWORD 'the-second-password-of-shop'")
    assert shop.ask("/shop")[0] == 500
    assert _refused(shop) > 0
