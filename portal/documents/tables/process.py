"""The server's side of the reading process: start it, take its frames with patience but not for ever, end it."""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, BinaryIO, cast

from portal.documents.tables.frames import Frame, decode
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusals import TableRefused

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[3]
LAUNCH = """
import sys, types
for name in ("portal", "portal.documents"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
from portal.documents.tables.child import main
main()
"""
"""Enters the outer packages without running their `__init__`, which load Celery and with it Django: the reader starts
in milliseconds, has only the standard library on its path, and holds no settings."""
PIECE = 256 * 1024


class ReadingProcess:
    """One file being read by one child. Waiting is bounded in sum; the pipe makes the child wait for a slow caller."""

    def __init__(self, file: BinaryIO, request: Mapping[str, object], limits: Limits) -> None:
        self._limits = limits
        self._patience = float(limits.patience_seconds)
        self._buffer = bytearray()
        self._searched = 0
        self.peak_memory_kb: int | None = None
        self._process = subprocess.Popen(  # noqa: S603 - our own module, and no shell
            [sys.executable, "-IS", "-c", LAUNCH, str(ROOT), json.dumps({**request, "limits": asdict(limits)})],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            close_fds=True,
        )
        self._output = cast(IO[bytes], self._process.stdout)
        self._pipe = self._output.fileno()
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)

    def frame(self) -> Frame:
        """The next frame. A refusal, a death, a time-out and garbage all raise `TableRefused`, and end the child."""
        try:
            frame = decode(self._line())
        except ValueError as garbage:
            self.close()
            logger.error("table reader wrote garbage", extra={"reason": str(garbage)[:200]})
            raise TableRefused("reader_failed") from garbage
        if "peak_kb" in frame:
            self.peak_memory_kb = frame["peak_kb"]
        if "refused" in frame:
            self.close()
            logger.info("table refused", extra={"code": frame["refused"], "peak_memory_kb": self.peak_memory_kb})
            raise TableRefused(str(frame["refused"]), frame.get("facts"))
        if "crashed" in frame:
            self.close()
            logger.error("table reader crashed", extra={"reason": frame["crashed"]})
            raise TableRefused("reader_failed")
        return frame

    def close(self) -> None:
        """End the child and forget it. Safe to call twice."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._output.close()

    def _line(self) -> bytes:
        while True:
            at = self._buffer.find(b"\n", self._searched)
            if at >= 0:
                line = bytes(self._buffer[:at])
                del self._buffer[: at + 1]
                self._searched = 0
                return line
            self._searched = len(self._buffer)
            if len(self._buffer) > self._limits.frame_bytes:
                raise ValueError("a frame is too long")
            self._buffer += self._more()

    def _more(self) -> bytes:
        started = time.monotonic()
        ready = self._poll.poll(max(0.0, self._patience) * 1000)
        self._patience -= time.monotonic() - started
        if not ready:
            self.close()
            logger.warning("table reader timed out")
            raise TableRefused("too_slow")
        piece = os.read(self._pipe, PIECE)
        if not piece:
            self._died()
        return piece

    def _died(self) -> None:
        """The pipe ended before the last frame: say by which limit."""
        self._process.wait()
        code = self._process.returncode
        self.close()
        logger.warning("table reader died", extra={"exit_code": code})
        if code == -signal.SIGXCPU:
            raise TableRefused("too_slow")
        if code in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT, 1):
            raise TableRefused("too_much_memory")
        raise TableRefused("reader_failed")
