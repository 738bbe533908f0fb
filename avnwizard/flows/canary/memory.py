"""What a canary counted during a run: a file in the run's folder, which holds no secret."""

import json
from pathlib import Path

from avnwizard.domain.canary.tally import CanaryTally, tally_from
from avnwizard.errors import WizardError
from avnwizard.ports import Files

NAME = "canary.json"


def load(files: Files, folder: Path) -> CanaryTally | None:
    """What was kept in a run's folder; None where there is nothing that can be read."""
    try:
        return tally_from(json.loads(files.read(folder / NAME)))
    except (WizardError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save(files: Files, folder: Path, tally: CanaryTally) -> None:
    """Keep it."""
    files.write(folder / NAME, json.dumps(tally.to_json()).encode())
