"""Children: time-outs, output, secrets and the terminal."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avnwizard.adapters.child import Child, Tail
from avnwizard.adapters.process import run, stream
from avnwizard.errors import HostError

PYTHON = sys.executable


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped by init does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_output_and_code() -> None:
    """Both outputs are kept apart and the code is told; bytes that are no UTF-8 survive."""
    script = "import os,sys; os.write(1, b'out\\xff'); os.write(2, b'err'); sys.exit(3)"
    done = run((PYTHON, "-c", script), timeout_s=20, check=False)
    assert (done.code, done.stdout, done.stderr) == (3, b"out\xff", b"err")
    assert done.text.encode("utf-8", "surrogateescape") == b"out\xff"


def test_stdin_is_closed_or_fed() -> None:
    """A child that reads finds the end at once, or exactly what it was fed; one that does not read is no error."""
    script = "import sys; print(len(sys.stdin.read()))"
    assert run((PYTHON, "-c", script), timeout_s=20).stdout == b"0\n"
    assert run((PYTHON, "-c", script), timeout_s=20, input=b"x" * 300_000).stdout == b"300000\n"
    assert run((PYTHON, "-c", "pass"), timeout_s=20, input=b"x" * 3_000_000).code == 0


def test_failure_shows_the_last_lines_without_secrets() -> None:
    """The error holds the end of stderr, escape characters made visible, the password in a URL blanked."""
    script = "import sys; sys.exit('\\n'.join(f'line {n}' for n in range(50)) + '\\n\\x1b[2Jhttps://u:hunter2@h/x')"
    with pytest.raises(HostError) as raised:
        run((PYTHON, "-c", script, "https://u:hunter2@h/x"), timeout_s=20, hint="do this")
    said = raised.value.message
    assert "line 49" in said
    assert "line 10\n" not in said
    assert "hunter2" not in said
    assert "\x1b" not in said
    assert raised.value.hint == "do this"


def test_missing_program() -> None:
    """A program that is not there is a HostError that names it."""
    with pytest.raises(HostError, match="no `no-such-program`"):
        run(("no-such-program",), timeout_s=5)


def test_time_out_ends_the_whole_session(tmp_path: Path) -> None:
    """After the time-out neither the child nor its own child is left, even when they ignore SIGTERM."""
    mark = tmp_path / "pid"
    deaf = "import os,signal,sys,time; signal.signal(15, 1)\n"
    deaf += "open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(99)"
    script = f"import subprocess,sys; subprocess.run([sys.executable, '-c', {deaf!r}, sys.argv[1]])"
    begun = time.monotonic()
    with pytest.raises(HostError, match="did not finish within 1 s"):
        run((PYTHON, "-c", script, str(mark)), timeout_s=1)
    assert time.monotonic() - begun < 15
    time.sleep(0.2)
    assert not _is_alive(int(mark.read_text()))


def test_orphan_that_holds_the_pipe_does_not_hang_us() -> None:
    """A grandchild that keeps stdout open after the child has gone is ended by the time-out."""
    script = "import subprocess,sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])"
    for call in (
        lambda: stream((PYTHON, "-c", script), lambda _: None, timeout_s=1.5),
        lambda: run((PYTHON, "-c", script), timeout_s=1.5),
    ):
        begun = time.monotonic()
        with pytest.raises(HostError, match="did not finish"):
            call()
        assert time.monotonic() - begun < 15


def test_streamed_lines() -> None:
    """Lines of both outputs come in order, progress bars as lines, endless lines cut; the error has the last ones."""
    script = (
        "import os,sys\n"
        "os.write(1, b'one\\n'); os.write(2, b'two\\n'); os.write(1, b'10%\\r20%\\r\\n')\n"
        "os.write(1, b'x' * 100000 + b'\\nlast')\nsys.exit(1)"
    )
    lines: list[str] = []
    with pytest.raises(HostError, match="last"):
        stream((PYTHON, "-c", script), lines.append, timeout_s=20)
    assert lines[:4] == ["one", "two", "10%", "20%"]
    assert max(map(len, lines)) <= 8192
    assert lines[-1] == "last"


def test_too_much_output_is_refused() -> None:
    """Memory is bounded: a child that floods is an error, not a full memory."""
    with pytest.raises(HostError, match="more than 1000 bytes"):
        run((PYTHON, "-c", "print('x' * 100000)"), timeout_s=20, limit_bytes=1000)


def test_callback_that_raises_leaves_no_child() -> None:
    """When our own code fails in the middle, the child is ended."""
    script = "import os,time; print(os.getpid(), flush=True); time.sleep(99)"
    seen: list[str] = []

    def fail(line: str) -> None:
        seen.append(line)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        stream((PYTHON, "-c", script), fail, timeout_s=20)
    assert not _is_alive(int(seen[0]))


def test_ctrl_c_does_not_reach_the_child() -> None:
    """SIGINT to our own process group (what Ctrl+C sends) leaves the child alone: it has a session of its own."""
    script = (
        "import os,signal,sys; from avnwizard.adapters.process import run\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "child = 'import time; time.sleep(1); print(1)'\n"
        "import threading; threading.Timer(0.3, lambda: os.killpg(os.getpgid(0), signal.SIGINT)).start()\n"
        "print(run((sys.executable, '-c', child), timeout_s=20).stdout)"
    )
    done = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, check=False, start_new_session=True)
    assert done.stdout == "b'1\\n'\n", done.stderr


def test_killed_child_names_the_signal() -> None:
    """A child that the kernel kills (out of memory) is told by its signal."""
    with pytest.raises(HostError, match=f"killed by signal {signal.SIGKILL:d}"):
        run((PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"), timeout_s=20)


def test_tail_is_bounded() -> None:
    """The tail of a flood keeps its end only."""
    tail = Tail()
    for _ in range(1000):
        tail(b"y" * 1000 + b"\n")
    tail(b"end")
    assert tail.complaint.endswith("end")
    assert len(tail.complaint) < 10_000


def test_child_without_output_can_be_waited_for() -> None:
    """The context manager alone is enough for a child whose output nobody wants."""
    with Child((PYTHON, "-c", "raise SystemExit(7)"), timeout_s=20) as child:
        child.listen(child.stdout, lambda _: None)
        child.listen(child.stderr, lambda _: None)
        assert child.wait() == 7
