"""The five releases: their dates, the images that each pins, and what its env file must hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_INFRA = {"traefik": "v3.7", "postgres": "17", "valkey": "8.0", "nats": "2.10", "pgbouncer": "1.24"}
_MINIO = {"minio": "2025-04-22"}
_OWN = ("gateway", "audit", "risk", "webhook", "saml", "web", "docs")

_ALWAYS_REQUIRED = (
    "AVNOLOGY_DOMAIN",
    "POSTGRES_PASSWORD",
    "KRATOS_DB_PASSWORD",
    "HYDRA_DB_PASSWORD",
    "KETO_DB_PASSWORD",
    "REPORTING_DB_PASSWORD",
    "VALKEY_PASSWORD",
    "MINIO_ROOT_USER",
    "MINIO_ROOT_PASSWORD",
    "KRATOS_COOKIE_SECRET",
    "KRATOS_CIPHER_SECRET",
    "HYDRA_SYSTEM_SECRET",
    "GATEWAY_SESSION_SECRET",
    "WEBHOOK_SIGNING_KEY",
)


@dataclass(frozen=True, slots=True)
class Release:
    """One release of the product.

    `tags` is the image tag of each service, `ory` the pins that belong together, `migrations` the files of
    `deploy/docker/migrations`, `required` the env file variables without which the compose file does not
    resolve. `renamed` maps old to new names, `removed` and `added` the rest of what changed in the env file
    since the release before.
    """

    tag: str
    date: str
    tags: Mapping[str, str]
    ory: Mapping[str, str]
    migrations: tuple[str, ...]
    required: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def version(self) -> tuple[int, int, int]:
        """The tag as numbers, to compare by."""
        major, minor, patch = (int(part) for part in self.tag.removeprefix("v").split("."))
        return major, minor, patch

    def image(self, service_name: str, *, registry: str) -> str:
        """The image reference of a service, e.g. `registry/kratos:v1.3.1`."""
        return f"{registry}/{image_name(service_name)}:{self.tags[service_name]}"


def image_name(service_name: str) -> str:
    """The repository name of a service's image: an Ory one-shot runs the image of the service it serves."""
    if service_name in {"kratos-migrate", "hydra-migrate", "keto-migrate"}:
        return service_name.removesuffix("-migrate")
    return "migrate" if service_name == "avnology-migrate" else service_name


def _tags(tag: str, ory: Mapping[str, str], **changed: str) -> Mapping[str, str]:
    jobs = {f"{name}-migrate": ory[name] for name in ("kratos", "hydra", "keto")}
    own = dict.fromkeys((*_OWN, "avnology-migrate"), tag)
    return MappingProxyType({**_INFRA, **_MINIO, **ory, **jobs, **own, **changed})


def _ory(kratos: str, hydra: str, keto: str, oathkeeper: str, polis: str) -> Mapping[str, str]:
    return MappingProxyType(
        {"kratos": kratos, "hydra": hydra, "keto": keto, "oathkeeper": oathkeeper, "polis": polis}
    )


_FILES = (
    "0001_accounts.sql",
    "0002_connections.sql",
    "0003_audit_action_index.sql",
    "0004_risk_scores.sql",
    "0005_account_regions.sql",
    "0006_account_handles.sql",
    "0007_audit_retention.sql",
)
_ORY_142 = _ory("v1.3.0", "v2.2.0", "v0.14.0", "v0.40.9", "v1.47.0")
_ORY_143 = _ory("v1.3.1", "v2.2.0", "v0.14.0", "v0.40.9", "v1.47.0")
_ORY_150 = _ory("v1.3.1", "v2.3.0", "v0.14.0", "v0.40.9", "v1.47.0")
_ORY_160 = _ory("v1.3.2", "v2.3.1", "v0.14.1", "v0.40.10", "v1.48.0")
_ORY_200 = _ory("v25.4.0", "v25.4.0", "v25.4.0", "v25.4.0", "v1.52.2")
_REQUIRED_V1 = (*_ALWAYS_REQUIRED, "SMTP_URL")
_REQUIRED_V2 = (*_ALWAYS_REQUIRED, "COURIER_SMTP_URL", "GATEWAY_SIGNING_SECRET")

RELEASES: tuple[Release, ...] = (
    Release("v1.4.2", "2025-05-06", _tags("v1.4.2", _ORY_142), _ORY_142, _FILES[:2], _REQUIRED_V1),
    Release("v1.4.3", "2025-06-06", _tags("v1.4.3", _ORY_143), _ORY_143, _FILES[:3], _REQUIRED_V1),
    Release(
        "v1.5.0",
        "2025-07-06",
        _tags("v1.5.0", _ORY_150),
        _ORY_150,
        _FILES[:4],
        _REQUIRED_V1,
        added=("WEBHOOK_MAX_RETRIES",),
    ),
    Release(
        "v2.0.0",
        "2025-08-06",
        _tags("v2.0.0", _ORY_200, valkey="8.1"),
        _ORY_200,
        _FILES[:6],
        _REQUIRED_V2,
        renamed=MappingProxyType({"SMTP_URL": "COURIER_SMTP_URL", "GATEWAY_RATE_LIMIT": "GATEWAY_RATE_LIMIT_RPM"}),
        removed=("AUDIT_LEGACY_SINK",),
        added=("GATEWAY_SIGNING_SECRET", "RISK_SCORE_THRESHOLD"),
    ),
    Release("v2.1.0", "2025-09-06", _tags("v2.1.0", _ORY_200, valkey="8.1"), _ORY_200, _FILES, _REQUIRED_V2),
)
"""Oldest first: what the practice stack's remote offers."""

MINOR = Release("v1.6.0", "2025-07-20", _tags("v1.6.0", _ORY_160), _ORY_160, _FILES[:4], _REQUIRED_V1)
"""A compatible minor, for the lab alone: every image but the infrastructure's is new, no schema moves. On the
practice stack the major release is the one to practise, and must be the one that is recommended."""
LAB_RELEASES: tuple[Release, ...] = tuple(sorted((*RELEASES, MINOR), key=lambda each: each.version))
"""Oldest first: what the lab's remote offers."""


def release(tag: str) -> Release:
    """The release of that tag; KeyError when there is none."""
    return {each.tag: each for each in LAB_RELEASES}[tag]
