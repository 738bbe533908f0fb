"""Compares a project's example env file at two releases, and finds out what became of each variable."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from avnwizard.domain.envdiff.announced import announcements
from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envdiff.candidates import candidate_pairs
from avnwizard.domain.envdiff.evidence import Evidence, Scene, weigh
from avnwizard.domain.envdiff.families import families
from avnwizard.domain.envdiff.places import block_heads, places
from avnwizard.domain.envdiff.related import Leftovers, find_related
from avnwizard.domain.envdiff.usage import feeding, required_without, unread
from avnwizard.domain.envdiff.values import Changed, EnvDiff, Rename
from avnwizard.domain.envfile import EnvFile, Variable

PROPOSED = 0.5
"""The chance from which a rename is told as one; what is applied unasked wants far more."""
_SUREST = 0.99
_AHEAD, _NONE = 1.5, -9.0
"""How far a pair must be ahead of its rivals to lose nothing, and the points of no rival."""
_WORTH_MATCHING = -2.0

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
    return tuple(sorted(renames, key=lambda r: -r.confidence))


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


def _changed(before: dict[str, Variable], after: dict[str, Variable]) -> list[Changed]:
    out = []
    for key, o in before.items():
        n = after.get(key)
        if n is not None and (o.default != n.default or o.comment != n.comment):
            out.append(Changed(key, o.default, n.default, o.comment != n.comment))
    return out
