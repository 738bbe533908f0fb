"""What goes wrong in the lab itself."""


class LabError(RuntimeError):
    """The lab cannot be brought up or something in it failed; shows the last lines of its log."""
