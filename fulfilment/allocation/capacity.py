"""Parcels of an outlet's day: booked one by one, never more than its capacity."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from fulfilment.allocation.models import OutletDay

BOOK = """
INSERT INTO fulfilment_allocation_outletday AS d (outlet_id, day, booked)
SELECT %(outlet)s, %(day)s, 1 WHERE %(capacity)s > 0
ON CONFLICT (outlet_id, day) DO UPDATE SET booked = d.booked + 1 WHERE d.booked < %(capacity)s
RETURNING id
"""
FREE = "UPDATE fulfilment_allocation_outletday SET booked = booked - 1 WHERE id = %s AND booked > 0"


class NoCapacity(Exception):
    """The outlet's day is full; nothing was booked."""

    def __init__(self, outlet_id: int, day: dt.date) -> None:
        super().__init__(f"Outlet {outlet_id} takes no more parcels on {day}.")
        self.outlet_id = outlet_id
        self.day = day


def book(outlet_id: int, day: dt.date, capacity: int) -> int:
    """Book a parcel and return the day's key. Raises `NoCapacity`."""
    with connection.cursor() as cursor:
        cursor.execute(BOOK, {"outlet": outlet_id, "day": day, "capacity": capacity})
        row = cursor.fetchone()
    if row is None:
        raise NoCapacity(outlet_id, day)
    return int(row[0])


def free(day_id: int | None) -> None:
    """Give a booked parcel back; None: none was booked."""
    if day_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(FREE, [day_id])


def booked(outlet_id: int, day: dt.date) -> int:
    """Parcels booked of a day."""
    return OutletDay.objects.filter(outlet=outlet_id, day=day).values_list("booked", flat=True).first() or 0
