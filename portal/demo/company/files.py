"""Writes the company as the CSV files a customer would upload."""

from __future__ import annotations

import csv
from pathlib import Path

from portal.demo.company.model import Company, Row

KINDS = ("sales_reps", "products", "stock", "prices", "dealers")


def columns(rows: list[Row]) -> list[str]:
    """Every column that any row has, in the order of first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_import_files(company: Company, folder: Path) -> dict[str, Path]:
    """Write one UTF-8 CSV per kind into `folder` (made when missing); returns kind → path, in the order to import."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for kind in KINDS:
        rows: list[Row] = getattr(company, kind)
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=columns(rows), restval="")
            writer.writeheader()
            writer.writerows(rows)
        written[kind] = path
    return written
