"""The plan for reading, on stdout."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from avnwizard.cli.edge_lines import of_route
from avnwizard.cli.output import data_console, show_table
from avnwizard.domain.handled import how
from avnwizard.domain.plain import printable
from avnwizard.domain.probing import words
from avnwizard.domain.spans import away_told, in_all
from avnwizard.domain.words import about

if TYPE_CHECKING:
    from avnwizard.domain.plan import Plan
    from avnwizard.planned import PlannedStep


def show_plan(plan: "Plan") -> None:
    """What was read of the release, what happens to each service, and every step with its commands."""
    console = data_console()
    title = f"{plan.product}: {plan.current.tag} to {plan.target.tag} ({plan.jump})"
    console.print(Text(printable(title), style="bold"))
    for line in _reading(plan):
        console.print(line)
    for told in (in_all(plan), away_told(plan)):
        if told:
            console.print(Text(printable(told)), soft_wrap=True)
    if plan.env:
        console.print("\nenv file", style="bold")
        rows = [(edit.action, edit.key, edit.new_key, printable(edit.shown, limit=60)) for edit in plan.env]
        show_table(("edit", "variable", "to", "value"), rows)
    console.print("\nservices", style="bold")
    handled = [(part.service, how(part.strategy), part.reason) for part in plan.services]
    show_table(("service", "how", "why"), handled)
    console.print("\nedge probe", style="bold")
    for line in _probe(plan):
        console.print(line, soft_wrap=True)
    if plan.canary:
        console.print("\ncanary", style="bold")
        console.print(Text(f"  {printable(plan.canary, limit=400)}"), soft_wrap=True)
    for number, step in enumerate(plan.steps, start=1):
        time = f"  (about {about(step.seconds)})" if step.seconds else ""
        console.print(Text.assemble((f"\n{number}. {printable(step.title)}", "bold"), (time, "dim")))
        for line in _step(step):
            console.print(line, soft_wrap=True)


def _reading(plan: "Plan") -> Iterator[Text]:
    for warning in plan.warnings:
        yield Text(f"note: {printable(warning)}", style="yellow")
    yield Text(f"migrations: {printable(plan.verdict)}")
    for one in plan.statements:
        yield Text(f"  {printable(one.file)}:{one.line}  {one.kind}: {printable(one.why)}", style="dim")
    for sentence in plan.rehearsed:
        yield Text(printable(sentence), style="bold")
    if plan.breaking:
        yield Text(f"{len(plan.breaking)} breaking changes, all acknowledged")
    if plan.signature:
        yield Text(f"the tag {printable(plan.target.tag)} {printable(plan.signature)}")
    if plan.changelog:
        yield Text(printable(plan.changelog))
    for notice in plan.notices:
        yield Text(f"  {printable(notice.version)}, {notice.kind}: {printable(notice.title, limit=200)}", style="dim")
    if plan.changes:
        yield Text("\ncompose file", style="bold")
    for change in plan.changes:
        yield Text(f"  {printable(change)}")


def _probe(plan: "Plan") -> Iterator[Text]:
    yield Text(f"  {words.planned(plan.probe)}")
    for route in plan.probe.routes:
        yield Text(f"  {printable(route.name, limit=40):<16} {printable(route.url, limit=200)}", style="dim")
        if note := words.of_route(plan.probe, route):
            yield Text(f"    {note}", style="yellow")
    for one in plan.probe.left_out:
        yield Text(of_route(one.router, one.why), style="dim")


def _step(step: "PlannedStep") -> Iterator[Text]:
    for command in step.commands:
        yield Text(f"   $ {printable(' '.join(command))}")
    for label, text in (("", step.note), ("users notice: ", step.interrupts), ("going back: ", step.going_back)):
        if text:
            yield Text(f"   {label}{printable(text)}", style="dim")
