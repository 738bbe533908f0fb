"""The readers of what a release, an image's name and the operator's own files say."""

import contextlib
import json
from collections.abc import Callable
from functools import cache

from avnwizard.adapters.docker.credentials import registry_of
from avnwizard.adapters.sql.reader import ChildSqlReader
from avnwizard.domain.answers import read_answers
from avnwizard.domain.changelog import sections_between
from avnwizard.domain.changelog.forge import from_forge
from avnwizard.domain.changelog.sources import from_commits, from_files, from_tags
from avnwizard.domain.compose import variables_used
from avnwizard.domain.compose.document import read as read_compose
from avnwizard.domain.compose.drawn import drawn_in
from avnwizard.domain.compose.env_readers import demanded_env_files, env_file_paths, passes_on_a_file
from avnwizard.domain.compose.seats import passed_on, seats
from avnwizard.domain.config import parse_config
from avnwizard.domain.config_sample import sample
from avnwizard.domain.data_formats import software_of
from avnwizard.domain.envdiff import diff_env
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.envfile.lenient import readable
from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.interpolation import interpolate, references
from avnwizard.domain.libc import base_from_name, base_from_os_release
from avnwizard.domain.migrations import read_migrations
from avnwizard.domain.offsite import place_from
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.compose_edit import ServerMove, key_of, moved, names_image
from avnwizard.domain.postgres.outside import outside_from, pointed_outside
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.secret_shapes import secret_spans
from avnwizard.domain.settings import key_shown, parse_settings
from avnwizard.domain.traefik.labels import read_labels
from avnwizard.domain.traefik.rules import parse_rule, requests_for, why_not
from avnwizard.domain.version import Version
from avnwizard.practice.compose.model import load
from avnwizard.practice.product.releases import release
from avnwizard.practice.product.template import COMPOSE_FILE, tree
from tests.fuzz.chart_readers import CHART_READERS
from tests.fuzz.reader import Reader

_SMALL_COMPOSE = """\
x-base: &base { restart: always }
services:
  db:
    <<: *base
    image: "postgres:${PG:-17}"
    environment: { POSTGRES_PASSWORD: "${DB_PASSWORD:?set it}", A: 1 }
    env_file: [.env.production, { path: more.env, required: false }]
    volumes: [data:/var/lib/postgresql/data]
    deploy: { replicas: 2 }
  web:
    extends: { service: db }
    labels: ["traefik.http.routers.web.rule=Host(`${DOMAIN}`) && PathPrefix(`/a`)"]
    depends_on: { db: { condition: service_healthy } }
volumes: { data: }
"""
_LABELS = {
    "traefik.enable": "true",
    "traefik.http.routers.web.rule": "Host(`a.test`)",
    "traefik.http.routers.web.priority": "10",
    "traefik.http.routers.web.tls": "true",
    "traefik.http.services.web.loadbalancer.server.port": "8080",
}
_SQL = """\
CREATE TABLE t (a int NOT NULL, b text DEFAULT 'x');
ALTER TABLE u ADD COLUMN c int; UPDATE u SET c = 1 WHERE a > 2;
DO $$ BEGIN EXECUTE 'DROP TABLE v'; END $$;
CREATE INDEX CONCURRENTLY i ON t (a); -- é
COPY t (a, b) FROM stdin;
"""
_MOVE = ServerMove("db", "postgres:18", "/var/lib/postgresql/data", "/var/lib/postgresql", "new_volume")


@cache
def _real(name: str) -> str:
    """A file of the practice's v2.0.0."""
    return tree(release("v2.0.0"), registry="r")[name]


def _of_release(name: str) -> Callable[[], str]:
    return lambda: _real(name)


def _compose(text: str) -> None:
    load(text, dict.fromkeys(variables_used(text), "1"))


def _compose_around(text: str) -> None:
    read_compose(text)
    env_file_paths(text, directory="/srv", values={"A": "b"})
    demanded_env_files(text, directory="/srv", values={"A": "b"})
    passes_on_a_file(text)
    seats(text)
    passed_on(text)
    drawn_in(text, {"A": "b", "DB_PASSWORD": "c", "DOMAIN": "d"}, source="compose.yml")


def _compose_edit(text: str) -> None:
    if names_image(text, "db"):
        key_of(text, _MOVE)
        moved(text, _MOVE)


def _env(text: str) -> None:
    file = EnvFile.parse(text.encode("utf-8", "surrogatepass"))
    file.variables()
    diff_env(file, EnvFile.parse(_real(".env.example").encode()))


def _env_edits(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    readable(data)
    EnvFile.parse_release(data)
    file = EnvFile.parse(data)
    assert file.to_bytes() == data
    for key in file.keys()[:3]:
        file.get(key)
        assert file.with_value(key, "a $b 'c' \"d\"").literal(key) is not None
        file.commented_out(key, note="gone")
        file.renamed(key, "OTHER")
    file.appended("NEW", "x", comment="new")


def _interpolation(text: str) -> None:
    list(references(text))
    interpolate(text, {"A": "b"})


def _rule(text: str) -> None:
    rule = parse_rule(text)
    requests_for(rule)
    why_not(rule)


def _labels(text: str) -> None:
    for name in _LABELS:
        read_labels({**_LABELS, name: text})
    read_labels({**_LABELS, text: "1"})


def _tag(text: str) -> None:
    version = Version.find(text)
    assert version is None or version == Version.parse(version.text)


def _image(text: str) -> None:
    software_of(text)
    base_from_name(text)
    registry_of(text)
    ImageRule("/k", unsigned=("*/x", "[a-")).wanted([text])


def _notes(text: str) -> None:
    for joined in (from_files({"v1.6.0.md": text}), from_tags({"v1.6.0": text}), from_commits([text], "v2.0.0")):
        sections_between(joined, "v1.5.0", "v2.0.0")
    from_forge(text)


def _shown(text: str) -> None:
    assert all(character.isprintable() for character in printable(text))
    secret_spans(text)
    redact_urls(text)


def _place(text: str) -> None:
    with contextlib.suppress(ValueError):  # as it says
        place_from(text)


def _outside(text: str) -> None:
    with contextlib.suppress(ValueError):  # as it says
        outside_from(text)
    pointed_outside({"web": {"environment": {"DATABASE_URL": text, "PGHOST": text}}})


def _sql(text: str) -> None:
    verdict = read_migrations({"1.sql": "CREATE TABLE a (b int)", "2.sql": text}, _READER.judge)
    assert verdict.files == ("1.sql", "2.sql")
    assert len(_READER.cut([text])) == 1


_READER = ChildSqlReader()


def _settings(text: str) -> object:
    """The operator's own settings, and how their keys are shown."""
    data = text.encode("utf-8", "surrogatepass")
    found = parse_settings(data, source="settings.toml", actions={"pause", "abort", "look-again"})
    return [key_shown(key) for key in found.keys.values()]


RELEASE_READERS: dict[str, Reader] = {
    **CHART_READERS,
    "the operator's settings": Reader(
        lambda: "[keys]\npause = 'f2'\nabort = \"ctrl+k\"\nlook-again = '!'\n", _settings
    ),
    "compose file": Reader(_of_release(COMPOSE_FILE), _compose, share=20),
    "small compose file": Reader(lambda: _SMALL_COMPOSE, _compose),
    "what a compose file draws in": Reader(lambda: _SMALL_COMPOSE, _compose_around),
    "edit of a compose file": Reader(lambda: _SMALL_COMPOSE.replace("${PG:-17}", "17"), _compose_edit),
    "env file": Reader(_of_release(".env.example"), _env, share=20),
    "edits of an env file": Reader(lambda: "A=1\nexport B=\"x ${A} y\" # c\n#D=off\nE='a\nb'\n", _env_edits),
    "interpolation": Reader(lambda: "a${A:-b${B?no}}$C$$ ${D+x}", _interpolation),
    "changelog": Reader(
        _of_release("CHANGELOG.md"), lambda text: sections_between(text, "v1.5.0", "v2.0.0"), share=20
    ),
    "release notes": Reader(lambda: "feat!: gone\n\nBREAKING CHANGE: move `A` to `B`\n\n- [x](y) z\n", _notes),
    "avnwizard.toml": Reader(sample, lambda text: parse_config(text, source="f"), share=4),
    "answers": Reader(
        lambda: 'from = "v1"\nto = "v2"\n\n[acknowledge]\n"2.0.0/1" = true\n\n[value]\nA = "b"\n',
        lambda text: read_answers(text, source="f", current="v1", target="v2"),
    ),
    "rule": Reader(lambda: "(Host(`a.test`) || HostRegexp(`^.+$`)) && !PathPrefix(`/x`) && Method(`GET`)", _rule),
    "labels": Reader(lambda: "10", _labels),
    "tag": Reader(lambda: "@scope/name@v1.2.3-rc.1+build", _tag),
    "image": Reader(lambda: "registry.test:5000/vendor/postgres:17.2-alpine@sha256:00", _image),
    "database outside": Reader(lambda: "postgresql://app@db.test:5432/a?sslmode=require", _outside),
    "place of copies": Reader(lambda: "restic:s3:https://host/bucket", _place),
    "any text": Reader(
        lambda: json.dumps({"url": "https://u:p@h/?password=x", "pem": "-----BEGIN KEY-----"}), _shown
    ),
    "os-release": Reader(lambda: 'ID=debian\nID_LIKE="a b"\nVERSION_CODENAME=x\n', base_from_os_release),
    "SQL": Reader(lambda: _SQL, _sql, share=4),
}
