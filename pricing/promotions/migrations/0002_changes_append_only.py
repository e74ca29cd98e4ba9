"""Let PostgreSQL itself keep the record of changes to promotions: rows are added, never altered or taken away."""

from django.db import migrations

GUARD = """
CREATE FUNCTION pricing_promotions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of changes only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON pricing_promotions_promotionchange
    FOR EACH ROW EXECUTE FUNCTION pricing_promotions_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON pricing_promotions_promotionchange;
DROP FUNCTION pricing_promotions_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing_promotions", "0001_promotions")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
