"""What a state looks like: always a sign and a word, so that it is seen without colour too."""

from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True)
class Mark:
    """One state.

    Attributes:
        sign: one cell wide.
        style: a Textual style, of theme colours only.
    """

    sign: str
    word: str
    style: str

    def shown(self, width: int = 0) -> Content:
        """Sign and word, the word padded to a width."""
        return Content.assemble((f"{self.sign} {self.word:<{width}}", self.style))


OK = Mark("✓", "ok", "$success")
NOTE = Mark("!", "note", "$warning")
STOP = Mark("✗", "stop", "$error")

PENDING = Mark("·", "waits", "dim")
RUNNING = Mark("▶", "at work", "bold $accent")
DONE = Mark("✓", "done", "$success")
FAILED = Mark("✗", "failed", "bold $error")
PAUSED = Mark("‖", "paused", "bold $warning")

OPEN = Mark("?", "open", "bold $warning")
DECIDED = Mark("✓", "decided", "$success")
SURE = Mark("✓", "sure", "$success")

LEVELS = {"ok": OK, "warn": NOTE, "stop": STOP}
STEPS = {"pending": PENDING, "started": RUNNING, "done": DONE, "failed": FAILED}
