"""`python -m tests.bench.wizard [MB]`: all that is said of the wizard in figures, in one table, in some ten minutes.

Keys for each job up to the question for the release's name; bytes over SSH in a run and at rest; the first paint; how
soon a key answers, at rest and while a run dumps so many MB.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from avnwizard.flows.run import launch
from avnwizard.practice.workshop import make
from avnwizard.ui.app import WizardApp
from avnwizard.wiring import open_host
from screenshots.scenes import settle, unhurried
from tests.bench import keys, wire
from tests.ui.by_keys import decide
from tests.ui.conftest import USUAL
from tests.ui.large_release import BREAKING, SETTINGS, make_large_release
from tests.ui.test_runs import created

_SPEED, _MEGABYTES = 1000.0, 400


def main() -> None:
    """Measure, and print the table."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else _MEGABYTES
    wire.show([*_jobs(), *wire.figures(), *keys.figures(megabytes)])


def _jobs() -> list[tuple[str, str]]:
    return [
        ("keys up to the typed name: a clean minor", _keys(_upgraded)),
        ("the same: the recommended major, 4 breaking changes and 1 open setting", _keys(lambda _: None)),
        (f"the same: {BREAKING} breaking changes and {SETTINGS} settings", _keys(make_large_release)),
    ]


def _upgraded(checkout: Path) -> None:
    """From v1.5.0 to v2.0.0, from where v2.1.0 is a minor release."""
    host = open_host(checkout)
    host.repo.fetch()
    launch.start(host, created(host)).wait()


def _keys(prepare: Callable[[Path], object]) -> str:
    home = Path(tempfile.mkdtemp(prefix="avnwizard-bench-"))
    practice = make(home / "stack", speed=_SPEED, durable=False)
    try:
        checkout = practice.project.directory
        open_host(checkout).repo.fetch()
        prepare(checkout)
        return str(asyncio.run(_decided(checkout)))
    finally:
        practice.destroy()
        shutil.rmtree(home, ignore_errors=True)


async def _decided(checkout: Path) -> int:
    app = WizardApp(open_host(checkout), moment=unhurried())
    async with app.run_test(size=USUAL) as pilot:
        await settle(pilot)
        return await decide(pilot)


if __name__ == "__main__":
    main()
