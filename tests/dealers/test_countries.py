"""Countries are named in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from dealers.accounts.countries import country_name


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [("en", "CN", "China"), ("en-gb", "de", "Germany"), ("zh-hans", "DE", "德国"), ("en", "QQ", "QQ"), ("en", "", "")],
)
def test_a_country_has_a_name_in_every_language(language: str, code: str, name: str) -> None:
    with translation.override(language):
        assert country_name(code) == name
