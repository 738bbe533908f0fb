"""Compose's dry run as 2.40.3 prints it."""

import pytest

from avnwizard.adapters.docker.dry_run import recreated
from avnwizard.errors import HostError

PRINTED = b"""time="2026-11-27T22:00:00Z" level=warning msg="The \\"X\\" variable is not set."
{"dry-run":true,"id":"Container id-web-1","status":"Running"}
{"dry-run":true,"id":"Container id-docs-1","status":"Recreate"}
{"dry-run":true,"id":"Container id-docs-1","status":"Recreated"}
{"dry-run":true,"id":"Container 3aceef5bb3dd_id-docs-1","status":"Starting"}
{"id":"Container id-hydra-1","text":"Recreate"}
"""


def test_what_would_be_recreated() -> None:
    """By name; what runs on, and words in between, are no answer."""
    assert recreated(PRINTED) == {"id-docs-1", "id-hydra-1"}


@pytest.mark.parametrize("output", [b"", b"DRY-RUN MODE -  Container id-web-1  Running\n", b"[1]\n"])
def test_no_answer_is_not_none(output: bytes) -> None:
    """Where nothing is said of a container, nobody knows what would be done."""
    with pytest.raises(HostError, match="did not say"):
        recreated(output)
