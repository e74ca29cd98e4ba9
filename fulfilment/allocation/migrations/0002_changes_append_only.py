"""The record of changes to terms and rules: found by what it is about, and only ever added to."""

from django.db import migrations, models

GUARD = """
CREATE FUNCTION fulfilment_allocation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of changes only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON fulfilment_allocation_allocationchange
    FOR EACH ROW EXECUTE FUNCTION fulfilment_allocation_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON fulfilment_allocation_allocationchange;
DROP FUNCTION fulfilment_allocation_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("fulfilment_allocation", "0001_allocation")]

    operations = [
        migrations.AddIndex(
            model_name="allocationchange",
            index=models.Index(fields=["what", "of", "-id"], name="allocation_changes_by_thing"),
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
