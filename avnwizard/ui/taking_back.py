"""Opens the way back of a run: the rollback's screen, or a question where its steps' own undo is all there is."""

from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Step
from avnwizard.flows.run import launch
from avnwizard.flows.run.going_back import by_its_steps, steps_back
from avnwizard.flows.run.registry import flow_of
from avnwizard.ui.bridge import Ending
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.screens.page import Page


def take_back(page: Page, run: RunRecord) -> None:
    """Show what going back from a run takes, and do it once that is confirmed."""
    from avnwizard.ui.screens.rollback import RollbackPage
    from avnwizard.ui.screens.run import RunPage

    def begin() -> tuple[str, Ending]:
        back = launch.create_undo(page.host, run)
        return back, launch.start(page.host, back)

    def begun(found: tuple[str, Ending]) -> None:
        page.wizard.open_alone(RunPage(*found))

    def answered(sure: bool | None) -> None:
        if sure:
            page.ask_host(begin, begun)

    if not by_its_steps(run):
        page.app.push_screen(RollbackPage(run.id))
        return

    def ask(steps: list[Step]) -> None:
        titles = "; ".join(step.title for step in steps) or "nothing, for no step was begun that changed anything"
        notes = " ".join(flow_of(run).back_notes(page.host.journal(), run))
        question = f"Take {run.title} back? In this order: {titles}. {notes}".strip()
        page.app.push_screen(Ask(question, yes="take it back"), answered)

    page.ask_host(lambda: steps_back(page.host, page.host.journal(), run), ask)
