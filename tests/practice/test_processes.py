"""One host, several processes, any of which may be killed at any instant."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from avnwizard.practice.host import PracticeHost, open_host
from tests.practice.moving import move_to_v2, settled, the

_OPEN = "import sys; from pathlib import Path; from avnwizard.practice.host import open_host\n"
_OPEN += "host = open_host(Path(sys.argv[1]))\n"
_SURGE_FOR_EVER = """
while True:
    old = [each for each in host.stack.containers() if each.service == 'docs']
    host.stack.up('docs', scale=len(old) + 1, recreate=False)
    print('surged', flush=True)
    for each in old:
        host.stack.stop(each.id, grace_s=10)
        print('stopped', flush=True)
        host.stack.remove(each.id)
        print('removed', flush=True)
"""


@contextmanager
def _process(host: PracticeHost, script: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", _OPEN + script, str(host.home)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("lines", range(1, 7))
def test_a_process_killed_between_two_effects_leaves_a_host_that_up_sets_right(
    practice_host: PracticeHost, lines: int
) -> None:
    """Kill -9 after each of the first effects in turn; a plain `up` then ends with one healthy container."""
    with _process(practice_host, _SURGE_FOR_EVER) as process:
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.kill()
        process.wait()
    host = open_host(practice_host.home)
    host.stack.up("docs")
    assert settled(host, "docs", until=lambda each: each.is_serving).number >= 1


def test_health_is_reached_without_the_process_that_started_it(practice_host: PracticeHost) -> None:
    """Containers are a function of time: the one that ran `up` is gone before they are healthy."""
    docs = the(practice_host, "docs")
    script = "import os\nhost.stack.stop(sys.argv[2], grace_s=10); host.stack.up('docs'); os.kill(os.getpid(), 9)"
    done = subprocess.run(
        [sys.executable, "-c", _OPEN + script, str(practice_host.home), docs.id], check=False, capture_output=True
    )
    assert done.returncode == -9
    assert settled(practice_host, "docs", until=lambda each: each.is_serving).id == docs.id


def test_two_processes_roll_different_services_at_once(practice_host: PracticeHost) -> None:
    """No update is lost and no lock stays behind."""
    move_to_v2(practice_host)
    scripts = [f"for _ in range(5):\n  host.stack.up({name!r})" for name in ("docs", "web", "oathkeeper")]
    running = [
        subprocess.Popen([sys.executable, "-c", _OPEN + script, str(practice_host.home)]) for script in scripts
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    wanted, hashes = practice_host.stack.resolve().services, practice_host.stack.config_hashes()
    for name in ("docs", "web", "oathkeeper"):
        found = settled(practice_host, name, until=lambda each: each.is_serving)
        assert (found.image, found.config_hash) == (wanted[name].image, hashes[name])


def test_a_migration_whose_process_is_killed_is_done_by_the_next_look(practice_host: PracticeHost) -> None:
    """Kill -9 while the SQL waits for a lock; the next process applies it once, and the one-shot ends well."""
    move_to_v2(practice_host)
    keywords = practice_host.postgres.connection("avnology")
    with psycopg.connect(**keywords) as blocker, psycopg.connect(**keywords, autocommit=True) as witness:  # type: ignore[arg-type]  # keywords
        blocker.execute("LOCK TABLE accounts IN SHARE MODE")
        practice_host.stack.up("avnology-migrate")
        look = "import time; time.sleep(0.01)\nprint('looking', flush=True)\nhost.stack.containers()"
        with _process(practice_host, look) as process:
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%accounts%'"
            )
            while witness.execute(waiting).fetchone() != (1,):
                assert process.poll() is None
            process.kill()
            process.wait()
        blocker.rollback()
    job = settled(practice_host, "avnology-migrate", until=lambda each: each.state == "exited")
    said = practice_host.stack.logs(job.id, lines=50)
    assert job.exit_code == 0
    assert said.count("applied 0006_account_handles.sql") == 1
