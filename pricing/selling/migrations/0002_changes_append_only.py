"""Let PostgreSQL itself keep the record of changes to selling rules: rows are added, never altered or taken away."""

from django.db import migrations

GUARD = """
CREATE FUNCTION pricing_selling_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of changes only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON pricing_selling_sellingchange
    FOR EACH ROW EXECUTE FUNCTION pricing_selling_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON pricing_selling_sellingchange;
DROP FUNCTION pricing_selling_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing_selling", "0001_selling_rules")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
