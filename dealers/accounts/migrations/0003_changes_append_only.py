"""Let PostgreSQL itself keep the record of changes to dealers: rows are added, never altered or taken away."""

from django.db import migrations

GUARD = """
CREATE FUNCTION dealers_accounts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The record of changes only grows: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON dealers_accounts_dealerchange
    FOR EACH ROW EXECUTE FUNCTION dealers_accounts_refuse_change();
"""

UNDO = """
DROP TRIGGER only_grows ON dealers_accounts_dealerchange;
DROP FUNCTION dealers_accounts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("dealers_accounts", "0002_dealer_changes")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
