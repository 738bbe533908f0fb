"""The price of going back, in as many lines as it takes: it is never cut off."""

from textual.content import Content
from textual.widgets import Static


class Price(Static):
    """A sentence that changes now and then; it is drawn only when it does."""

    DEFAULT_CSS = """
    Price { height: auto; max-height: 3; padding: 0 1; color: $foreground 70%; }
    """

    def __init__(self) -> None:
        super().__init__(id="cost", markup=False)
        self._told = Content("")

    def show(self, told: Content) -> None:
        """Put a sentence in place of the one that is there."""
        if not told.is_same(self._told):
            self._told = told
            self.update(told)
