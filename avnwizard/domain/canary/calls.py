"""One request of the canary and what came back. Bodies and headers hold secrets: they are in no repr."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from avnwizard.domain.plain import printable

_SUCCESS = range(200, 300)
_UNAVAILABLE = 500
_SAID_CHARS = 160


@dataclass(frozen=True)
class Door:
    """Where an API of the stack is reached.

    Attributes:
        service: the compose service; where `url` is empty, its containers are asked on their own addresses.
        port: of the container.
        url: the base address that people use, such as "https://id.example.com/kratos".
    """

    service: str
    port: int
    url: str = ""


@dataclass(frozen=True)
class Call:
    """A request: `json` or `form` is its body. A redirect is an answer, and is not followed."""

    method: str
    path: str
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        status: 0 where nobody answered; `trouble` says why then, in a word or two.
        location: of a redirect.
        cookies: those that the answer sets.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    location: str = field(default="", repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """An answer of success."""
        return self.status in _SUCCESS

    @property
    def unsettled(self) -> bool:
        """Whether nobody can say what the service made of the request: no answer, or an error of its own."""
        return not self.status or self.status >= _UNAVAILABLE

    @property
    def data(self) -> dict[str, Any]:
        """The JSON object in it; {} where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The JSON objects of the list in it; [] where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return []
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def complaint(self) -> str:
        """How it failed, for a person: the status, and what Ory's errors say of themselves."""
        if not self.status:
            return self.trouble or "no answer"
        found = self.data
        error = found.get("error")
        told = error.get("reason") or error.get("message") if isinstance(error, dict) else error
        said = printable(str(told), limit=_SAID_CHARS) if told else ""
        return f"{self.status}{f', {said}' if said else ''}"
