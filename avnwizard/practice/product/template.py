"""The files of a release's tree, made from the templates alongside this module.

A template's line may begin with `@>=v2.0.0@` or `@<v2.0.0@`: it is in those releases only. `@tag@`,
`@image:SERVICE@` and `@migrate:SERVICE@` stand for the release's tag, an image reference and an Ory
one-shot's command.
"""

import re
from importlib.resources import files

from avnwizard.practice.product.changelog import changelog
from avnwizard.practice.product.migrations import avnology_migrations
from avnwizard.practice.product.releases import RELEASES, Release

COMPOSE_FILE = "docker-compose.traefik.yml"
_CONDITION = re.compile(r"^@(?P<how>>=|<)v(?P<version>[\d.]+)@")
_UP_SINCE = {"kratos": (25, 4), "hydra": (2, 3)}
"""From here on `migrate sql up -e --yes`, before it `migrate sql -e --yes` (Ory's release notes)."""


def tree(release: Release, *, registry: str, among: tuple[Release, ...] = RELEASES) -> dict[str, str]:
    """The text of every file of the release by its path; `among` are the releases that the changelog may tell of."""
    compose = _render("compose-base.yml", release, registry) + _render("compose-apps.yml", release, registry)
    migrations = {f"deploy/docker/migrations/{each.name}": each.sql for each in avnology_migrations(release.tag)}
    return {
        COMPOSE_FILE: compose,
        ".env.example": _render("env.example", release, registry),
        ".gitignore": _template("gitignore"),
        "CHANGELOG.md": changelog(release.tag, among),
        "README.md": _template("README.md"),
        "deploy/docker/postgres/10-databases.sql": _template("10-databases.sql"),
        **migrations,
    }


def _template(name: str) -> str:
    return (files("avnwizard.practice.product") / "templates" / name).read_text("utf-8")


def _render(name: str, release: Release, registry: str) -> str:
    lines = []
    for line in _template(name).splitlines():
        condition = _CONDITION.match(line)
        if condition is None:
            lines.append(line)
        elif _holds(condition, release):
            lines.append(line[condition.end() :])
    text = "\n".join(lines).replace("@tag@", release.tag) + "\n"
    text = re.sub(r"@image:([a-z-]+)@", lambda found: release.image(found[1], registry=registry), text)
    return re.sub(r"@migrate:([a-z]+)@", lambda found: _migrate_arguments(found[1], release.tags[found[1]]), text)


def _holds(condition: re.Match[str], release: Release) -> bool:
    limit = tuple(int(part) for part in condition["version"].split("."))
    return release.version >= limit if condition["how"] == ">=" else release.version < limit


def _migrate_arguments(service_name: str, version: str) -> str:
    numbers = tuple(int(part) for part in version.removeprefix("v").split("."))
    return 'migrate, sql, up, "-e", "--yes"' if numbers >= _UP_SINCE[service_name] else 'migrate, sql, "-e", "--yes"'
