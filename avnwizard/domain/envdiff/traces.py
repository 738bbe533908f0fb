"""The traces that speak for or against one variable being another under a new name.

Each trace has a name, by which `weights.toml` says what it is worth, an amount, and a reason in words.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from math import log2
from typing import NamedTuple

from avnwizard.domain.envdiff.announced import Said
from avnwizard.domain.envdiff.defaults import Values, same_shape
from avnwizard.domain.envdiff.names import NameMatch, word_likeness
from avnwizard.domain.envdiff.scene import Scene, first_word, frames
from avnwizard.domain.envdiff.words import known, stem, tokens
from avnwizard.domain.envfile import Variable
from avnwizard.domain.secret import is_secret_name

_WORD = re.compile(r"\w+")
_NOTICEABLY = 0.4
_FEW, _MANY = 5, 15
"""How many changed variables between two kept ones make their place tell less."""
COMMENT_ALIKE, _COMMENT_HALF, _COMMENT_STRANGE = 0.75, 0.6, 0.35
_SHORT_COMMENT = 2
"""A comment of so few words is the heading of a section."""
_FAMILY_ENOUGH = 2.5
_NO: frozenset[str] = frozenset()
_CATALOGUE = 2
"""So many names that stay and differ in one word only are entries of a catalogue."""
_FAMILY_SHOWN = 1.0
"""From what support on a family shows that its subject goes on under another name."""
_VALUES = {
    Values.BOTH_EMPTY: ("default.empty", "both without a default"),
    Values.ONE_EMPTY: ("default.one-empty", ""),
    Values.ADAPTED: ("default.adapted", "the default follows the name"),
    Values.DIFFERENT: ("default.different", ""),
    Values.OTHER_KIND: ("default.kind", ""),
    Values.FLIPPED: ("default.flipped", ""),
}


class Trace(NamedTuple):
    """One trace: what it is, how much of it there is, and the reason to show where it speaks for the pair."""

    name: str
    amount: float = 1.0
    reason: str = ""


def own_likeness(name: NameMatch) -> float:
    """The likeness that the identical words alone give: nothing ties the words that are left over."""
    total = 2 * name.shared + len(name.only_old) + len(name.only_new)
    return 2 * name.shared / total + 1e-9 if total else 0.0


def of_names(name: NameMatch) -> Iterator[Trace]:
    """What the words of the two names say."""
    yield Trace("name.likeness", name.likeness, "the names are alike" if name.likeness > _NOTICEABLY else "")
    yield Trace("name.words", max(min(name.shared, 4) - 1, 0))
    if name.shared and bool(name.only_old) != bool(name.only_new):
        yield Trace("name.longer")
    if name.whole and name.shared:
        yield Trace("name.whole")
    if name.kinds_differ:
        yield Trace("name.kinds")
    if name.inverted or name.unit_changed:
        yield Trace("name.turned")


def of_defaults(old: Variable, new: Variable, values: Values, scene: Scene) -> Iterator[Trace]:
    """What the two defaults say."""
    alone = scene.old_values.get(old.default) == 1 == scene.new_values.get(old.default)
    if values is Values.SAME:
        more = ", which no other changed variable has" if alone else ""
        yield Trace("default.same.alone" if alone else "default.same", 1.0, f"the same default{more}")
    elif values is Values.SAME_COMMON:
        yield Trace("default.common.alone" if alone else "default.common", 1.0, "the same default")
    elif values is Values.DIFFERENT and same_shape(old.default, new.default):
        yield Trace("default.shape", 1.0, "the defaults have the same shape")
    else:
        name, reason = _VALUES[values]
        yield Trace(name, 1.0, reason)
    if values is not Values.SAME and scene.old_offers.get(old.key, _NO) & scene.new_offers.get(new.key, _NO):
        yield Trace("default.offered", 1.0, "both files show the same value for them, which no other has")


def comment_likeness(old: Variable, new: Variable) -> float | None:
    """How alike the two comments are, 0 to 1, their own names left out; None where either has none."""
    if not old.comment or not new.comment:
        return None
    return _likeness(old.comment.replace(old.key, "").lower(), new.comment.replace(new.key, "").lower())


@lru_cache(maxsize=100_000)
def _likeness(old: str, new: str) -> float:
    a, b = _WORD.findall(old), _WORD.findall(new)
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() > _COMMENT_STRANGE else 0.0


def telling_comment(old: Variable, likeness: float | None) -> bool:
    """Whether the two have a comment in common that is more than a heading."""
    return (likeness or 0) > COMMENT_ALIKE and len(_WORD.findall(old.comment)) > _SHORT_COMMENT


def of_comments(
    old: Variable, new: Variable, name: NameMatch, likeness: float | None, scene: Scene
) -> Iterator[Trace]:
    """What the two comments say."""
    strange = {word for word in name.only_old if not known(word)}
    fresh = set(new.comment.lower().split("\n")) - set(old.comment.lower().split("\n"))
    said = {word for line in fresh for word in _WORD.findall(line)}
    if name.shared and len(said) > _SHORT_COMMENT and strange & said:
        yield Trace("comment.mentions", 1.0, "the new one's comment speaks of the old one")
    if likeness is None:
        return
    block = ".block" if old.key in scene.block_heads and new.key in scene.block_heads else ""
    if likeness > COMMENT_ALIKE and not telling_comment(old, likeness):
        return
    if likeness >= 1:
        yield Trace(f"comment.same{block}", 1.0, "the same comment")
    elif likeness > COMMENT_ALIKE:
        if not block:
            yield Trace("comment.near", 1.0, "nearly the same comment")
    elif likeness < _COMMENT_HALF:
        yield Trace("comment.strange" if likeness < _COMMENT_STRANGE else "comment.half")


def of_places(old: Variable, new: Variable, likeness: float | None, scene: Scene) -> Iterator[Trace]:
    """What their seats among the other variables say."""
    a, b = scene.old_places.get(old.key), scene.new_places.get(new.key)
    if a is None or b is None:
        return
    before, after = a.before == b.before, a.after == b.after
    first, last = a.rank == b.rank, a.between - a.rank == b.between - b.rank
    if before and after:
        alone = first and last and a.between == 1
        if first and last:
            yield Trace("place.alone" if alone else "place.whole", 1.0, "in the same place")
        else:
            crowd = max(a.between, b.between)
            if crowd <= _MANY:
                yield Trace("place.few" if crowd <= _FEW else "place.many", 1.0, "in the same place")
            if first or last:
                yield Trace("place.end")
        if alone and telling_comment(old, likeness):
            yield Trace("place+comment")
    elif (before and first and a.rank == 0) or (after and last and a.between - a.rank == 1):
        yield Trace("place.next", 1.0, "next to the same variable")
    elif not before and not after:
        yield Trace("place.other")


def of_words(old: str, new: str, scene: Scene) -> Iterator[Trace]:
    """What changelog, compose files, other values of the file and the operator's file say."""
    said, words = scene.announced.about(old, new)
    if said:
        yield Trace(f"said.{said.name.lower()}", 1.0, words)
    if fed := scene.fed.get((old, new)):
        yield Trace("compose.same", 1.0, fed)
    elif (old, new) in scene.seated:
        yield Trace("compose.seat", 1.0, "in the same place of the same service in the compose file")
    if place := scene.templated.get((old, new)):
        yield Trace("template.same", 1.0, place)
    mine = scene.operator.get(old)
    if mine and scene.operator.get(new) == mine:
        yield Trace("operator.same", 1.0, "your file sets both to the same value")


def of_strangers(
    old: Variable, new: Variable, name: NameMatch, values: Values, comment: float | None, scene: Scene
) -> Iterator[Trace]:
    """What speaks against a pair whatever else is alike: another thing's name in the same seat, a secret shown."""
    a_key = stem(tokens(old.key)[-1]) == "key" if tokens(old.key) else False  # of OAuth: an id that everybody may see
    if is_secret_name(old.key) and not is_secret_name(new.key) and not a_key:
        yield Trace("secret.exposed")
    same = (old.key, new.key)
    shown = scene.announced.about(*same)[0] is Said.RENAMED or same in scene.fed or same in scene.templated
    names = name.only_old and name.only_new and not any(map(known, (*name.only_old, *name.only_new)))
    tied = name.likeness > own_likeness(name) or telling_comment(old, comment) or shown
    if values is Values.OTHER_KIND and name.number_changed:
        yield Trace("meaning.number")
    if (
        names
        and not shown
        and scene.catalogues
        and any(scene.catalogues.get(f, 0) >= _CATALOGUE for f in _frames_of_both(old.key, new.key))
    ):
        yield Trace("subject.catalogue")
    if names and not tied and scene.families.get(name.rule, 0.0) < _FAMILY_SHOWN:
        yield Trace("subject.other")
    telling = values is Values.SAME or (comment or 0) > COMMENT_ALIKE
    if name.only_old and name.only_new and name.likeness <= own_likeness(name) and not telling:
        yield Trace("name.strange")


def _frames_of_both(old: str, new: str) -> set[tuple[str, ...]]:
    return set(frames(old)) & set(frames(new))


def of_families(name: NameMatch, scene: Scene) -> Iterator[Trace]:
    """What others do alike."""
    support = scene.families.get(name.rule, 0.0)
    if support > 0 and name.shared:
        a, b = ("_".join(side).upper() or "nothing" for side in name.rule)
        yield Trace("family", min(log2(1 + support), _FAMILY_ENOUGH), f"others change {a} to {b} as well")


@lru_cache(maxsize=100_000)
def _rests_alike(old: str, new: str) -> bool:
    """Whether two names have anything in common behind their first words."""
    return any(word_likeness(a, b) > 0 for a in tokens(old)[1:] for b in tokens(new)[1:])


def of_settled(old: str, new: str, values: Values, scene: Scene) -> Iterator[Trace]:
    """What the renames that are beyond doubt say: where names that began with the same word went."""
    settled, a, b = scene.settled, first_word(old), first_word(new)
    gone = settled.heads.get(a)
    if a == b or gone is None:
        return
    mine = settled.pairs.get(old)
    alike = gone[b] - (mine is not None and first_word(mine) == b)
    if alike > 0 and (values is Values.SAME or _rests_alike(old, new)):
        yield Trace(
            "settled.head", min(log2(1 + alike), _FAMILY_ENOUGH), f"others go from {a.upper()} to {b.upper()}"
        )
