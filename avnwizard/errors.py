"""The one tree of errors: what is wrong, what to do next, and the exit code that says so to a script."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished `avnwizard` process reports to its caller. The README repeats this table."""

    DONE = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3
    """Nothing was changed."""
    STEP_FAILED = 4
    """A step failed and the stack is as the message says."""
    ROLLED_BACK = 5
    """The run that was started or watched was rolled back meanwhile. A rollback that was asked for is `DONE`."""
    BUSY = 6
    """Another run holds the stack."""


class WizardError(Exception):
    """The root of every expected failure.

    Args:
        message: what is wrong and where, in one sentence, with no secret in it.
        hint: what the operator can do now.
    """

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RefusedError(WizardError):
    """Asked for something that cannot be done; nothing was changed."""


class PostgresFirstError(RefusedError):
    """An upgrade whose release moves Postgres to another major, which is a run of its own, made first.

    Args:
        service: the compose service.
        old, new: the majors.
        image: the release's own image, "" for the running one's with another tag.
    """

    def __init__(self, message: str, hint: str, *, service: str, old: int, new: int, image: str) -> None:
        super().__init__(message, hint)
        self.service, self.old, self.new, self.image = service, old, new, image


class UsageError(WizardError):
    """The command line or a file that it names is malformed."""

    exit_code = ExitCode.USAGE


class BusyError(WizardError):
    """Another run holds the stack."""

    exit_code = ExitCode.BUSY


class StepError(WizardError):
    """A step's effect failed while the run was under way."""

    exit_code = ExitCode.STEP_FAILED


class HostError(WizardError):
    """Docker, git, Postgres or the file system answered with an error; adapters raise it.

    Before a run it refuses (exit 3); inside a step the runner turns it into a failed step (exit 4).
    """
