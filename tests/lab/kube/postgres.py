"""The lab's Postgres 17 as an image of the cluster, for charts that bring a database."""

from tests.lab.debian import Suite
from tests.lab.kube.images import of_layers
from tests.lab.kube.node import Node
from tests.lab.rootfs import Rootfs

_ENV = (
    "PATH=/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/bin:/bin:/usr/sbin", "LANG=en_US.utf8", "PG_MAJOR=17",
    "PGDATA=/var/lib/postgresql/data",
)  # fmt: skip


def load_postgres(node: Node) -> None:
    """Have `lab.test/postgres:17` in the node's store, of the layers of the engine's image."""
    rootfs = Rootfs(node.paths)
    base = rootfs.base(Suite("trixie", node.paths.root / "apt-trixie"), python=True)
    config = {"Env": list(_ENV), "Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["postgres"], "StopSignal": "SIGINT"}
    node.load([of_layers("postgres:17", config, [base.layer, rootfs.postgres(base, 17)])])
