"""Calls the operator's own commands and a webhook; whatever goes wrong is an answer, never an exception."""

import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException

from avnwizard.adapters.process import lines_in, run
from avnwizard.errors import HostError
from avnwizard.ports.hooks import Called

_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")
"""Of our own environment: nothing else, since a shell may hold secrets."""
_OUTPUT_BYTES, _LINES = 1 << 20, 50


class HostHooks:
    """Commands of this host, and HTTP."""

    def call(self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float) -> Called:
        """Run a command to its end, or end it."""
        own = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            done = run(argv, timeout_s=timeout_s, env={**own, **env}, check=False, limit_bytes=_OUTPUT_BYTES)
        except HostError as error:
            return Called(None, (), error.message)
        return Called(done.code, tuple(lines_in(done.stdout + b"\n" + done.stderr))[-_LINES:])

    def post(self, url: str, body: bytes, timeout_s: float) -> str:
        """POST it."""
        headers = {"Content-Type": "application/json", "User-Agent": "avnwizard"}
        try:
            asked = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked
            with urllib.request.urlopen(asked, timeout=timeout_s) as answer:  # noqa: S310 - http or https alone
                return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"  # noqa: PLR2004
        except urllib.error.HTTPError as error:
            return f"it answered {error.code}"
        except urllib.error.URLError as error:
            return f"it cannot be reached ({type(error.reason).__name__})"
        except (OSError, HTTPException, ValueError) as error:
            return f"it cannot be asked ({type(error).__name__})"
