"""Data services: what a newer one wrote is not given to an older one that cannot read it."""

import os
from typing import Any

import pytest

from avnwizard.domain.config import parse_config
from avnwizard.errors import ExitCode
from tests.waiting import until
from tests.zoo.parts import app, compose, postgres, traefik, worker
from tests.zoo.stack import COMPOSE_FILE, ZooStack, bring_up

pytestmark = pytest.mark.engine


def _release(tag: str, valkey: str) -> dict[str, str]:
    cache: dict[str, Any] = {
        "image": f"@REG@/valkey:{valkey}",
        "command": ["valkey-server", "--save", "60", "1", "--protected-mode", "no"],
        "volumes": ["cache:/data"],
    }
    services = {"traefik": traefik(), "postgres": postgres(), "valkey": cache, "web": app("web", tag)}
    return {COMPOSE_FILE: compose(services)}


def _cli(zoo: ZooStack, *words: str) -> str:
    return zoo.lab.docker("exec", zoo.containers("valkey")[-1].id, "valkey-cli", *words).stdout.strip()


def test_valkey_forward_and_back(zoo: ZooStack) -> None:
    """Valkey 8.1 to 9.1: the rollback leaves it at 9.1, whose file 8.1 cannot read, and says so on every surface."""
    bring_up(zoo, {"v1.5.0": _release("v1.5.0", "8.1"), "v1.6.0": _release("v1.6.0", "9.1")})
    assert _cli(zoo, "SET", "key", "value") == "OK"
    plan = zoo.avnwizard("plan", "--to", "v1.6.0", "--json").data
    warning = next(one for one in plan["warnings"] if "valkey" in one)
    assert "stays at Valkey 9.1" in warning
    assert "writes RDB version 80, and Valkey 8.1 reads up to 11" in warning
    done = zoo.upgrade()
    assert done.code == ExitCode.DONE, done.err
    assert _cli(zoo, "GET", "key") == "value"
    _cli(zoo, "SET", "late", "kept")
    _cli(zoo, "SAVE")

    looked = zoo.avnwizard("rollback", "--dry-run")
    assert "valkey stays as it is: Valkey 9.1 keeps running" in looked.out
    data = zoo.avnwizard("rollback", "--dry-run", "--json").data
    assert [one["service"] for one in data["stay"]] == ["valkey"]
    assert "valkey" not in [one["service"] for one in data["services"]]
    forced = zoo.avnwizard("rollback", "--dry-run", "--json", "--older", "valkey").data
    assert (forced["stay"], "valkey" in [one["service"] for one in forced["services"]]) == ([], True)
    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert "Valkey 9.1 keeps running" in back.err
    assert (zoo.version("web"), _cli(zoo, "GET", "late")) == ("v1.5.0", "kept")
    assert "Valkey 9.1 keeps running" in zoo.avnwizard("show").out

    name = f"{zoo.project}-older"
    argv = ("run", "-d", "--name", name, "-v", f"{zoo.project}_cache:/data", f"{zoo.lab.registry}/valkey:8.1")
    try:
        zoo.lab.docker(*argv)
        until(lambda: "format version 80" in zoo.lab.docker("logs", name).stdout, limit_s=30)
    finally:
        zoo.lab.docker("rm", "-f", name, check=False)


def _stores(tag: str, valkey: str) -> dict[str, str]:
    cache = {
        "image": f"@REG@/valkey:{valkey}",
        "command": ["valkey-server", "--save", "60", "1", "--protected-mode", "no"],
        "volumes": ["cache:/data"],
    }
    return {
        COMPOSE_FILE: compose({"valkey": cache, "files": worker(tag, volumes=["uploads:/srv/up", "./own:/srv/own"])})
    }


def _listed(zoo: ZooStack) -> str:
    """Everything in the volume and in the folder of `files`, with owner, mode and content, its own folder too."""
    argv = ("run", "--rm", "-v", f"{zoo.project}_uploads:/v", "--entrypoint", "sh", f"{zoo.lab.registry}/postgres:17")
    listed = zoo.lab.docker(*argv, "-c", "cd /v && find . -exec stat -c '%n %u:%g %a' {} + | sort; cat a b c").stdout
    own, kept = zoo.clone / "own", zoo.clone / "own" / "kept"
    names = sorted(one.name for one in own.iterdir())
    return f"{listed}{own.stat().st_mode:o} {kept.stat().st_uid} {kept.read_text()} {names}"


def test_copies_are_put_back(zoo: ZooStack) -> None:
    """Of Valkey, which could not read the newer file, and of a program that nobody knows: it is asked about once."""
    releases = {"v1.5.0": _stores("v1.5.0", "8.1"), "v1.6.0": _stores("v1.6.0", "9.1")}
    bring_up(zoo, releases, operator={"own/kept": "mine"})
    os.chown(zoo.clone / "own" / "kept", 123, 45)
    assert _cli(zoo, "SET", "key", "value") == "OK"
    argv = ("run", "--rm", "-v", f"{zoo.project}_uploads:/v", "--entrypoint", "sh", f"{zoo.lab.registry}/postgres:17")
    fill = "echo one >/v/a; echo two >/v/b; chown 123:45 /v /v/b; chmod 710 /v; chmod 640 /v/b; ln -s a /v/c"
    zoo.lab.docker(*argv, "-c", fill)
    before = _listed(zoo)
    refused = zoo.upgrade()
    assert refused.code == ExitCode.REFUSED
    assert "files: what shall a rollback do with its data (" in refused.err
    answers = zoo.root / "answers.toml"
    zoo.avnwizard("plan", "--to", "v1.6.0", "--write-answers", str(answers))
    asked = answers.read_text()
    assert asked.count('= ""') == 1
    answers.write_text(asked.replace('files = ""', 'files = "copy"\nvalkey = "copy"'))
    done = zoo.upgrade("v1.6.0", "--answers", str(answers))
    assert done.code == ExitCode.DONE, done.err
    kept = parse_config((zoo.clone / "avnwizard.toml").read_text(), source="x")
    assert kept.rollback.data == {"files": "copy", "valkey": "copy"}
    assert (_cli(zoo, "GET", "key"), _listed(zoo)) == ("value", before)
    zoo.lab.docker(*argv, "-c", "echo new >/v/d; rm /v/b; echo changed >/v/a; chown 0:0 /v")
    (zoo.clone / "own" / "kept").write_text("newer")
    (zoo.clone / "own" / "more").write_text("newer")
    _cli(zoo, "SET", "late", "lost")

    back = zoo.rollback()
    assert back.code == ExitCode.DONE, back.err
    assert (_cli(zoo, "GET", "key"), _cli(zoo, "GET", "late"), _listed(zoo)) == ("value", "", before)
    assert (zoo.clone / "own.avnwizard-kept-1" / "more").read_text() == "newer"
    assert zoo.image_of("valkey").endswith("valkey:8.1")
    zoo.nothing_to_do()
    left = zoo.lab.docker("ps", "-a", "-q", "--filter", f"volume={zoo.project}_uploads").stdout.split()
    assert left == [zoo.containers("files")[0].id[:12]]
