"""From a draft and its answers to the values files as they will be."""

from collections.abc import Mapping
from typing import Any

import yaml

from avnwizard.domain.answers import GENERATE, KEEP, Answers, Decision
from avnwizard.domain.kubernetes import values_edit
from avnwizard.domain.kubernetes.values import PATH, get, loaded, shown
from avnwizard.domain.plan import EnvEdit
from avnwizard.domain.secret import masked
from avnwizard.errors import RefusedError, UsageError
from avnwizard.flows.kubernetes.drafting import HelmDraft


def decided_values(draft: HelmDraft, answers: Answers) -> tuple[dict[str, bytes], tuple[EnvEdit, ...]]:
    """The values files with every answer so far, and the edits as they may be shown.

    Raises:
        UsageError: an answer names a value that cannot be.
        RefusedError: a file is written in a way that is not edited here.
    """
    files, edits = dict(draft.values), []
    for decision in draft.decisions(answers):
        answer = answers.get(decision)
        if answer is None or decision.topic == "acknowledge":
            continue
        if edit := _apply(files, decision, answer):
            edits.append(edit)
    return files, tuple(edits)


def _apply(files: dict[str, bytes], decision: Decision, answer: str) -> EnvEdit | None:
    """Change the files by one decision; None where it changes nothing."""
    key, why = decision.key, "; ".join(decision.why)
    holding = [path for path, content in files.items() if get(loaded(content, source=path), key)[0]]
    if decision.topic == "rename" and answer:
        if not PATH.fullmatch(answer):
            raise UsageError(f"{key} cannot be renamed so.", "Give a dotted path, such as gateway.drainSeconds.")
        text = _text(files, key)
        for path in holding:
            files[path] = values_edit.renamed(files[path], key, answer, source=path)
        return EnvEdit("rename", key, answer, masked(answer, text), why)
    if decision.topic == "value":
        if answer == decision.proposal and answer != GENERATE:
            return None  # the chart's own
        if trouble := decision.trouble(answer):
            raise UsageError(trouble, "Write { generate = true } for a new one, or enter a longer one.")
        if not files:
            raise RefusedError(
                f"There is no values file to write {key} into. Nothing was changed.",
                "Make one, and name it in avnwizard.toml ([kubernetes] values).",
            )
        made = decision.asked.make().reveal() if answer == GENERATE and decision.secret else answer
        path = holding[-1] if holding else next(reversed(files))
        value = made if decision.secret else _typed(made)
        files[path] = values_edit.with_value(files[path], key, value, source=path)
        return EnvEdit("set" if holding else "add", key, "", masked(key, made), why)
    if decision.topic == "remove" and answer != KEEP:
        text = _text(files, key)
        for path in holding:
            files[path] = values_edit.commented_out(files[path], key, source=path)
        return EnvEdit("comment-out", key, "", masked(key, text), why)
    return None


def _text(files: Mapping[str, bytes], key: str) -> str:
    found = (get(loaded(content, source=path), key) for path, content in files.items())
    return shown(next((value for there, value in found if there), ""))


def _typed(text: str) -> Any:
    """A number or a switch is written as one; all else is text."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if isinstance(value, bool | int | float) else text
