"""The supervisor with tiny children in place of Rasa, actions and bot."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.processes import Process
from app.settings import ROOT
from app.supervisor import Limits, Supervisor, last_lines, rotate
from tests.databases import free_port
from tests.waiting import eventually, wait_until

SERVES = """
import http.server, sys
class Yes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Yes).serve_forever()
"""
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVES
DIES = """
for line in range(20): print(f"line {line}")
raise SystemExit(7)
"""
WITH_GRANDCHILD = (
    "import subprocess, sys\n"
    "print('grandchild', subprocess.Popen(['sleep', '600']).pid, flush=True)\n" + SERVES
)  # fmt: skip
QUICK = Limits(first_wait=0.01, stop_grace=1.0, poll=0.02, still_starting=0.1)


def child(code: str, name: str = "child") -> Process:
    port = free_port()
    command = (sys.executable, "-c", code, str(port))
    return Process(name, command, f"http://127.0.0.1:{port}/", dict(os.environ))


class Operator:
    """Hears every line, and stops the supervisor when told to."""

    def __init__(
        self, tmp_path: Path, *processes: Process, limits: Limits = QUICK, follow: bool = False
    ) -> None:
        self.lines: list[str] = []
        self.logs = tmp_path
        self.supervisor = Supervisor(
            processes, tmp_path, self.lines.append, addresses=["the address"], limits=limits, follow=follow
        )

    def heard(self, words: str) -> Callable[[], bool]:
        return lambda: any(words in line for line in self.lines)

    async def run_until(self, words: str) -> int:
        """Let it run until these words are heard, then ask for an orderly end."""
        running = asyncio.create_task(self.supervisor.run())
        try:
            await eventually(lambda: running.done() or self.heard(words)(), what=words)
        finally:
            self.supervisor.stop()
            code = await running
        assert self.heard(words)(), self.lines
        return code


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not yet reaped does not."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_each_is_named_when_ready_and_the_addresses_come_last(tmp_path: Path) -> None:
    operator = Operator(tmp_path, child(SERVES, "one"), child(SERVES, "two"))
    assert await operator.run_until("the address") == 0
    ready = [line.split()[0] for line in operator.lines if "is ready" in line]
    assert sorted(ready) == ["one", "two"]
    assert operator.lines.index("the address") == 2
    assert operator.lines[-1] == "Stopping."


async def test_a_slow_start_is_told(tmp_path: Path) -> None:
    slow = child("import threading\nthreading.Event().wait(600)")
    assert await Operator(tmp_path, slow).run_until("child is starting") == 0


async def test_one_that_never_gets_ready_is_killed(tmp_path: Path) -> None:
    limits = Limits(first_wait=0.01, stop_grace=1, poll=0.02, start_limit=0.1)
    operator = Operator(tmp_path, child("import threading\nthreading.Event().wait(600)"), limits=limits)
    assert await operator.supervisor.run() == 1
    assert operator.heard("child was not ready within")()
    assert operator.heard("was killed by SIGKILL")()


async def test_three_deaths_in_a_minute_stop_everything(tmp_path: Path) -> None:
    operator = Operator(tmp_path, child(DIES, "sick"), child(SERVES, "well"))
    assert await operator.supervisor.run() == 1
    assert sum("sick ended with exit code 7" in line for line in operator.lines) == 3
    assert operator.lines[-1] == "sick died 3 times within 60 s. Stopping everything."
    told = [line.strip() for line in operator.lines if line.startswith("  line")]
    assert told[:15] == [f"line {number}" for number in range(5, 20)]


async def test_the_wait_before_a_restart_doubles(tmp_path: Path) -> None:
    operator = Operator(tmp_path, child(DIES, "sick"))
    await operator.supervisor.run()
    assert [line for line in operator.lines if "starts again" in line] == [
        "sick starts again in 0.01 s.",
        "sick starts again in 0.02 s.",
    ]


async def test_one_that_is_killed_comes_back(tmp_path: Path) -> None:
    operator = Operator(tmp_path, child("import os\nprint('pid', os.getpid(), flush=True)\n" + SERVES))
    running = asyncio.create_task(operator.supervisor.run())
    await eventually(operator.heard("is ready"))
    first = int((tmp_path / "child.log").read_text().split()[1])
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: sum("is ready" in line for line in operator.lines) == 2)
    operator.supervisor.stop()
    assert await running == 0
    assert operator.heard("child was killed by SIGKILL")()


async def test_one_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    limits = Limits(stop_grace=0.2, poll=0.02)
    deaf = child("import os\nprint('pid', os.getpid(), flush=True)\n" + DEAF)
    assert await Operator(tmp_path, deaf, limits=limits).run_until("is ready") == 0
    assert not is_alive(int((tmp_path / "child.log").read_text().split()[1]))


async def test_a_second_request_does_not_wait(tmp_path: Path) -> None:
    limits = Limits(stop_grace=600, poll=0.02)
    operator = Operator(tmp_path, child(DEAF), limits=limits)
    running = asyncio.create_task(operator.supervisor.run())
    await eventually(operator.heard("is ready"))
    operator.supervisor.stop()
    operator.supervisor.stop()
    assert await asyncio.wait_for(running, 10) == 0


async def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    operator = Operator(tmp_path, child(WITH_GRANDCHILD))
    assert await operator.run_until("is ready") == 0
    grandchild = int((tmp_path / "child.log").read_text().split()[1])
    await eventually(lambda: not is_alive(grandchild))


async def test_following_repeats_the_log(tmp_path: Path) -> None:
    loud = child(SERVES)
    assert await Operator(tmp_path, loud, follow=True).run_until("[child] serving") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_to_the_supervisor_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    """Also SIGKILL, which the supervisor never sees."""
    program = f"""
import asyncio, signal
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have ignored it
from tests.app.test_supervisor import WITH_GRANDCHILD, Operator, child
operator = Operator(Path({str(tmp_path)!r}), child(WITH_GRANDCHILD))
operator.supervisor.say = lambda line: print(line, flush=True)
raise SystemExit(asyncio.run(operator.supervisor.run()))
"""
    running = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert running.stdout
    assert "is ready" in running.stdout.readline()
    family = descendants(running.pid)
    assert len(family) == 3, "the child, its own child, and the minder"
    running.send_signal(number)
    code = running.wait(timeout=10)
    running.stdout.close()
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    wait_until(lambda: not any(map(is_alive, family)), what="every process has ended")


def descendants(pid: int) -> list[int]:
    """Process ids of the children, their children, and so on."""
    found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [below for each in found for below in descendants(each)]


def test_logs_rotate_and_five_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    for number in range(8):
        rotate(log)
        log.write_text(f"run {number}")
    assert log.read_text() == "run 7"
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept["child.log.1"] == "run 6"
    assert sorted(kept) == ["child.log", *(f"child.log.{number}" for number in range(1, 6))]


def test_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.write_text("\n".join(f"行 {number}" for number in range(10_000)), encoding="utf-8")
    assert last_lines(log, 2) == ["行 9998", "行 9999"]
