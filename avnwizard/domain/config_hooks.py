"""`[hooks]` of `avnwizard.toml`: what else shall be called when a run begins, rolls, ends or fails."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.secret import redact_urls

_HOUR_S = 3600


@dataclass(frozen=True)
class HooksSection:
    """`[hooks]`: commands (a list of words each, no shell) around a run and each roll, and a webhook at its end.

    Attributes:
        before_run: when it fails, the run stops before anything was changed.
        before_roll: before each service is rolled; when it fails, that service is not rolled and the run stops.
        after_roll: after each service was rolled.
        after_run: when the run is done. Its report is written by then.
        on_failure: when the run stopped: a step failed, or it was aborted.
        timeout_s: seconds until a command is ended; it counts as failed then.
        webhook: an address that gets a POST with a JSON object when a run is done or stopped.
        webhook_file: a file that holds the address instead, where the address itself is a secret.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    before_run: tuple[str, ...] = ()
    before_roll: tuple[str, ...] = ()
    after_roll: tuple[str, ...] = ()
    after_run: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    timeout_s: Annotated[float, Interval(ge=1, le=_HOUR_S)] = 60.0
    webhook: str = ""
    webhook_file: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that cannot be one, or holds a secret; `ValueError` names the key first."""
        if self.webhook and not self.webhook.startswith(("http://", "https://")):
            raise ValueError("webhook: Must begin with http:// or https://")
        if redact_urls(self.webhook) != self.webhook:
            raise ValueError("webhook: Must hold no password and no token; put the address into webhook_file")
        if self.webhook and self.webhook_file:
            raise ValueError("webhook: Must be empty where webhook_file is set")
