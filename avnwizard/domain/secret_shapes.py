"""What is a secret by its shape, whatever its name: credentials in URLs, parameters, known tokens, keys, noise."""

import re
from collections.abc import Iterable, Iterator

from avnwizard.domain.secret_names import is_secret_name

Span = tuple[int, int]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_SPACE = re.compile(r"\s")
_LONGEST_SCHEME, _LONGEST_URL = 40, 4096
_WEB = ("http", "https", "ws", "wss")
_GO_MYSQL = re.compile(r"(?<!\S)[^\s:@/]+:[^\s@]+@(?:tcp6?|unix)\(")
"""user:password@tcp(host:port)/name (go-sql-driver/mysql)."""
_NO_SCHEME = re.compile(r"(?!mailto:)[^\s:@/]+:(?!//)\S+@(?!sha\d+:)[\w.-]+(?::\d+)?(?:/\S*)?")
"""user:password@host:port, as mail relays and proxies are given."""
_PARAMETER = re.compile(
    r"""(?<![\w.-])(?P<name>[A-Za-z][\w.-]*)[ \t]?=[ \t]?(?:"(?P<a>[^"]+)"|'(?P<b>[^']+)'|(?P<c>[^\s&;"'][^\s&;]*))"""
)
_MEMBER = re.compile(
    r"""(?P<quote>["'])(?P<name>[A-Za-z][\w.-]*)(?P=quote)[ \t]*:[ \t]*(?:"(?P<a>(?:[^"\\]|\\.)+)"|'(?P<b>[^']+)')"""
)
"""A member of JSON, as in Docker's config file, or of Python's way to write it."""
_HEADER = re.compile(r"(?i:\b(?:bearer|basic))[ \t]+(?P<a>(?=[^\s\"']*[0-9=])[\w.~+/=-]{8,})")
"""What follows in an `Authorization` (RFC 7617 and RFC 6750)."""
_LINE = re.compile(r"(?m)^[ \t-]*(?P<name>[A-Za-z][\w.-]*)[ \t]*:[ \t]*(?P<a>[^\s\"'{\[][^\n]*)")
"""A line of YAML or of a header; a message is full of such lines, so it counts in a variable's value alone."""
_REFERENCE = re.compile(r"\$\{?[A-Za-z_]\w*\}?")
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"gh[opsur]_[A-Za-z0-9]{6,}|github_pat_\w{6,}|gl[a-z]{2,5}-[\w-]{8,}"  # GitHub, GitLab
    r"|[rs]k_(?:live|test)_\w{6,}|whsec_[\w+/=]{6,}|sk-[\w-]{16,}"  # Stripe, and those that copied its prefix
    r"|(?:AKIA|ASIA)[A-Z0-9]{8,}|AIza[\w-]{20,}|ya29\.[\w-]{8,}"  # Amazon, Google
    r"|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|SG\.[\w-]{8,}\.[\w-]{8,}"  # Slack, SendGrid
    r"|hv[brs]\.[\w-]{8,}|dckr_pat_[\w-]{8,}|npm_\w{16,}|pypi-[\w-]{16,}|dop_v1_\w{8,}|shp[a-z]{2}_\w{8,}"
    r"|ory_[a-z]{2,6}_[\w-]{8,}|tskey-[\w-]{8,}|AGE-SECRET-KEY-\w{8,}"
    r"|eyJ[\w+/-]{4,}={0,2}(?:\.[\w-]*)*"  # a JSON Web Token, or another JSON text in base64
    r")"
    r"|\$\$?(?:apr1|argon2[a-z]*|2[abxy]|[1567y]|scrypt|pbkdf2[\w-]*)\$[\w./$=+,-]{8,}"  # hashes of passwords
    r"|\{S?SHA\d*\}[\w+/=]{8,}|SCRAM-SHA-\d+\$\S{8,}"
    r"|-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)",
    re.DOTALL,
)
_DIGEST = re.compile(r"sha\d+:[0-9a-f]{32,}")
_HEX = re.compile(r"(?=\w*\d)(?=\w*[A-Fa-f])[0-9A-Fa-f]{32,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_PIECES = re.compile(r"[^A-Za-z0-9_-]+")
_SIGNS = re.compile(r"[^A-Za-z0-9]+")
_CLASSES = re.compile(r"[a-z]+|[A-Z]+|[0-9]+")
_LONG = 20
_ONE_CASE, _TWO_CASES = 0.2, 0.45
"""How often, per character, random text changes between letters and digits at least; words do so less."""


def secret_spans(text: str, *, whole: bool = False) -> list[Span]:
    """Give the places of what must not be shown, in order, none overlapping.

    Args:
        whole: the text is the value of one variable, so a URL in it may hold spaces too.
    """
    named = (_PARAMETER, _MEMBER, _LINE) if whole else (_PARAMETER, _MEMBER)
    headers = (one.span("a") for one in _HEADER.finditer(text))
    found = sorted((*_in_urls(text, whole=whole), *_known(text), *headers, *_under_names(text, named)))
    apart: list[Span] = []
    for start, end in found:
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _in_urls(text: str, *, whole: bool) -> Iterator[Span]:
    end = len(text) if whole else 0
    for mark in re.finditer("://", text):
        if mark.end() > end:
            space = _SPACE.search(text, mark.end())
            end = space.start() if space else len(text)
        scheme = _SCHEME.search(text[max(mark.start() - _LONGEST_SCHEME, 0) : mark.start()])
        rest = text[mark.end() : min(end, mark.end() + _LONGEST_URL)]
        if scheme and (length := _userinfo(scheme[0].lower(), rest)):
            yield mark.end(), mark.end() + length
    for address in _GO_MYSQL.finditer(text):
        yield address.start(), address.start() + address[0].rindex("@")
    if whole and _NO_SCHEME.fullmatch(text):
        yield 0, text.rindex("@")


def _userinfo(scheme: str, rest: str) -> int:
    """How many characters of a URL, from behind `://`, hold a user and a password. 0 for none.

    It ends at the last `@`: a password that was not escaped may hold `@`, `/`, `?` and `#` itself.
    """
    at = rest.rfind("@")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if at < 0 or "@" in authority:
        return max(at, 0)
    _, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        return 0
    return 0 if port.isdigit() and scheme.endswith(_WEB) else at


def _known(text: str) -> Iterator[Span]:
    return (token.span() for token in _KNOWN.finditer(text))


def _under_names(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[Span]:
    for one in (found for pattern in patterns for found in pattern.finditer(text)):
        place = one.span(one.lastgroup or 0)
        if is_secret_name(one["name"]) and not _REFERENCE.fullmatch(text, *place):
            yield place


def is_noise(value: str) -> bool:
    """Whether a value holds long hexadecimal or base64 text without meaning, as generated secrets are."""
    value = _DIGEST.sub("", value)
    if _BASE64.fullmatch(value) and not value.startswith("/") and _is_random(value):
        return True
    return any(_HEX.fullmatch(piece) or _is_random(piece) for piece in _PIECES.split(value))


def _is_random(word: str) -> bool:
    """Whether letters and digits alternate as often as they do by chance."""
    runs = _CLASSES.findall(_SIGNS.sub("", word))
    cases = {run.isupper() for run in runs if not run.isdigit()}
    length = sum(map(len, runs))
    if length < _LONG or not cases or not any(run.isdigit() for run in runs):
        return False
    return len(runs) >= length * (_TWO_CASES if len(cases) > 1 else _ONE_CASE)
