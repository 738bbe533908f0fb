"""What is looked at after a release was verified, and what of it counts as trouble: pure judgement of figures."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from avnwizard.domain.words import about, count, latency

_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|PANIC|CRITICAL|EMERG|ALERT)\b"
    r'|"?\b(?:level|severity|lvl|loglevel)"?\s*[=:]\s*"?(?:err(?:or)?|fatal|panic|crit(?:ical)?|emerg|alert)\b'
    r'|"level"\s*:\s*[56]0\b'
    r"|^[EF][0-9]{4}\s"
)
"""As loggers write it: a word in capitals, logfmt or JSON, pino's numbers (50 and 60), glog's first letter."""
_FEW_LINES = 5
_TIMES = 2.0
_SLOWER_MS = 20.0


@dataclass(frozen=True)
class Requests:
    """What the edge probe counted in some time.

    Attributes:
        seconds: the median answer time of each second, in milliseconds.
    """

    sent: int = 0
    lost: int = 0
    seconds: tuple[float, ...] = ()

    @property
    def p50_ms(self) -> float:
        """The usual answer time; 0.0 where nothing was answered."""
        return median(self.seconds) if self.seconds else 0.0


@dataclass
class Baked:
    """What was seen of the containers and of the edge.

    Attributes:
        restarts: service -> how often its containers were restarted, or replaced by others.
        ailing: service -> what a container of it was at a look, such as "unhealthy".
        errors: service -> lines at error level; `errors_before` of its old containers, in as much time.
    """

    restarts: dict[str, int] = field(default_factory=dict)
    ailing: dict[str, str] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    errors_before: dict[str, int] = field(default_factory=dict)
    before: Requests = Requests()
    requests: Requests = Requests()


def error_lines(lines: Sequence[str]) -> int:
    """How many lines of a log are at error level."""
    return sum(bool(_ERROR.search(line)) for line in lines)


def trouble(seen: Baked) -> tuple[str, ...]:
    """What of it speaks against the release, a sentence each; () where nothing does."""
    return tuple(_trouble(seen))


def _trouble(seen: Baked) -> Iterator[str]:
    for service, times in sorted(seen.restarts.items()):
        yield f"{service} was restarted {'once' if times == 1 else f'{times} times'}"
    for service, what in sorted(seen.ailing.items()):
        if service not in seen.restarts:
            yield f"{service} was {what}"
    if seen.requests.lost * max(seen.before.sent, 1) > _TIMES * seen.before.lost * max(seen.requests.sent, 1):
        yield f"{seen.requests.lost:,} of {count(seen.requests.sent, 'request')} through the edge failed"
    old, new = seen.before.p50_ms, seen.requests.p50_ms
    if old and new > _TIMES * old and new - old > _SLOWER_MS:
        yield f"requests take {latency(new)} instead of {latency(old)}"
    for service, lines in sorted(seen.errors.items()):
        usual = seen.errors_before.get(service, 0)
        if lines >= _FEW_LINES and lines > _TIMES * usual:
            yield f"{service} logged {count(lines, 'line')} at error level; in as much time before the roll: {usual}"


def in_words(seen: Baked, lasted_s: float) -> str:
    """One line for the log when nothing is wrong."""
    lines = sum(seen.errors.values())
    asked = f"{count(seen.requests.sent, 'request')} answered" if seen.requests.sent else "the edge was not probed"
    return f"watched for {about(lasted_s)}: no restart, {asked}, {count(lines, 'line')} at error level"
