"""Calls the hooks of a run. A failing one stops the run only where it comes before something; no secret is passed."""

import json
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from avnwizard.domain.plain import printable
from avnwizard.domain.secret import redact_urls
from avnwizard.domain.words import timestamp
from avnwizard.engine.feed import FeedWriter
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord, RunState
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import StepError, WizardError
from avnwizard.flows.host import Host
from avnwizard.planned import StepKind

Event = Literal["before_run", "before_roll", "after_roll", "after_run", "on_failure"]
TRIES = 3
_POST_S, _WAIT_S = 10.0, 2.0
_SHOWN_LINES = 20
_WHOLE_RUN = ""


@dataclass(frozen=True)
class Calling:
    """The hooks of one run.

    Attributes:
        tags: from which release to which; "" where the run changes none.
    """

    host: Host
    journal: Journal
    feed: FeedWriter
    run: RunRecord
    tags: tuple[str, str]
    report: Path
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Before the first step, at each start.

        Raises:
            StepError: the hook failed; nothing was changed.
        """
        self._require("before_run", "", "Nothing was changed by this start.")

    def around(self, steps: Sequence[Step]) -> list[Step]:
        """The steps, with the hooks before and after each roll."""
        hooks = self.host.config.hooks
        if not hooks.before_roll and not hooks.after_roll:
            return list(steps)
        return [_Hooked(step, self) if step.kind is StepKind.ROLL else step for step in steps]

    def before_roll(self, service: str) -> None:
        """Before a service is rolled.

        Raises:
            StepError: the hook failed; the service was not touched.
        """
        self._require("before_roll", service, f"{service} was not rolled.")

    def after_roll(self, service: str) -> None:
        """After it was."""
        self._call("after_roll", service=service)

    def end(self, state: RunState) -> None:
        """When the run is done or stopped, and its report is written."""
        done = state in {"done", "undone"}
        self._call("after_run" if done else "on_failure", state=state)
        self._post(state)

    def _require(self, event: Event, service: str, kept: str) -> None:
        if why := self._call(event, service=service):
            raise StepError(f"The hook {event} {why}. {kept}", "Read what it said in the log, then resume.")

    def _call(self, event: Event, *, service: str = "", state: str = "running") -> str:
        """Call one; why it failed, "" where it did not or there is none."""
        hooks = self.host.config.hooks
        argv: tuple[str, ...] = getattr(hooks, event)
        if not argv or self.host.hooks is None:
            return ""
        with self.one_at_a_time:  # the operator's command was not written for several at the same time
            called = self.host.hooks.call(argv, self._environment(event, service, state), hooks.timeout_s)
        lines = [printable(redact_urls(line), limit=400) for line in called.lines[-_SHOWN_LINES:]]
        for line in lines:
            self.feed.emit("say", f"roll:{service}" if service else "", f"hook {event} | {line}")
        why = called.trouble or (f"ended with exit code {called.code}" if called.code else "")
        self.feed.emit("say", "", f"hook {event}: {printable(redact_urls(why), limit=300) or 'done'}")
        self.journal.note(self.run.id, _WHOLE_RUN, {f"hook {event} {service}".strip(): {"why": why, "lines": lines}})
        return printable(redact_urls(why), limit=300)

    def _environment(self, event: Event, service: str, state: str) -> Mapping[str, str]:
        found = {"event": event, "state": state, "service": service, "report": str(self.report), **self._facts()}
        return {f"AVNWIZARD_{name.upper()}": value for name, value in found.items()}

    def _facts(self) -> dict[str, str]:
        return {
            "run": self.run.id, "kind": self.run.kind, "title": printable(self.run.title, limit=200),
            "from": self.tags[0], "to": self.tags[1], "stack": str(self.host.repo.directory),
        }  # fmt: skip

    def _post(self, state: RunState) -> None:
        url = self._address()
        if not url or self.host.hooks is None:
            return
        record = self.journal.run(self.run.id)
        body = {
            **self._facts(), "state": state, "host": socket.gethostname(), "report": str(self.report),
            "message": printable(record.message), "hint": printable(record.hint),
            "began": timestamp(record.created_at), "ended": timestamp(record.finished_at),
        }  # fmt: skip
        why = ""
        for number in range(TRIES):
            if number:
                self.host.clock.sleep(_WAIT_S * number)
            why = self.host.hooks.post(url, json.dumps(body).encode(), _POST_S)
            if not why:
                break
        self.feed.emit("say", "", f"webhook: {why or 'taken'}" + (f", {TRIES} tries" if why else ""))

    def _address(self) -> str:
        hooks = self.host.config.hooks
        if not hooks.webhook_file:
            return hooks.webhook
        try:
            found = self.host.files.read(self.host.repo.directory / hooks.webhook_file).decode("utf-8", "replace")
        except WizardError:
            self.feed.emit("say", "", "webhook: its file cannot be read")
            return ""
        if not found.strip().startswith(("http://", "https://")):
            self.feed.emit("say", "", "webhook: its file holds no address")
            return ""
        return found.strip()


class _Hooked(Step):
    """A roll with the hooks around it; to the journal it is the roll itself."""

    undone_by = ()

    def __init__(self, step: Step, calling: Calling) -> None:
        self._step, self._calling = step, calling
        self.name, self.title, self.kind, self.service = step.name, step.title, step.kind, step.service
        self.wave = step.wave

    def probe(self, ctx: StepContext) -> Probe:
        """As the roll."""
        return self._step.probe(ctx)

    def do(self, ctx: StepContext) -> None:
        """The roll, between its hooks."""
        self._calling.before_roll(self.service)
        self._step.do(ctx)
        self._calling.after_roll(self.service)
