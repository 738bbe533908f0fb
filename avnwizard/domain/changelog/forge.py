"""Release notes as a forge's API gives them: the saved list of a repository's releases, read as one changelog."""

import json
import re
from collections.abc import Iterator
from typing import Any

from avnwizard.domain.changelog.sources import from_files

_SPACE = re.compile(r"\s*")
_BODIES = ("body", "description")
"""The notes' field: GitHub, Gitea and Forgejo call it the first, GitLab the second."""


def from_forge(text: str) -> str | None:
    """Put the releases of such a list together, drafts left out; None where the text is no such list.

    Sources: GitHub REST "List releases" (Gitea and Forgejo answer alike), GitLab "List releases". Several answers one
    after another, as a paging client saves them, count as one list.
    """
    if not text.lstrip().startswith(("[", "{")):
        return None
    found = {str(one["tag_name"]): _body(one) for one in _releases(text) if isinstance(one.get("tag_name"), str)}
    return from_files({f"{tag}.md": body for tag, body in found.items()}) if found else None


def _body(release: dict[str, Any]) -> str:
    return next((value for name in _BODIES if isinstance(value := release.get(name), str)), "")


def _releases(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        at = space.end() if (space := _SPACE.match(text, at)) else at
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and not one.get("draft"):
                yield one
