"""Entries for the products that are there already. Later ones are written with their products."""

import re
import unicodedata

from django.db import migrations
from django.db.models import F
from pypinyin import lazy_pinyin

NUMBER = re.compile(r"(\d+)((?:\.\d+)?)")
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")


def sort_key(name):
    if HAN.search(name):
        name = " ".join(lazy_pinyin(name))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())
    return NUMBER.sub(lambda found: found[1].zfill(9) + found[2], letters)[:255]


def fill(apps, schema_editor):
    Product = apps.get_model("catalogue", "Product")
    Card = apps.get_model("pricing_catalogue", "ProductCard")
    Entry = apps.get_model("portal_shop", "CatalogueEntry")
    cards = {card[0]: card[1:] for card in Card.objects.values_list("product_id", "name_zh", "brand")}
    nothing = ("", "")
    products = Product.objects.exclude(structure="parent").annotate(model_title=F("parent__title")).order_by("pk")
    entries = []
    for product in products.iterator():
        own, model = cards.get(product.pk, nothing), cards.get(product.parent_id, nothing)
        english = product.title or product.model_title or ""
        entries.append(
            Entry(
                product_id=product.pk,
                name_en=sort_key(english),
                name_zh=sort_key(own[0] or model[0] or english),
                brand=own[1] or model[1],
                created_at=product.date_created,
            )
        )
    Entry.objects.bulk_create(entries, batch_size=5_000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("portal_shop", "0001_catalogue_entries"),
        ("pricing_catalogue", "0001_initial"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
