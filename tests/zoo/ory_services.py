"""Services of a real Hydra and a real Kratos, for a stack of the zoo."""

from tests.lab import kratos, oathkeeper
from tests.lab.hydra import REPOSITORY, VERSION
from tests.zoo.parts import HEALTHY, Body

ACCESS_S = 12


_DSN = "postgres://app:${POSTGRES_PASSWORD}@postgres:5432/app?sslmode=disable"


def hydra_services(version: str = VERSION, dsn: str = _DSN) -> dict[str, Body]:
    """Hydra with its one-shot."""
    image, needs = f"@REG@/{REPOSITORY}:{version}", {"postgres": {"condition": "service_healthy"}}
    settings = {
        "DSN": dsn,
        "SECRETS_SYSTEM": "${HYDRA_SYSTEM_SECRET:?}",
        "URLS_SELF_ISSUER": "http://127.0.0.1:@PORT@",
        "URLS_LOGIN": "http://127.0.0.1:@PORT@/login",
        "URLS_CONSENT": "http://127.0.0.1:@PORT@/consent",
        "TTL_ACCESS_TOKEN": f"{ACCESS_S}s",
        "LOG_LEVEL": "warn",
    }
    routes = {
        "traefik.enable": "true",
        "traefik.http.routers.hydra.rule": "PathPrefix(`/`)",
        "traefik.http.routers.hydra.entrypoints": "web",
        "traefik.http.routers.hydra.service": "hydra",
        "traefik.http.services.hydra.loadbalancer.server.port": "4444",
        "traefik.http.routers.admin.rule": "PathPrefix(`/admin`)",
        "traefik.http.routers.admin.entrypoints": "web",
        "traefik.http.routers.admin.service": "admin",
        "traefik.http.services.admin.loadbalancer.server.port": "4445",
    }
    return {
        "hydra-migrate": {
            "image": image,
            "command": ["migrate", "sql", "up", "-e", "--yes"],
            "environment": {"DSN": dsn},
            "restart": "no",
            "depends_on": needs,
        },
        "hydra": {
            "image": image,
            "command": ["serve", "all", "--dev"],
            "environment": settings,
            "labels": routes,
            "healthcheck": HEALTHY | {"test": ["CMD", "healthcheck", "http://127.0.0.1:4445/health/ready"]},
            "depends_on": {"hydra-migrate": {"condition": "service_completed_successfully"}},
        },
    }


def kratos_services(image: str) -> dict[str, Body]:
    """Kratos with its one-shot."""
    dsn = _DSN.replace("/app?", "/kratos?")
    settings = {
        "DSN": dsn,
        "SECRETS_COOKIE": "a-cookie-secret-0123456789abcdef",
        "SECRETS_CIPHER": "a-cipher-secret-0123456789abcdef",
        "COURIER_SMTP_CONNECTION_URI": "smtp://127.0.0.1:1/?disable_starttls=true",
    }
    files = [f"./{kratos.CONFIG_FILE}:/etc/kratos.yml:ro"]
    return {
        "kratos-migrate": {
            "image": f"@REG@/{image}",
            "command": ["migrate", "sql", "-e", "--yes"],
            "environment": {"DSN": dsn},
            "restart": "no",
            "depends_on": {"postgres": {"condition": "service_healthy"}},
        },
        "kratos": {
            "image": f"@REG@/{image}",
            "command": ["serve", "all", "--dev", "--config", "/etc/kratos.yml"],
            "environment": settings,
            "volumes": files,
            "healthcheck": HEALTHY | {"test": ["CMD", "healthcheck", "http://127.0.0.1:4433/health/ready"]},
            "depends_on": {"kratos-migrate": {"condition": "service_completed_successfully"}},
        },
    }


def oathkeeper_services(image: str) -> dict[str, Body]:
    """Oathkeeper behind Traefik, which asks Hydra of each token by the edge too."""
    routes = {
        "traefik.enable": "true",
        "traefik.http.routers.gate.rule": f"PathPrefix(`{oathkeeper.GATE}/`)",
        "traefik.http.routers.gate.entrypoints": "web",
        "traefik.http.services.gate.loadbalancer.server.port": "4455",
    }
    return {
        "oathkeeper": {
            "image": f"@REG@/{image}",
            "command": ["serve", "--config", f"/etc/{oathkeeper.CONFIG_FILE}"],
            "volumes": [f"./{name}:/etc/{name}:ro" for name in (oathkeeper.CONFIG_FILE, oathkeeper.RULES_FILE)],
            "labels": routes,
            "healthcheck": HEALTHY | {"test": ["CMD", "healthcheck", "http://127.0.0.1:4456/health/ready"]},
        }
    }
