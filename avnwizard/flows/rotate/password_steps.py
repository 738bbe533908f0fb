"""The steps of replacing a role's password without refusing anybody.

PostgreSQL keeps one password for a role (one SCRAM verifier), and services are rolled one after another: with ALTER
ROLE alone, either the old containers or the new ones are refused whenever they open a connection. So a twin takes the
role's place: it has the old password and becomes the role as soon as it signs in. Services are rolled to the twin by
an override file, the role's password is replaced while nobody needs it, and they are rolled back to the role.

The way back is the same the other way round: it begins with the twin too, wherever the run stopped.
"""

from collections.abc import Iterator
from dataclasses import replace

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.secret import Secret
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, StepError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.password_plan import PasswordPlan
from avnwizard.flows.rotate.steps import NoteImages
from avnwizard.flows.stack.run_folder import RunFolder
from avnwizard.flows.stack.step_inputs import StepInputs
from avnwizard.flows.steps.roll import RollBackService, RollService
from avnwizard.flows.steps.run_job import RunJob
from avnwizard.flows.steps.verify import Verify
from avnwizard.planned import PlannedStep, StepKind

BRIDGE = "sign-in-as-twin.json"
"""In the run's folder: a compose file (YAML is a superset of JSON) without any secret."""


def password_steps(host: Host, plan: PasswordPlan, run: str) -> list[Step]:
    """The steps, in order."""
    scene, there = _scene(host, plan, run), _bridged(host, plan, run)
    tag, commit = plan.stack.current.tag, plan.stack.current.commit
    return [
        NoteImages(scene),
        MakeTwin(host, plan),
        *(SignInAsTwin(there, part, plan.twin) for part in plan.bridged),
        SetPassword(host, plan),
        WritePassword(host, plan),
        *(
            RunJob(scene, one.service) if one.strategy == "job" else RollService(scene, one)
            for one in scene.plan.services
        ),
        DropTwin(host, plan),
        Verify(scene, tag=tag, commit=commit),
    ]


def password_steps_back(host: Host, plan: PasswordPlan, run: str) -> list[Step]:
    """The steps to the old password, from wherever the run stopped.

    Args:
        run: the run that is taken back.
    """
    scene, there = _scene(host, plan, run), _bridged(host, plan, run)
    tag, commit = plan.stack.current.tag, plan.stack.current.commit
    rolled = [one.service for one in plan.stack.services if one.strategy != "job"]
    return [
        MakeTwin(host, plan, back=True),
        WritePassword(host, plan, back=True),
        *(SignInAsTwin(there, part, plan.twin, back=True) for part in plan.bridged),
        SetPassword(host, plan, back=True),
        *_rolled_back(scene),
        DropTwin(host, plan, back=True),
        Verify(scene, tag=tag, commit=commit, back=rolled),
    ]


def _rolled_back(scene: StepInputs) -> Iterator[Step]:
    for one in scene.plan.services:
        if one.strategy == "job":
            yield RunJob(scene, one.service, back=True)
        else:
            yield RollBackService(scene, one.service, one.strategy, wave=one.wave)  # type: ignore[arg-type]  # no "retire"


def _scene(host: Host, plan: PasswordPlan, run: str) -> StepInputs:
    return StepInputs(plan.stack, host, RunFolder(host.state.run(run), host.files))


def _bridged(host: Host, plan: PasswordPlan, run: str) -> StepInputs:
    """The stack by its own files and the one by which services sign in as the twin."""
    project = plan.stack.project
    project = replace(project, files=(*project.files, host.state.run(run) / BRIDGE))
    stack = replace(plan.stack, project=project, services=plan.bridged)
    return StepInputs(stack, host.of_project(project), RunFolder(host.state.run(run), host.files))


def write_bridge(host: Host, folder: RunFolder, plan: PasswordPlan) -> None:
    """Put the override file into the run's folder."""
    host.files.make(folder.path)
    host.files.write(folder.path / BRIDGE, plan.bridge.encode())


class _OfRole(Step):
    """A step on the role; both ways have it, under names of their own."""

    kind = StepKind.OTHER
    guess_s = 2.0
    undone_by = ()  # the way back is a list of its own: `password_steps_back`

    def __init__(self, host: Host, plan: PasswordPlan, name: str, title: str, *, back: bool) -> None:
        self._host, self._plan, self._back = host, plan, back
        self.name = f"{name}-back" if back else name
        self.title = title

    @property
    def _pair(self) -> keeping.Pair:
        return keeping.load(self._host, self._plan.rotation)

    @property
    def _password(self) -> Secret:
        """The one that is to be, as the server takes it."""
        return self._pair.old[1] if self._back else self._pair.new


class MakeTwin(_OfRole):
    """Make the twin, with the role's old password, and try it."""

    def __init__(self, host: Host, plan: PasswordPlan, *, back: bool = False) -> None:
        title = f"Make the role {plan.twin}, which becomes {plan.role} when it signs in"
        super().__init__(host, plan, "twin", title, back=back)

    def describe(self) -> PlannedStep:
        """What it may do."""
        note = f"It has the same password as {self._plan.role} had until now, and the same rights."
        return replace(super().describe(), note=note, going_back="the role is dropped")

    def probe(self, ctx: StepContext) -> Probe:
        """Made again, it is the same."""
        return Probe.HALF_DONE

    def do(self, ctx: StepContext) -> None:
        """Through the superuser's connection; the trial through one of the twin's own.

        Raises:
            StepError: the server lets it not sign in.
        """
        plan, roles, old = self._plan, self._host.database().roles(), self._pair.old[1]
        with ctx.effect("make"):
            roles.make_twin(plan.role, plan.twin, old)
        try:
            roles.require_sign_in(plan.twin, old, plan.database)
        except HostError as error:
            roles.drop_twin(plan.role, plan.twin)
            raise StepError(
                f"The server does not let {plan.twin} sign in: {error.message}",
                "Where pg_hba.conf names the roles one by one, add it there; then resume, or roll back.",
            ) from error


class SignInAsTwin(RollService):
    """Roll a service so that it signs in as the twin."""

    def __init__(self, scene: StepInputs, part: ServicePlan, twin: str, *, back: bool = False) -> None:
        super().__init__(scene, part)
        self.name = f"sign-in{'-back' if back else ''}:{part.service}"
        self.title = f"Roll {part.service} to sign in as {twin}"


class SetPassword(_OfRole):
    """Replace the role's password, which nobody needs now."""

    def __init__(self, host: Host, plan: PasswordPlan, *, back: bool = False) -> None:
        title = f"Give {plan.role} its {'old' if back else 'new'} password"
        super().__init__(host, plan, "password", title, back=back)

    def describe(self) -> PlannedStep:
        """Who notices."""
        note = "ALTER ROLE, with a verifier in place of the password. Sessions that are open go on."
        return replace(super().describe(), note=note, going_back="the old password is set again, by way of the twin")

    def probe(self, ctx: StepContext) -> Probe:
        """Ask the server."""
        holds = self._host.database().roles().holds(self._plan.role, self._password)
        return Probe.DONE if holds else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Set it."""
        with ctx.effect("set"):
            self._host.database().roles().set_password(self._plan.role, self._password)


class WritePassword(_OfRole):
    """Put the password into the env file, atomically; nothing else in the file changes."""

    kind = StepKind.FILES
    guess_s = 1.0

    def __init__(self, host: Host, plan: PasswordPlan, *, back: bool = False) -> None:
        title = f"Write the {'old' if back else 'new'} password ({plan.variable} in the env file)"
        super().__init__(host, plan, "secret", title, back=back)

    def describe(self) -> PlannedStep:
        """How it is taken back."""
        return replace(super().describe(), going_back="the old password is written again")

    def probe(self, ctx: StepContext) -> Probe:
        """Compare with what is in the file."""
        return Probe.DONE if self._now() == self._wanted else Probe.NOT_DONE

    def do(self, ctx: StepContext) -> None:
        """Write it.

        Raises:
            StepError: somebody edited it since the plan was made.
        """
        if self._now() not in {self._pair.old[0], self._pair.new}:
            raise StepError(
                f"{self._plan.variable} was edited since the plan was made; it was not touched.",
                "Put it back as it was and resume.",
            )
        content = EnvFile.parse(env_bytes(self._host)).with_value(self._plan.variable, self._wanted.reveal())
        with ctx.effect("write"):
            self._host.files.write(self._host.stack.project.env_file, content.to_bytes())

    @property
    def _wanted(self) -> Secret:
        return self._pair.old[0] if self._back else self._pair.new

    def _now(self) -> Secret:
        return Secret(EnvFile.parse(env_bytes(self._host)).get(self._plan.variable) or "")


class DropTwin(_OfRole):
    """Drop the twin, which nobody signs in as any more."""

    def __init__(self, host: Host, plan: PasswordPlan, *, back: bool = False) -> None:
        title = f"Drop the role {plan.twin}"
        super().__init__(host, plan, "drop-twin", title, back=back)

    def describe(self) -> PlannedStep:
        """What becomes of what it owns."""
        note = f"What it owns, if anything, is handed to {self._plan.role} first."
        return replace(super().describe(), note=note, going_back="it is made again")

    def probe(self, ctx: StepContext) -> Probe:
        """Ask the server."""
        found = self._host.database().roles().facts(self._plan.twin)
        return Probe.HALF_DONE if found else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Drop it."""
        with ctx.effect("drop"):
            self._host.database().roles().drop_twin(self._plan.role, self._plan.twin)
