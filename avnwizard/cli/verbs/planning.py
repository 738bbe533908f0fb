"""`plan`: every command that will run, and what is left to decide."""

import json as jsonlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, AnswersOption, JsonOption, StackOption, ToOption, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from avnwizard.domain.answers import Answers, Decision
    from avnwizard.flows.host import Host
    from avnwizard.flows.kubernetes.drafting import HelmDraft
    from avnwizard.flows.upgrade.holding_back import Holding
    from avnwizard.flows.upgrade.inputs import UpgradeInputs
    from avnwizard.flows.upgrade.planning import Prepared


WriteAnswersOption = Annotated[
    Path | None, typer.Option("--write-answers", metavar="FILE", help="Write the open decisions to fill in.")
]
HoldOption = Annotated[
    bool,
    typer.Option("--hold-back", help="Let what breaks the old code wait: avnwizard contract runs it later."),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(plan)


def plan(
    to: ToOption,
    stack: StackOption = HERE,
    *,
    answers: AnswersOption = None,
    write_answers: WriteAnswersOption = None,
    hold: HoldOption = False,
    json: JsonOption = False,
) -> int:
    """Say what an upgrade would do: every step, every command, and what going back costs at each.

    JSON: the plan as it is journalled (see `avnwizard.domain.plan.Plan`): "jump", "current", "target", "env",
    "breaking", "snapshot", "services", "steps": [{"name", "title", "commands", "note", "going_back", "interrupts"}].
    """
    from avnwizard.cli.plan_view import show_plan

    host = open_stack(stack)
    draft = draft_for(host, to)
    given = answers_for(draft, answers)
    if write_answers is not None:
        _write(host, draft, given, write_answers)
        return ExitCode.DONE
    prepared = prepare_for(host, draft, given, hold=hold)
    if json:
        from avnwizard.domain.plan import to_json

        emit_json(jsonlib.loads(to_json(prepared.plan)))
    else:
        show_plan(prepared.plan)
    return ExitCode.DONE


def draft_for(host: "Host", to: str) -> "UpgradeInputs":
    """Read the target release, fetching it when it is not here yet."""
    from avnwizard.flows.upgrade import inputs

    fetch_for(host, to)
    return inputs.draft(host, to)


def fetch_for(host: "Host", to: str) -> None:
    """Fetch releases where this one is not here yet."""
    from avnwizard.flows.upgrade import releases

    tags = host.repo.tags()
    if releases.spelled(to, tags) not in {tag.name for tag in tags} and (trouble := releases.fetch(host)):
        say(trouble, style="yellow")


def answers_for(draft: "UpgradeInputs | HelmDraft", file: Path | None) -> "Answers":
    """Read the answers file, or start with none."""
    from avnwizard.domain.answers import Answers, check_known, read_answers

    if file is None:
        return Answers()
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The answers file {file} cannot be read: {type(error).__name__}.", "Give another."
        ) from None
    answers = read_answers(text, source=str(file), current=draft.current.name, target=draft.target.name)
    check_known(answers, draft.decisions(answers), source=str(file))
    return answers


def prepare_for(
    host: "Host", draft: "UpgradeInputs", answers: "Answers", *, hold: bool = False, holding: "Holding | None" = None
) -> "Prepared":
    """Check, then freeze the plan."""
    from avnwizard.flows.check import check
    from avnwizard.flows.upgrade.holding_back import hold_back
    from avnwizard.flows.upgrade.planning import prepare, require_fit

    found = check(host, draft.target.name)
    require_fit(found)
    holding = hold_back(host, draft) if hold and holding is None else holding
    return replace(prepare(host, draft, answers, holding=holding).require_decided(), checked=found)


def _write(host: "Host", draft: "UpgradeInputs", answers: "Answers", file: Path) -> None:
    from avnwizard.flows.upgrade.planning import undecided_data

    decisions = (*draft.decisions(answers), *undecided_data(host, draft, answers))
    write_file(host, file, decisions, draft, "avnwizard upgrade")


def write_file(
    host: "Host", file: Path, decisions: "tuple[Decision, ...]", draft: "UpgradeInputs | HelmDraft", command: str
) -> None:
    """Write an answers file to fill in, readable by its owner alone.

    Args:
        command: what takes it.
    """
    from avnwizard.domain.answers import write_answers

    text = write_answers(decisions, current=draft.current.name, target=draft.target.name)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(f"{file} exists already.", "Name another file, or remove it: it may hold secrets.") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    if file.resolve().is_relative_to(host.repo.directory.resolve()):
        say(
            f"{file} lies in the checkout, and may hold secrets once it is filled in: keep it elsewhere, "
            "such as in your home folder",
            style="yellow",
        )
    say(f"wrote {file}; fill it in, then: {command} --to {draft.target.name} --answers {file}")
