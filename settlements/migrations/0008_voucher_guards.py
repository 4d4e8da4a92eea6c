"""The database counts what vouchers reserve and redeem, and keeps what was agreed as it was."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TRIGGERS = {
    "settlements_voucherprogramme": (
        "voucher_programme_is_counted_by_its_uses",
        "voucher_programme_keeps_its_terms",
        "voucher_programme_is_never_removed",
        "voucher_programme_is_never_truncated",
    ),
    "settlements_vouchergrant": (
        "voucher_is_counted_by_its_uses",
        "issued_voucher_keeps_its_terms",
        "voucher_is_never_removed",
        "voucher_is_never_truncated",
    ),
    "settlements_voucheruse": (
        "voucher_use_is_counted",
        "voucher_use_only_goes_on",
        "voucher_use_is_never_removed",
        "voucher_use_is_never_truncated",
    ),
    "settlements_voucherclawback": ("clawback_is_never_removed", "clawback_is_never_truncated"),
}


class Migration(migrations.Migration):
    dependencies = [("settlements", "0007_bank_evidence")]

    operations = [
        run_sql_file(
            "settlements",
            "vouchers.sql",
            reverse="".join(
                [
                    *(f"DROP TRIGGER {name} ON {table};" for table, names in TRIGGERS.items() for name in names),
                    "DROP FUNCTION settlements_count_voucher_use();",
                ]
            ),
        )
    ]
