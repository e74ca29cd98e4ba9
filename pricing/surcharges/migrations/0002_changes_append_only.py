"""Let PostgreSQL itself keep the record of changes to surcharges: rows are added, never altered or taken away."""

from django.db import migrations

GUARD = """
CREATE FUNCTION pricing_surcharges_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of changes only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON pricing_surcharges_surchargechange
    FOR EACH ROW EXECUTE FUNCTION pricing_surcharges_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON pricing_surcharges_surchargechange;
DROP FUNCTION pricing_surcharges_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("pricing_surcharges", "0001_surcharges")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
