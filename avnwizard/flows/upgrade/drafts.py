"""Decisions that survive the terminal: one draft a release in the state folder, without typed secrets."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avnwizard.domain.answers import GENERATE, Answers, Decision, write_answers
from avnwizard.domain.plan import Plan, to_json
from avnwizard.domain.secret import Secret, redact_urls
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host

_FOLDER = "drafts"


@dataclass(frozen=True)
class Saved:
    """A draft as it was kept.

    Attributes:
        given: by decision; what was typed as a secret is not among them, and is asked again.
        left_out: how many of those there were.
        at: when it was kept, in seconds since the epoch.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    snapshot: bool = True
    volumes: tuple[str, ...] | None = None
    strategies: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0
    at: float = 0.0

    def answers(self, decisions: Iterable[Decision]) -> Answers:
        """Those that answer a question which is still asked."""
        known = {one.id for one in decisions}
        return Answers(
            {name: Secret(answer) for name, answer in self.given.items() if name in known or _is_data(name)}
        )


def without_secrets(answers: Answers, decisions: Iterable[Decision]) -> tuple[dict[str, str], int]:
    """The answers that may be kept, and how many may not."""
    kinds = {one.id: one for one in decisions}
    kept: dict[str, str] = {}
    for name, secret in answers.given.items():
        value = secret.reveal()
        known = name in kinds or _is_data(name)
        is_secret = name in kinds and kinds[name].secret and value != GENERATE
        hidden = not known or is_secret or redact_urls(value) != value
        if not hidden:
            kept[name] = value
    return kept, len(answers.given) - len(kept)


def _is_data(name: str) -> bool:
    """Whether it is about a service's data: the plan asks that, not the release."""
    return name.startswith("data:")


def save(host: Host, current: str, target: str, draft: Saved) -> None:
    """Keep a draft, in place of the one that there is.

    Raises:
        HostError: it cannot be written.
    """
    found = {
        "from": current, "to": target, "given": dict(draft.given), "snapshot": draft.snapshot,
        "volumes": None if draft.volumes is None else list(draft.volumes), "strategies": dict(draft.strategies),
        "left_out": draft.left_out, "at": host.clock.now(),
    }  # fmt: skip
    host.files.make(host.state.folder / _FOLDER)
    host.files.write(_path(host, target), json.dumps(found, indent=1).encode())


def load(host: Host, current: str, target: str) -> Saved | None:
    """The draft of an upgrade; None where there is none, or it is for another or cannot be read."""
    try:
        if not host.files.exists(_path(host, target)):
            return None
        found: dict[str, Any] = json.loads(host.files.read(_path(host, target)))
        if (found["from"], found["to"]) != (current, target):
            return None
        volumes = found["volumes"]
        return Saved(
            {str(name): str(answer) for name, answer in found["given"].items()},
            bool(found["snapshot"]),
            None if volumes is None else tuple(map(str, volumes)),
            {str(name): str(way) for name, way in found["strategies"].items()},
            int(found["left_out"]),
            float(found["at"]),
        )
    except (WizardError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def forget(host: Host, target: str) -> None:
    """Remove a draft: a run was made of it."""
    host.files.remove(_path(host, target))


def export(host: Host, plan: Plan, answers: Answers, decisions: Iterable[Decision]) -> tuple[Path, Path]:
    """Write plan (JSON) and answers (TOML, with its secrets; both private) for the command line; their paths.

    Raises:
        HostError: they cannot be written.
    """
    folder = host.state.folder / _FOLDER
    host.files.make(folder)
    name = _name(plan.target.tag)
    made, told = folder / f"plan-{name}.json", folder / f"answers-{name}.toml"
    host.files.write(made, to_json(plan).encode())
    text = write_answers(decisions, current=plan.current.tag, target=plan.target.tag, given=answers)
    host.files.write(told, text.encode())
    return made, told


def _path(host: Host, target: str) -> Path:
    return host.state.folder / _FOLDER / f"{_name(target)}.json"


def _name(target: str) -> str:
    """A tag as the name of a file: tags may hold slashes."""
    return "".join(c if c.isalnum() or c in "._-" else f"%{ord(c):x}" for c in target).lstrip(".") or "release"
