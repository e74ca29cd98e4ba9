"""Postal addresses as readers write them: from small to large, in Chinese from large to small."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import get_language

from dealers.accounts.countries import country_name

PARTS = ("address_line1", "address_line2", "city", "state", "postal_code", "country")
_HAN = re.compile(r"[\u3400-\u9fff]")


def address_lines(place: Mapping[str, str]) -> list[str]:
    """The lines of an address with the parts of `PARTS`, empty ones left out.

    An address in China is written in the Chinese order, from the country down to the house and the postal code behind,
    where its reader or its words are Chinese; every other one from the house up to the country.
    """
    said = {name: (place.get(name) or "").strip() for name in PARTS}
    country = country_name(said["country"])
    if is_chinese(place):
        lines = [
            country,
            _region(said["state"], said["city"]),
            said["address_line1"],
            said["address_line2"],
            said["postal_code"],
        ]
    else:
        town = " ".join(part for part in (said["postal_code"], said["city"]) if part)
        lines = [said["address_line1"], said["address_line2"], town, said["state"], country]
    return [line for line in lines if line]


def in_one_line(place: Mapping[str, str]) -> str:
    """The address on one line; the parts of a Chinese one stand side by side without commas."""
    return (" " if is_chinese(place) else ", ").join(address_lines(place))


def _region(province: str, city: str) -> str:
    """Province and city as one; in Shanghai, Beijing, Tianjin and Chongqing they are the same."""
    if province.removesuffix("市") == city.removesuffix("市"):
        return max(province, city, key=len)
    return province + city if _HAN.search(province + city) else " ".join(part for part in (province, city) if part)


def is_chinese(place: Mapping[str, str]) -> bool:
    """Whether an address is written in the Chinese order: it is in China, and its reader or its words are Chinese."""
    if (place.get("country") or "").upper() != "CN":
        return False
    words = "".join(place.get(name) or "" for name in ("address_line1", "address_line2", "city", "state"))
    return (get_language() or "").startswith("zh") or bool(_HAN.search(words))


def delivery_lines(place: Mapping[str, str]) -> list[str]:
    """A place goods go to: its name, address and the person there; in Chinese the name and the person come last."""
    person = " · ".join(part for part in (place.get("contact_name"), place.get("contact_phone")) if part)
    name = place.get("name") or ""
    lines = [*address_lines(place), name, person] if is_chinese(place) else [name, *address_lines(place), person]
    return [line for line in lines if line]
