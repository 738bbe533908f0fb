"""Compares a project's example env file at two releases, and finds out what became of each variable."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envdiff.candidates import candidate_pairs
from avnwizard.domain.envdiff.defaults import Values
from avnwizard.domain.envdiff.evidence import PRIOR, WEIGHTS, Evidence, Weights, weigh
from avnwizard.domain.envdiff.families import families
from avnwizard.domain.envdiff.related import Leftovers, find_related
from avnwizard.domain.envdiff.scene import Files, Rule, Scene, look, settle
from avnwizard.domain.envdiff.usage import required_without, unread
from avnwizard.domain.envdiff.values import Candidate, Changed, EnvDiff, Rename
from avnwizard.domain.envfile import EnvFile, Variable

PROPOSED = 0.45
"""The chance from which a rename is proposed as one; it is a question, and what is applied unasked wants far more."""
_SUREST = 0.99
_LANDMARK, _ROUNDS = 0.8, 2
"""From what chance a rename is a landmark for the others, and how often these are looked for."""
_ANYTHING, _LEAST_LIKE, _MOST = 1.0, 0.4, 5
"""From how many points more than strangers have a pair is worth a question, and how many are named in one."""
_GONE = re.compile(r"(?i)\b(?:remov|drop|delet|obsolete|no longer|not (?:used|read) any|unused|gone|withdrawn)")
_LEGEND = re.compile(r"\s*\S+\s*=>\s")
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
    weights: Weights = WEIGHTS,
) -> EnvDiff:
    """Compare two example files.

    Args:
        old: the example at the current tag.
        new: the example at the target tag.
        changelog: the text between the tags, where there is one.
        compose_old: the compose file at the current tag, for who uses what.
        compose_new: the compose file at the target tag.
        operator: the operator's own file.
        weights: what each trace of a rename is worth.
    """
    before, after = _first(old), _first(new)
    removed = [v for key, v in before.items() if key not in after]
    added = [v for key, v in after.items() if key not in before]
    files = Files(old, new, changelog, compose_old, compose_new, operator)
    weighed, scene = weigh_all(removed, added, look(files, removed, added), weights)
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


def weigh_all(
    removed: list[Variable], added: list[Variable], scene: Scene, weights: Weights = WEIGHTS
) -> tuple[Pairs, Scene]:
    """Weigh every pair that has anything in common; then again, with the surest renames as landmarks."""
    pairs = candidate_pairs(removed, added, scene)
    scene.families = families(pairs)
    weighed = {(o.key, n.key): weigh(o, n, scene, weights=weights) for o, n in pairs}
    for _ in range(_ROUNDS):
        sure = {r.old: r.new for r in choose(weighed, scene) if r.confidence >= _LANDMARK}
        if sure == scene.settled.pairs:
            break
        scene = settle(scene, sure)
        weighed = {(o.key, n.key): weigh(o, n, scene, weighed[o.key, n.key], weights) for o, n in pairs}
    return weighed, scene


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
    taken = {(0, one.old) for one in renames} | {(1, one.new) for one in renames}
    found: list[Rename] = []
    while one := _next_of_family(weighed, rules, taken):
        found.append(one)
        rules[weighed[one.old, one.new].name.rule] += 1
        taken |= {(0, one.old), (1, one.new)}
    return found


def _next_of_family(weighed: Pairs, rules: Counter[Rule], taken: set[tuple[int, str]]) -> Rename | None:
    """The likeliest rename that changes the same words as others did, once these count for it."""
    left = [
        (e.points + _FAMILY_LEFT * min(rules[e.name.rule], _ENOUGH), o, n, e)
        for (o, n), e in weighed.items()
        if e.name.shared and any(e.name.rule) and rules[e.name.rule] and (0, o) not in taken and (1, n) not in taken
    ]
    if not left:
        return None
    points, old, new, e = min(left, key=lambda one: (-one[0], one[1], one[2]))
    chance = replace(e, points=points).chance
    why = ("the others of its family did so", *e.why)
    return Rename(old, new, round(min(chance, _SUREST), 3), why) if chance >= PROPOSED else None


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
        if n is None:
            continue
        reworded = _without_legend(o.comment) != _without_legend(n.comment)
        if o.default != n.default or reworded:
            out.append(Changed(key, o.default, n.default, reworded))
    return out


def _without_legend(comment: str) -> str:
    """A comment without its lines that explain one value each (`daily => every day`)."""
    return "\n".join(line for line in comment.split("\n") if not _LEGEND.match(line))
