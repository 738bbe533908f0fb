"""A secret followed from a service's setting through the compose files to where it is written."""

from pathlib import Path
from typing import Any

import pytest

from avnwizard.domain.rotation.marks import generations, unreadable
from avnwizard.domain.rotation.places import Place, database_of, find
from avnwizard.errors import RefusedError

ENV = Path("/srv/stack/.env")
SETTING, VALUE = "SECRETS_SYSTEM", "v" * 32


def _find(text: str, raw: dict[str, Any], *, passing: tuple[str, ...] = (), setting: str = SETTING) -> Place:
    return find([text], raw, setting, env_file=ENV, passing=passing)


def _raw(**services: dict[str, Any]) -> dict[str, Any]:
    return {"services": services, "secrets": {"system": {"file": "/srv/stack/system.txt"}}}


RUNNING = _raw(hydra={"environment": {SETTING: VALUE}})


@pytest.mark.parametrize(
    "written",
    ["{SECRETS_SYSTEM: '${NAME}'}", "{SECRETS_SYSTEM: $NAME}", "{SECRETS_SYSTEM: '${NAME:?set it}'}",
     "[A=1, 'SECRETS_SYSTEM=${NAME:-default}']"],
)  # fmt: skip
def test_a_variable(written: str) -> None:
    """In each spelling: a mapping or a list, with and without an operator."""
    assert _find(f"services: {{hydra: {{environment: {written}}}}}", RUNNING) == Place(ENV, "NAME", ("hydra",))


def test_a_later_file_outweighs_an_earlier_one() -> None:
    """As Compose merges them."""
    first, second = (f"services: {{hydra: {{environment: {{{SETTING}: '${{{name}}}'}}}}}}" for name in ("A", "B"))
    assert find([first, second], RUNNING, SETTING, env_file=ENV).variable == "B"


def test_the_env_file_as_a_whole() -> None:
    """With `env_file:` the setting itself is the variable."""
    text = "services: {hydra: {env_file: .env}}"
    assert _find(text, RUNNING, passing=("hydra",)) == Place(ENV, SETTING, ("hydra",))


def test_a_secret_file() -> None:
    """`…_FILE`, by `secrets:` under its own or another name, or by a bind mount."""
    for secret in ({"source": "system"}, {"source": "system", "target": "/run/secrets/other"}):
        path = secret.get("target", "/run/secrets/system")
        raw = _raw(hydra={"environment": {f"{SETTING}_FILE": path}, "secrets": [secret]})
        assert _find("services: {}", raw) == Place(Path("/srv/stack/system.txt"), "", ("hydra",))
    bind = {"type": "bind", "source": "/srv/secret", "target": "/secret"}
    raw = _raw(hydra={"environment": {f"{SETTING}_FILE": "/secret"}, "volumes": [bind]})
    assert _find("services: {}", raw).file == Path("/srv/secret")


@pytest.mark.parametrize(
    ("text", "raw", "why"),
    [
        ("services: {}", _raw(web={}), "No service of this stack"),
        (f"services: {{hydra: {{environment: {{{SETTING}: {VALUE}}}}}}}", RUNNING, "written into the compose file"),
        (f"services: {{hydra: {{environment: {{{SETTING}: '${{A}},${{B}}'}}}}}}", RUNNING, "made of several parts"),
        ("services: {hydra: {extends: {file: other.yml, service: hydra}}}", RUNNING, "does not follow"),
        ("services: {}", _raw(hydra={"environment": {f"{SETTING}_FILE": "/baked/in"}}), "no file of this host"),
        (
            f"services: {{hydra: {{environment: {{{SETTING}: $A}}}}, two: {{environment: {{{SETTING}: $B}}}}}}",
            _raw(hydra={"environment": {SETTING: VALUE}}, two={"environment": {SETTING: VALUE}}),
            "is written in 2 places",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(text: str, raw: dict[str, Any], why: str) -> None:
    """In one line that says why, without the value."""
    with pytest.raises(RefusedError, match=why) as refused:
        _find(text, raw)
    assert VALUE not in refused.value.message + refused.value.hint


def test_the_database_of_a_dsn() -> None:
    """Percent signs decoded; parameters left out; none where the service keeps its data elsewhere."""
    for dsn, name in (
        ("postgres://u:p@db:5432/hydra?sslmode=disable", "hydra"),
        ("postgres://u:p%40@db/Keto%20Store", "Keto Store"),
        ("memory", "memory"),
        ("", ""),
    ):
        assert database_of(_raw(hydra={"environment": {"DSN": dsn}}), "hydra") == name


def test_marks_of_a_snapshot() -> None:
    """By database; where no service reads one any more, nothing can be said of it."""

    def model(value: str) -> dict[str, Any]:
        return _raw(hydra={"environment": {SETTING: value, "DSN": "postgres://u:p@db/hydra"}}, web={})

    kept = generations(model("a" * 32))
    assert [one.name for one in kept] == ["hydra"]
    assert unreadable(kept, ["hydra", "kratos"], model(f"{'b' * 32},{'a' * 32}")) == ()
    assert unreadable(kept, ["hydra"], model("b" * 32)) == ("hydra",)
    assert unreadable(kept, ["kratos"], model("b" * 32)) == ()
    assert unreadable(kept, ["hydra"], _raw(web={})) == ()
