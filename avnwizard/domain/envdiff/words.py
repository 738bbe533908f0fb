"""What the words in variables' names mean to people who run servers: general knowledge, no project's."""

import re
from functools import lru_cache

_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GROUPS = """
team organization organisation org workspace company
version tag release
url uri endpoint href link
dir directory folder path root
host hostname server address addr domain fqdn ip
user username login account
pass password passwd pwd passphrase
db database
mail email smtp
max maximum limit
min minimum
timeout ttl expiry expiration expire lifetime duration age
enable enabled active on use
disable disabled off
driver connection backend engine adapter provider mailer store transport
cache caching
log logging logger logs
size length bytes
count number num amount total
id identifier
conf config configuration setting settings option options cfg
img image picture
auth authentication authn
admin administrator superuser
blacklist blocklist denylist block deny
whitelist allowlist safelist allow permit
master primary main leader
slave replica secondary follower
worker workers process processes thread threads concurrency
interval period frequency
bucket container
sender from
recipient to beneficiary
cert certificate crt
extra extras additional custom opts args arguments flags
locale language lang
timezone tz
env environment mode stage
dsn url
delete remove purge
attachment upload
frontend web ui
api backend
check verify validate verification validation
register registration signup
retry retries
"""
_GROUPS_OF: dict[str, set[int]] = {}
for _index, _line in enumerate(_GROUPS.strip().splitlines()):
    for _word in _line.split():
        _GROUPS_OF.setdefault(_word, set()).add(_index)
_OPPOSITES = {
    frozenset(pair.split("/"))
    for pair in [
        "enable/disable",
        "allow/deny",
        "allow/disallow",
        "allow/block",
        "allow/forbid",
        "show/hide",
        "include/exclude",
        "on/off",
        "whitelist/blacklist",
        "allowlist/denylist",
        "allowlist/blocklist",
        "with/without",
        "open/close",
        "lock/unlock",
        "public/private",
        "secure/insecure",
        "use/skip",
        "keep/discard",
        "force/prevent",
        "require/skip",
        "verify/skip",
        "start/stop",
        "enable/skip",
        "use/disable",
        "allow/prevent",
        "enable/prevent",
    ]
}
_TURNING = {
    "limiting": "limit limited restrict restricted only single one block blocked hide hidden forbid forbidden prevent"
    " prevented skip deny disallow optout exclusive lock locked",
    "allowing": "allow allowed several multiple many multi enable enabled show permit permitted any open unlimited"
    " optin",
}
_LIMITING, _ALLOWING = (frozenset(words.split()) for words in _TURNING.values())
_NEGATIONS = frozenset({"no", "not", "without", "disable", "skip", "non"})
_UNITS = {
    word: (dimension, unit)
    for dimension, units in {
        "time": "ms:ms,msec,msecs,millis,milliseconds,millisecond s:s,sec,secs,second,seconds"
        " min:mins,minute,minutes h:hour,hours,hrs d:day,days w:week,weeks mo:month,months y:year,years",
        "size": "b:bytes,byte kb:kb,kib,kilobytes mb:mb,mib,megabytes gb:gb,gib,gigabytes",
        "share": "percent:percent,pct,percentage ratio:ratio,fraction",
    }.items()
    for entry in units.split()
    for unit, words in [entry.split(":")]
    for word in words.split(",")
}
_KINDS = {
    word: kind
    for kind, words in enumerate(
        (
            "host hostname server address addr domain",
            "port ports",
            "url uri endpoint dsn link",
            "key keys token secret apikey",
            "user username login",
            "password passwd pass passphrase",
            "id uuid identifier",
            "enabled disabled enable disable",
            "timeout ttl expiry expiration lifetime duration interval period delay",
            "size limit max maximum min minimum count length quota",
            "dir directory folder path file root",
            "email mail from sender recipient",
            "level verbosity",
            "name nickname alias title label",
            "tag version release",
            "scheme service protocol type mode driver backend provider engine",
            "region zone location",
            "schedule cron",
            "regex pattern",
        )
    )
    for word in words.split()
}


@lru_cache(maxsize=10_000)
def tokens(name: str) -> tuple[str, ...]:
    """Cut a variable's name into lower-case words: at `_`, `.`, `-`, and where the case changes."""
    parts = [p for p in re.split(r"[^A-Za-z0-9]+", name) if p]
    out: list[str] = []
    for part in parts:
        out += [part.lower()] if part.isupper() or part.islower() else [w.lower() for w in _CAMEL.findall(part)]
    return tuple(out)


@lru_cache(maxsize=10_000)
def stem(word: str) -> str:
    """Take a plural's or a participle's ending off, roughly."""
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("s", ""), ("ed", "e"), ("ing", "")):
        if word.endswith(ending) and len(word) - len(ending) > 2 and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004 - keeps short words whole
            return word[: -len(ending)] + rest
    return word


def synonyms(a: str, b: str) -> bool:
    """Whether two words stand for the same thing in some software."""
    return bool(_GROUPS_OF.get(a, set()) & _GROUPS_OF.get(b, set()))


def opposite(a: str, b: str) -> bool:
    """Whether two words say the contrary of each other."""
    pair = frozenset({_bare(a), _bare(b)})
    return len(pair) > 1 and pair in _OPPOSITES


def negation(word: str) -> bool:
    """Whether a word turns a switch around."""
    return _bare(word) in _NEGATIONS


def limiting(word: str) -> bool:
    """Whether a word says that something may not be, or not more than once."""
    return word in _LIMITING


def allowing(word: str) -> bool:
    """Whether a word says that something may be, or more than once."""
    return word in _ALLOWING


def known(word: str) -> bool:
    """Whether a word is one that servers' settings have in general, and not the name of a thing."""
    bare = stem(word)
    general = word in _GROUPS_OF or bare in _GROUPS_OF or word in _KINDS or bare in _KINDS
    return general or word in _UNITS or word in _NEGATIONS or word in _LIMITING or word in _ALLOWING


def unit(word: str) -> tuple[str, str] | None:
    """The dimension and the unit that a word names."""
    return _UNITS.get(word)


def kind(word: str) -> int | None:
    """A number for what a value is (a host, a port, a secret…) where its name's last word tells."""
    return _KINDS.get(word)


def _bare(word: str) -> str:
    for ending in ("d", "s"):
        if word.endswith(ending) and word[:-1] in {
            "enable",
            "disable",
            "include",
            "exclude",
            "require",
            "show",
            "allow",
        }:
            return word[:-1]
    return {
        "allowed": "allow",
        "denied": "deny",
        "blocked": "block",
        "hidden": "hide",
        "skipped": "skip",
    }.get(word, word)
