"""Finding products by SKU, parts of it, EAN and words in both languages."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.search import near_codes
from portal.search.index import reindex
from portal.search.models import ProductCode, ProductEntry, Word
from portal.search.query import Found, find, matching
from pricing.catalogue.intake import ProductsIntake
from pricing.catalogue.models import ProductUnit
from pricing.numbers.models import DealerItemNumber
from tests import factories
from tests.intakes import take

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")

pytestmark = pytest.mark.django_db

PEDAL: dict[str, Any] = {
    "sku": "M39x119-R",
    "name_en": "Café racer pedal",
    "name_zh": "铝合金车架脚踏",
    "category_en": "Components > Pedals",
    "category_zh": "零件 > 脚踏板",
    "ean": "6901234567892",
    "brand": "O'Hara",
    "description_en": "Sealed bearings.",
    "attribute:colour": "Midnight blue",
}
OTHER: dict[str, Any] = {"sku": "M39", "name_en": "Bell", "name_zh": "车铃"}


@pytest.fixture
def dealer(db: None) -> Dealer:
    """Two products, and a dealer who may buy both."""
    take(ProductsIntake, PEDAL, {**OTHER, "description_en": "Loud beside any pedal"})
    dealer = factories.make_dealer("D-1", "Dealer")
    priced(dealer)
    return dealer


def priced(dealer: Dealer) -> None:
    """Let the dealer buy every product there is."""
    price_list = factories.PriceList.objects.create(code=f"L-{dealer.number}", name="List", currency=dealer.currency)
    factories.give_list(dealer, price_list)
    for product in Product.objects.all():
        factories.set_price(price_list, product, "1.00")


def skus(found: Found) -> list[str]:
    names = dict(Product.objects.values_list("pk", "upc"))
    return [names[pk] for pk in found.ids]


@pytest.mark.parametrize(
    "text",
    [
        "M39x119-R",
        "m39x119",
        "m39 X119 r",
        "119",
        "6901234567892",
        "06901234567892",
        "690123456",
        "cafe RACER",
        "pedal rac",
        "racer r",
        "铝合金",
        "合金车架",
        "脚踏板",
        "零件",
        "o'hara",
        "midnight",
        "bearings",
        "Ｍ39x119",
        "ＰＥＤＡＬ",
        "铝合金 racer",
    ],
)
def test_found_by(dealer: Dealer, text: str) -> None:
    assert "M39x119-R" in skus(find(dealer, text))


@pytest.mark.parametrize("text", ["", "   ", "金铝", "pads races", "';--", ":*", "\\", "%", "( | & !", "\x00"])
def test_not_found_by(dealer: Dealer, text: str) -> None:
    assert find(dealer, text).ids == ()


@pytest.mark.parametrize(
    "text",
    ["' OR 1=1 --", "pedal' | 'bell", "!pedal", "a <-> b", "\\' \\", "%s %(key)s", "x" * 10_000, "车" * 10_000,
     "a " * 5_000, "\x00pedal\x00", "pe\ud800dal", "{mine}", "{beyond} pedal", "🚲", "ﷺ" * 500],
)  # fmt: skip
def test_any_text_is_only_text(dealer: Dealer, text: str) -> None:
    found = find(dealer, text)

    assert Product.objects.filter(found.condition).count() <= 2


def test_the_exact_sku_comes_first_and_names_before_descriptions(dealer: Dealer) -> None:
    assert skus(find(dealer, "m39")) == ["M39", "M39x119-R"]
    assert skus(find(dealer, "pedal")) == ["M39x119-R", "M39"]


def test_steps_come_in_their_order(dealer: Dealer) -> None:
    take(
        ProductsIntake,
        {"sku": "Z1", "name_en": "Anything", "description_en": "goes on a clamp"},
        {"sku": "Z2", "name_en": "Anything", "brand": "Clamp"},
        {"sku": "Z3", "name_en": "A clamp"},
        {"sku": "CLAMP-8", "name_en": "Anything"},
        {"sku": "CLAMP", "name_en": "Anything"},
    )
    priced(factories.make_dealer("D-2", "Other"))

    found = find(Dealer.objects.get(number="D-2"), "clamp")

    assert skus(found) == ["CLAMP", "CLAMP-8", "Z3", "Z2", "Z1"]
    assert found.corrected == ""


def test_a_name_with_a_typo_comes_before_a_description_without(dealer: Dealer) -> None:
    take(
        ProductsIntake,
        {"sku": "Z1", "name_en": "Anything", "description_en": "better than a clmap"},
        {"sku": "Z3", "name_en": "A clamp"},
    )
    priced(factories.make_dealer("D-2", "Other"))

    found = find(Dealer.objects.get(number="D-2"), "clmap")

    assert skus(found) == ["Z3", "Z1"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pedla", "pedal"),
        ("pedl", "pedal"),
        ("peddal", "pedal"),
        ("podal", "pedal"),
        ("cafe raecr", "cafe racer"),
        ("midnihgt pedal", "midnight pedal"),
        ("racer bleu", "racer blue"),
        ("铝合企", "铝合金"),
        ("铝含金", "铝合金"),
        ("吕合金", "铝合金"),
        ("合金本架脚踏", "合金车架脚踏"),
        ("M39x191-R", "M39x119-R"),
        ("m39x119s", "M39x119-R"),
        ("6901234567829", "6901234567892"),
        ("690123457892", "6901234567892"),
    ],
)
def test_one_wrong_letter_is_mended_and_told(dealer: Dealer, typed: str, meant: str) -> None:
    found = find(dealer, typed)

    assert skus(found)[0] == "M39x119-R"
    assert found.corrected == meant


@pytest.mark.parametrize("typed", ["M39x191-R", "m39x119s", "39x119r", "KD-7798/9"])
def test_a_code_is_mended_where_very_many_begin_alike(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    pedal = Product.objects.get(upc="M39x119-R")
    DealerItemNumber.objects.create(dealer=dealer, product=pedal, number="KD-7788/9")
    compared = find(dealer, typed)
    monkeypatch.setattr(near_codes, "MOST_COMPARED", 1)

    assert skus(compared) == ["M39x119-R"]
    assert find(dealer, typed) == compared


def test_exactly_as_typed_mends_nothing(dealer: Dealer) -> None:
    assert find(dealer, "pedla", exactly=True).ids == ()


def test_short_words_are_not_mended(dealer: Dealer) -> None:
    take(ProductsIntake, {"sku": "Z1", "name_en": "Red tin"})
    priced(factories.make_dealer("D-2", "Other"))

    assert find(Dealer.objects.get(number="D-2"), "tun").ids == ()
    assert find(Dealer.objects.get(number="D-2"), "车玲").ids == ()


def test_the_condition_finds_what_the_ids_find(dealer: Dealer) -> None:
    for text in ("m39", "pedal", "pedla", "M39x191-R", "铝合企", "690123456"):
        found = find(dealer, text)
        assert set(Product.objects.filter(found.condition).values_list("pk", flat=True)) == set(found.ids), text


def test_more_than_the_limit_is_said(dealer: Dealer) -> None:
    found = find(dealer, "m39", limit=1)

    assert skus(found) == ["M39"]
    assert found.more
    assert not find(dealer, "m39", limit=2).more


def test_ranking_is_the_order_found(dealer: Dealer) -> None:
    found = find(dealer, "pedal")

    ordered = Product.objects.filter(pk__in=found.ids).order_by(found.ranking).values_list("pk", flat=True)

    assert tuple(ordered) == found.ids


def test_within_narrows(dealer: Dealer) -> None:
    only = Product.objects.filter(upc="M39x119-R")

    assert skus(find(dealer, "m39", within=only)) == ["M39x119-R"]
    assert find(dealer, "m39", within=only.none()).ids == ()


def test_what_is_outside_the_assortment_is_not_found(dealer: Dealer) -> None:
    stranger = factories.make_dealer("D-2", "Stranger")

    for text in ("m39", "pedal", "pedla", "M39x191-R", "铝合金", "6901234567892"):
        assert find(stranger, text).ids == ()
        assert find(stranger, text).corrected == ""


def test_own_numbers_are_found_by_their_dealer_alone(dealer: Dealer) -> None:
    pedal = Product.objects.get(upc="M39x119-R")
    DealerItemNumber.objects.create(dealer=dealer, product=pedal, number="KD-7788/9")
    other = factories.make_dealer("D-2", "Other")
    priced(other)

    for typed in ("KD-7788/9", "kd 7788", "kd77889", "KD-7798/9"):
        assert skus(find(dealer, typed)) == ["M39x119-R"], typed
        assert find(other, typed).ids == (), typed
        assert not Product.objects.filter(find(other, typed).condition).exists(), typed


def test_an_own_number_that_is_typed_whole_comes_first(dealer: Dealer) -> None:
    bell = Product.objects.get(upc="M39")
    DealerItemNumber.objects.create(dealer=dealer, product=bell, number="PEDAL")

    assert skus(find(dealer, "pedal")) == ["M39", "M39x119-R"]


def test_one_letter_of_chinese(dealer: Dealer) -> None:
    assert sorted(skus(find(dealer, "车"))) == ["M39", "M39x119-R"]


def test_editing_a_product_by_hand_is_found(dealer: Dealer) -> None:
    pedal = Product.objects.get(upc="M39x119-R")
    pedal.title = "Flat pedal"
    pedal.upc = "N40"
    pedal.save()
    pedal.card.name_zh = "平踏"
    pedal.card.save()

    for text in ("flat", "平踏", "n40", "flta"):
        assert skus(find(dealer, text)) == ["N40"]
    assert find(dealer, "M39x119").ids == ()


def test_a_change_that_is_undone_leaves_the_index_as_it_was(dealer: Dealer) -> None:
    pedal = Product.objects.get(upc="M39x119-R")
    with transaction.atomic():
        pedal.title = "Sprocket"
        pedal.upc = "N40"
        pedal.save()
        assert skus(find(dealer, "sprocket")) == ["N40"]
        transaction.set_rollback(True)

    assert find(dealer, "sprocket").ids == ()
    assert find(dealer, "n40").ids == ()
    assert not Word.objects.filter(word="sprocket").exists()
    assert skus(find(dealer, "racer")) == ["M39x119-R"]


def test_renaming_a_category_is_found(dealer: Dealer) -> None:
    top = Category.objects.get(name="Components")
    top.name = "Spares"
    top.save()

    assert skus(find(dealer, "spares")) == ["M39x119-R"]


def test_the_ean_of_a_packing_unit_is_found(dealer: Dealer) -> None:
    take(ProductsIntake, {**OTHER, "carton_quantity": "12", "carton_ean": "16901234567899"})
    bell = Product.objects.get(upc="M39")
    pallet = ProductUnit.objects.create(product=bell, code="pallet", factor=480, ean="26901234567896")

    assert skus(find(dealer, "16901234567899")) == ["M39"]
    assert skus(find(dealer, "26901234567896")) == ["M39"]
    pallet.delete()
    assert find(dealer, "26901234567896", exactly=True).ids == ()


def test_rebuilding_writes_every_product_anew(dealer: Dealer) -> None:
    ProductEntry.objects.all().delete()
    ProductCode.objects.all().delete()
    Word.objects.all().delete()
    assert find(dealer, "m39").ids == ()
    said = StringIO()

    call_command("rebuild_search", "--batch", "1", stdout=said)

    assert skus(find(dealer, "m39")) == ["M39", "M39x119-R"]
    assert skus(find(dealer, "pedla")) == ["M39x119-R", "M39"]
    assert "The search index has 2 products." in said.getvalue()


def test_rebuilding_can_go_on_where_it_stopped(dealer: Dealer) -> None:
    first, last = Product.objects.order_by("pk")
    ProductCode.objects.all().delete()

    call_command("rebuild_search", "--after", str(first.pk), stdout=StringIO())

    assert set(ProductCode.objects.values_list("product", flat=True)) == {last.pk}


def test_a_deleted_product_leaves_nothing_behind(dealer: Dealer) -> None:
    Product.objects.get(upc="M39x119-R").delete()

    assert find(dealer, "racer").ids == ()
    assert not ProductCode.objects.exclude(product__upc="M39").exists()


def test_indexing_again_changes_nothing(dealer: Dealer) -> None:
    before = sorted(ProductCode.objects.values_list("pk", "code")), sorted(Word.objects.values_list("pk", "word"))

    reindex(Product.objects.values_list("pk", flat=True))

    assert before == (
        sorted(ProductCode.objects.values_list("pk", "code")),
        sorted(Word.objects.values_list("pk", "word")),
    )


def test_statements_do_not_grow_with_products(dealer: Dealer) -> None:
    take(ProductsIntake, *({**OTHER, "sku": f"B{i}"} for i in range(200)))
    ids = list(Product.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as few:
        reindex(ids[:2])

    with CaptureQueriesContext(connection) as many:
        reindex(ids)

    assert len(many) == len(few)


@pytest.mark.parametrize(("text", "most"), [("m39", 3), ("pedal", 3), ("pedla", 6), ("nothing at all like it", 6)])
def test_a_search_takes_few_statements(dealer: Dealer, text: str, most: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        find(dealer, text)

    assert len(queries) <= most


def test_matching_is_as_typed(dealer: Dealer) -> None:
    assert Product.objects.filter(matching("pedal")).count() == 2
    assert not Product.objects.filter(matching("pedla")).exists()
    assert not Product.objects.filter(matching("")).exists()
