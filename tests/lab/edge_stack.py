"""A small stack of Traefik and stand-ins without a database: what the product's own routes do not have."""

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avnwizard.adapters.traefik import TraefikEdge
from avnwizard.practice import product
from avnwizard.practice.product.template import COMPOSE_FILE
from tests.lab.engine import Lab, free_port
from tests.lab.stack import LabStack
from tests.waiting import until

_TEMPLATE = Path(__file__).with_name("edge-stack.yml")
SUFFIX = "id.example.test"
SERVICES = ("pair", "tls", "bare", "drained")


@dataclass(slots=True)
class EdgeStack:
    """The stack, and where its three entrypoints are: `plain` in the clear, `tls`, and `web`, which redirects."""

    stack: LabStack
    plain: int
    tls: int
    web: int

    @property
    def compose_file(self) -> Path:
        """The compose file as it is now."""
        return self.stack.clone / COMPOSE_FILE

    def host(self, service: str) -> str:
        """The host that leads to a service; for `bare`, as Traefik's default rule has it."""
        return f"bare-{self.stack.project}" if service == "bare" else f"{service}.{SUFFIX}"

    def get(self, service: str, path: str = "/whoami", *, cookie: str = "") -> tuple[int, dict[str, str], Any]:
        """Ask by the entrypoint that fits: status (0 for no answer), headers in lower case, what the JSON says."""
        connection = plain(self.plain)
        try:
            if service == "tls":
                connection = https(self.tls, self.host(service))
            headers = {"Host": self.host(service)} | ({"Cookie": cookie} if cookie else {})
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, None
        finally:
            connection.close()
        said = json.loads(body) if answer.status == http.client.OK else None
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, said

    def setting(self, name: str) -> str:
        """A variable of the env file, "" where it has none."""
        return self.stack.env_file().get(name, "")

    def set(self, name: str, value: str) -> None:
        """Set a variable of the env file; nothing is restarted."""
        file = self.stack.clone / ".env.production"
        kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith(f"{name}=")]
        file.write_text("\n".join([*kept, f"{name}={value}"]) + "\n", "utf-8")

    def set_api(self, on: bool) -> None:
        """Traefik anew, with its API or without; waits until every route answers."""
        self.set("TRAEFIK_API", str(on).lower())
        self.stack.compose("up", "-d", "--no-deps", "traefik")
        self.wait()

    def bring_about(self, service: str) -> None:
        """Have Compose bring a service to what the file says now; waits until Traefik routes to what it made.

        An answer proves nothing: the new container may have the old one's address, and is asked there by a Traefik
        that has yet to hear of either. Then it drops the route, until the health check has passed: 404 for 2 s.
        """
        self.stack.compose("up", "-d", "--no-deps", service)
        edge = TraefikEdge(self.stack.project, environ=self.stack.env)
        state = ("inspect", "-f", "{{.State.Health.Status}}")
        until(lambda: {*self.stack.lab.docker(*state, *self.ids(service)).stdout.split()} == {"healthy"})
        until(lambda: edge.knows_only(service, self.ids(service)), limit_s=120)
        edge.undirect(service)

    def wait(self) -> None:
        """Until every route answers."""
        for service in SERVICES:
            until(lambda service=service: self.get(service)[0] == http.client.OK)  # type: ignore[misc]  # bound now

    def ids(self, service: str) -> list[str]:
        """The ids of a service's containers, stopped ones too."""
        return self.stack.compose("ps", "-aq", "--no-trunc", service).stdout.split()


def plain(port: int) -> http.client.HTTPConnection:
    """A connection in the clear."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def https(port: int, name: str) -> http.client.HTTPConnection:
    """One by TLS under a name; the certificate is Traefik's own, and nobody's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = plain(port)
    connection.connect()
    connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
    return connection


def bring_up(lab: Lab, name: str, *, mode: str = "abrupt") -> EdgeStack:
    """The stack, running; what was left of it before is removed."""
    ports = {key: free_port() for key in ("EDGE_REDIRECT_BIND", "EDGE_TLS_BIND")}
    release = product.release("v1.5.0")
    images = {
        "LAB_DOCS_IMAGE": release.image("docs", registry=lab.registry),
        "LAB_TRAEFIK_IMAGE": release.image("traefik", registry=lab.registry),
    }
    binds = {key: f"127.0.0.1:{port}" for key, port in ports.items()}
    own = {"SHUTDOWN_MODE": mode, "TRAEFIK_API": "false"}
    stack = LabStack.named(lab, name, settings={**own, **images, **binds})
    stack.remove()
    stack.make_clone()
    (stack.clone / COMPOSE_FILE).write_text(_TEMPLATE.read_text("utf-8"), "utf-8")
    stack.compose("pull", "-q")  # an engine that was used before may hold images of an older stand-in
    stack.compose("up", "-d")
    made = EdgeStack(stack, stack.ports.web, ports["EDGE_TLS_BIND"], ports["EDGE_REDIRECT_BIND"])
    made.wait()
    return made
