"""The supervisor, with small programs in place of the portal's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from portal.operations import processes
from portal.operations.problems import DemoProblem
from portal.operations.supervisor import Service, StopRequested, Supervisor, require_free_port, supervisor_pid

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = Service("sleeper", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"])
STUBBORN = Service(
    "stubborn",
    [
        sys.executable,
        "-c",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
    ],
)
DYING = Service("dying", [sys.executable, "-c", "print('the disk is on fire', flush=True); raise SystemExit(3)"])
PARENT = Service(
    "parent",
    [
        sys.executable,
        "-c",
        "import subprocess, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)",
    ],
)
SUPERVISED = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from portal.operations.supervisor import StopRequested, Supervisor
    from tests.operations.test_supervisor import PARENT
    supervisor = Supervisor(Path(sys.argv[1]), os.environ)
    with supervisor.hold():
        supervisor.start(PARENT)
        try:
            supervisor.watch()
        except StopRequested:
            print("stopping", flush=True)
    """
)


def supervisor_at(var: Path, stop_seconds: float = 10) -> Supervisor:
    return Supervisor(var, os.environ, stop_seconds)


def wait_for_line(supervisor: Supervisor, service: Service) -> str:
    path = supervisor.log_path(service)
    supervisor.wait_until(lambda: path.read_text().endswith("\n"), 20, lambda: f"{service.name} said nothing")
    return path.read_text().strip()


def pids(var: Path) -> list[int]:
    return [json.loads(path.read_text())["pid"] for path in (var / "pids").glob("*.json")]


def start_elsewhere(var: Path) -> tuple[subprocess.Popen[str], int, int]:
    """A supervisor in a process of its own; with the pids of its child and grandchild."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(var)], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )
    log = var / "log" / "parent.log"
    with supervisor_at(var / "watcher").hold() as watcher:
        watcher.wait_until(lambda: log.exists() and log.read_text().endswith("\n"), 30, lambda: "no supervisor started")
    (child,) = pids(var)
    return process, child, int(log.read_text())


def test_a_service_that_dies_is_named_with_its_last_lines_and_takes_the_others_along(tmp_path: Path) -> None:
    supervisor = supervisor_at(tmp_path)

    with supervisor.hold():
        supervisor.start(SLEEPER)
        wait_for_line(supervisor, SLEEPER)
        (sleeper,) = pids(tmp_path)
        supervisor.start(DYING)
        with pytest.raises(DemoProblem) as caught:
            supervisor.watch()

    assert "The process 'dying' ended with status 3." in str(caught.value)
    assert "the disk is on fire" in str(caught.value)
    assert not processes.is_alive(sleeper)
    assert pids(tmp_path) == []


def test_the_last_lines_are_those_of_this_run(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "dying.log").write_text("an old trouble\n")
    supervisor = supervisor_at(tmp_path)

    with supervisor.hold():
        supervisor.start(DYING)
        with pytest.raises(DemoProblem) as caught:
            supervisor.watch()

    assert "an old trouble" not in str(caught.value)


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    supervisor = supervisor_at(tmp_path)

    with pytest.raises(DemoProblem, match="`dying` failed with status 3"), supervisor.hold():
        supervisor.run(DYING)


def test_what_does_not_get_ready_in_time_is_said(tmp_path: Path) -> None:
    supervisor = supervisor_at(tmp_path)

    with supervisor.hold():
        supervisor.start(SLEEPER)
        with pytest.raises(DemoProblem, match="not healthy"):
            supervisor.wait_until(lambda: False, 0, lambda: "not healthy")


def test_a_signal_stops_everything_down_to_grandchildren(tmp_path: Path) -> None:
    process, child, grandchild = start_elsewhere(tmp_path)

    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=20)[0] == "stopping\n"
    assert process.returncode == 0
    assert processes.wait_until_gone(child, 5)
    assert processes.wait_until_gone(grandchild, 5)


def test_what_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    supervisor = supervisor_at(tmp_path, stop_seconds=0.1)

    with supervisor.hold():
        supervisor.start(STUBBORN)
        wait_for_line(supervisor, STUBBORN)
        (stubborn,) = pids(tmp_path)

    assert not processes.is_alive(stubborn)


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    supervisor = supervisor_at(tmp_path, stop_seconds=600)

    with supervisor.hold():
        supervisor.start(STUBBORN)
        wait_for_line(supervisor, STUBBORN)
        (stubborn,) = pids(tmp_path)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StopRequested):
            supervisor.watch()
        os.kill(os.getpid(), signal.SIGINT)

    assert not processes.is_alive(stubborn)


def test_the_orphans_of_a_killed_supervisor_are_stopped_by_the_next(tmp_path: Path) -> None:
    process, child, grandchild = start_elsewhere(tmp_path)
    process.kill()
    process.communicate()
    assert processes.is_alive(child)

    with supervisor_at(tmp_path).hold() as supervisor:
        assert supervisor.stop_former_run()

    assert not processes.is_alive(child)
    assert processes.wait_until_gone(grandchild, 5)
    assert pids(tmp_path) == []


def test_orphans_whose_leader_died_are_stopped_too(tmp_path: Path) -> None:
    process, child, grandchild = start_elsewhere(tmp_path)
    process.kill()
    process.communicate()
    os.kill(child, signal.SIGKILL)
    assert processes.wait_until_gone(child, 5)

    with supervisor_at(tmp_path).hold() as supervisor:
        supervisor.stop_former_run()

    assert processes.wait_until_gone(grandchild, 5)


def test_a_process_that_only_inherited_a_pid_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(SLEEPER.command, stdout=subprocess.PIPE, start_new_session=True)
    assert bystander.stdout is not None
    bystander.stdout.readline()
    record = {"name": "web", "pid": bystander.pid, "start_ticks": 1}
    (tmp_path / "pids").mkdir()
    (tmp_path / "pids" / f"{bystander.pid}.json").write_text(json.dumps(record))
    try:
        with supervisor_at(tmp_path).hold() as supervisor:
            supervisor.stop_former_run()

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.communicate()


def test_a_run_that_ended_properly_left_nothing_to_stop(tmp_path: Path) -> None:
    with supervisor_at(tmp_path).hold() as supervisor:
        supervisor.start(SLEEPER)

    with supervisor_at(tmp_path).hold() as supervisor:
        assert not supervisor.stop_former_run()


def test_two_at_the_same_time_are_refused(tmp_path: Path) -> None:
    with supervisor_at(tmp_path).hold():
        assert supervisor_pid(tmp_path) == os.getpid()
        with (
            pytest.raises(DemoProblem, match=rf"already runs here \(process {os.getpid()}\); end it with Ctrl-C"),
            supervisor_at(tmp_path).hold(),
        ):
            pass

    assert supervisor_pid(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")

    with pytest.raises(DemoProblem, match="cannot be written"), supervisor_at(tmp_path / "var").hold():
        pass


def test_a_taken_port_is_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(DemoProblem, match=rf"Port {port} on 127\.0\.0\.1 cannot be used .* make demo PORT="):
            require_free_port("127.0.0.1", port)
