"""Which variables hold a secret, as their names tell.

Errs on the side of masking: a domain that is masked costs a look into the file, a password that is shown costs more.
"""

import re
from functools import lru_cache
from itertools import pairwise

_CUT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WITHIN = re.compile(
    r"PASSW(?:OR)?D|PASSPHRASE|PASSCODE|SECRET(?!AR)|TOKEN(?!I[SZ])|CREDENTIAL|HMAC|JWT|COOKIE|PEPPER|BASICAUTH"
)
"""Means a secret wherever it stands in a word: PGPASSWORD, AUTHTOKEN, CLIENTSECRET."""
_ENDINGS = ("PASS", "PASSWD", "PW", "PWD", "KEY", "KEYS", "SALT", "SALTS", "CRED", "CREDS", "DSN")
"""Tell a secret at the end of a word: DBPASS, BINDPW, APIKEY."""
_WORDS = frozenset({"PAT", "PATS", "CIPHER", "CIPHERS", "JWK", "JWKS", "PEM", "PSK", "OTP", "TOTP", "MNEMONIC"})
_LAST = re.compile(r"\w*(?<!O)AUTH|SIG|SIGNATURE")
"""Means a secret as the last word only: REDIS_AUTH does, AUTH_URL does not."""
_MADE_BY_US = re.compile(
    r"(?:^|_)(?:SECRETS?|PASSWORDS?|PASSWD|PASS|PWD|TOKENS?|SALT|CREDENTIALS?|CIPHER|PEPPER"
    r"|(?:API|PRIVATE|ACCESS|ENCRYPTION|SIGNING|SECRET|MASTER)_?KEYS?|KEY)(?:_|$)",
    re.IGNORECASE,
)
_HARMLESS = frozenset(
    {"BYPASS", "COMPASS", "SURPASS", "TRESPASS", "BASALT", "MONKEY", "DONKEY", "TURKEY", "HOCKEY", "JOCKEY", "VALKEY"}
)


@lru_cache(maxsize=10_000)
def is_secret_name(key: str) -> bool:
    """Whether a variable or parameter of that name is masked everywhere."""
    words = _words(key)
    if not words:
        return False
    return (
        any(_tells(word) for word in words)
        or bool(_LAST.fullmatch(words[-1]))
        or ("BASIC", "AUTH") in pairwise(words)
    )


def is_generated_name(key: str) -> bool:
    """Whether random text may be proposed for such a variable.

    Narrower than `is_secret_name`: a cookie's domain or a token of GitHub's is masked, and no random text will do.
    """
    return bool(_MADE_BY_US.search(key))


def _words(key: str) -> tuple[str, ...]:
    """The name's words in capitals, cut at signs, at digits, and where the case changes."""
    parts = [part for part in re.split(r"[^A-Za-z]+", key) if part]
    return tuple(
        word.upper()
        for part in parts
        for word in ([part] if part.isupper() or part.islower() else _CUT.findall(part))
    )


def _tells(word: str) -> bool:
    if word in _HARMLESS:
        return False
    return word in _WORDS or word.endswith(_ENDINGS) or bool(_WITHIN.search(word))
