"""Judges and fits the finding of renames on labelled releases: `python -m tests.bench.renames halves|fit|sweep`.

Projects, not cases, are dealt into two halves, so that no half knows a project of the other. `halves` fits on each
and scores on the other; `fit` prints the worths fitted to all; `sweep` takes each trace away in turn and shows what
it was worth on the half that it was not fitted to.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from math import exp
from pathlib import Path
from typing import Any

from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envdiff.assignment import best_assignment
from avnwizard.domain.envdiff.diff import weigh_all
from avnwizard.domain.envdiff.evidence import FITTED, WEIGHTS, Weights
from avnwizard.domain.envdiff.scene import Files, look
from avnwizard.domain.envfile import EnvFile, Variable
from tests.reading.corpus import cases

_FREEDOM = 0.6
"""How far a worth may move from where reasoning set it: the standard deviation of its prior, in log odds."""
_STEPS = 12
_DOUBTFUL, _RIVAL, _HOPELESS = 0.5, 0.03, 6.0
"""What an example counts that the labels call related: nearly a rename, and none."""
Example = tuple[dict[str, float], bool, float]


@dataclass(frozen=True)
class Case:
    """One labelled pair of releases."""

    name: str
    label: Mapping[str, Any]
    files: Files

    @property
    def project(self) -> str:
        """The project's name."""
        return re.split(r"-(?=v?\d|[0-9a-f]{6,}|stable|complete)", self.name.removeprefix("neg-"))[0]

    @property
    def half(self) -> int:
        """0 or 1, the same for all cases of a project."""
        return md5(self.project.encode(), usedforsecurity=False).digest()[0] % 2

    @property
    def gold(self) -> set[tuple[str, str]]:
        """The true renames."""
        return {(old, new) for old, new in self.label["renamed"]}

    def related(self, old: str, new: str) -> bool:
        """Whether the label says that the two have to do with each other and are no rename."""
        return any(old in g["old"] and new in g["new"] for g in self.label.get("related", []))


def read_files(folder: Path) -> Files:
    """Read one case: compose files count only where both are there."""
    old, new = (EnvFile.parse_release((folder / name).read_bytes()) for name in ("old.env", "new.env"))
    notes, before, after = (folder / n for n in ("changelog.txt", "compose-old.yml", "compose-new.yml"))
    compose = (before.read_text(), after.read_text()) if before.exists() and after.exists() else ("", "")
    return Files(old, new, notes.read_text() if notes.exists() else "", *compose)


def load() -> list[Case]:
    """Every labelled case."""
    return [Case(folder.name, label, read_files(folder)) for folder, label in cases("env")]


def compare(files: Files, weights: Weights = WEIGHTS) -> EnvDiff:
    """Compare one case's files."""
    return diff_env(
        files.old,
        files.new,
        changelog=files.changelog,
        compose_old=files.compose_old,
        compose_new=files.compose_new,
        weights=weights,
    )


def by_words(pairs: Iterable[tuple[str, str]]) -> list[set[tuple[str, str]]]:
    """Group pairs of one case by the words that change: one decision each."""
    groups: dict[object, set[tuple[str, str]]] = {}
    for old, new in pairs:
        a, b = re.split(r"_+", old), re.split(r"_+", new)
        left = tuple(x for x in a if x not in b), tuple(x for x in b if x not in a)
        groups.setdefault(left, set()).add((old, new))
    return list(groups.values())


def figures(some: Iterable[Case], weights: Weights = WEIGHTS) -> dict[str, float]:
    """The figures that issue 20 sets goals for."""
    count = dict.fromkeys(("tp", "fp", "fn", "strict", "decisions", "right", "sure", "sure_false"), 0)
    for case in some:
        found = {(r.old, r.new): r.confidence for r in compare(case.files, weights).renamed}
        given = {pair for pair in found if not case.related(*pair)}
        sure, decisions = {pair for pair in given if found[pair] >= 0.9}, by_words(case.gold)
        count["tp"] += len(given & case.gold)
        count["fp"] += len(given - case.gold)
        count["fn"] += len(case.gold - given)
        count["strict"] += len(found) - len(given)
        count["decisions"] += len(decisions)
        count["right"] += sum(group <= found.keys() for group in decisions)
        count["sure"] += len(sure & case.gold)
        count["sure_false"] += len(sure - case.gold)
    tp, fp, all_gold = count["tp"], count["fp"], max(count["tp"] + count["fn"], 1)
    return {
        "P": tp / max(tp + fp, 1),
        "R": tp / all_gold,
        "strict P": tp / max(tp + fp + count["strict"], 1),
        "R by decision": count["right"] / max(count["decisions"], 1),
        "P at 0.9": count["sure"] / max(count["sure"] + count["sure_false"], 1),
        "R at 0.9": count["sure"] / all_gold,
    }


def examples(some: Iterable[Case], weights: Weights) -> list[Example]:
    """Every weighed pair with the amounts of its traces, whether it is a rename, and how much it counts."""
    out = []
    for case in some:
        before, after = ({v.key: v for v in reversed(f.variables())} for f in (case.files.old, case.files.new))
        removed: list[Variable] = [v for key, v in before.items() if key not in after]
        added: list[Variable] = [v for key, v in after.items() if key not in before]
        weighed, _ = weigh_all(removed, added, look(case.files, removed, added), weights)
        likeliest = best_assignment(
            {pair: e.points + _HOPELESS for pair, e in weighed.items() if e.points > -_HOPELESS}
        )
        for pair, evidence in weighed.items():
            alone = pair in case.gold or likeliest.get(pair[0]) == pair[1]
            amounts: dict[str, float] = {"prior": 1.0}
            for trace in (*evidence.lasting, *evidence.moving):
                amounts[trace.name] = amounts.get(trace.name, 0.0) + trace.amount
            counts = _DOUBTFUL if case.related(*pair) else 1.0
            out.append((amounts, pair in case.gold, counts * (1.0 if alone else _RIVAL)))
    return out


def fit(some: Sequence[Case], freedom: float = _FREEDOM, without: str = "") -> Weights:
    """Fit the worths by penalised logistic regression (Newton's method), twice: what is settled follows from them."""
    weights = {name: worth for name, worth in WEIGHTS.items() if name != without}
    names = [name for name in FITTED if name != without]
    for _ in range(2):
        weights |= _newton(examples(some, weights), names, weights, {n: FITTED[n] for n in names}, freedom)
    return weights


def _newton(
    given: list[Example], names: list[str], weights: Weights, prior: Weights, freedom: float
) -> dict[str, float]:
    index = {name: i for i, name in enumerate(names)}
    rows = []
    for amounts, true, counts in given:
        fixed = sum(weights.get(n, 0.0) * a for n, a in amounts.items() if n not in index)
        rows.append(
            ([(index[n], a) for n, a in amounts.items() if n in index and a], fixed, 1.0 if true else 0.0, counts)
        )
    w = [weights[name] for name in names]
    for _ in range(_STEPS):
        slope = [(w[i] - prior[n]) / freedom**2 for i, n in enumerate(names)]
        bend = [[1 / freedom**2 if i == j else 0.0 for j in range(len(names))] for i in range(len(names))]
        for row, fixed, goal, counts in rows:
            chance = 1 / (1 + exp(-max(min(fixed + sum(w[i] * a for i, a in row), 30), -30)))
            if abs(chance - goal) < 1e-4:
                continue
            for i, a in row:
                slope[i] += counts * (chance - goal) * a
                for j, b in row:
                    bend[i][j] += counts * chance * (1 - chance) * a * b
        step = _solve(bend, slope)
        longest = max(1.0, *(abs(move) for move in step))
        w = [worth - move / longest for worth, move in zip(w, step, strict=True)]
    return dict(zip(names, w, strict=True))


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination; the matrix is positive definite, so that no pivot is 0."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            if factor:
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    out = [0.0] * size
    for i in reversed(range(size)):
        out[i] = (rows[i][size] - sum(rows[i][j] * out[j] for j in range(i + 1, size))) / rows[i][i]
    return out


def _line(title: str, found: Mapping[str, float]) -> str:
    return f"{title:<28}" + "  ".join(f"{name} {value:.3f}" for name, value in found.items())


def main(what: str) -> None:
    """Print what is asked for."""
    every = load()
    halves = [[case for case in every if case.half == side] for side in (0, 1)]
    if what == "fit":
        print(json.dumps({n: round(w, 2) for n, w in fit(every).items() if n in FITTED}, indent=0))
        return
    for side in (0, 1):
        learnt = fit(halves[1 - side])
        base = figures(halves[side], learnt)
        print(_line(f"half {side}, fitted on {1 - side}", base), flush=True)
        for name in (n for n in FITTED if n != "prior" and what == "sweep"):
            less = figures(halves[side], fit(halves[1 - side], without=name))
            print(_line(f"  without {name}", {k: less[k] - base[k] for k in base}), flush=True)
    if what == "halves":
        for side in (0, 1):
            print(_line(f"half {side}, as shipped", figures(halves[side])))
        print(_line("all, as shipped", figures(every)))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "halves")
