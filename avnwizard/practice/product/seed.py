"""A year's worth of rows for a stack at v1.5.0, in four databases, the same every time."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

from avnwizard.practice.product.cipher import seal

SEEDED_ROWS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "avnology": {"organizations": 200, "accounts": 20_000, "audit_events": 40_000, "risk_scores": 20_000},
        "kratos": {"identities": 20_000, "identity_credentials": 20_000, "sessions": 30_000},
        "hydra": {"hydra_client": 1_000, "hydra_jwk": 2, "hydra_oauth2_refresh": 2_000},
        "keto": {"keto_relation_tuples": 40_000},
    }
)
"""Rows by database and table once the seed has run."""


def seed_sql(hydra_system_secret: str, *, accounts: int = 20_000) -> str:
    r"""A psql script (it uses `\connect` and `SET ROLE`) to be run once by the superuser on an empty v1.5.0.

    Args:
        hydra_system_secret: what Hydra's rows are sealed under, one secret, not the list.
        accounts: how many accounts and identities, at least 20; what belongs to them is in proportion.
    """
    plain = (files("avnwizard.practice.product") / "seed.sql").read_text("utf-8")
    return f"\\set accounts {accounts}\n" + plain + "".join(_sealed(hydra_system_secret)) + "RESET ROLE;\nANALYZE;\n"


def _sealed(secret: str) -> Iterator[str]:
    yield "COPY hydra_jwk (sid, kid, keydata) FROM stdin;\n"
    for name in ("hydra.openid.id-token", "hydra.jwt.access-token"):
        data = seal(secret, f'{{"kty":"oct","use":"sig","kid":"{name}"}}'.encode(), nonce_from=name)
        yield f"{name}\t{name}-1\t{data}\n"
    yield "\\.\nCOPY hydra_oauth2_refresh (signature, client_id, session_data, expires_at) FROM stdin;\n"
    for number in range(1, 2_001):
        data = seal(secret, f'{{"subject":"user{number}"}}'.encode(), nonce_from=f"refresh-{number}")
        yield f"refresh-{number}\tclient-{1 + number % 1000}\t{data}\t2035-01-01 00:00:00+00\n"
    yield "\\.\n"
