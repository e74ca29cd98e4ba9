"""`manage.py import_data` and `import_folder`: exit status, summary, refused file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fulfilment.stock.models import StockLevel

pytestmark = pytest.mark.django_db


def test_a_good_file_ends_quietly(world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f"货号,仓库,数量\n{world.pan.upc},SH,5\n", encoding="gb18030")

    call_command("import_data", "stock", str(path))

    assert "1 rows: 1 new" in capsys.readouterr().out
    assert StockLevel.objects.filter(location__code="SH").count() == 1


def test_refused_rows_end_with_1_and_are_written(
    world: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, refused = tmp_path / "stock.csv", tmp_path / "refused.csv"
    path.write_text(f"sku,location,quantity\n{world.pan.upc},SH,5\nNOPE,SH,1\n")

    with pytest.raises(SystemExit) as end:
        call_command("import_data", "stock", str(path), "--refused", str(refused))

    assert end.value.code == 1
    assert "row 3, sku: There is no product NOPE" in capsys.readouterr().out
    assert refused.read_text("utf-8-sig").splitlines()[1].startswith("NOPE,SH,1,")


@pytest.mark.parametrize("mapping", [None, {"colums": {}}, {"columns": {"sku": "x", "location": "y", "quantity": "z"}}])
def test_a_refused_file_ends_with_2(tmp_path: Path, mapping: Any) -> None:
    path, document = tmp_path / "stock.csv", tmp_path / "mapping.json"
    path.write_text("a,b\n1,2\n")
    document.write_text(json.dumps(mapping))
    arguments = ["--mapping", str(document)] if mapping else []

    with pytest.raises(CommandError) as why:
        call_command("import_data", "stock", str(path), *arguments)

    assert why.value.returncode == 2


def test_a_folder_needs_a_manifest_and_its_files(tmp_path: Path) -> None:
    for mappings in ("nowhere", "adventureworks"):
        with pytest.raises(CommandError) as why:
            call_command("import_folder", str(tmp_path), "--mappings", mappings)
        assert why.value.returncode == 2
