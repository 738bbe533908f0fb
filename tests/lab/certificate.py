"""A certificate that nobody trusts, for Traefik's default."""

import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_NAME = "TRAEFIK DEFAULT CERT"
_DAYS = 3650


def default_certificate() -> dict[str, Any]:
    """What Traefik's file provider reads: a key and a certificate that it signs itself, made anew."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = made.public_bytes(serialization.Encoding.PEM)
    pair = {"certFile": public.decode("ascii"), "keyFile": secret.decode("ascii")}
    return {"tls": {"stores": {"default": {"defaultCertificate": pair}}}}
