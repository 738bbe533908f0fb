"""Compares a project's example env file at two releases, and finds out what became of each variable."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from avnwizard.domain.envdiff.announced import announcements
from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envdiff.candidates import candidate_pairs
from avnwizard.domain.envdiff.defaults import Values
from avnwizard.domain.envdiff.evidence import PRIOR, Evidence, Scene, weigh
from avnwizard.domain.envdiff.families import families
from avnwizard.domain.envdiff.places import block_heads, places
from avnwizard.domain.envdiff.related import Leftovers, find_related
from avnwizard.domain.envdiff.usage import feeding, required_without, unread
from avnwizard.domain.envdiff.values import Candidate, Changed, EnvDiff, Rename
from avnwizard.domain.envfile import EnvFile, Variable

PROPOSED = 0.5
"""The chance from which a rename is told as one; what is applied unasked wants far more."""
_SUREST = 0.99
_ANYTHING, _LEAST_LIKE, _MOST = 1.0, 0.4, 5
"""From how many points more than strangers have a pair is worth a question, and how many are named in one."""
_GONE = re.compile(r"(?i)\b(?:remov|drop|delet|obsolete|no longer|not (?:used|read) any|unused|gone|withdrawn)")
_AHEAD, _NONE = 1.5, -9.0
"""How far a pair must be ahead of its rivals to lose nothing, and the points of no rival."""
_WORTH_MATCHING = -1.6
_FAMILY_LEFT, _ENOUGH = 1.0, 2
"""Points for each rename of the family, up to so many."""

Pairs = dict[tuple[str, str], Evidence]


def diff_env(
    old: EnvFile,
    new: EnvFile,
    *,
    changelog: str = "",
    compose_old: str = "",
    compose_new: str = "",
    operator: EnvFile | None = None,
) -> EnvDiff:
    """Compare two example files.

    Args:
        old: the example at the current tag.
        new: the example at the target tag.
        changelog: the text between the tags, where there is one.
        compose_old: the compose file at the current tag, for who uses what.
        compose_new: the compose file at the target tag.
        operator: the operator's own file.
    """
    before, after = _first(old), _first(new)
    removed = [v for key, v in before.items() if key not in after]
    added = [v for key, v in after.items() if key not in before]
    scene = _scene(old, new, removed, added, changelog, compose_old, compose_new, operator)
    weighed = weigh_all(removed, added, scene)
    renames = choose(weighed, scene)
    related = find_related(Leftovers({r.old: r.new for r in renames}, weighed, scene, before, after))
    told = {(a, b) for group in related for a in group.old for b in group.new}
    kept = tuple(r for r in renames if (r.old, r.new) not in told)
    gone, come = {r.old for r in kept}, {r.new for r in kept}
    return EnvDiff(
        added=tuple(v for v in added if v.key not in come),
        removed=tuple(v for v in removed if v.key not in gone),
        candidates=_candidates(weighed, {v.key for v in removed} - gone, come),
        said_gone=_said_gone(removed, changelog, compose_old, compose_new),
        renamed=kept,
        related=related,
        changed=tuple(_changed(before, after)),
        required=required_without(compose_new, new),
        unread=unread(compose_old, compose_new, after),
    )


def _first(file: EnvFile) -> dict[str, Variable]:
    """Each variable once: where it is set, else where it is first offered."""
    found: dict[str, Variable] = {}
    for v in file.variables():
        if v.key not in found or (v.active and not found[v.key].active):
            found[v.key] = v
    return found


def _scene(
    old: EnvFile,
    new: EnvFile,
    removed: list[Variable],
    added: list[Variable],
    changelog: str,
    compose_old: str,
    compose_new: str,
    operator: EnvFile | None,
) -> Scene:
    kept = {v.key for v in old.variables()} & {v.key for v in new.variables()}
    olds, news = [v.key for v in removed], [v.key for v in added]
    return Scene(
        old_places=places(old.variables(), kept),
        new_places=places(new.variables(), kept),
        old_values=Counter(v.default for v in removed),
        new_values=Counter(v.default for v in added),
        announced=announcements(changelog, olds, {*news, *kept}),
        fed=feeding(compose_old, compose_new),
        block_heads=frozenset(block_heads(old.variables()) | block_heads(new.variables())),
        operator={k: operator.literal(k) or "" for k in operator.keys()} if operator else {},  # noqa: SIM118 - not a dict
    )


def weigh_all(removed: list[Variable], added: list[Variable], scene: Scene) -> Pairs:
    """Weigh every pair that has anything in common, families of like changes included."""
    pairs = candidate_pairs(removed, added, scene)
    scene.families = families(pairs)
    return {(o.key, n.key): weigh(o, n, scene) for o, n in pairs}


def choose(weighed: Pairs, scene: Scene) -> tuple[Rename, ...]:
    """Match the sides as well as possible overall; give the likelier renames, surest first."""
    worth = {pair: e.points - _WORTH_MATCHING for pair, e in weighed.items() if e.points > _WORTH_MATCHING}
    matched, best = best_assignment(worth), _best_two(weighed)
    renames = []
    for o, n in matched.items():
        sure = contested(weighed[o, n], (best[0, o], best[1, n]))
        if sure.chance >= PROPOSED:
            certain = scene.announced.covers(o, n) and (o, n) in scene.fed
            renames.append(Rename(o, n, 1.0 if certain else round(min(sure.chance, _SUREST), 3), sure.why))
    renames += _left_behind(weighed, renames)
    return tuple(sorted(renames, key=lambda r: -r.confidence))


def _left_behind(weighed: Pairs, renames: list[Rename]) -> list[Rename]:
    """What is left over on both sides of a family whose other members are renames: it went the same way."""
    rules = Counter(weighed[one.old, one.new].name.rule for one in renames if weighed[one.old, one.new].name.shared)
    gone, come = {one.old for one in renames}, {one.new for one in renames}
    left = [
        (e.points + _FAMILY_LEFT * min(rules[e.name.rule], _ENOUGH), o, n, e)
        for (o, n), e in weighed.items()
        if o not in gone and n not in come and e.name.shared and any(e.name.rule) and rules[e.name.rule]
    ]
    found = []
    for points, o, n, e in sorted(left, key=lambda one: (-one[0], one[1], one[2])):
        moved = replace(e, points=points)
        if o not in gone and n not in come and moved.chance >= PROPOSED:
            found.append(
                Rename(o, n, round(min(moved.chance, _SUREST), 3), ("the others of its family did so", *e.why))
            )
            gone.add(o)
            come.add(n)
    return found


def _best_two(weighed: Pairs) -> dict[tuple[int, str], tuple[float, float]]:
    """For each variable of either side (0 old, 1 new) its best points and its second best."""
    best: dict[tuple[int, str], tuple[float, float]] = defaultdict(lambda: (_NONE, _NONE))
    for (o, n), e in weighed.items():
        for side in ((0, o), (1, n)):
            first, second = best[side]
            best[side] = (e.points, first) if e.points > first else (first, max(second, e.points))
    return best


def contested(mine: Evidence, sides: Iterable[tuple[float, float]]) -> Evidence:
    """Take points off a pair that has a rival nearly as good, on either side."""
    rivals = (second if first == mine.points else first for first, second in sides)
    return replace(mine, points=mine.points - max(0.0, _AHEAD - (mine.points - max(rivals))))


def _candidates(weighed: Pairs, gone: set[str], come: set[str]) -> dict[str, tuple[Candidate, ...]]:
    """For each variable that goes, the new ones that it may be, the likeliest first; never one of another meaning."""
    found: dict[str, list[tuple[float, Candidate]]] = defaultdict(list)
    for (o, n), e in weighed.items():
        turned = e.name.inverted or e.name.unit_changed
        if o in gone and n not in come and not turned and _may_be(e):
            found[o].append((-e.points, Candidate(n, round(e.chance, 3), e.why)))
    return {
        o: tuple(one for _, one in sorted(each, key=lambda c: (c[0], c[1].new))[:_MOST]) for o, each in found.items()
    }


def _said_gone(removed: list[Variable], changelog: str, compose_old: str, compose_new: str) -> frozenset[str]:
    """The variables of which the release says that nothing reads them any more: in words, or in its compose file."""
    dropped = set(unread(compose_old, compose_new, [v.key for v in removed]))
    lines = _lines_of_removals(changelog)
    return frozenset(v.key for v in removed if v.key in dropped or any(_names(line, v.key) for line in lines))


def _may_be(e: Evidence) -> bool:
    """Whether anything at all ties the two: a word, a telling default, a comment, or more points than strangers."""
    alike = bool(e.name.shared) and e.name.likeness >= _LEAST_LIKE
    return alike or e.same_comment or e.values is Values.SAME or e.points > PRIOR + _ANYTHING


def _lines_of_removals(changelog: str) -> list[str]:
    """Lines that speak of a removal themselves, and those below a heading that does."""
    out, below = [], False
    for line in changelog.split("\n"):
        if line.startswith("#"):
            below = bool(_GONE.search(line))
        elif below or _GONE.search(line):
            out.append(line)
    return out


def _names(line: str, key: str) -> bool:
    return key in line and bool(re.search(rf"(?<![\w.]){re.escape(key)}(?!\w)", line))


def _changed(before: dict[str, Variable], after: dict[str, Variable]) -> list[Changed]:
    out = []
    for key, o in before.items():
        n = after.get(key)
        if n is not None and (o.default != n.default or o.comment != n.comment):
            out.append(Changed(key, o.default, n.default, o.comment != n.comment))
    return out
