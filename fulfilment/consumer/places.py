"""Where a postcode or an area is: the table that gives an address its coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from fulfilment.consumer.data import AddressData

#: Canadian postcodes stand in the table by their first three letters only.
SHORTENED = {"CA": 3}
CHINA = "CN"
_ENDINGS = re.compile(r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|省|市)$")


class Place(models.Model):
    """A postcode, or an area of China by its six-digit code. `path` is how people write the area: 广东/深圳/南山区."""

    country = models.CharField(_("country"), max_length=2)
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=200, blank=True)
    path = models.CharField(max_length=200, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = (models.UniqueConstraint(fields=("country", "code"), name="one_place_per_country_and_code"),)
        indexes = (models.Index(fields=("path",), condition=~models.Q(path=""), name="places_by_path"),)

    def __str__(self) -> str:
        return f"{self.country} {self.code} {self.name}"


@dataclass(frozen=True)
class Located:
    """Where an address is, and who said so: the channel or the table."""

    latitude: Decimal
    longitude: Decimal
    area_code: str
    source: str


def locate(addresses: Sequence[AddressData]) -> list[Located | None]:
    """Where each address is, None where nobody knows. At most two statements, however many addresses."""
    keys = {key for address in addresses for key in _keys(address)}
    paths = {path for address in addresses for path in _paths(address)}
    by_key = _by_key(keys)
    by_path = {place.path: place for place in Place.objects.filter(path__in=paths)} if paths else {}
    return [_locate(address, by_key, by_path) for address in addresses]


def postcode_key(country: str, postal_code: str) -> str:
    """A postcode as the table keeps it: upper case, without spaces; of American ones the first five digits."""
    code = "".join(postal_code.split()).upper()
    if country == "US":
        return code.partition("-")[0]
    return code.replace("-", "")[: SHORTENED.get(country, 20)]


def area_path(*names: str) -> str:
    """The names of province, city and county without the endings that people leave out."""
    return "/".join(_ENDINGS.sub("", "".join(name.split())) for name in names)


def _keys(address: AddressData) -> list[tuple[str, str]]:
    """What to look for, the nearest first."""
    codes = []
    if address.country == CHINA:
        area = address.area_code
        codes = [code for code in (area, f"{area[:4]}00") if len(area) == 6 and area.isdigit()]
    elif address.postal_code:
        codes = [postcode_key(address.country, address.postal_code)]
    return [(address.country, code) for code in dict.fromkeys(codes)]


def _paths(address: AddressData) -> list[str]:
    if address.country != CHINA or not address.region:
        return []
    region, city, district = address.region, address.city or address.region, address.district
    found = [area_path(region, city, district)] if district else []
    return [*found, area_path(region, city)]


def _by_key(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Place]:
    codes: dict[str, set[str]] = {}
    for country, code in keys:
        codes.setdefault(country, set()).add(code)
    condition = models.Q(pk__in=[])
    for country, wanted in sorted(codes.items()):
        condition |= models.Q(country=country, code__in=wanted)
    return {(place.country, place.code): place for place in Place.objects.filter(condition)} if codes else {}


def _locate(address: AddressData, by_key: dict[tuple[str, str], Place], by_path: dict[str, Place]) -> Located | None:
    place = next((by_key[key] for key in _keys(address) if key in by_key), None)
    place = place or next((by_path[path] for path in _paths(address) if path in by_path), None)
    area = address.area_code or (place.code if place and address.country == CHINA else "")
    area = area or postcode_key(address.country, address.postal_code)
    if address.latitude is not None and address.longitude is not None:
        return Located(address.latitude, address.longitude, area, "channel")
    return Located(place.latitude, place.longitude, area, "table") if place else None
