"""What the terminal can do, read from the environment: whether screens can be shown, in which colours and signs."""

import codecs
import locale
import os
from collections.abc import Mapping

FPS = 20
"""Textual draws at most so often; a keypress still answers within 50 ms."""
_POOR_FONTS = frozenset({"linux", "vt100", "vt102", "vt220", "cons25"})
"""Terminals of their own hardware or kernel, whose fonts hold 256 or 512 signs."""
_LIGHT_BACKGROUNDS = {"7", "15"}


def can_show(environ: Mapping[str, str], *, stdin_tty: bool, stderr_tty: bool) -> bool:
    """Whether there is a terminal for screens: Textual reads stdin and draws on stderr."""
    return stdin_tty and stderr_tty and environ.get("TERM", "") not in {"", "dumb"}


def theme(environ: Mapping[str, str]) -> str:
    """The theme's name: the terminal's own sixteen colours where there are fewer than 256, or none are wanted."""
    rich = environ.get("COLORTERM", "") in {"truecolor", "24bit"} or "256" in environ.get("TERM", "")
    if rich and "NO_COLOR" not in environ:
        return "avnwizard"
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "ansi-light" if background in _LIGHT_BACKGROUNDS else "ansi-dark"


def can_show_signs(environ: Mapping[str, str]) -> bool:
    """Whether the signs are shown: the locale's encoding has them, and so has the font.

    The Linux console's own font (`TERM=linux`) has few of them, whatever the encoding.
    """
    if environ.get("TERM", "") in _POOR_FONTS:
        return False
    try:
        return codecs.lookup(locale.getpreferredencoding(do_setlocale=False)).name == "utf-8"
    except LookupError:
        return False


def prepare_environment() -> None:
    """Settle what Textual reads when it is imported: few frames, no animation, an Escape that answers soon.

    A lone Escape is known from an arrow key only by the pause behind it. Textual waits 100 ms, too long for an answer
    within 100 ms; half of that is what `tmux` and `vim` users set.
    """
    os.environ.setdefault("ESCDELAY", "50")
    os.environ.setdefault("TEXTUAL_FPS", str(FPS))
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
