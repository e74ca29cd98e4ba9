"""A record that costs a bulk change less: fewer indexes, one join; a price that moves is told by a trigger of its own.

Each foreign key of the record had an index that nothing asks: those of its history begin with the same columns.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: EXECUTE plans each time: a plan made for one changed row would be kept for a hundred thousand.
CHANGED = """
CREATE FUNCTION pricing_terms_record_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    actor jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{"source": "database"}')::jsonb;
BEGIN
    EXECUTE 'INSERT INTO pricing_terms_pricechange (price_list_id, list_code, product_id, sku, min_quantity, valid_from,
            old_price, new_price, old_valid_to, new_valid_to, prices, by_id, by_name, at, source)
        SELECT n.price_list_id, coalesce(l.code, ''''), n.product_id, coalesce(left(p.upc, 64), ''''), n.min_quantity,
            n.valid_from, o.price, n.price, o.valid_to, n.valid_to, 1, $1, $2, now(), $3
        FROM old_rows o JOIN new_rows n USING (id)
        LEFT JOIN pricing_terms_pricelist l ON l.id = n.price_list_id
        LEFT JOIN catalogue_product p ON p.id = n.product_id
        WHERE (o.price, o.valid_to) IS DISTINCT FROM (n.price, n.valid_to)
          AND o.price_list_id = n.price_list_id AND o.product_id = n.product_id
          AND o.min_quantity = n.min_quantity AND o.valid_from IS NOT DISTINCT FROM n.valid_from'
        USING (actor->>'by')::bigint, coalesce(actor->>'name', ''), coalesce(actor->>'source', '');
    RETURN NULL;
END $$;
DROP TRIGGER record_changed ON pricing_terms_price;
CREATE TRIGGER record_changed AFTER UPDATE ON pricing_terms_price
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_terms_record_changed();
"""
UNDO_CHANGED = """
DROP TRIGGER record_changed ON pricing_terms_price;
DROP FUNCTION pricing_terms_record_changed();
CREATE TRIGGER record_changed AFTER UPDATE ON pricing_terms_price
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pricing_terms_record_changes();
"""
#: A statement that names no column of a price's place does not even ask this one.
MOVED = """
CREATE FUNCTION pricing_terms_record_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    actor jsonb := coalesce(nullif(current_setting('portal.actor', true), ''), '{"source": "database"}')::jsonb;
BEGIN
    INSERT INTO pricing_terms_pricechange (price_list_id, list_code, product_id, sku, min_quantity, valid_from,
        old_price, new_price, old_valid_to, new_valid_to, prices, by_id, by_name, at, source)
    SELECT m.price_list_id, coalesce(l.code, ''), m.product_id, coalesce(left(p.upc, 64), ''), m.min_quantity,
        m.valid_from, m.old_price, m.new_price, m.old_valid_to, m.new_valid_to, 1, (actor->>'by')::bigint,
        coalesce(actor->>'name', ''), now(), coalesce(actor->>'source', '')
    FROM (VALUES
        (OLD.price_list_id, OLD.product_id, OLD.min_quantity, OLD.valid_from, OLD.price, NULL::numeric,
            OLD.valid_to, NULL::date),
        (NEW.price_list_id, NEW.product_id, NEW.min_quantity, NEW.valid_from, NULL::numeric, NEW.price,
            NULL::date, NEW.valid_to)) m (price_list_id, product_id, min_quantity, valid_from, old_price, new_price,
            old_valid_to, new_valid_to)
    LEFT JOIN pricing_terms_pricelist l ON l.id = m.price_list_id
    LEFT JOIN catalogue_product p ON p.id = m.product_id;
    RETURN NULL;
END $$;
CREATE TRIGGER record_moved AFTER UPDATE OF price_list_id, product_id, min_quantity, valid_from ON pricing_terms_price
    FOR EACH ROW WHEN ((OLD.price_list_id, OLD.product_id, OLD.min_quantity, OLD.valid_from) IS DISTINCT FROM
        (NEW.price_list_id, NEW.product_id, NEW.min_quantity, NEW.valid_from))
    EXECUTE FUNCTION pricing_terms_record_move();
"""
UNDO_MOVED = """
DROP TRIGGER record_moved ON pricing_terms_price;
DROP FUNCTION pricing_terms_record_move();
"""


def _unindexed(name: str, to: str, related_name: str, **options: Any) -> migrations.AlterField:
    field: models.ForeignKey[Any, Any] = models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name=related_name,
        to=to,
        **options,
    )
    return migrations.AlterField("pricechange", name, field)


class Migration(migrations.Migration):
    dependencies = [
        ("pricing_terms", "0005_list_heads_and_their_record"),
        ("catalogue", "0032_category_exclude_from_menu_category_long_description"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        _unindexed("price_list", "pricing_terms.pricelist", "changes"),
        _unindexed("product", "catalogue.product", "price_changes", null=True),
        _unindexed("by", settings.AUTH_USER_MODEL, "+", null=True, verbose_name="by"),
        migrations.RunSQL(CHANGED, UNDO_CHANGED),
        migrations.RunSQL(MOVED, UNDO_MOVED),
    ]
