"""What a charge says stays, and a usage record is taken up by one charge."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

UNDONE = """
DROP FUNCTION charge_is_frozen() CASCADE;
DROP FUNCTION usage_record_is_billed_once() CASCADE;
CREATE TRIGGER usage_record_is_append_only BEFORE UPDATE OR DELETE ON marketplace_usagerecord
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0015_charges")]

    operations = [run_sql_file("marketplace", "charges.sql", reverse=UNDONE)]
