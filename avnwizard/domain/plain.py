"""Text from outside made safe to show: nothing in it can move a cursor, hide a word or turn a line around."""

import unicodedata

_C0_PICTURES = 0x2400
_DELETE = 0x7F
_C0_END = 0x20
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that a terminal does not draw: controls, format marks (bidi, zero width), separators."""


def printable(text: str, *, limit: int | None = None, keep_newlines: bool = False) -> str:
    r"""Give a text in which every control, escape, bidi or zero-width character is visible.

    Args:
        text: anything read from a changelog, an env file, a log or an error.
        limit: the longest result in characters; a longer text ends in `…`.
        keep_newlines: keep `\n` as it is (and read `\r\n` as one); otherwise it is shown as `␊`.
    """
    if keep_newlines:
        text = text.replace("\r\n", "\n")
    shown = text if text.isascii() and text.isprintable() else "".join(_visible(c, keep_newlines) for c in text)
    if limit is not None and len(shown) > limit:
        return shown[: max(limit - 1, 0)] + "…" * (limit > 0)
    return shown


def _visible(char: str, keep_newlines: bool) -> str:
    code = ord(char)
    if char == "\n" and keep_newlines:
        return char
    if code < _C0_END:
        return chr(_C0_PICTURES + code)
    if code == _DELETE:
        return "␡"
    if unicodedata.category(char) in _UNSEEN:
        return repr(char)[1:-1]
    return char
