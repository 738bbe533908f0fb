"""What the operator decided so far: pure values, kept while the app lives, so that going back loses nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from avnwizard.domain.answers import Answers, Decision
from avnwizard.domain.config import Strategy
from avnwizard.domain.data_way import DataWay
from avnwizard.domain.secret import Secret

if TYPE_CHECKING:  # both bring much with them that the first screen does not need
    from avnwizard.flows.kubernetes.drafting import HelmDraft
    from avnwizard.flows.kubernetes.preparing import PreparedRelease
    from avnwizard.flows.upgrade.inputs import UpgradeInputs
    from avnwizard.flows.upgrade.planning import Prepared

ACKNOWLEDGED = "true"


@dataclass(frozen=True)
class Upgrade:
    """One upgrade being decided.

    Attributes:
        answers: by decision; they may hold secrets, so they are never written anywhere but into a run.
        snapshot: whether one is taken; False only after the stack's name was typed.
        volumes: those that the snapshot holds too; None is what `avnwizard.toml` says.
        strategies: service -> how it is rolled, where the operator chose another way.
        hold: whether what breaks the old code waits, for `avnwizard contract`.
        prepared: the frozen plan, None as soon as an answer changes.
        release: the same where the stack is a release in a cluster.
    """

    draft: "UpgradeInputs | HelmDraft"
    answers: Answers = field(default_factory=Answers)
    snapshot: bool = True
    volumes: tuple[str, ...] | None = None
    strategies: Mapping[str, Strategy] = field(default_factory=dict)
    hold: bool = False
    prepared: "Prepared | None" = None
    release: "PreparedRelease | None" = None

    @property
    def target(self) -> str:
        """The release to go to."""
        return self.draft.target.name

    def decisions(self, *, env: bool) -> tuple[Decision, ...]:
        """Those about the env file, or the breaking changes to be acknowledged."""
        found = self.draft.decisions(self.answers)
        return tuple(one for one in found if (one.topic != "acknowledge") == env)

    def open(self, *, env: bool) -> tuple[Decision, ...]:
        """Those that still lack an answer."""
        return self.answers.open(self.decisions(env=env))

    def decided(self, decision: Decision, answer: str | None) -> "Upgrade":
        """With one answer given, changed, or (None) taken back."""
        given = {key: value for key, value in self.answers.given.items() if key != decision.id}
        if answer is not None:
            given[decision.id] = Secret(answer)
        return replace(self, answers=Answers(given), prepared=None, release=None)

    def with_snapshot(self, wanted: bool) -> "Upgrade":
        """With or without a snapshot."""
        return replace(self, snapshot=wanted, prepared=None, release=None)

    def with_volumes(self, volumes: tuple[str, ...]) -> "Upgrade":
        """With these volumes in the snapshot."""
        return replace(self, volumes=volumes, prepared=None, release=None)

    def with_strategy(self, service: str, strategy: Strategy | None) -> "Upgrade":
        """With a service rolled another way; None takes that back."""
        others = {name: way for name, way in self.strategies.items() if name != service}
        return replace(
            self, strategies=others | ({service: strategy} if strategy else {}), prepared=None, release=None
        )

    def with_hold(self, *, hold: bool) -> "Upgrade":
        """With what breaks the old code waiting, or all of the migrations at once."""
        return replace(self, hold=hold, prepared=None, release=None)

    def can_hold(self, *, database: bool) -> bool:
        """Whether anything of the release's migrations waits, or may: where there is a database."""
        return self.hold or (database and self.draft.migrations.breaks_old_code)

    def with_data(self, service: str, way: DataWay) -> "Upgrade":
        """With what a rollback does with a service's data."""
        return replace(
            self, answers=Answers({**self.answers.given, f"data:{service}": Secret(way)}), prepared=None, release=None
        )

    def with_plan(self, prepared: "Prepared") -> "Upgrade":
        """With its plan made."""
        return replace(self, prepared=prepared)

    def with_release(self, prepared: "PreparedRelease") -> "Upgrade":
        """With the plan made of a release in a cluster."""
        return replace(self, release=prepared)

    def without_plan(self) -> "Upgrade":
        """With its plan to be made again: the stack changed since."""
        return replace(self, prepared=None, release=None)


Explicit = Literal["open", "decided", "sure"]


def standing(upgrade: Upgrade, decision: Decision) -> Explicit:
    """Whether a decision waits, was made, or follows from the release beyond doubt."""
    if decision.id in upgrade.answers.given:
        return "decided"
    return "sure" if decision.certain else "open"


def _decided(upgrade: Upgrade) -> tuple[object, ...]:
    """All that was decided, without what follows from it."""
    return upgrade.answers.given, upgrade.snapshot, upgrade.volumes, upgrade.strategies


class Choices:
    """The upgrades that were looked at, by target, and the one in hand.

    Args:
        keep: hears of each decision, so that none is lost with the terminal.
    """

    def __init__(self, keep: Callable[[Upgrade], None] = lambda _: None) -> None:
        self._upgrades: dict[str, Upgrade] = {}
        self._target = ""
        self._keep = keep

    @property
    def upgrade(self) -> Upgrade:
        """The one in hand; KeyError before a release was chosen."""
        return self._upgrades[self._target]

    @upgrade.setter
    def upgrade(self, changed: Upgrade) -> None:
        before = self._upgrades.get(changed.target)
        self._upgrades[changed.target] = changed
        if before is None or _decided(before) != _decided(changed):
            self._keep(changed)

    @property
    def are_given(self) -> bool:
        """Whether anything was answered, so that leaving would lose it."""
        return any(upgrade.answers.given or not upgrade.snapshot for upgrade in self._upgrades.values())

    def take(self, draft: "UpgradeInputs | HelmDraft") -> Upgrade:
        """Take a release in hand, with the answers that were given for it before."""
        known = self._upgrades.get(draft.target.name)
        self._target = draft.target.name
        self._upgrades[self._target] = (
            replace(known, draft=draft, prepared=None, release=None) if known else Upgrade(draft)
        )
        return self.upgrade

    def knows(self, target: str) -> bool:
        """Whether anything was decided for a release since the wizard was opened."""
        found = self._upgrades.get(target)
        return found is not None and _decided(found) != _decided(Upgrade(found.draft))

    def forget(self) -> None:
        """Drop everything: a run was started from it."""
        self._upgrades.clear()
        self._target = ""
