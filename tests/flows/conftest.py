"""What the stories share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack, running_stack


@pytest.fixture
def stack(committed_db: None, database_name: str, tmp_path: Path) -> Iterator[Stack]:
    """The whole portal running on this worker's database."""
    place = re.search(r"gw(\d+)", database_name)
    with running_stack(database_name, tmp_path / "stack", 4 + (int(place[1]) if place else 0)) as running:
        yield running
