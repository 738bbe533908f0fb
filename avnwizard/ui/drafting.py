"""Decisions from an earlier time: kept as they are made, read when a release is chosen, offered before they count."""

from dataclasses import dataclass, replace

from avnwizard.domain import words
from avnwizard.domain.answers import Answers, check_known, read_answers
from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes import drafting as release_drafting
from avnwizard.flows.kubernetes.drafting import HelmDraft
from avnwizard.flows.upgrade import drafts, inputs
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.ui.screens.ask import Ask
from avnwizard.ui.state import Upgrade


@dataclass(frozen=True)
class Found:
    """A release that was read, with what was decided for it before.

    Attributes:
        answers: those of a file that the command line named; None for none.
        saved: those that were kept; None for none.
    """

    draft: UpgradeInputs | HelmDraft
    answers: Answers | None = None
    saved: drafts.Saved | None = None

    def decided(self) -> Upgrade:
        """The upgrade with those decisions."""
        if self.answers is not None:
            return Upgrade(self.draft, self.answers)
        assert self.saved is not None
        upgrade = Upgrade(self.draft, snapshot=self.saved.snapshot, volumes=self.saved.volumes)
        for _ in range(2):  # an answer may open further questions, whose answers were kept too
            upgrade = replace(upgrade, answers=self.saved.answers(self.draft.decisions(upgrade.answers)))
        for service, way in self.saved.strategies.items():
            if way == "recreate":  # the one other way that the review offers
                upgrade = upgrade.with_strategy(service, "recreate")
        return upgrade


def read(host: Host, target: str, given: tuple[str, str] | None, *, anew: bool) -> Found:
    """Read a release, and what was decided for it; belongs in the background.

    Args:
        given: an answers file, its text and its name.
        anew: whether nothing was decided for it since the wizard was opened.

    Raises:
        RefusedError: the release cannot be upgraded to.
        UsageError: the answers are for another upgrade, or make no sense.
    """
    draft = release_drafting.draft(host, target) if host.compose is None else inputs.draft(host, target)
    current = draft.current.name
    if given and anew:
        answers = read_answers(given[0], source=given[1], current=current, target=target)
        check_known(answers, draft.decisions(answers), source=given[1])
        return Found(draft, answers)
    saved = drafts.load(host, current, target) if anew else None
    return Found(draft, saved=saved if saved and (saved.given or not saved.snapshot) else None)


def keep(host: Host, upgrade: Upgrade) -> None:
    """Keep what was decided.

    Raises:
        HostError: it cannot be written.
    """
    given, left_out = drafts.without_secrets(upgrade.answers, upgrade.draft.decisions(upgrade.answers))
    saved = drafts.Saved(given, upgrade.snapshot, upgrade.volumes, dict(upgrade.strategies), left_out)
    drafts.save(host, upgrade.draft.current.name, upgrade.target, saved)


def question(saved: drafts.Saved, now: float) -> Ask:
    """Whether to go on with them."""
    told = (
        f"There {'is' if len(saved.given) == 1 else 'are'} {words.count(len(saved.given), 'answer')} for this release"
    )
    again = f" {words.count(saved.left_out, 'secret')} that you typed will be asked again." if saved.left_out else ""
    text = f"{told} from {words.ago(saved.at, now)}.{again}"
    return Ask(text, yes="go on with them", no="back to the releases", other=("b", "begin again"))
