"""Which services are stopped while databases are put back."""

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.strategy import keeps_running

_DATA = [{"type": "volume", "source": "data", "target": "/data"}]
_PORT = [{"target": 4434, "published": "4434", "host_ip": "127.0.0.1", "protocol": "tcp"}]
MODEL = model_from_config(
    {
        "name": "x",
        "services": {
            "traefik": {"ports": _PORT, "depends_on": {"kratos": {"condition": "service_healthy"}}},
            "postgres": {"volumes": _DATA},
            "pooler": {"depends_on": {"postgres": {"condition": "service_healthy"}}},
            "kratos": {"ports": _PORT, "depends_on": {"pooler": {"condition": "service_started"}}},
            "audit": {"volumes": _DATA, "depends_on": {"postgres": {"condition": "service_healthy"}}},
            "minio": {"volumes": _DATA, "ports": _PORT},
            "web": {},
            "one": {"volumes": _DATA, "depends_on": {"other": {"condition": "service_started"}}},
            "other": {"volumes": _DATA, "depends_on": {"one": {"condition": "service_started"}}},
        },
    }
)


@pytest.mark.parametrize(
    ("service", "stays"),
    [
        pytest.param("traefik", True, id="the edge, whatever it waits for"),
        pytest.param("postgres", True, id="the database itself"),
        pytest.param("minio", True, id="data of its own"),
        pytest.param("kratos", False, id="an admin port on loopback does not spare a writer"),
        pytest.param("audit", False, id="nor does a log"),
        pytest.param("pooler", False, id="what holds connections"),
        pytest.param("web", False, id="what holds nothing"),
        pytest.param("one", True, id="a circle ends"),
    ],
)
def test_what_stays(service: str, *, stays: bool) -> None:
    """New code must not go on writing to a schema that was put back."""
    assert keeps_running(MODEL.services[service], MODEL, edge="traefik", databases=("postgres",)) is stays
