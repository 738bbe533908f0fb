"""Finds the labelled releases of other projects, which live beside the repository and are not part of it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def find_corpus() -> Path | None:
    """`AVNWIZARD_CORPUS`, or `shared/corpus` beside one of this file's parents."""
    named = os.environ.get("AVNWIZARD_CORPUS")
    candidates = [Path(named)] if named else [p / "shared" / "corpus" for p in Path(__file__).resolve().parents]
    return next((c for c in candidates if (c / "README.md").is_file()), None)


CORPUS = find_corpus()
WHY_ABSENT = "the corpus is not here: set AVNWIZARD_CORPUS to its folder"


def cases(kind: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every case of `env`, `env-derived` or `changelog` with its label."""
    assert CORPUS is not None
    for label in sorted(CORPUS.glob(f"{kind}/*/label.json")):
        yield label.parent, json.loads(label.read_text())
