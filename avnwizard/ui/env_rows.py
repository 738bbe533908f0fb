"""What the environment screen shows of each decision: what is there, what the release wants, what will be written."""

from dataclasses import dataclass

from avnwizard.domain.answers import GENERATE, KEEP, Decision
from avnwizard.domain.env_decisions import apply_decisions
from avnwizard.domain.env_preview import DiffLine, preview
from avnwizard.domain.kubernetes.values_preview import values_preview
from avnwizard.domain.secret import masked
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.deciding import decided_values
from avnwizard.flows.kubernetes.drafting import HelmDraft
from avnwizard.ui.state import Explicit, Upgrade, standing

NOTHING = "—"


@dataclass(frozen=True)
class EnvRow:
    """One decision as a row. Values are masked unless it was made with `reveal`."""

    decision: Decision
    standing: Explicit
    yours: str
    wants: str
    writes: str


def env_rows(upgrade: Upgrade, *, reveal: bool = False) -> tuple[EnvRow, ...]:
    """One row a decision, in the order of the file."""
    return tuple(_row(upgrade, decision, reveal) for decision in upgrade.decisions(env=True))


def _row(upgrade: Upgrade, decision: Decision, reveal: bool) -> EnvRow:
    return EnvRow(
        decision,
        standing(upgrade, decision),
        _yours(upgrade, decision, reveal),
        _wants(decision),
        _writes(upgrade, decision, reveal),
    )


def _yours(upgrade: Upgrade, decision: Decision, reveal: bool) -> str:
    value = upgrade.draft.operator.literal(decision.key)
    return NOTHING if value is None else f"{decision.key}={_value(decision.key, value, reveal)}"


def _wants(decision: Decision) -> str:
    if decision.topic == "rename":
        return f"{decision.proposal}"
    if decision.topic == "remove":
        return "no longer listed" if decision.proposal == KEEP else "no longer read"
    if decision.proposal and decision.proposal != GENERATE:
        return f"{decision.key}={masked(decision.key, decision.proposal)}"
    return f"{decision.key} (required)"


def _writes(upgrade: Upgrade, decision: Decision, reveal: bool) -> str:
    answer = upgrade.answers.get(decision)
    if answer is None:
        return "to be decided"
    if decision.topic == "rename":
        if not answer:
            return "not renamed"
        return f"{answer}={_value(answer, upgrade.draft.coming.env.literal(decision.key) or '', reveal)}"
    if decision.topic == "remove":
        return "kept as it is" if answer == KEEP else f"# {decision.key}"
    if answer == GENERATE and decision.secret:
        return f"{decision.key}=(new random secret)"
    return f"{decision.key}={_value(decision.key, answer, reveal)}"


def _value(key: str, value: str, reveal: bool) -> str:
    return value if reveal else masked(key, value)


def env_diff(upgrade: Upgrade) -> tuple[DiffLine, ...]:
    """The file as it will be against the file as it is, as far as it is decided.

    Raises:
        UsageError: an answer names a variable that cannot be.
    """
    draft = upgrade.draft
    if isinstance(draft, HelmDraft):
        return values_preview(draft.before, decided_values(draft, upgrade.answers)[0])
    decided = tuple(one for one in upgrade.decisions(env=True) if upgrade.answers.get(one) is not None)
    note = f"avnwizard: {draft.current.name} to {draft.target.name}"
    after, _ = apply_decisions(draft.coming.env, decided, upgrade.answers, note=note)
    return preview(draft.operator, after)


def files_shown(host: Host) -> str:
    """The file, or the files, that the decisions are about."""
    file = host.platform.env_file
    return str(file) if file else ", ".join(host.config.kubernetes.values)
