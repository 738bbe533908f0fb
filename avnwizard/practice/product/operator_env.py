"""What an operator has filled in: the env file of a stack in production, and an edit of the compose file."""

import hashlib
import secrets
from collections.abc import Callable, Mapping

HARMLESS_EDIT = (
    "volumes: [minio_data:/data]\n",
    "volumes: [minio_data:/data]\n    logging: { driver: json-file, options: { max-size: 10m } }\n",
)
"""The operator's own change of the compose file, before and after. It merges cleanly into every release."""

_HEX_SECRETS = {
    "POSTGRES_PASSWORD": 24,
    "KRATOS_DB_PASSWORD": 24,
    "HYDRA_DB_PASSWORD": 24,
    "KETO_DB_PASSWORD": 24,
    "REPORTING_DB_PASSWORD": 24,
    "VALKEY_PASSWORD": 24,
    "MINIO_ROOT_PASSWORD": 24,
    "KRATOS_COOKIE_SECRET": 32,
    "KRATOS_CIPHER_SECRET": 16,
    "HYDRA_SYSTEM_SECRET": 32,
    "GATEWAY_SESSION_SECRET": 32,
    "GATEWAY_SIGNING_SECRET": 32,
    "WEBHOOK_SIGNING_KEY": 32,
}
_PLAIN = {
    "AVNOLOGY_DOMAIN": "id.example.test",
    "SMTP_URL": "smtps://mailer:{secret}@mail.example.test:465",
    "COURIER_SMTP_URL": "smtps://mailer:{secret}@mail.example.test:465",
}


def operator_env(example: str, *, settings: Mapping[str, str], secrets_seed: str | None = None) -> str:
    """The text of a filled `.env.production`, made from a release's `.env.example` as an operator would.

    Args:
        example: the text of `.env.example`.
        settings: values that replace those of the example, or are added below it.
        secrets_seed: makes the secrets follow from this text; None makes new ones each time.
    """
    token = _random if secrets_seed is None else _derived(secrets_seed)
    rest = dict(settings)
    lines = [_filled(line, rest, token) for line in example.splitlines()]
    own = [f"{name}={value}" for name, value in rest.items()]
    return "\n".join([*lines, "", "# --- This host " + "-" * 62, *own]) + "\n"


def _filled(line: str, settings: dict[str, str], token: Callable[[str, int], str]) -> str:
    name, equals, value = line.partition("=")
    if not equals or line.startswith("#"):
        return line
    if name in settings:
        value = settings.pop(name)
    elif name in _HEX_SECRETS:
        value = token(name, _HEX_SECRETS[name])
    elif name in _PLAIN:
        value = _PLAIN[name].format(secret=token(name, 12))
    return f"{name}={value}"


def _random(_name: str, size_bytes: int) -> str:
    return secrets.token_hex(size_bytes)


def _derived(seed: str) -> Callable[[str, int], str]:
    return lambda name, size_bytes: hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()[: 2 * size_bytes]
