"""Finds what looks like a rename and is none: splits, merges, replacements, inversions, other units."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avnwizard.domain.envdiff.announced import Said
from avnwizard.domain.envdiff.defaults import Values, compare_defaults
from avnwizard.domain.envdiff.evidence import Evidence
from avnwizard.domain.envdiff.names import compare_names
from avnwizard.domain.envdiff.scene import Scene
from avnwizard.domain.envdiff.traces import comment_likeness
from avnwizard.domain.envdiff.values import Related, RelatedKind
from avnwizard.domain.envdiff.words import tokens
from avnwizard.domain.envfile import Variable

Pairs = Mapping[tuple[str, str], Evidence]

_AS_GOOD = 1.0
"""Two candidates whose points differ by less are equally good."""
_RESEMBLES = -1.8
_SAME_MATTER, _SPLITS = 0.5, -2.8
_STRANGE = 0.3


@dataclass(frozen=True)
class Leftovers:
    """What the matching gave, and everything that it was chosen from."""

    matched: Mapping[str, str]
    weighed: Pairs
    scene: Scene
    before: Mapping[str, Variable]
    after: Mapping[str, Variable]


def find_related(left: Leftovers) -> tuple[Related, ...]:
    """Give the groups that the operator should know of, and that nobody should carry over unasked."""
    splits = list(_splits(left))
    busy_old = {o for g in splits for o in g.old} | set(left.matched)
    busy_new = {n for g in splits for n in g.new} | set(left.matched.values())
    merges = list(_merges(left, busy_old, busy_new))
    busy_old |= {o for g in merges for o in g.old}
    busy_new |= {n for g in merges for n in g.new}
    pairs = list(_alike(left, busy_old, busy_new))
    busy_old |= {o for g in pairs for o in g.old}
    return (*splits, *merges, *pairs, *_successors(left, busy_old), *_reused(left))


def _splits(left: Leftovers) -> Iterator[Related]:
    """One variable goes on as several: each new name says all that the old one said."""
    taken = {n: o for o, n in left.matched.items()}
    by_old: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (o, n), e in left.weighed.items():
        whole = not e.name.only_old or _same_words(o, n)
        if whole and taken.get(n, o) == o and not left.scene.announced.covers(o, n) and (o, n) not in left.scene.fed:
            by_old[o].append((e.points, n))
    for o, found in by_old.items():
        best = max(points for points, _ in found)
        news = tuple(sorted(n for points, n in found if points > best - _AS_GOOD))
        held = left.matched.get(o)
        if len(news) > 1 and best > _SPLITS and (held is None or held in news):
            yield Related("split", (o,), news, ("each of the new names says all that the old one said",))


def _same_words(old: str, new: str) -> bool:
    """Whether every word of the old name has a counterpart in the new one."""
    name = compare_names(old, new)
    longest = max(len(name.only_old), len(name.only_new)) + name.shared
    return bool(name.shared) and len(name.only_old) <= 1 and name.likeness >= (name.shared + 0.69) * 2 / (2 * longest)


def _merges(left: Leftovers, busy_old: set[str], busy_new: set[str]) -> Iterator[Related]:
    """Several variables become one: neighbours of one family go, and one new name of that family comes."""
    going: dict[str, list[str]] = defaultdict(list)
    coming: dict[str, list[str]] = defaultdict(list)
    for key in left.before:
        if key not in left.after and key not in busy_old:
            going[_family(key)].append(key)
    for key in left.after:
        if key not in left.before and key not in busy_new:
            coming[_family(key)].append(key)
    for first, olds in going.items():
        side_by_side = len({left.scene.old_places[o].before for o in olds if o in left.scene.old_places}) == 1
        news = coming.get(first, [])
        if len(olds) > 1 and len(news) == 1 and side_by_side and not _contrary(left, olds, news[0]):
            yield Related("merge", tuple(olds), (news[0],), ("these neighbours go where one of their family comes",))


def _family(key: str) -> str:
    return (tokens(key) or (key,))[0]


def _contrary(left: Leftovers, olds: list[str], new: str) -> bool:
    """Whether one of them is shown better by itself, as an inversion or another unit."""
    pairs = [left.weighed.get((o, new)) for o in olds]
    return any(e is not None and _kind(e) != "replaced" for e in pairs)


def _alike(left: Leftovers, busy_old: set[str], busy_new: set[str]) -> Iterator[Related]:
    """Pairs that resemble each other too little to be a rename, those of one change of words together."""
    groups: dict[tuple[RelatedKind, object], list[tuple[str, str, Evidence]]] = defaultdict(list)
    taken: set[str] = set()
    for (o, n), e in sorted(left.weighed.items(), key=lambda item: -item[1].points):
        kind = _kind(e)
        if o in busy_old or n in busy_new or {o, n} & taken or not _worth_telling(left.scene, o, n, e):
            continue
        taken |= {o, n}
        groups[kind, e.name.rule if e.name.shared else (o, n)].append((o, n, e))
    for (kind, _), members in groups.items():
        olds, news = tuple(o for o, _, _ in members), tuple(n for _, n, _ in members)
        yield Related(kind, olds, news, (_SENTENCES[kind], *members[0][2].why))


def _worth_telling(scene: Scene, old: str, new: str, e: Evidence) -> bool:
    if scene.announced.about(old, new)[0] is Said.SUCCEEDED:
        return True
    if _kind(e) != "replaced":
        return e.name.likeness >= _SAME_MATTER or (e.same_comment and _alone_in_place(scene, old, new))
    return e.points >= _RESEMBLES and bool(e.name.shared or _alone_in_place(scene, old, new))


def _kind(e: Evidence) -> RelatedKind:
    if e.name.unit_changed:
        return "unit-changed"
    if e.name.inverted:
        return "inverted"
    return "replaced"


_SENTENCES: dict[RelatedKind, str] = {
    "unit-changed": "the new name counts in another unit: convert the value",
    "inverted": "the new switch says the contrary of the old one: turn the value around",
    "replaced": "the new one may do the old one's work, with a value of its own",
}


def _alone_in_place(scene: Scene, old: str, new: str) -> bool:
    a, b = scene.old_places.get(old), scene.new_places.get(new)
    return bool(a and b and a.between == b.between == 1 and a.before == b.before and a.after == b.after)


def _successors(left: Leftovers, busy_old: set[str]) -> Iterator[Related]:
    """A variable goes, and the one that does its work was there before."""
    told = left.scene.announced
    kept = left.before.keys() & left.after.keys()
    for o in left.before.keys() - left.after.keys() - busy_old:
        for k in sorted(kept):
            said, words = told.about(o, k)
            if said in {Said.RENAMED, Said.SUCCEEDED}:
                yield Related("successor-already-present", (o,), (k,), (words,))


def _reused(left: Leftovers) -> Iterator[Related]:
    """A name stays and means something else: another comment, and a default of another kind."""
    for key in left.before.keys() & left.after.keys():
        o, n = left.before[key], left.after[key]
        likeness = comment_likeness(o, n)
        if (
            likeness is not None
            and likeness < _STRANGE
            and compare_defaults(o.default, n.default) is Values.OTHER_KIND
        ):
            yield Related("name-reused", (key,), (key,), ("its comment and the kind of its default are all others",))
