"""How a service of a release behaves: what it refuses to start without, and on which schema it breaks."""

from dataclasses import dataclass

from avnwizard.practice.product.migrations import avnology_migrations, migrations_table, ory_migrations
from avnwizard.practice.product.releases import release
from avnwizard.practice.product.services import Kind, service


@dataclass(frozen=True, slots=True)
class SchemaNeed:
    """What a service wants of its database.

    Not ready while one of `needs` is missing from `table`; its every request runs `reads`, so it answers 500
    and is unhealthy where that fails, which is the case once one of `breaks_on` is applied.
    """

    database: str
    table: str
    needs: tuple[str, ...]
    reads: str
    breaks_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Runtime:
    """A service of a release: its image's version, the container variables it requires, its schema."""

    service: str
    version: str
    requires: tuple[str, ...]
    schema: SchemaNeed | None = None


_REQUIRES: dict[str, tuple[str, ...]] = {
    "minio": ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
    "kratos": ("DSN", "SECRETS_COOKIE", "SECRETS_CIPHER", "COURIER_SMTP_CONNECTION_URI"),
    "hydra": ("DSN", "SECRETS_SYSTEM", "URLS_SELF_ISSUER"),
    "oathkeeper": ("KRATOS_PUBLIC_URL",),
    "gateway": ("DATABASE_URL", "SESSION_SECRET", "VALKEY_URL"),
    "webhook": ("DATABASE_URL", "SIGNING_KEY"),
    "web": ("GATEWAY_URL",),
}
_ORY_READS = {
    "kratos": (
        "SELECT schema_id FROM identities LIMIT 1",
        "SELECT schema_ref, organization_id FROM identities LIMIT 1",
    ),
    "hydra": (
        "SELECT session_data FROM hydra_oauth2_refresh LIMIT 1",
        "SELECT first_used_at FROM hydra_oauth2_refresh LIMIT 1",
    ),
    "keto": ("SELECT subject_id FROM keto_relation_tuples LIMIT 1",) * 2,
    "polis": (
        "SELECT value FROM polis.jackson_store LIMIT 1",
        "SELECT namespace FROM polis.jackson_store LIMIT 1",
    ),
}
_OWN_READS = {
    "gateway": (
        "SELECT login_name, status FROM accounts LIMIT 1",
        "SELECT handle, state, region FROM accounts LIMIT 1",
    ),
    "audit": ("SELECT action FROM audit_events LIMIT 1",) * 2,
    "risk": ("SELECT id FROM accounts LIMIT 1", "SELECT score FROM risk_scores LIMIT 1"),
    "webhook": ("SELECT url FROM webhook_endpoints LIMIT 1",) * 2,
    "saml": ("SELECT entity_id FROM saml_connections LIMIT 1",) * 2,
}
_HANDLES = "0006_account_handles.sql"
_SCHEMA_REF = "v25.4.0_01_identity_schema_ref"


def runtime(service_name: str, tag: str) -> Runtime:
    """How that service of that release behaves; KeyError for a release or service that does not exist."""
    wanted = release(tag)
    version = wanted.tags[service_name]
    new = wanted.version >= (2, 0, 0)
    known = service(service_name)
    requires = _REQUIRES.get(service_name, (known.dsn_variable,) if known.dsn_variable else ())
    if service_name == "gateway" and new:
        requires = (*requires, "SIGNING_SECRET")
    if known.kind is Kind.JOB or known.database is None:
        return Runtime(service_name, version, requires)
    if service_name in _ORY_READS:
        needs = tuple(each.name for each in ory_migrations(service_name, version))
        reads = _ORY_READS[service_name][new]
        breaks = (_SCHEMA_REF,) if service_name == "kratos" and not new else ()
    else:
        needs = tuple(each.name for each in avnology_migrations(tag))
        reads = _OWN_READS[service_name][new]
        breaks = (_HANDLES,) if service_name == "gateway" and not new else ()
    return Runtime(
        service_name,
        version,
        requires,
        SchemaNeed(known.database, migrations_table(service_name), needs, reads, breaks),
    )
