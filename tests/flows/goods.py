"""The files a small supplier would upload, cut from the demo company: one category, one dealer, one rep."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.demo.company import build

DEALER = "1009"
CATEGORY = "Cookware"


@dataclass(frozen=True)
class Files:
    """The files by kind, and the products' SKUs with their order multiples."""

    paths: dict[str, Path]
    multiples: dict[str, int]


def write_goods(folder: Path, today: date) -> Files:
    """Write the five files; the first product is the one that stories order."""
    company = build(today)
    folder.mkdir(parents=True, exist_ok=True)
    dealers = [row for row in company.dealers if row["number"] == DEALER]
    lists = set(dealers[0]["price_lists"].split(";"))
    priced = {row["sku"] for row in company.prices if row["price_list"] in lists and not row["valid_to"]}
    products = [
        row
        for row in company.products
        if row["category_en"].startswith(CATEGORY) and row["sku"] in priced and not row["discontinued_on"]
    ]
    skus = {row["sku"] for row in products}
    stock = [{**row, "quantity": "600"} for row in company.stock if row["sku"] in skus]
    rows = {
        "sales_reps": company.sales_reps,
        "products": [{**row, "image": ""} for row in products],
        "stock": stock,
        "prices": [row for row in company.prices if row["sku"] in skus and row["price_list"] in lists],
        "dealers": dealers,
    }
    paths = {}
    for kind, records in rows.items():
        paths[kind] = folder / f"{kind}.csv"
        headings = list(dict.fromkeys(name for record in records for name in record))
        with paths[kind].open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, headings, restval="")
            writer.writeheader()
            writer.writerows(records)
    stocked = {row["sku"] for row in stock}
    return Files(paths, {row["sku"]: int(row["order_multiple"]) for row in products if row["sku"] in stocked})
