"""django-hordak's side of bench/ledger.py: a process of its own, because it wants its own settings and database.

Reads `single`, `batch` or `bulk` from standard input and answers each with a rate in transfers per second.
"""

import sys
from time import perf_counter

import dj_database_url
import django
from django.conf import settings


def main() -> None:
    url, singles, batches, size = sys.argv[1], *map(int, sys.argv[2:5])
    settings.configure(
        DATABASES={"default": {**dj_database_url.parse(url), "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_CURRENCY="CNY",
        HORDAK_INTERNAL_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)

    from django.db import transaction
    from hordak.models import Account, AccountType, Leg, Transaction
    from moneyed import Money

    payer = Account.objects.create(name="Payer", code="1", type=AccountType.liability, currencies=["CNY"])
    provider = Account.objects.create(name="Provider", code="2", type=AccountType.liability, currencies=["CNY"])
    price = Money(100, "CNY")

    def one_by_one(count: int) -> None:
        with transaction.atomic():
            for _ in range(count):
                payer.transfer_to(provider, price)

    def in_bulk(count: int) -> None:
        # As hordak's own create_benchmark_transactions does.
        with transaction.atomic():
            made = Transaction.objects.bulk_create(Transaction() for _ in range(count))
            Leg.objects.bulk_create(
                leg
                for each in made
                for leg in (
                    Leg(transaction=each, account=payer, credit=price),
                    Leg(transaction=each, account=provider, debit=price),
                )
            )

    rounds = {
        "single": (lambda: one_by_one(1), singles, 1),
        "batch": (lambda: one_by_one(size), batches, size),
        "bulk": (lambda: in_bulk(size), batches, size),
    }
    for line in sys.stdin:
        post, times, transfers = rounds[line.strip()]
        started = perf_counter()
        for _ in range(times):
            post()
        print(times * transfers / (perf_counter() - started), flush=True)


if __name__ == "__main__":
    main()
