"""Areas as codes: the beginning of a postcode or of China's six-digit code names a larger area."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

# By length, so that every code is looked at once for each, however many areas are asked about.
KNOWN = """
SELECT DISTINCT left(code, length) FROM (
    SELECT code FROM fulfilment_consumer_place
    UNION ALL SELECT area_code FROM fulfilment_allocation_outletservice
    UNION ALL SELECT upper(replace(postal_code, ' ', '')) FROM dealers_accounts_outlet
) AS codes CROSS JOIN unnest(%s::int[]) AS length
WHERE left(code, length) = ANY(%s::text[])
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
        cursor.execute(KNOWN, [sorted({len(code) for code in wanted}), wanted])
        return {row[0] for row in cursor.fetchall()}
