"""Shared tables in tests: a listing that is delivered as tables, bought and prepared by the real job."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from listings import uploading
from listings.listing import create_listing, delist
from listings.models import Dataset, DatasetVersion, Listing
from listings.registration import create_product, register_product
from marketplace.delivery import recipients
from marketplace.models import Delivery, Recipient, SharedTable
from marketplace.protocols.delta_sharing.granting import grant_query
from marketplace.protocols.delta_sharing.reading import Reader
from marketplace.protocols.delta_sharing.shares import Version
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.marketplace.trading import delivered, placed
from tests.world import actor, person_of

SALES = (
    "日期,区,金額,數量,备注,时刻\n"
    "2026-01-03,天河,1200.50,3,,2026-01-03T08:00:00Z\n"
    "2026-01-01,越秀,-0.05,1,「加急」,2026-01-01T23:59:59Z\n"
    "2026-01-02,天河,99.90,,香港櫃台,2026-01-02T12:30:00Z\n"
)


def version_of(
    provider: Organization, files: Mapping[str, bytes | str], dataset: Dataset | None = None
) -> DatasetVersion:
    """Upload files as a version, the next one where a dataset is given, and let it be examined."""
    who = actor(person_of(provider))
    dataset = dataset or uploading.register_dataset(title={"zh-Hans": "门店销售", "en": "Sales"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    for name, content in files.items():
        kind = name.rsplit(".", 1)[1].upper().replace("XLSX", "EXCEL").replace("TSV", "CSV")
        file = uploading.add_file(version_id=version.id, name=name, format=kind, actor=who)
        body = content.encode() if isinstance(content, str) else content
        for number, start in enumerate(range(0, len(body), uploading.LARGEST_PART), start=1):
            part = body[start : start + uploading.LARGEST_PART]
            uploading.receive_part(file_id=file.id, number=number, body=[part], actor=who)
        uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    run_due_jobs(kinds=("dataset.profile",))
    version.refresh_from_db()
    assert version.state == DatasetVersion.State.READY, version.refusal
    return version


def listed_tables(
    provider: Organization,
    files: Mapping[str, bytes | str],
    *,
    deliveries: Sequence[str] = ("TABLE",),
    **terms: Any,
) -> Listing:
    """Return a listing in the catalogue that is delivered as shared tables."""
    who = actor(person_of(provider))
    version = version_of(provider, files)
    given = dossier(deliveries=list(deliveries), name={"zh-Hans": "门店销售", "zh-Hant": "門店銷售", "en": "Sales"})
    product = create_product(dataset_id=version.dataset_id, dossier=given, actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    return offered(version, product, **terms)


def offered(version: DatasetVersion, product: Any, **terms: Any) -> Listing:
    """List a version of a registered product at Guangzhou."""
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product, **terms).pk,
        plan_ids=[make_plan(product, "10.00").pk],
        actor=actor(person_of(product.organization)),
    )
    return put_up(listing)


def followed(listing: Listing, files: Mapping[str, bytes | str], **terms: Any) -> Listing:
    """End a listing and offer the dataset's next version in its place."""
    delist(listing_id=listing.pk, reason="A newer version", actor=actor(person_of(listing.organization)))
    assert listing.version is not None
    version = version_of(listing.organization, files, listing.version.dataset)
    return offered(version, listing.product, **terms)


def bought(listing: Listing, buyer: Organization) -> Delivery:
    return delivered(placed(listing, buyer))


def activated_profile(buyer: Organization) -> recipients.ActivatedProfile:
    """Return the profile of a new recipient of the buyer."""
    who = actor(person_of(buyer))
    recipient = recipients.make_recipient(name="Analyst", actor=who)
    issued = recipients.issue_activation(recipient_id=recipient.id, days=30, overlap_hours=0, actor=who)
    return recipients.activate(issued.secret)


def bearer_of(buyer: Organization) -> str:
    """Return the token of a new recipient of the buyer."""
    return activated_profile(buyer).bearer


def query_of(delivery: Delivery) -> Recipient:
    """Let a new recipient take a table of a delivery that is by files: the table is made here, without the job."""
    who = actor(person_of(delivery.organization))
    recipient = recipients.make_recipient(name="Notebook", actor=who)
    table, _made = SharedTable.objects.get_or_create(
        version=delivery.entitlement.version, cut_sha256="0" * 64, name="data", defaults={"columns": [], "rows": 0}
    )
    version = Version(1, delivery.entitlement.created_at, table, delivery.entitlement)
    grant_query(Reader(who, delivery.organization_id, recipient), version, [])
    return recipient
