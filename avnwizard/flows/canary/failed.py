"""How a try of the canary failed."""

from avnwizard.domain.canary.calls import Reply


class FailedError(Exception):
    """It failed; `why` is for a person.

    Args:
        unsettled: nobody can say what the service made of it, such as when no answer came.
    """

    def __init__(self, why: str, *, unsettled: bool = False) -> None:
        super().__init__(why)
        self.why, self.unsettled = why, unsettled


def require(reply: Reply, what: str) -> Reply:
    """The reply, where it is one of success.

    Raises:
        FailedError: it is none.
    """
    if not reply.ok:
        raise FailedError(f"{what}: {reply.complaint()}", unsettled=reply.unsettled)
    return reply
