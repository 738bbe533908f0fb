"""The answers file: what only the operator can decide, as TOML to fill in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, Literal

import tomlkit

from avnwizard.domain.data_way import DATA_WAYS, DataWay
from avnwizard.domain.plain import printable
from avnwizard.domain.secret import Secret
from avnwizard.domain.secret_asks import Asked, too_weak
from avnwizard.domain.toml_text import read_toml
from avnwizard.errors import UsageError

Topic = Literal["acknowledge", "rename", "value", "remove", "data"]
TOPICS: tuple[Topic, ...] = ("acknowledge", "rename", "value", "remove", "data")
GENERATE = "\x00generate"
"""The answer that asks for a new secret; no env file can hold it, so no value is ever taken for it."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SETTING = re.compile(rf"{VARIABLE.pattern}(?:[.-]{VARIABLE.pattern})*")
"""A variable, or the dotted path of a chart's value."""
COMMENT_OUT, KEEP = "comment-out", "keep"

_WIDTH = 110
_INTRO: dict[Topic, str] = {
    "acknowledge": "Breaking changes of the release. Set each to true once you have read it.",
    "rename": 'Renamed variables: old = "new". Leave the proposal if it is right, "" if it is not a rename.',
    "value": "Values to be written. { generate = true } makes a new random secret, as long as the release asks.",
    "remove": 'Variables that the release no longer has: "comment-out" or "keep".',
    "data": f"What a rollback does with a service's data: {' or '.join(DATA_WAYS)}. avnwizard.toml keeps the answer.",
}


@dataclass(frozen=True)
class Decision:
    """One thing to be decided before the plan can be made.

    Attributes:
        key: the variable, "VERSION/N" of a breaking item, or the service.
        question: one line for the operator (hostile text made harmless).
        why: the reasons for the proposal.
        proposal: what would be done; "" where there is none.
        certain: the proposal is applied without being asked.
        secret: the answer is never shown.
        asked: how a new secret is made, where one is proposed.
        in_full: all that the release says of it, in plain words.
    """

    topic: Topic
    key: str
    question: str
    why: tuple[str, ...] = ()
    proposal: str = ""
    certain: bool = False
    secret: bool = False
    asked: Asked = field(default_factory=Asked)
    in_full: str = ""

    def trouble(self, value: str) -> str:
        """Why a value that was entered will not do, "" where it may; it is never quoted."""
        if self.topic == "value" and self.proposal == GENERATE and value != GENERATE and (why := too_weak(value)):
            return f"{printable(self.key, limit=60)} cannot be that: {why}."
        return ""

    @property
    def id(self) -> str:
        """Stable within one upgrade, such as "rename:OLD"."""
        return f"{self.topic}:{self.key}"


@dataclass(frozen=True)
class Answers:
    """What the operator decided: decision id -> answer. Every answer is kept as a secret, since some are."""

    given: Mapping[str, Secret] = field(default_factory=dict)

    def get(self, decision: Decision) -> str | None:
        """The answer in force: the operator's, else a certain proposal, else None."""
        given = self.given.get(decision.id)
        if given is not None:
            return given.reveal()
        return decision.proposal if decision.certain else None

    def open(self, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
        """The decisions that still lack an answer."""
        return tuple(decision for decision in decisions if self.get(decision) is None)

    def data_ways(self) -> dict[str, DataWay]:
        """Service -> what a rollback does with its data."""
        prefix = "data:"
        given = {key.removeprefix(prefix): one.reveal() for key, one in self.given.items() if key.startswith(prefix)}
        return {service: way for service, answer in given.items() for way in DATA_WAYS if way == answer}

    def accepting(self, decisions: Iterable[Decision]) -> "Answers":
        """These answers, with every proposal taken where nothing was answered: for the practice stack only."""
        taken = {
            d.id: Secret("true" if d.topic == "acknowledge" else d.proposal)
            for d in decisions
            if d.topic == "acknowledge" or d.proposal or d.certain
        }
        return Answers({**taken, **self.given})


def write_answers(decisions: Iterable[Decision], *, current: str, target: str, given: Answers | None = None) -> str:
    """An answers file ready to be filled in: certain proposals as comments, open ones as lines to edit.

    Args:
        given: answers that stand in it already, secrets too.
    """
    known = given.given if given else {}
    document = tomlkit.document()
    document.add(tomlkit.comment(f"avnwizard: answers for the upgrade from {current} to {target}"))
    document.add("from", tomlkit.item(current))
    document.add("to", tomlkit.item(target))
    by_topic: dict[str, list[Decision]] = {}
    for decision in decisions:
        by_topic.setdefault(decision.topic, []).append(decision)
    for topic in TOPICS:
        if topic not in by_topic:
            continue
        table = tomlkit.table()
        table.add(tomlkit.comment(_INTRO[topic]))
        for decision in by_topic[topic]:
            table.add(tomlkit.nl())
            told = f"{decision.key}: {decision.in_full}" if decision.in_full else decision.question
            for text in (told, *decision.why):
                for line in wrap(printable(text, limit=4000), _WIDTH):
                    table.add(tomlkit.comment(line))
            if decision.id in known:
                table.add(tomlkit.key([decision.key]), _answered(decision, known[decision.id].reveal()))
            elif decision.certain:
                table.add(
                    tomlkit.comment(f"certain; to change it: {_key(decision.key)} = {_quoted(decision.proposal)}")
                )
            else:
                table.add(tomlkit.key([decision.key]), _blank(decision))
        document.add(topic, table)
    return tomlkit.dumps(document)


def _blank(decision: Decision) -> Any:
    if decision.topic == "acknowledge":
        return tomlkit.item(False)
    return _generated() if decision.proposal == GENERATE else tomlkit.item(decision.proposal)


def _answered(decision: Decision, answer: str) -> Any:
    if decision.topic == "acknowledge":
        return tomlkit.item(True)
    return _generated() if answer == GENERATE else tomlkit.item(answer)


def _generated() -> Any:
    table = tomlkit.inline_table()
    table.update({"generate": True})
    return table


def _key(key: str) -> str:
    return tomlkit.key([key]).as_string()


def _quoted(text: str) -> str:
    return tomlkit.item(text).as_string()


def read_answers(text: str, *, source: str, current: str, target: str) -> Answers:
    """Read an answers file.

    A value of "" in `[value]` and `false` in `[acknowledge]` mean "not answered yet".

    Raises:
        UsageError: not TOML, for another upgrade, or a line of the wrong kind; no value is ever quoted.
    """
    found = read_toml(text.encode("utf-8", "surrogatepass"), source=source, secret=True)
    if (found.get("from"), found.get("to")) != (current, target):
        raise UsageError(
            f"{source} answers for another upgrade than {current} to {target}.",
            f"Make one for this: avnwizard plan --to {target} --write-answers FILE",
        )
    given: dict[str, Secret] = {}
    for topic, lines in found.items():
        if topic in {"from", "to"}:
            continue
        if topic not in TOPICS or not isinstance(lines, dict):
            raise UsageError(
                f"{source}: there is no [{printable(topic, limit=60)}].", f"Sections: {', '.join(TOPICS)}."
            )
        for key, value in lines.items():
            answer = _answer(topic, key, value, source)
            if answer is not None:
                given[f"{topic}:{key}"] = Secret(answer)
    return Answers(given)


def _answer(topic: str, key: str, value: object, source: str) -> str | None:
    place = f"{source}: [{topic}] {printable(key, limit=60)}"
    if topic == "acknowledge":
        if not isinstance(value, bool):
            raise UsageError(f"{place} must be true or false.", "true says that you have read it.")
        return "true" if value else None
    if topic == "value" and isinstance(value, dict):
        if value != {"generate": True}:
            raise UsageError(f"{place} is neither text nor {{ generate = true }}.", "Write one of the two.")
        return GENERATE
    if not isinstance(value, str):
        raise UsageError(f"{place} must be text in quotes.", "Put the value in quotes.")
    if topic == "value" and value.strip().lower() == "generate":
        raise UsageError(f"{place} would be the word itself.", "For a new secret write { generate = true }.")
    if topic == "rename" and value and not _SETTING.fullmatch(value):
        raise UsageError(f"{place} is no name of a variable.", "A name has letters, digits and _ alone.")
    if topic == "remove" and value not in {COMMENT_OUT, KEEP}:
        raise UsageError(f'{place} must be "{COMMENT_OUT}" or "{KEEP}".', "See the line above it.")
    return _data_way(value, place) if topic == "data" else value if value or topic != "value" else None


def _data_way(value: str, place: str) -> str | None:
    if value and value not in DATA_WAYS:
        raise UsageError(f"{place} must be one of: {', '.join(DATA_WAYS)}.", "See the lines above it.")
    return value or None


def check_known(answers: Answers, decisions: Iterable[Decision], *, source: str) -> None:
    """Refuse answers to questions that nobody asked: most likely a typing error.

    Raises:
        UsageError: names the first of them.
    """
    known = {decision.id for decision in decisions}
    for identity in answers.given:
        if identity not in known and not identity.startswith("data:"):  # those are asked by the plan
            topic, _, key = identity.partition(":")
            raise UsageError(
                f"{source}: [{topic}] {printable(key, limit=60)} answers no question of this upgrade.",
                "Correct the name, or remove the line.",
            )
