"""Areas as codes: the beginning of a postcode or of China's six-digit code names a larger area."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

LONGEST = 20
KNOWN = """
SELECT wanted FROM unnest(%s::text[]) AS wanted
WHERE EXISTS (SELECT 1 FROM fulfilment_consumer_place WHERE starts_with(code, wanted))
   OR EXISTS (SELECT 1 FROM fulfilment_allocation_outletservice WHERE starts_with(area_code, wanted))
   OR EXISTS (SELECT 1 FROM dealers_accounts_outlet WHERE starts_with(upper(replace(postal_code, ' ', '')), wanted))
"""


def folded_area(text: str) -> str:
    """An area as it is stored: upper case, without spaces; of American postcodes nothing after the dash."""
    return "".join(text.split()).upper().partition("-")[0]


def known_areas(codes: Iterable[str]) -> set[str]:
    """Those with which some place, outlet's postcode or service's area begins. One statement."""
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [wanted])
        return {row[0] for row in cursor.fetchall()}
