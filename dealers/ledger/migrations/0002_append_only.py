"""Let PostgreSQL keep the ledger's promises: rows only grow, and every journal sums to zero.

The balance is checked once per journal at commit (a deferred trigger on the header), not once per posting; so a
posting may only join a journal of its own transaction (`opened_in`; restored dumps keep the old numbers, which is fine).
"""

from django.db import migrations

TABLES = (
    "dealers_ledger_journal",
    "dealers_ledger_posting",
    "dealers_ledger_accountdocument",
    "dealers_ledger_documentline",
    "dealers_ledger_settlement",
)

FUNCTIONS = """
CREATE FUNCTION dealers_ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger only grows: % on % is refused. Post a reversing entry.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION dealers_ledger_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total numeric;
    legs bigint;
BEGIN
    SELECT coalesce(sum(amount), 0), count(*) INTO total, legs
        FROM dealers_ledger_posting WHERE journal_id = NEW.id;
    IF legs < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'Journal % has % postings that sum to %, not to zero.', NEW.id, legs, total
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION dealers_ledger_same_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT journal_id FROM added) a
        JOIN dealers_ledger_journal j ON j.id = a.journal_id
        WHERE j.opened_in <> pg_current_xact_id()::text::bigint
    ) THEN
        RAISE EXCEPTION 'A posting may only be added in the transaction that made its journal.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

ALTER TABLE dealers_ledger_journal
    ADD COLUMN opened_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;

CREATE CONSTRAINT TRIGGER journal_sums_to_zero AFTER INSERT ON dealers_ledger_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dealers_ledger_check_balance();

CREATE TRIGGER postings_in_same_transaction AFTER INSERT ON dealers_ledger_posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION dealers_ledger_same_transaction();
"""

GUARDS = "".join(
    f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION dealers_ledger_refuse_change();\n"
    for table in TABLES
)

UNDO = (
    "".join(f"DROP TRIGGER only_grows ON {table};\n" for table in TABLES)
    + """
DROP TRIGGER postings_in_same_transaction ON dealers_ledger_posting;
DROP TRIGGER journal_sums_to_zero ON dealers_ledger_journal;
ALTER TABLE dealers_ledger_journal DROP COLUMN opened_in;
DROP FUNCTION dealers_ledger_same_transaction();
DROP FUNCTION dealers_ledger_check_balance();
DROP FUNCTION dealers_ledger_refuse_change();
"""
)


class Migration(migrations.Migration):
    dependencies = [("dealers_ledger", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTIONS + GUARDS, UNDO)]
