"""`python -m screenshots.export [FOLDER]`: one SVG a screen, and a PNG where rsvg-convert is at hand."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from avnwizard.practice.host import PracticeHost
from avnwizard.practice.workshop import make
from screenshots import postgres
from screenshots.scenes import FAILURE, opened, scenes

_HERE = Path(__file__).parent
_STACK = Path("/tmp/avnwizard-pictures")  # noqa: S108 - the same path at each run, since it is in the pictures
_SIZE = (80, 24)
_SPEED = 1000.0


async def export(folder: Path, practice: PracticeHost) -> list[Path]:
    """Walk once, and draw every screen."""
    async with opened(practice.project.directory, _SIZE) as pilot:
        made = [_drawn(pilot, folder / f"{name}.svg") async for name in scenes(pilot, practice)]
    with tempfile.TemporaryDirectory(prefix="avnwizard-world-") as home:
        async with opened(practice.project.directory, _SIZE) as pilot:
            made += [_drawn(pilot, folder / f"{name}.svg") async for name in postgres.scenes(pilot, Path(home))]
    return made


def _drawn(pilot: Pilot[int], file: Path) -> Path:
    """Draw what is on the screen."""
    drawn = pilot.app.export_screenshot(title="avnwizard", simplify=True)
    file.write_text(drawn.replace("<text ", '<text xml:space="preserve" '), "utf-8")
    return file


def main() -> None:
    """Export into the folder named, else beside this file."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else _HERE
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(_STACK, ignore_errors=True)
    practice = make(_STACK, speed=_SPEED, seed_rows=200, durable=False)
    practice.order(FAILURE)
    try:
        made = asyncio.run(export(folder, practice))
    finally:
        practice.destroy()
        shutil.rmtree(_STACK, ignore_errors=True)
    converter = shutil.which("rsvg-convert")
    for svg in made if converter else ():
        subprocess.run([str(converter), "--output", str(svg.with_suffix(".png")), str(svg)], check=True)
    told = "with PNGs" if converter else "no PNGs: rsvg-convert (Debian: librsvg2-bin) is not here"
    sys.stdout.write(f"{len(made)} pictures in {made[0].parent}, {told}\n")


if __name__ == "__main__":
    main()
