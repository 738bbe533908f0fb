"""A Helm upgrade's plan as lines: what changes, what may be lost, every step, and what stands in the way."""

import shlex
from collections.abc import Iterator

from avnwizard.domain.plain import printable
from avnwizard.domain.words import count, size
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.flow import steps_of
from avnwizard.flows.kubernetes.plan import KubePlan

Line = tuple[str, str]
"""(text, style)."""
_NONE = "(none)"


def lines_of(host: Host, plan: KubePlan) -> Iterator[Line]:
    """The whole plan."""
    place = plan.place
    yield f"Release {place.release} in {place.namespace}, context {printable(place.context)}: {plan.shown}", ""
    yield f"  revision {plan.revision} serves; a rollback goes back to it by this number", ""
    if plan.move:
        yield f"  checkout: {printable(plan.move.current.tag)} to {printable(plan.move.target.tag)}", ""
    for item in plan.breaking:
        yield f"  breaking: {printable(item.title, limit=200)}", "yellow"
    yield from _values(plan)
    if plan.migrations:
        yield f"  migrations: {printable(plan.migrations, limit=400)}", ""
    for one in plan.statements:
        yield f"    {printable(one.file)}:{one.line}, {one.kind}: {printable(one.why)}", "yellow"
    yield from _changes(plan)
    yield from _definitions(plan)
    yield from _rolls(plan)
    for note in plan.notes:
        yield f"  {printable(note)}", "yellow"
    yield from _steps(host, plan)
    for what, remedy in plan.stops:
        yield f"  in the way: {what}", "red"
        yield f"    {remedy}", ""


def _values(plan: KubePlan) -> Iterator[Line]:
    for edit in plan.values:
        key, new, shown = (printable(text, limit=200) for text in (edit.key, edit.new_key, edit.shown))
        said = {"rename": f"{key} becomes {new}", "comment-out": f"{key} is commented out"}
        yield f"  values: {said.get(edit.action, f'{key} = {shown}')}", ""


def _changes(plan: KubePlan) -> Iterator[Line]:
    for change in plan.changes:
        yield f"  {change.what}: {printable(change.shown)}{', its pods are replaced' * change.replaces_pods}", ""
        for one in change.fields:
            old, new = printable(one.old) or _NONE, printable(one.new) or _NONE
            yield f"    {printable(one.path)}: {old} becomes {new}", ""
    if not plan.changes:
        yield "  the chart brings what is there already", ""
    for hook in plan.hooks:
        yield f"  hook {hook}", ""


def _definitions(plan: KubePlan) -> Iterator[Line]:
    """Where the cluster has other definitions than the chart's crds folder: what to apply, since Helm does not."""
    for one in plan.crds:
        shown, new = printable(one.shown, limit=100), printable(", ".join(one.served_new), limit=100) or _NONE
        if one.what == "missing":
            yield f"  not in the cluster: {shown}, which the chart has with {new}", "yellow"
        else:
            now = printable(", ".join(one.served_now), limit=100) or _NONE
            served = f"the cluster serves {now}, the chart {new}" if now != new else f"both serve {new}"
            yield f"  not as in the chart: {shown}; {served}", "yellow"
        if one.dropped:
            dropped = printable(", ".join(one.dropped), limit=100)
            yield f"    objects may be stored as {dropped}, which the chart's definition no longer has", "yellow"
    if plan.crds:
        yield "    Helm never upgrades definitions: apply the chart's before the upgrade, by hand.", "yellow"
        yield f"    {printable(plan.crds_command, limit=1000)}", ""
        yield "    A rollback leaves them as they are then.", ""


def _rolls(plan: KubePlan) -> Iterator[Line]:
    for one in plan.rolls:
        outlook = "may lose requests" if one.losses else "should lose no request"
        yield f"  {printable(one.shown)}: {count(one.replicas, 'pod')}; {outlook}", ""
        for reason in one.losses:
            yield f"    {reason}", "yellow"


def _steps(host: Host, plan: KubePlan) -> Iterator[Line]:
    if plan.snapshot.taken:
        many = count(len(plan.snapshot.databases), "database")
        yield f"  snapshot first: {many}, {size(plan.snapshot.total_bytes)}, into {plan.snapshot.folder}", ""
    else:
        yield "  no snapshot is taken: a rollback brings no database back", "yellow"
    for number, step in enumerate(steps_of(host, plan, "RUN"), 1):
        planned = step.describe()
        yield f"  {number}. {printable(planned.title)}", ""
        for command in planned.commands if planned.kind.touches_data or planned.name == "checkout" else ():
            yield f"     {printable(shlex.join(command))}", ""
