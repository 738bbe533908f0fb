"""The plan of replacing a role's password. It holds no secret."""

from dataclasses import dataclass, replace

from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.domain.typed import Typed
from avnwizard.planned import PlannedStep


@dataclass(frozen=True)
class PasswordPlan:
    """One password, decided.

    Attributes:
        role: whose password it is.
        twin: the role that services sign in as meanwhile.
        rotation: the name under which both passwords are kept.
        variable: of the env file, with the password.
        database: one that the role signs in to, for a trial.
        signing_in: the services that sign in as the role.
        bridge: the text of a compose file by which they sign in as the twin.
        notes: what is to be known before, a sentence each.
        stack: the roll of everything that is given the password.
    """

    role: str
    twin: str
    rotation: str
    variable: str
    database: str
    signing_in: tuple[str, ...]
    bridge: str
    notes: tuple[str, ...]
    stack: Plan

    @property
    def title(self) -> str:
        """Such as "rotate password of shop"."""
        return f"rotate password of {self.role}"

    @property
    def bridged(self) -> tuple[ServicePlan, ...]:
        """What is rolled to the twin: no one-shots, which have ended."""
        parts = self.stack.services
        return tuple(one for one in parts if one.service in self.signing_in and one.strategy != "job")

    def described(self, steps: tuple[PlannedStep, ...]) -> "PasswordPlan":
        """With its steps, as they describe themselves."""
        return replace(self, stack=replace(self.stack, steps=steps))


_ADAPTER: Typed[PasswordPlan] = Typed(PasswordPlan)


def to_json(plan: PasswordPlan) -> str:
    """For the journal, and for `rotate password --dry-run --json`."""
    return _ADAPTER.to_json(plan)


def from_json(text: str) -> PasswordPlan:
    """Read back.

    Raises:
        RefusedError: another version of avnwizard wrote it.
    """
    return _ADAPTER.planned(text, "rotation")
