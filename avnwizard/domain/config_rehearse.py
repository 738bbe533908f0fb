"""`[rehearse]` of `avnwizard.toml`: what a rehearsal may use, and what it must not reach."""

import re
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.secret import redact_urls

_DAY_S = 86400
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class RehearseSection:
    """`[rehearse]`: an isolated copy of the stack, in which a release is tried before it is rolled.

    Attributes:
        cpus: processors that each container of the copy may use.
        memory_mb: memory that each container of the copy may use, in MiB.
        max_load: the load average for each processor above which no rehearsal begins: it would cost the live stack.
        healthy_s: seconds to wait for a service of the copy on top of its own `start_period`.
        job_s: seconds until a migration in the copy is given up.
        old_at_once: how many services of the old release are started at the same time, to see what they make of the
            new schema; those of the release itself start one by one, so that their times can be compared.
        check: a command (a list of words, no shell) that looks at the copy once the release is up in it. It gets
            AVNWIZARD_REHEARSAL, the name of the copy's Compose project; it fails by any exit code but 0.
        check_s: seconds until that command is ended; it counts as failed then.
        empty: patterns of variables that are emptied in the copy, such as "*SMTP*".
        replace: variable -> the value that it gets in the copy, such as a sandbox account's.
        empty_tables: tables of the copied databases, in any schema, that are emptied before anything starts.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    cpus: Annotated[float, Interval(ge=0.1, le=256)] = 0.5
    memory_mb: Annotated[int, Interval(ge=64, le=1048576)] = 1024
    max_load: Annotated[float, Interval(ge=0.1, le=1000)] = 4.0
    healthy_s: Annotated[float, Interval(ge=1, le=_DAY_S)] = 120.0
    job_s: Annotated[float, Interval(ge=1, le=_DAY_S)] = 3600.0
    old_at_once: Annotated[int, Interval(ge=1, le=64)] = 3
    check: tuple[str, ...] = ()
    check_s: Annotated[float, Interval(ge=1, le=_DAY_S)] = 300.0
    empty: tuple[str, ...] = ("*SENTRY_DSN*", "*SLACK*", "*STRIPE*", "*TWILIO*", "*SENDGRID*", "*MAILGUN*")
    replace: dict[str, str] = field(default_factory=dict, repr=False)
    empty_tables: tuple[str, ...] = ("courier_messages",)

    def __post_init__(self) -> None:
        """Refuse what is no variable's or table's name; `ValueError` names the key first."""
        for name in self.replace:
            if not _NAME.fullmatch(name):
                raise ValueError(f"replace: {name!r} is no name of a variable")
        for number, word in enumerate(self.check):
            if redact_urls(word) != word:
                raise ValueError(
                    f"check.{number}: Must hold no password and no token, since plan and journal keep it"
                )
        for number, name in enumerate(self.empty_tables):
            if not name.strip():
                raise ValueError(f"empty_tables.{number}: Must be a table's name")
