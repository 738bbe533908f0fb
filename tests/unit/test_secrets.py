"""What counts as a secret, by name and by shape, and that no message quotes one."""

from pathlib import Path

import pytest

from avnwizard.adapters.docker.environment import names_in, without_secrets
from avnwizard.domain.config import parse_config
from avnwizard.domain.env_preview import preview
from avnwizard.domain.envfile import EnvFile, EnvSyntaxError, readable
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.domain.secret import is_secret_name, masked, redact_urls
from avnwizard.errors import UsageError

CANARY = "CaNaRy"
SECRET_NAMES = """
PGPASSWORD MYSQLPASSWORD MYSQL_ROOT_PASSWORD DBPASS SMTPPASS DB_PASS AUTHTOKEN GITHUB_PAT PASSPHRASE SESSION_KEYS
HTPASSWD ADMIN_HTPASSWD BASIC_AUTH BASIC_AUTH_USERS BASICAUTH CLIENTSECRET clientSecret LDAP_BIND_PW ROOTPW DB_PWD JWT
JWT_PRIVATE_PEM COOKIE HMAC HMAC_SHA256 REDIS_AUTH S3_SECRET_ACCESS_KEY apiKey AccountKey SECRET_KEY_BASE SALT CREDS
SENTRY_DSN TURN_PSK X-Amz-Signature db.password HYDRA_SYSTEM_SECRET PASSWORDS
"""
OTHER_NAMES = """
MONKEY_BUSINESS VALKEY_URL AUTH_URL OAUTH_CLIENT_ID ENABLE_OAUTH BYPASS_CACHE COMPASS_URL SECRETARY_MAIL TOKENIZER
PATH PATTERN PATCH STATE AUTHOR POOL_SIZE AVNOLOGY_DOMAIN EDGE_HTTP_BIND COMPOSE_PROJECT_NAME APP_TAG KEYCLOAK_URL
"""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_a_name_that_tells_a_secret(name: str) -> None:
    """However its words are glued together, the value is masked."""
    assert is_secret_name(name)
    assert masked(name, "hunter2") == "***"


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_a_name_that_tells_none(name: str) -> None:
    """An operator has to see what an ordinary setting becomes."""
    assert not is_secret_name(name)
    assert masked(name, "5") == "5"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"smtps://mailer:{CANARY}a@{CANARY}b@host:465", "smtps://***@host:465"),
        (f"postgres://u:pa/{CANARY}@h:5432/db", "postgres://***@h:5432/db"),
        (f"postgres://u:1234/{CANARY}@h:5432/db", "postgres://***@h:5432/db"),
        (f"postgres://u:pa?{CANARY}#x@h", "postgres://***@h"),
        (f"amqp://u:p@{CANARY}/w@rd@h//v", "amqp://***@h//v"),
        (f"https://ghp_{CANARY}@host/x.git", "https://***@host/x.git"),
        (f"redis://:{CANARY}@h:6379/0", "redis://***@h:6379/0"),
        (f"postgres://h/db?user=u&password={CANARY}&ssl=1", "postgres://h/db?user=u&password=***&ssl=1"),
        (f"Server=h;Pwd={CANARY};Database=d", "Server=h;Pwd=***;Database=d"),
        (f"host=h password='{CANARY} x' dbname=d", "host=h password='***' dbname=d"),
        (f"http://a/x,https://u:{CANARY}@h", "http://a/x,https://***@h"),
        (f"u:{CANARY}@tcp(h:3306)/d", "***@tcp(h:3306)/d"),
        (f"https://h/cb?client_secret={CANARY}", "https://h/cb?client_secret=***"),
        (f'{{"auths":{{"r":{{"auth":"{CANARY}","n":"1"}}}}}}', '{"auths":{"r":{"auth":"***","n":"1"}}}'),
        (f'{{\'api_key\': \'{CANARY}\', "token": "a\\"{CANARY}"}}', "{'api_key': '***', \"token\": \"***\"}"),
        (f"Authorization: Bearer {CANARY}1-x", "Authorization: Bearer ***"),
        (f"a Basic Q2F{CANARY}==", "a Basic ***"),
        (f"ghp_{CANARY}0123456789", "***"),
        (f"sk_live_{CANARY}12", "***"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        (f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.sig", "***"),
        (f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----", "***"),
        (f"admin:$2y$10${CANARY}abcdefgh", "admin:***"),
    ],
)
def test_a_secret_by_its_shape(value: str, shown: str) -> None:
    """In a variable whose name tells nothing, and in a message that quotes it."""
    assert masked("PLAIN", value) == shown
    assert redact_urls(f"it said {value} and ended") == f"it said {shown} and ended"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("9f86d081884c7d659a2feaa0c55ad015", "***"),
        ("k3J9xQ2mZ7pL4vT8wR1nB6yH0sD5fG+/aE==", "***"),
        ("https://hooks.example/services/aB3dE5gH7jK9mN1pQ3rS5tU7", "***"),
        (f"user:{CANARY}@smtp.example.com:587", "***@smtp.example.com:587"),
        (f"host: h\npassword: {CANARY} x\n", "host: h\npassword: ***\n"),
        (f"X-Api-Key:{CANARY}", "X-Api-Key:***"),
        (f"postgres://u:pa {CANARY}@h", "postgres://***@h"),
        ("smtps://mailer:3b71755f88f1553a027f6b393b71755f@mail.example:465", "smtps://***@mail.example:465"),
    ],
)
def test_a_whole_value_that_is_secret(value: str, shown: str) -> None:
    """Long text without meaning, and what only the bounds of a value make a secret."""
    assert masked("PLAIN", value) == shown


@pytest.mark.parametrize(
    "value",
    [
        "https://id.example.com:8443/login@home",
        "https://medium.example/@user",
        "oci://registry.example/name@sha256:" + "ab12" * 16,
        "registry.example:5000/a/b:v1@sha256:" + "ab12" * 16,
        "someone@example.com",
        "mailto:someone@example.com",
        "/var/lib/postgresql/18/docker/Data",
        "Basic authentication",
        "Bearer ${TOKEN}",
        '{"host": "h", "path": "/a"}',
        "a-long-name-with-words-and-2024-01-01",
        "2026-11-27T22:26:00Z",
        "http://[::1]:80/x@y",
        "smtp://mail.example.com:587",
    ],
)
def test_what_is_no_secret_is_shown(value: str) -> None:
    """An address, a path, a digest."""
    assert masked("PLAIN", value) == value
    assert redact_urls(value) == value


MULTI_LINE = b"""\
DB_PASSWORD="correct horse battery"
PLAIN=ordinary
TLS_KEY="-----BEGIN-----
MIIEabcdefgh
-----END-----"
OTHER_SECRET='a#b c$d'
DATABASE_URL=postgres://u:p4ssw0rd@h/db
"""


def test_a_complaint_of_composes_loses_the_secrets(tmp_path: Path) -> None:
    """Values with spaces, of several lines, with signs, and the password within a URL."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(MULTI_LINE)
    said = "ordinary: correct horse battery, MIIEabcdefgh, a#b c$d, p4ssw0rd"
    assert without_secrets(said, env_file) == "ordinary: ***, ***, ***, ***"
    assert names_in(env_file) == {"DB_PASSWORD", "PLAIN", "TLS_KEY", "OTHER_SECRET", "DATABASE_URL"}


def test_a_line_that_compose_cannot_read_may_hold_a_secret(tmp_path: Path) -> None:
    """The line that it quotes is one that we cannot read either."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"A=1\nMIIEvQIBADANBg/kqhkiG9w0\nPASS WORD=s3cret text\nTOKEN=t0ken\n")
    said = 'line 2: unexpected character "/" in "MIIEvQIBADANBg/kqhkiG9w0"; PASS WORD=s3cret text; t0ken'
    shown = without_secrets(said, env_file)
    assert [part for part in ("MIIE", "s3cret", "t0ken") if part in shown] == []
    assert "line 2: unexpected character" in shown


def test_as_much_as_can_be_read() -> None:
    """The other lines of a file with lines that cannot be read; no end of such lines hangs it."""
    known, lost = readable(b"A=1\nB C=2\nD='x\nE=3\n")
    assert (known.keys(), lost) == (("A", "E"), ("B C=2", "D='x"))
    many = b"x y\n" * 5000
    assert readable(many)[0].keys() == ()
    assert len(readable(many)[1]) == 5000


@pytest.mark.parametrize("text", [b"A=1\nMIIE/s3cret=\n", b"s3cret words=1\n"])
def test_our_own_complaint_quotes_no_value(text: bytes) -> None:
    """The rest of a secret of several lines without quotes looks like a name."""
    with pytest.raises(EnvSyntaxError) as wrong:
        EnvFile.parse(text)
    assert "s3cret" not in wrong.value.message


def test_a_dollar_in_a_password_is_not_quoted() -> None:
    """A malformed reference is named by its line and variable."""
    with pytest.raises(InterpolationError, match="line 1, DB_PASSWORD: invalid interpolation") as wrong:
        EnvFile.parse(b"DB_PASSWORD=a${s3cret b\n").as_dict()
    assert "s3cret" not in wrong.value.message


def test_the_preview_of_an_env_file() -> None:
    """Lines around an edit, and what was commented out before, are masked by name and by shape."""
    before = f"PGPASSWORD={CANARY}1\nGITHUB_PAT={CANARY}2\n# OLD=ghp_{CANARY}3456\nX=1\nSMTP=smtp://a:{CANARY}@b@h\n"
    lines = preview(EnvFile.parse(before.encode()), EnvFile.parse(before.replace("X=1", "X=2").encode()))
    text = "\n".join(line.text for line in lines)
    assert CANARY not in text
    assert "SMTP=smtp://***@h" in text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[probe]\nurls = ['https://u:hunter2@id.example.com/']", "urls.0"),
        ("[probe]\npaths = { web = '/health?token=hunter2' }", "paths.web"),
    ],
)
def test_what_is_probed_holds_no_secret(text: str, place: str) -> None:
    """The plan and the journal hold what is probed, so a password in it is refused."""
    with pytest.raises(UsageError, match=f"{place}: Must hold no password") as wrong:
        parse_config(text, source="f")
    assert "hunter2" not in wrong.value.message
