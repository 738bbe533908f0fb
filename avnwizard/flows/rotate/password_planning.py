"""From the stack to the plan of replacing a role's password. Nothing is changed here."""

import json
import secrets as randomness
from collections.abc import Sequence
from dataclasses import dataclass, field

from avnwizard.domain.compose.reads import Changed
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.rotation.logins import Login, bridge, logins, twin_of
from avnwizard.domain.secret import Secret, generate
from avnwizard.errors import RefusedError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.finding import passing
from avnwizard.flows.rotate.password_plan import PasswordPlan
from avnwizard.flows.rotate.password_steps import password_steps
from avnwizard.flows.rotate.planning import require_no_fleet
from avnwizard.flows.rotate.stack_plan import require_as_files_say, stack_plan
from avnwizard.flows.stack.survey import read_env

_ID_BYTES = 4


@dataclass(frozen=True)
class PreparedPassword:
    """A plan with the passwords that it is about; `pair.old` is (as the env file has it, as the server takes it)."""

    plan: PasswordPlan
    pair: keeping.Pair = field(repr=False)


def plan_password(host: Host, role: str) -> PreparedPassword:
    """Decide how a role's password is replaced.

    Raises:
        RefusedError: the role or its password cannot be followed, or it is the one by which avnwizard signs in.
    """
    require_no_fleet(host, "By hand: a second role for all stacks, then ALTER ROLE; avnwizard help rotation")
    facts = host.database().roles().facts(role)
    shown = printable(role, limit=63)
    if facts is None:
        raise RefusedError(
            f"There is no role {shown} that may sign in. Nothing was changed.", "psql lists them: \\du"
        )
    if facts.is_ours:
        raise RefusedError(
            f"{shown} is the superuser that the database container was made with. Nothing was changed.",
            "Its password needs a stop: ALTER ROLE, the env file, then docker compose up -d, by hand.",
        )
    if facts.replicates:
        raise RefusedError(
            f"{shown} may replicate, and such connections take no other role's place. Nothing was changed.",
            "Replace its password by hand, the standby's configuration first.",
        )
    env, model = read_env(host), host.stack.resolve()
    texts = [host.files.read(file).decode("utf-8", "replace") for file in host.stack.project.files]
    found = logins(texts, model.raw, role, host.postgres_service)
    variable = _variable(found, env, shown)
    password = found[0].password
    if not host.database().roles().holds(role, password):
        raise RefusedError(
            f"The password that services have for {shown} is not the one that the server has. Nothing was changed.",
            f"Bring {variable} and the role in step first; what does sign in now takes its password from elsewhere.",
        )
    require_as_files_say(host, model)
    new = generate()
    content = EnvFile.parse(env_bytes(host)).with_value(variable, new.reveal()).to_bytes()
    with host.files.in_memory(content) as there:
        after = host.stack.resolve((), there)
    _require_known(host, model, after, found, texts, env)
    changed = {name: _changed(name, model, after) for name in model.services}
    stack = stack_plan(host, model, after, content, changed)
    plan = PasswordPlan(
        role=role,
        twin=twin_of(role),
        rotation=f"password-{randomness.token_hex(_ID_BYTES)}",
        variable=variable,
        database=next((one.database for one in found if one.database), "postgres"),
        signing_in=tuple(sorted({one.service for one in found})),
        bridge=json.dumps(bridge(found), indent=1),
        notes=tuple(_notes(host, role, stack)),
        stack=stack,
    )
    steps = host.planned(password_steps(host, plan, "unborn"))
    old = (Secret(env.get(variable) or ""), password)
    return PreparedPassword(plan.described(steps), keeping.Pair(old, new))


def _variable(found: Sequence[Login], env: EnvFile, role: str) -> str:
    """The one variable with the password.

    Raises:
        RefusedError: there is none, or there are several.
    """
    names = sorted({one.variable for one in found})
    if not names:
        raise RefusedError(
            f"No service of this stack signs in as {role}. Nothing was changed.",
            "Look at: docker compose config. A password that services do not have is replaced by ALTER ROLE alone.",
        )
    if len(names) > 1 or names[0] not in env:
        where = f"in {len(names)} variables" if len(names) > 1 else f"in {names[0]}, which the env file does not set"
        raise RefusedError(
            f"The password of {role} is {where}. Nothing was changed.", "Have one variable of the env file hold it."
        )
    return names[0]


def _require_known(
    host: Host, model: ComposeModel, after: ComposeModel, found: Sequence[Login], texts: Sequence[str], env: EnvFile
) -> None:
    known = {host.postgres_service, *(one.service for one in found)}
    readers = {name for name in model.services if _changed(name, model, after).all} | set(passing(host, texts, env))
    if strange := sorted(readers - known):
        raise RefusedError(
            f"{', '.join(map(printable, strange))} is given the password too, and how it signs in cannot be seen. "
            "Nothing was changed.",
            "Write its way in as DSN, or as a user's and a password's setting, under `environment:`; or take the "
            "password out.",
        )


def _changed(name: str, model: ComposeModel, after: ComposeModel) -> Changed:
    same = model.raw["services"].get(name) == after.raw["services"].get(name)
    return Changed() if same else Changed(seen=("its password",))


def _notes(host: Host, role: str, stack: Plan) -> list[str]:
    shown = printable(role, limit=63)
    first = (
        f"No connection is refused meanwhile: services sign in as a twin of {shown} while its password is replaced, "
        "so each of them is rolled twice."
    )
    then = (
        f"What else signs in as {shown}, such as a script or a backup, needs the new password from then on: it is in "
        "the env file."
    )
    if all(one.service != host.postgres_service for one in stack.services):
        return [first, then]
    server = (
        f"{printable(host.postgres_service)} itself is given this password, for its first start, so Compose "
        "recreates it: the databases are away for some seconds. Take it out of the `environment:` there when it "
        "suits you, and later rotations interrupt nothing."
    )
    return [server, first, then]
