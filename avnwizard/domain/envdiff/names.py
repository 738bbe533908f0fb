"""How alike two variables' names are, word by word."""

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from avnwizard.domain.envdiff.words import (
    allowing,
    kind,
    limiting,
    negation,
    opposite,
    stem,
    synonyms,
    tokens,
    typed,
    unit,
)

_SPELLED_ALIKE = 0.82
_SHORTEST_ABBREVIATION = 2
_SHORTEST_SPELLED = 5
_SHORTEST_PART = 3


@dataclass(frozen=True)
class NameMatch:
    """The comparison of two names.

    Fields:
        likeness: 0 to 1, the share of words that both have, synonyms and spellings counted in part.
        shared: how many words are the very same (plurals alike).
        only_old, only_new: the words left over on either side, in order.
        rule: what one has to do to the old name to get the new one, as (words, words).
        inverted: the names say the contrary of each other.
        unit_changed: the same measure in another unit.
        whole: every word has its counterpart, as the same word, a synonym or a spelling.
        number_changed: the same words, of which one is a plural on one side only.
        kinds_differ: the last words say that the values are of different kinds (a host, a port).
    """

    likeness: float
    shared: int
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    rule: tuple[tuple[str, ...], tuple[str, ...]]
    inverted: bool
    unit_changed: bool
    kinds_differ: bool
    whole: bool = False
    number_changed: bool = False


@lru_cache(maxsize=100_000)
def word_likeness(a: str, b: str) -> float:
    """1 for the same word, less for synonyms, abbreviations and other spellings, 0 for strangers."""
    if a == b or stem(a) == stem(b):
        return 1.0
    if synonyms(a, b) or synonyms(stem(a), stem(b)):
        return 0.7
    short, long = sorted((a, b), key=len)
    if len(short) > _SHORTEST_ABBREVIATION and long.startswith(short):
        return 0.75
    if len(short) >= _SHORTEST_PART and long.endswith(short) and not typed(short):
        return 0.6
    if len(short) >= _SHORTEST_SPELLED and _spelled_alike(short, long):
        return 0.9
    return 0.0


def _spelled_alike(a: str, b: str) -> bool:
    matcher = SequenceMatcher(None, a, b)
    return (
        matcher.real_quick_ratio() >= _SPELLED_ALIKE
        and matcher.quick_ratio() >= _SPELLED_ALIKE
        and matcher.ratio() >= _SPELLED_ALIKE
    )


@lru_cache(maxsize=100_000)
def compare_names(old: str, new: str) -> NameMatch:
    """Compare two names."""
    a, b = tokens(old), tokens(new)
    if "".join(a) == "".join(b):
        return NameMatch(1.0, max(len(a), len(b)), (), (), ((), ()), False, False, False)
    stems_a, stems_b = Counter(map(stem, a)), Counter(map(stem, b))
    same = stems_a & stems_b
    only_a, only_b = _left(a, same), _left(b, same)
    shared = sum(same.values())
    weight, matched, rest_b = float(shared), 0, list(only_b)
    for word in only_a:
        best = max(rest_b, key=lambda other: word_likeness(word, other), default=None)
        if best is not None and word_likeness(word, best) > 0:
            weight += word_likeness(word, best)
            rest_b.remove(best)
            matched += 1
    likeness = 2 * weight / (len(a) + len(b)) if a or b else 0.0
    last_a, last_b = (only_a or ("",))[-1], (only_b or ("",))[-1]
    kinds = kind(a[-1]) if a else None, kind(b[-1]) if b else None
    return NameMatch(
        likeness=min(likeness, 1.0),
        shared=shared,
        only_old=only_a,
        only_new=only_b,
        rule=(only_a, only_b),
        inverted=_inverted(only_a, only_b, shared),
        unit_changed=_units_differ(only_a, only_b),
        whole=matched == len(only_a) == len(only_b),
        number_changed=not only_a and not only_b and Counter(a) != Counter(b),
        kinds_differ=None not in kinds and kinds[0] != kinds[1] and not synonyms(last_a, last_b),
    )


def _left(words: tuple[str, ...], same: Counter[str]) -> tuple[str, ...]:
    spare, out = Counter(same), []
    for word in words:
        if spare[stem(word)] > 0:
            spare[stem(word)] -= 1
        else:
            out.append(word)
    return tuple(out)


def _inverted(only_old: tuple[str, ...], only_new: tuple[str, ...], shared: int) -> bool:
    if not shared:
        return False
    if any(opposite(a, b) for a in only_old for b in only_new):
        return True
    if any(map(negation, only_old)) != any(map(negation, only_new)):
        return True
    return _limits_what_was_allowed(only_old, only_new) or _limits_what_was_allowed(only_new, only_old)


def _limits_what_was_allowed(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one side limits and the other allows, in whatever words (`ALLOW_SEVERAL`, `LIMIT_TO_ONE`)."""
    return any(map(limiting, one)) and any(map(allowing, other)) and not any(map(allowing, one))


def _units_differ(only_old: tuple[str, ...], only_new: tuple[str, ...]) -> bool:
    olds, news = [u for w in only_old if (u := unit(w))], [u for w in only_new if (u := unit(w))]
    if bool(olds) != bool(news):
        return True  # a unit on one side only: a bare number counts in something else there
    return any(a[0] == b[0] and a[1] != b[1] for a in olds for b in news)
