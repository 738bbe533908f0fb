"""What a release asks of the operator's env file: the decisions, and the file once they are made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from avnwizard.domain.answers import COMMENT_OUT, GENERATE, KEEP, VARIABLE, Answers, Decision
from avnwizard.domain.compose import VariableUse
from avnwizard.domain.env_pins import Pin
from avnwizard.domain.env_readers import Readers
from avnwizard.domain.envdiff import EnvDiff, Rename
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plan import EnvEdit
from avnwizard.domain.secret import is_secret_name, masked
from avnwizard.domain.secret_asks import asked
from avnwizard.domain.secret_names import is_generated_name
from avnwizard.domain.words import likelihood
from avnwizard.errors import UsageError

CERTAIN = 1.0
"""A rename is applied unasked only when changelog and compose file both say it in so many words."""
_PLACEHOLDER = re.compile(r"(?i)change|replace|example|your|insecure|default|xxx|todo|secret|password|<.*>")


_ANYTHING_NAMED = Readers()


def env_decisions(
    operator: EnvFile,
    diff: EnvDiff,
    uses: Mapping[str, VariableUse],
    answers: Answers,
    *,
    readers: Readers = _ANYTHING_NAMED,
    pins: tuple[Pin, ...] = (),
    notes: str = "",
) -> tuple[Decision, ...]:
    """Every decision about the env file.

    Args:
        diff: between the release's example files.
        uses: the target compose file's variables.
        answers: refusing a rename opens further decisions, so the answers so far are needed.
        readers: who may read what no compose file names.
        pins: variables that decide what image runs, and whose default the release changes.
        notes: what the release says, for how long a secret it asks.
    """
    return tuple(_decisions(operator, diff, uses, answers, readers, pins, notes))


def _decisions(
    operator: EnvFile,
    diff: EnvDiff,
    uses: Mapping[str, VariableUse],
    answers: Answers,
    readers: Readers,
    pins: tuple[Pin, ...],
    notes: str,
) -> Iterator[Decision]:
    live = [rename for rename in diff.renamed if rename.old in operator and rename.new not in operator]
    renames = [_rename(rename) for rename in live]
    yield from renames
    given = [answers.get(decision) for decision in renames]
    taken = {answer or rename.new for rename, answer in zip(live, given, strict=True) if answer != ""}
    kept = {rename.old for rename, answer in zip(live, given, strict=True) if answer != ""}

    for pin in pins:
        name = pin.was if pin.was in kept and pin.key in taken else pin.key
        if operator.literal(name) == pin.old:
            yield _adoption(pin)

    leaving = [variable.key for variable in diff.removed] + [rename.old for rename in diff.renamed]
    going = [key for key in dict.fromkeys(leaving) if key not in kept and key in operator and key not in uses]
    successors = {key: _successors(key, diff, operator) for key in going}
    doubtful: dict[str, str] = {}
    for key in going:
        if operator.literal(key):
            doubtful |= {new: key for new in successors[key] if new not in doubtful}

    offered = {variable.key: variable.default for variable in diff.added if variable.active}
    required = {key for key, use in uses.items() if use.required}
    for key in [*offered, *sorted(required - set(offered))]:
        if key not in taken and not operator.literal(key) and (key in required or key not in operator):
            yield _in_place_of(
                _value(key, offered.get(key, ""), uses.get(key), _about(key, notes)), doubtful.get(key, "")
            )

    for key in going:
        yield _removal(key, successors[key], readers.keeping(key, operator), said_gone=key in diff.said_gone)


def _about(key: str, notes: str) -> str:
    """The paragraphs and points of the release's notes that name a variable."""
    return " ".join(
        part for part in re.split(r"\n\s*\n|\n(?=[-*] )", notes) if re.search(rf"\b{re.escape(key)}\b", part)
    )


def _successors(key: str, diff: EnvDiff, operator: EnvFile) -> dict[str, tuple[str, ...]]:
    """What may do a variable's work in the new release -> why; not what has the operator's value already."""
    found = {new: group.why for group in diff.related if key in group.old for new in group.new if new != key}
    found |= {rename.new: rename.why for rename in diff.renamed if rename.old == key}
    if operator.literal(key):
        found |= {one.new: one.why for one in diff.candidates.get(key, ()) if one.new not in found}
    return {new: why for new, why in found.items() if operator.literal(new) != operator.literal(key)}


def _in_place_of(value: Decision, old: str) -> Decision:
    """A new variable that may be one that the operator has set: its default is not taken without a question."""
    if not old or not value.certain:
        return value
    question = f"{value.key} is new; it may take the place of {old}, which you have set."
    return replace(value, question=question, certain=False)


def _removal(key: str, successors: Mapping[str, tuple[str, ...]], keeping: str, *, said_gone: bool) -> Decision:
    """Commented out unasked only where the release says that it is gone; where there is doubt it stays."""
    gone = f"The release no longer has {key}"
    if successors:
        reasons = dict.fromkeys(reason for why in successors.values() for reason in why)
        question = f"{gone}; {' or '.join(successors)} may take its place."
        return Decision("remove", key, question, (*reasons, *([keeping] if keeping else [])), KEEP)
    if keeping:
        return Decision("remove", key, f"{gone}.", (keeping,), KEEP, certain=True)
    if not said_gone:
        why = "the release does not say that it is gone, and it does no harm"
        return Decision("remove", key, f"{gone}.", (why,), KEEP, certain=True)
    return Decision("remove", key, f"{gone}.", ("nothing reads it any more",), COMMENT_OUT, certain=True)


def _adoption(pin: Pin) -> Decision:
    """The operator has what the current release proposes; so he gets what the new one does, its images with it."""
    return Decision(
        "value",
        pin.key,
        f"{pin.key} decides what image {', '.join(pin.services)} runs; the release has {masked(pin.key, pin.new)}.",
        (f"you have the current release's default, {masked(pin.key, pin.old)}",),
        pin.new,
        certain=True,
        secret=is_secret_name(pin.key),
    )


def _rename(rename: Rename) -> Decision:
    return Decision(
        "rename",
        rename.old,
        f"{rename.old} is now {rename.new}? ({likelihood(rename.confidence)})",
        rename.why,
        rename.new,
        certain=rename.confidence >= CERTAIN,
    )


def _value(key: str, default: str, use: VariableUse | None, said: str) -> Decision:
    secret = is_secret_name(key)
    required = use is not None and use.required
    why = [f"used by {', '.join(use.services)}"] if use and use.services else []
    if use and use.message:
        why.append(use.message)
    if is_generated_name(key) and (required or _PLACEHOLDER.search(default)):
        made = asked(key, (*why, said))
        why.append(f"a new one is made of {made.told}")
        return Decision("value", key, f"{key} needs a secret value.", tuple(why), GENERATE, secret=True, asked=made)
    if required and not default:
        return Decision("value", key, f"{key} needs a value.", tuple(why))
    why.append("the release's default")
    return Decision("value", key, f"{key} is new.", tuple(why), default, certain=True, secret=secret)


def apply_decisions(
    operator: EnvFile, decisions: tuple[Decision, ...], answers: Answers, *, note: str
) -> tuple[EnvFile, tuple[EnvEdit, ...]]:
    """The env file as it will be, and its edits as they may be shown.

    Args:
        decisions: all answered.
        note: stands above what is commented out or added, such as "avnwizard: v1.5.0 to v2.0.0".

    Raises:
        UsageError: an answer names a variable that cannot be.
    """
    env, edits = operator, []
    for decision in decisions:
        answer = answers.get(decision)
        why = "; ".join(decision.why)
        if decision.topic == "rename" and answer:
            if not VARIABLE.fullmatch(answer) or answer in env:
                raise UsageError(f"{decision.key} cannot be renamed so.", "Give a name that the env file lacks.")
            env = env.renamed(decision.key, answer)
            edits.append(EnvEdit("rename", decision.key, answer, _shown(env, answer), why))
        elif decision.topic == "value" and answer is not None:
            if why := decision.trouble(answer):
                raise UsageError(why, "Write { generate = true } for a new one, or enter a longer one.")
            value = decision.asked.make().reveal() if answer == GENERATE and decision.secret else answer
            known = decision.key in env
            env = env.with_value(decision.key, value) if known else env.appended(decision.key, value, comment=note)
            edits.append(EnvEdit("set" if known else "add", decision.key, "", masked(decision.key, value), why))
        elif decision.topic == "remove" and answer != KEEP:
            edits.append(EnvEdit("comment-out", decision.key, "", _shown(env, decision.key), why))
            env = env.commented_out(decision.key, note=note)
    return env, tuple(edits)


def _shown(env: EnvFile, key: str) -> str:
    return masked(key, env.literal(key) or "")
