"""Which ERP this portal is connected to: the file drop in the folders that the settings name."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from django.conf import settings

from erp_bridge.adapters.base import ErpAdapter
from erp_bridge.adapters.filedrop import FileDrop
from erp_bridge.adapters.filepickup import FilePickup


def outgoing() -> ErpAdapter:
    """Where orders go."""
    return FileDrop(_present(Path(settings.ERP_OUT_DIR)))


def incoming() -> FilePickup:
    """Where the ERP's documents come from. One object per process: it remembers which files still change."""
    return _pickup(_present(Path(settings.ERP_IN_DIR)), float(settings.ERP_QUIET_SECONDS))


@functools.cache
def _pickup(folder: Path, quiet_seconds: float) -> FilePickup:
    return FilePickup(folder, quiet_seconds)


def _present(folder: Path) -> Path:
    """Make a folder of our own, below ``var``; any other may be a share, whose absence must not be hidden.

    What cannot be made is told by the adapter, which turns it into a sentence and a time to try again.
    """
    if folder.is_relative_to(settings.VAR):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
    return folder
