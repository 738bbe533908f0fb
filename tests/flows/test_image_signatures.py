"""Images signed for cosign: verified before a plan and again after the pull; a stand-in records what it is asked."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from avnwizard.adapters.cosign import Cosign
from avnwizard.domain.config import parse_config
from avnwizard.domain.image_rule import ImageRule
from avnwizard.domain.plan import from_json
from avnwizard.errors import ExitCode, HostError, UsageError
from avnwizard.practice.host import PracticeHost
from tests.flows.cli import Said, answer_all, avnwizard
from tests.lab.private_registry import AUTH, private_registry, program
from tests.lab.registry import Image


@dataclass(frozen=True)
class Signed:
    """A practice stack whose settings want signatures."""

    checkout: Path
    answers: Path
    asked: Path
    refuses: Path

    def avnwizard(self, *words: str, cosign: bool = True) -> Said:
        """The command line, with the stand-in for cosign in front of the PATH, or none at all."""
        path = str(self.asked.parent) if cosign else ""
        env = {"PATH": os.pathsep.join(filter(None, [path, os.environ["PATH"]]))}
        to = ("--to", "v2.0.0", "--answers", self.answers, "--stack", self.checkout)
        return avnwizard(*words, *to, env=env)

    @property
    def verified(self) -> list[str]:
        """The references that cosign was asked for."""
        return [line.split()[-1] for line in self.asked.read_text().splitlines()] if self.asked.exists() else []


@pytest.fixture
def signed(practice_host: PracticeHost, tmp_path: Path) -> Signed:
    """Every image has to be signed, but for PostgreSQL's and Valkey's; the stand-in refuses what a file names."""
    checkout = practice_host.project.directory
    subprocess.run(["git", "-C", str(checkout), "fetch", "-q", "--tags"], check=True)
    answers = answer_all(checkout, "v2.0.0", tmp_path / "answers.toml")
    tools = tmp_path / "tools"
    tools.mkdir()
    key = tmp_path / "cosign.pub"
    key.write_text("a public key")
    made = Signed(checkout, answers, tools / "asked", tools / "refuses")
    (tools / "cosign").write_text(
        f'#!/bin/sh\necho "$@" >>{made.asked}\nfor word in "$@"; do image=$word; done\n'
        f'if [ -e {made.refuses} ] && echo "$image" | grep -q -f {made.refuses}; then\n'
        "echo 'main.go:69: error during command execution' >&2\n"
        "echo 'Error: no signatures found' >&2; exit 10; fi\necho '[]'\n"
    )
    (tools / "cosign").chmod(0o755)
    settings = f'[images]\ncosign_key = "{key}"\ncosign_log = false\nunsigned = ["*postgres", "*/valkey*"]\n'
    (checkout / "avnwizard.toml").write_text(settings)
    return made


def test_signed_images_are_rolled_and_each_was_verified_twice(signed: Signed) -> None:
    """By digest: before the plan, and of what was pulled; the plan shows the commands."""
    text = signed.avnwizard("plan", "--json").out
    plan, rule = json.loads(text), from_json(text).image_rule
    assert rule.key.endswith("cosign.pub"), "a release's own avnwizard.toml cannot switch it off in the middle"
    digests = {one["image_new"]: one["digest"] for one in plan["services"] if one["image_new"]}
    wanted = {
        f"{image.rpartition(':')[0]}@{digest}"
        for image, digest in digests.items()
        if "postgres" not in image and "valkey" not in image
    }
    assert 5 < len(wanted) < len(digests)
    assert set(signed.verified) == wanted
    pull = next(step for step in plan["steps"] if step["name"] == "pull")
    shown = [command for command in pull["commands"] if command[0] == "cosign"]
    assert {command[-1] for command in shown} == wanted
    assert all(command[1:3] == ["verify", "--key"] for command in shown)
    signed.asked.unlink()
    done = signed.avnwizard("upgrade", "--yes")
    assert done.code == ExitCode.DONE, done.err
    assert sorted(signed.verified) == sorted([*wanted] * 2)


def test_an_image_that_is_not_signed_is_refused_before_anything_changes(signed: Signed) -> None:
    """With cosign's reason and what to do; so it is without cosign, and with a key that is not there."""
    signed.refuses.write_text("gateway")
    refused = signed.avnwizard("upgrade", "--yes")
    assert refused.code == ExitCode.REFUSED, refused.err
    for words in ("gateway", "no signatures found", "Nothing that serves was changed", "[images] unsigned"):
        assert words in " ".join(refused.err.split()), words
    if shutil.which("cosign") is None:
        missing = signed.avnwizard("upgrade", "--yes", cosign=False)
        assert (missing.code, "Install cosign" in missing.err) == (ExitCode.REFUSED, True), missing.err
    settings = signed.checkout / "avnwizard.toml"
    whole = settings.read_text()
    for place, said in (
        (signed.checkout / "own.pub", "lies in the checkout"),
        (Path("/nowhere/key"), "There is no key"),
    ):
        settings.write_text(whole.replace(str(signed.answers.parent / "cosign.pub"), str(place)))
        refused = signed.avnwizard("plan")
        assert (refused.code, said in " ".join(refused.err.split())) == (ExitCode.REFUSED, True), refused.err
    assert not (signed.checkout.parent / "state" / "runs").exists()


def test_an_image_that_moved_unsigned_stops_the_run_before_the_roll(
    signed: Signed, practice_host: PracticeHost
) -> None:
    """What is pulled is verified again: here nobody vouches for it any more once the plan is made."""
    before = {one.service: one.image_id for one in practice_host.stack.containers()}
    cosign = signed.asked.parent / "cosign"
    count = signed.avnwizard("plan").code or len(signed.verified)
    signed.asked.unlink()
    cosign.write_text(
        cosign.read_text().replace(
            "#!/bin/sh\n", f"#!/bin/sh\n[ $(wc -l <{signed.asked}) -lt {count} ] || exit 1\n", 1
        )
    )
    signed.asked.write_text("")
    stopped = signed.avnwizard("upgrade", "--yes")
    assert stopped.code == ExitCode.STEP_FAILED, stopped.err
    assert "is not verified" in " ".join(stopped.err.split())
    assert {one.service: one.image_id for one in practice_host.stack.containers()} == before
    assert avnwizard("rollback", "--yes", "--stack", signed.checkout).code == ExitCode.DONE


@pytest.mark.parametrize("text", ["cosign_key = 'release.pub'", "cosign_key = 5", "unsigned = 'a'", "key = '/a'"])
def test_settings_that_make_no_sense(text: str) -> None:
    """One error that names the place."""
    with pytest.raises(UsageError, match=r"f: images\."):
        parse_config(f"[images]\n{text}\n", source="f")


def test_without_cosign_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reason is printable, whatever it prints; none is the exit code."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(HostError) as raised:
        Cosign().why_not("web@sha256:0", ImageRule("/k"))
    assert "Install cosign" in raised.value.hint


@pytest.mark.skipif(shutil.which("cosign") is None, reason="cosign is not installed")
@pytest.mark.skipif(program() is None, reason="docker-registry is neither installed nor among the lab's tools")
def test_the_real_cosign_in_a_private_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed by the key: verified, with docker's credentials. By another key, not signed, not there: the reason."""
    registry = program()
    assert registry is not None
    for name in ("DOCKER_CONFIG", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    with private_registry(tmp_path / "registry", registry) as private:
        (tmp_path / "config.json").write_text(f'{{"auths": {{"{private.address}": {{"auth": "{AUTH}"}}}}}}')
        digests = [private.client.push(Image("web", tag, (), {"Labels": {"a": tag}})) for tag in ("v1", "v2")]
        for name in ("vendor", "other"):
            _cosign("generate-key-pair", "--output-key-prefix", name, cwd=tmp_path)
        first, second = (f"{private.address}/vendor/web@{digest}" for digest in digests)
        _cosign("sign", "--key", "vendor.key", "--tlog-upload=false", "--yes", first, cwd=tmp_path)
        rule = ImageRule(str(tmp_path / "vendor.pub"), transparency_log=False)
        assert Cosign().why_not(first, rule) == ""
        assert Cosign().why_not(first, replace(rule, key=str(tmp_path / "other.pub"))) != ""
        assert "no signatures found" in Cosign().why_not(second, rule)
        assert Cosign().why_not(first.replace("web@", "none@"), rule) != ""
        assert Cosign().why_not(first, replace(rule, transparency_log=True)) != ""
        (tmp_path / "config.json").unlink()
        assert Cosign().why_not(first, rule) != ""


def _cosign(*words: str, cwd: Path) -> None:
    done = subprocess.run(["cosign", *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
