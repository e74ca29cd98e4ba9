"""Codes read from their end, SKUs without what people leave out, and a search that knows what reading a table costs."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Reverse

# The first few of a common word are soonest met by reading the table, which memory holds: measured with a million
# names, a page of it costs a quarter of what PostgreSQL thinks, and reading wins from one match in a hundred on. The
# function says both costs itself, whatever the server is set to.
COSTS = """
ALTER FUNCTION portal_search_candidates SET seq_page_cost = 0.25;
ALTER FUNCTION portal_search_candidates SET random_page_cost = 1.1;
"""
NO_COSTS = """
ALTER FUNCTION portal_search_candidates RESET seq_page_cost;
ALTER FUNCTION portal_search_candidates RESET random_page_cost;
"""
# Tables of other applications, for questions that only the search and quick order ask. The second is
# `fulfilment.ordering.codes.key_of_sku`, word by word.
NUMBERS = "CREATE INDEX item_number_backwards ON pricing_numbers_dealeritemnumber (dealer_id, reverse(key))"
SKUS = """
CREATE INDEX product_sku_key ON catalogue_product
(upper(replace(replace(replace(upc, ' ', ''), '_', ''), '-', '')) text_pattern_ops)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portal_search", "0003_candidates"),
        ("pricing_numbers", "__first__"),
        ("catalogue", "0032_category_exclude_from_menu_category_long_description"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="productcode",
            index=models.Index(Reverse("key"), name="product_code_backwards"),
        ),
        migrations.RunSQL(NUMBERS, "DROP INDEX item_number_backwards"),
        migrations.RunSQL(SKUS, "DROP INDEX product_sku_key"),
        migrations.RunSQL(COSTS, NO_COSTS),
    ]
