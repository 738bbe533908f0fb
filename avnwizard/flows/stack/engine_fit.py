"""Whether the Docker Engine, Compose and Traefik that are there are ones that this works with."""

from collections.abc import Iterator

from avnwizard.domain.findings import Finding
from avnwizard.domain.host import EngineFacts
from avnwizard.domain.plain import printable
from avnwizard.domain.traefik.asks_docker import WAY_OUT, cannot_ask, in_words
from avnwizard.flows.host import Host

MIN_ENGINE = (24, 0)


MIN_COMPOSE = (2, 26)
"""Of Debian 13; nobody tried an older one."""


CALM_COMPOSE = (2, 30)
"""Up to 2.29.2 Compose counts `depends_on` in a service's hash: what `up --no-deps` left, the next plain `up`
replaces once more (docker/compose #12069, #12072)."""


def engine_findings(host: Host) -> Iterator[Finding]:
    """What `check` says of them: too old, elsewhere, rootless, or at odds with each other."""
    facts = host.stack.engine()
    for what, version, least in (
        ("Docker Engine", facts.version, MIN_ENGINE),
        ("Docker Compose", facts.compose_version, MIN_COMPOSE),
    ):
        old = _numbers(version) < least
        need = ".".join(map(str, least))
        yield Finding(
            "engine", "stop" if old else "ok", f"{what} {version}." + (f" At least {need} is needed." if old else ""),
            f"Upgrade {what}." if old else "",
        )  # fmt: skip
    yield from _place(facts, host.context)
    yield from _edge(host, facts)
    if MIN_COMPOSE <= _numbers(facts.compose_version) < CALM_COMPOSE:
        yield Finding(
            "engine", "warn",
            f"Docker Compose {facts.compose_version} works; but a plain `docker compose up -d` after an upgrade "
            "replaces services with depends_on once more. From 2.30 on it does not.", "Upgrade Docker Compose.",
        )  # fmt: skip


def _place(engine: EngineFacts, context: str) -> Iterator[Finding]:
    """What an engine that is not this host's own, run by root, keeps avnwizard from."""
    if engine.elsewhere:
        by = f" (Docker context {printable(context)})" if context else ""
        yield Finding(
            "engine", "warn",
            f"The Docker Engine is not on this host{by}: its disk space, memory and connections cannot be seen; a "
            "service without a health check, or with a container_name, is recreated; and Traefik and Postgres are "
            "asked by the ports that they publish. Checkout, journal and snapshots stay on this host.",
            "Where you can, run avnwizard on the engine's own host.",
        )  # fmt: skip
    if engine.rootless:
        yield Finding(
            "engine", "warn",
            "The Docker Engine is rootless, and no upgrade was tried like that: containers' own addresses cannot be "
            "reached, so a service without a health check is recreated, and Traefik and Postgres are asked by the "
            "ports that they publish.", "Publish Postgres on 127.0.0.1, or use an engine run by root.",
        )  # fmt: skip


def _edge(host: Host, engine: EngineFacts) -> Iterator[Finding]:
    """Whether the Traefik that runs gets any containers from this engine."""
    edge = host.edge.facts()
    if edge and cannot_ask(edge.version, engine.min_api):
        yield Finding("engine", "stop", in_words(printable(edge.name), edge.version, engine.min_api), WAY_OUT)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(
        int(part) for part in version.lstrip("v").split("+")[0].split("-")[0].split(".")[:2] if part.isdigit()
    )
