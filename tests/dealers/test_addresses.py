"""Addresses as their readers write them."""

from __future__ import annotations

import pytest
from django.utils import translation

from dealers.accounts.addresses import address_lines, delivery_lines, in_one_line

SHANGHAI = {
    "name": "浦东店",
    "address_line1": "浦东新区世纪大道100号",
    "address_line2": "3号楼",
    "city": "上海市",
    "state": "上海市",
    "postal_code": "200120",
    "country": "CN",
    "contact_name": "李小姐",
    "contact_phone": "021-5555",
}
GUANGZHOU = {"address_line1": "8 Tianhe Road", "city": "Guangzhou", "state": "Guangdong", "country": "CN"}
BERLIN = {"address_line1": "Unter den Linden 1", "city": "Berlin", "postal_code": "10117", "country": "DE"}


@pytest.mark.parametrize(
    ("language", "place", "lines"),
    [
        ("zh-hans", SHANGHAI, ["中国", "上海市", "浦东新区世纪大道100号", "3号楼", "200120"]),
        ("en", SHANGHAI, ["China", "上海市", "浦东新区世纪大道100号", "3号楼", "200120"]),
        ("zh-hans", GUANGZHOU, ["中国", "Guangdong Guangzhou", "8 Tianhe Road"]),
        ("en", GUANGZHOU, ["8 Tianhe Road", "Guangzhou", "Guangdong", "China"]),
        ("zh-hans", BERLIN, ["Unter den Linden 1", "10117 Berlin", "德国"]),
        ("zh-hans", GUANGZHOU | {"city": "苏州市", "state": "江苏省"}, ["中国", "江苏省苏州市", "8 Tianhe Road"]),
        (
            "zh-hans",
            SHANGHAI | {"city": "上海", "postal_code": ""},
            ["中国", "上海市", "浦东新区世纪大道100号", "3号楼"],
        ),
    ],
)
def test_an_address_is_written_as_its_reader_or_its_words_are(
    language: str, place: dict[str, str], lines: list[str]
) -> None:
    with translation.override(language):
        assert address_lines(place) == lines


def test_in_chinese_the_name_and_the_person_come_last() -> None:
    with translation.override("zh-hans"):
        assert delivery_lines(SHANGHAI)[-2:] == ["浦东店", "李小姐 · 021-5555"]
    assert delivery_lines(BERLIN | {"name": "Shop", "contact_name": "Eva"})[0] == "Shop"


def test_on_one_line_only_western_parts_have_commas() -> None:
    assert in_one_line(BERLIN) == "Unter den Linden 1, 10117 Berlin, Germany"
    with translation.override("zh-hans"):
        assert in_one_line(SHANGHAI) == "中国 上海市 浦东新区世纪大道100号 3号楼 200120"
