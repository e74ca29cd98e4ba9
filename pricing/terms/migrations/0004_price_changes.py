"""The record of price changes, written by PostgreSQL itself: one statement per statement, not per row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: EXECUTE plans each time: a plan made for one changed row would be kept for a hundred thousand.
RECORD = """
CREATE FUNCTION pricing_terms_record_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    actor jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{"source": "database"}')::jsonb;
    target constant text := 'INSERT INTO pricing_terms_pricechange (price_list_id, list_code, product_id, sku,
        min_quantity, valid_from, old_price, new_price, old_valid_to, new_valid_to, prices, by_id, by_name, at, source)
        SELECT c.price_list_id, coalesce(l.code, ''''), c.product_id, coalesce(left(p.upc, 64), ''''), c.min_quantity,
        c.valid_from, c.old_price, c.new_price, c.old_valid_to, c.new_valid_to, c.prices,
        ($1->>''by'')::bigint, coalesce($1->>''name'', ''''), now(), coalesce($1->>''source'', '''') FROM (';
    names constant text := ') c (price_list_id, product_id, min_quantity, valid_from, old_price, new_price,
        old_valid_to, new_valid_to, prices) LEFT JOIN pricing_terms_pricelist l ON l.id = c.price_list_id
        LEFT JOIN catalogue_product p ON p.id = c.product_id';
    filled bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE 'SELECT array_agg(f.price_list_id) FROM (SELECT price_list_id, count(*) AS many FROM new_rows
                GROUP BY price_list_id HAVING count(*) > 1000) f
            WHERE f.many = (SELECT count(*) FROM pricing_terms_price q WHERE q.price_list_id = f.price_list_id)'
            INTO filled;
        IF filled IS NOT NULL THEN
            EXECUTE target || 'SELECT price_list_id, NULL::integer, NULL::integer, NULL::date, NULL::numeric,
                NULL::numeric, NULL::date, NULL::date, count(*) FROM new_rows WHERE price_list_id = ANY($2)
                GROUP BY price_list_id' || names USING actor, filled;
        END IF;
        EXECUTE target || 'SELECT price_list_id, product_id, min_quantity, valid_from, NULL::numeric, price,
            NULL::date, valid_to, 1 FROM new_rows
            WHERE $2 IS NULL OR price_list_id <> ALL($2)' || names USING actor, filled;
    ELSIF TG_OP = 'DELETE' THEN
        EXECUTE target || 'SELECT price_list_id, product_id, min_quantity, valid_from, price, NULL::numeric,
            valid_to, NULL::date, 1 FROM old_rows' || names USING actor;
    ELSE
        EXECUTE target || 'SELECT n.price_list_id, n.product_id, n.min_quantity, n.valid_from, o.price, n.price,
            o.valid_to, n.valid_to, 1 FROM old_rows o JOIN new_rows n USING (id)
            WHERE (o.price, o.valid_to) IS DISTINCT FROM (n.price, n.valid_to)
            AND (o.price_list_id, o.product_id, o.min_quantity, o.valid_from) IS NOT DISTINCT FROM
                (n.price_list_id, n.product_id, n.min_quantity, n.valid_from)
            UNION ALL
            SELECT m.* FROM old_rows o JOIN new_rows n USING (id) CROSS JOIN LATERAL (VALUES
                (o.price_list_id, o.product_id, o.min_quantity, o.valid_from, o.price, NULL::numeric,
                    o.valid_to, NULL::date, 1),
                (n.price_list_id, n.product_id, n.min_quantity, n.valid_from, NULL::numeric, n.price,
                    NULL::date, n.valid_to, 1)) m
            WHERE (o.price_list_id, o.product_id, o.min_quantity, o.valid_from) IS DISTINCT FROM
                (n.price_list_id, n.product_id, n.min_quantity, n.valid_from)' || names USING actor;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER record_new AFTER INSERT ON pricing_terms_price REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_terms_record_changes();
CREATE TRIGGER record_changed AFTER UPDATE ON pricing_terms_price
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_terms_record_changes();
CREATE TRIGGER record_deleted AFTER DELETE ON pricing_terms_price REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_terms_record_changes();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON pricing_terms_pricechange
    FOR EACH ROW EXECUTE FUNCTION dealers_accounts_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON pricing_terms_pricechange;
DROP TRIGGER record_new ON pricing_terms_price;
DROP TRIGGER record_changed ON pricing_terms_price;
DROP TRIGGER record_deleted ON pricing_terms_price;
DROP FUNCTION pricing_terms_record_changes();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pricing_terms", "0003_chain_view"),
        ("dealers_accounts", "0003_changes_append_only"),
        ("catalogue", "0032_category_exclude_from_menu_category_long_description"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("list_code", models.CharField(max_length=50, verbose_name="price list")),
                ("sku", models.CharField(blank=True, max_length=64, verbose_name="SKU")),
                ("min_quantity", models.PositiveIntegerField(null=True, verbose_name="from quantity")),
                ("valid_from", models.DateField(null=True, verbose_name="valid from")),
                (
                    "old_price",
                    models.DecimalField(decimal_places=4, max_digits=14, null=True, verbose_name="price before"),
                ),
                (
                    "new_price",
                    models.DecimalField(decimal_places=4, max_digits=14, null=True, verbose_name="price after"),
                ),
                ("old_valid_to", models.DateField(null=True, verbose_name="valid to, before")),
                ("new_valid_to", models.DateField(null=True, verbose_name="valid to, after")),
                ("prices", models.PositiveIntegerField(default=1, verbose_name="prices")),
                ("by_name", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(verbose_name="at")),
                ("source", models.CharField(max_length=100, verbose_name="source")),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="changes",
                        to="pricing_terms.pricelist",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="price_changes",
                        to="catalogue.product",
                    ),
                ),
            ],
            options={
                "verbose_name": "price change",
                "verbose_name_plural": "price changes",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["price_list", "-id"], name="price_changes_by_list"),
                    models.Index(fields=["product", "-id"], name="price_changes_by_product"),
                ],
            },
        ),
        migrations.RunSQL(RECORD, UNDO),
    ]
