"""What the terminal can do, read from the environment: whether screens can be shown, in which colours and signs."""

import codecs
import locale
import os
import sys
from collections.abc import Mapping

FPS = 20
"""Textual draws at most so often; a keypress still answers within 50 ms."""
_POOR_FONTS = frozenset({"linux", "vt100", "vt102", "vt220", "cons25"})
"""Terminals of their own hardware or kernel, whose fonts hold 256 or 512 signs."""
_COERCED = "C.UTF-8"
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


def can_show_signs(environ: Mapping[str, str], *, utf8_mode: bool = bool(sys.flags.utf8_mode)) -> bool:
    """Whether the signs are shown: the locale's encoding has them, and so has the font.

    The Linux console's own font (`TERM=linux`) has few of them, whatever the encoding.

    In the locale C or POSIX, and in one that this host does not have, Python 3.7 and later speak UTF-8 all the same
    (PEP 538 and PEP 540; the first overwrites `LC_CTYPE` with `C.UTF-8`). What the terminal speaks is then said by
    the locale's name alone: one that names UTF-8 was sent by a terminal that has it, also where the host has no such
    locale; C, POSIX and an empty one promise ASCII and no more.

    Args:
        utf8_mode: whether Python speaks UTF-8 whatever the locale says.
    """
    if environ.get("TERM", "") in _POOR_FONTS:
        return False
    if utf8_mode:
        return _is_utf8(_named_locale(environ).partition(".")[2])
    return _is_utf8(locale.getpreferredencoding(do_setlocale=False))


def _named_locale(environ: Mapping[str, str]) -> str:
    """The name that decides on characters, without the one that Python puts there itself."""
    ctype = environ.get("LC_CTYPE", "")
    return environ.get("LC_ALL") or ("" if ctype == _COERCED else ctype) or environ.get("LANG", "")


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
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
