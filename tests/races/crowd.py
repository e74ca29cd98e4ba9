"""Many processes let go at the same moment, each with a connection of its own; each tells what became of its work."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from django.db import OperationalError, connection

from tests.races import children

Job = Callable[[], Any]


def at_once(jobs: Sequence[Job]) -> list[Any]:
    """Let each job run in a process of its own, all from the same moment on; what each answered (as JSON knows it).

    A deadlock is the answer `deadlock`, any other error its name and text; a process that dies fails the test.
    """
    ready, says_ready = os.pipe()
    gate, opens_gate = os.pipe()
    answers: list[int] = []
    pids: list[int] = []
    for job in jobs:
        answer, tells = os.pipe()
        answers.append(answer)
        pids.append(children.start(_work(job, says_ready, gate, opens_gate, tells)))
        os.close(tells)
    for _each in jobs:
        os.read(ready, 1)
    os.close(opens_gate)
    told = [_read(answer) for answer in answers]
    for end in (ready, says_ready, gate):
        os.close(end)
    assert [children.wait(pid) for pid in pids] == [0] * len(pids)
    return [json.loads(text) for text in told]


def _work(job: Job, says_ready: int, gate: int, opens_gate: int, tells: int) -> Job:
    def work() -> None:
        connection.ensure_connection()
        os.close(opens_gate)
        os.write(says_ready, b".")
        os.read(gate, 1)  # ends when everybody has closed the other end
        os.write(tells, json.dumps(_told(job)).encode())

    return work


def _told(job: Job) -> Any:
    try:
        return job()
    except OperationalError as why:
        return "deadlock" if "deadlock" in str(why) else repr(why)
    except Exception as why:
        return f"{type(why).__name__}: {why}"


def _read(end: int) -> bytes:
    """Everything up to the end of a pipe; children are read one after the other, their answers fit a pipe's buffer."""
    found = b""
    while part := os.read(end, 65_536):
        found += part
    os.close(end)
    return found
