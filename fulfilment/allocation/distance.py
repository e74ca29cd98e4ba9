"""Distances on the globe. Pure."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

#: The mean radius of the earth (IUGG), in metres.
EARTH_RADIUS = 6_371_008.8


def metres(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> int:
    """The great-circle distance between two places in degrees, by haversine, in whole metres.

    Within 0.6 % of the distance on the ellipsoid. Refuses latitudes past the poles and longitudes past ±180°.
    """
    if max(abs(latitude), abs(to_latitude)) > 90 or max(abs(longitude), abs(to_longitude)) > 180:
        raise ValueError("A latitude is within ±90° and a longitude within ±180°.")
    south, north = radians(latitude), radians(to_latitude)
    half_up, half_along = (north - south) / 2, radians(to_longitude - longitude) / 2
    square = sin(half_up) ** 2 + cos(south) * cos(north) * sin(half_along) ** 2
    return round(2 * EARTH_RADIUS * asin(min(1.0, sqrt(square))))
