"""The tests keep what Python compiles."""

import subprocess
import sys


def test_a_started_avnwizard_keeps_its_bytecode() -> None:
    """Switched off, each of the hundreds of processes that the tests start would compile the whole package again."""
    asked = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False"]
