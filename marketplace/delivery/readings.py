"""What has been read of deliveries: told with them, and counted where each way writes it down."""

from typing import Any

from django.db.models import Aggregate, BigIntegerField, F, Max, Min, Model, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from kernel.models import Job
from marketplace.models import AccessGrant, Delivery, TableGrant

# What makes a delivery; the other jobs about it, such as the clock of silence, are no attempts at it.
_MAKING = Q(kind__in=("delivery.fulfil", "roomquery.compute", "roomquery.count")) | Q(kind__startswith="compute.run")


def with_readings(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """Add to deliveries how often workers tried to make them, and what was read of their files, tables and results.

    Calls of an interface are not among them: they are counted by the entitlement.
    """
    about = [OuterRef(name) for name in ("pk", "room_query__pk", "compute_job__pk")]
    made_by = Job.objects.filter(_MAKING, Q(("subject_id__in", about)))
    reads_of_result = Coalesce("room_query__reads", "compute_job__reads", 0)
    bytes_of_result = Coalesce(Cast(KeyTextTransform("bytes", "receipt"), BigIntegerField()), 0)
    return deliveries.annotate(
        room_query_id=F("room_query__pk"),
        compute_job_id=F("compute_job__pk"),
        attempts=Coalesce(_one(made_by, Sum("attempts")), 0),
        reads=reads_of_result + _total("reads"),
        bytes_served=reads_of_result * bytes_of_result + _total("bytes_served"),
        first_read_at=Least("room_query__first_read_at", "compute_job__first_read_at", *_ends(Min, "first_read_at")),
        last_read_at=Greatest("room_query__last_read_at", "compute_job__last_read_at", *_ends(Max, "last_read_at")),
    )


def _one(rows: QuerySet[Any], aggregate: Aggregate) -> Subquery:
    """Return an aggregate over all rows as one value."""
    return Subquery(rows.order_by().annotate(all=Value(1)).values("all").values(one=aggregate))


def _total(column: str) -> Any:
    return sum(Coalesce(_one(rows, Sum(column)), 0) for rows in _grants())


def _ends(aggregate: type[Aggregate], column: str) -> list[Subquery]:
    return [_one(rows, aggregate(column)) for rows in _grants()]


def _grants() -> list[QuerySet[Any]]:
    models: tuple[type[Model], ...] = (AccessGrant, TableGrant)
    return [model._default_manager.filter(delivery=OuterRef("pk")) for model in models]
