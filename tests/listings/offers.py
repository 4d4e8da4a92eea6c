"""What providers offer in tests: versions that are ready, products, and listings at every stage of their life.

    provider = make_member("gzdex", Capacity.PROVIDER)
    listing = listed(provider, price="120.00")                   # in the catalogue
    reviewed = approved(draft)                                   # the same after every stage of the review
    draft = draft_listing(registered_product(provider))

Versions are rows as they stand once the real upload and profiling are over; everything after them happens through the
public functions.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction

from accounts.models import Organization, Person, Role
from kernel.actors import Actor
from kernel.money import Currency, Money, parse_amount
from kernel.states import advance
from listings import committee, review
from listings.checklists import Answer
from listings.listing import create_listing
from listings.models import DataFile, Dataset, DatasetVersion, Listing, Plan, Product, Review, Terms
from listings.plans import create_plan
from listings.registration import create_product, register_product
from listings.review_rules import case_of, checklist_today
from listings.submissions import latest_submission, open_corrections
from listings.terms import create_terms
from tests.world import actor, make_person, operator_of, person_of, staff

# Who decides in tests where a stage asks for a permission.
OFFICERS = {
    "listing.review": Role.CLERK,
    "listing.review_rights": Role.LEGAL_REVIEWER,
    "listing.review_security": Role.SECURITY_REVIEWER,
    "listing.review_quality": Role.QUALITY_REVIEWER,
    "listing.vote": Role.COMMITTEE_MEMBER,
    "listing.approve": Role.COMPLIANCE_REVIEWER,
}

# What a dossier says of public data collected by program and offered for sale: a red item.
CRAWLED = {
    "source_kind": "CRAWLED_PUBLIC",
    "processing": "PROCESSED",
    "evidence": {"PUBLIC_SOURCE": "a", "NO_INTRUSION": "b", "NO_SUBSTITUTION": "c"},
}

PROFILE = {
    "format": "CSV",
    "rows": 1757,
    "encoding": "UTF-8",
    "columns": [
        {"name": "code", "type": "text", "nulls": 0, "distinct": 1757, "min": "440103001", "samples": ["440103001"]},
        {"name": "street_name", "type": "text", "nulls": 3, "distinct": 1700, "min": "一街", "samples": ["沙面街道"]},
    ],
    "sample": [["440103001", "沙面街道"], ["440103002", "岭南街道"]],
}


# What products of a type need besides, as a provider would fill it in.
TYPE_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "DATASET": {"shape": ["TABLE"], "structure": "STRUCTURED"},
    "API": {"protocol": "REST", "response_format": ["JSON"], "billing_unit": "CALL", "availability_percent": "99.9"},
    "REPORT": {"report_format": ["PDF"], "published_on": "2025-03-01", "method": {"zh-Hans": "问卷与税务数据比对"}},
    "INDEX": {"base_date": "2020-12-31", "base_value": "1000", "method": {"zh-Hans": "按交易额加权的派氏指数"}},
    "VISUAL": {"medium": ["MAP"]},
    "ENCRYPTED": {"scheme": "SM4", "key_custody": "VENUE", "computations": ["INTERSECTION"]},
    "MODEL": {
        "task": "FORECASTING",
        "training_data": {"zh-Hans": "2019—2024年自有用电数据"},
        "evaluation": {"zh-Hans": "2025年留出集平均绝对百分比误差3.1%"},
    },
    "APPLICATION": {"platform": ["WEB"], "availability_percent": "99.5"},
    "SERVICE": {
        "service_kind": "COLLECTION",
        "deliverable": {"zh-Hans": "标注完成的街景图片十万张"},
        "acceptance_criteria": {"zh-Hans": "抽检一千张，合格率不低于98%"},
        "duration_days": 90,
    },
    "TOOL": {"tool_kind": "CLEANING", "software_version": "3.2", "licence_model": "TERM"},
    "COMPUTE": {
        "processor": "NPU",
        "model": "Ascend 910B",
        "compute_unit": "CARD_HOUR",
        "capacity": 512,
        "place": "440200",
        "availability_percent": "99.9",
    },
    "CORPUS": {
        "modality": ["TEXT"],
        "licence_chain": {"zh-Hans": "作者授权出版社，出版社授权提供方", "en": "Authors to publisher to provider"},
        "collected_until": "2024-12-31",
        "annotation": "NONE",
        "synthetic_share": "0",
    },
}


def dossier(**changes: Any) -> dict[str, Any]:
    """Return a complete dossier, as a provider would fill it in."""
    return {
        "type_fields": dict(TYPE_FIELDS[changes.get("product_type", "DATASET")]),
        "name": {"zh-Hans": "2024年广东省街道名录", "en": "Sub-districts of Guangdong 2024"},
        "summary": {"zh-Hans": "广东省全部街道及其行政区划代码", "en": "Every sub-district with its GB/T 2260 code"},
        "scenario": {"zh-Hans": "物流企业校验收货地址", "en": "Checking delivery addresses"},
        "industry": "I65",
        "language": "zh-Hans",
        "source_kind": "COLLECTED",
        "rights": ["HOLD", "USE", "OPERATE"],
        "evidence": {"LAWFUL_COLLECTION": "民政部公开发布的区划代码"},
        "region_scope": "PROVINCE",
        "time_from": date(2024, 1, 1),
        "time_to": date(2024, 12, 31),
        "frequency": "YEAR",
    } | changes


def dossier_json(**changes: Any) -> dict[str, Any]:
    """Return the same dossier as it is sent over HTTP."""
    return dossier(**({"time_from": "2024-01-01", "time_to": "2024-12-31"} | changes))


def provider_actor(organization: Organization) -> Actor:
    return actor(person_of(organization))


def make_dataset(organization: Organization) -> Dataset:
    return Dataset.objects.create(organization=organization, title={"zh-Hans": "街道", "en": "Sub-districts"})


def make_version(
    dataset: Dataset, *, state: str = DatasetVersion.State.READY, profile: Mapping[str, Any] = PROFILE, **fields: Any
) -> DatasetVersion:
    """Make a version with one CSV file, ready unless told otherwise."""
    ready = state == DatasetVersion.State.READY
    defaults = {
        "organization": dataset.organization,
        "number": dataset.versions.count() + 1,
        "state": state,
        "wrapped_key": b"wrapped",
        "key_id": "test",
        "profile": {} if ready else None,
        "rows": profile["rows"] if ready else None,
        "bytes": 65536 if ready else None,
        "sha256": "a" * 64 if ready else "",
        "sm3": "b" * 64 if ready else "",
    }
    values = defaults | fields
    # Nothing can be added to a version that is no longer open (triggers): the file comes first.
    found = {"state", "profile", "refusal", "rows", "bytes", "sha256", "sm3"} & values.keys()
    version = DatasetVersion.objects.create(
        dataset=dataset, **{name: value for name, value in values.items() if name not in found}
    )
    DataFile.objects.create(
        version=version,
        organization=dataset.organization,
        name="streets.csv",
        format=DataFile.Format.CSV,
        state=DataFile.State.READY if ready else DataFile.State.RECEIVING,
        size=65536 if ready else None,
        sha256="c" * 64 if ready else "",
        sm3="d" * 64 if ready else "",
        profile=dict(profile) if ready else None,
    )
    DatasetVersion.objects.filter(pk=version.pk).update(**{name: values[name] for name in found})
    version.refresh_from_db()
    return version


def draft_product(organization: Organization, *, dataset: Dataset | None = None, **changes: Any) -> Product:
    dataset = dataset or make_version(make_dataset(organization)).dataset
    return create_product(dataset_id=dataset.pk, dossier=dossier(**changes), actor=provider_actor(organization))


def registered_product(organization: Organization, **changes: Any) -> Product:
    product = draft_product(organization, **changes)
    return register_product(product_id=product.pk, actor=provider_actor(organization))


def make_plan(
    product: Product, price: str = "120.00", *, currency: Currency = Currency.CNY, kind: str = "", **fields: Any
) -> Plan:
    """Give the product a one-off price, or a free plan for "0", or a plan of another kind."""
    minor = parse_amount(price)
    return create_plan(
        product_id=product.pk,
        kind=kind or (Plan.Kind.ONE_OFF if minor else Plan.Kind.FREE),
        price=Money(minor, currency),
        **fields,
        actor=provider_actor(product.organization),
    )


def make_terms(product: Product, **fields: Any) -> Terms:
    defaults = {"purposes": ["INTERNAL_ANALYSIS"], "text": {"zh-Hans": "仅限内部分析。", "en": "Internal use only."}}
    return create_terms(product_id=product.pk, fields=defaults | fields, actor=provider_actor(product.organization))


def draft_listing(product: Product, code: str = "gzdex", *, price: str = "120.00", **parts: Any) -> Listing:
    version = product.dataset.versions.filter(state=DatasetVersion.State.READY).latest("number")
    given = {
        "version_id": version.pk,
        "terms_id": (product.terms.last() or make_terms(product)).pk,
        "plan_ids": [make_plan(product, price).pk],
    }
    return create_listing(
        product_id=product.pk, venue_code=code, actor=provider_actor(product.organization), **(given | parts)
    )


def submitted(listing: Listing) -> Listing:
    """Hand a draft in, or a corrected listing with an answer to everything that was asked."""
    asked = open_corrections(latest_submission(listing))
    answers = {correction["code"]: "corrected" for correction in asked}
    return review.submit(listing_id=listing.pk, answers=answers, actor=provider_actor(listing.organization))


def in_review(listing: Listing, clerk: Person | None = None) -> Listing:
    listing = submitted(listing)
    return review.start_review(listing_id=listing.pk, actor=actor(clerk or officer_of(listing)))


def at_stage(listing: Listing, stage: str, clerk: Person | None = None) -> Listing:
    """Take a draft listing through its review up to a stage; `clerk` decides the first one."""
    listing = in_review(listing, clerk)
    while listing.stage != stage:
        listing = passed(listing, clerk if listing.state == Listing.State.IN_REVIEW else None)
    return listing


def passed(listing: Listing, officer: Person | None = None) -> Listing:
    """Pass the stage at which the listing is."""
    here = Listing.objects.select_related("product", "venue").get(pk=listing.pk)
    if here.state == Listing.State.COMMITTEE:
        return voted(here)
    case = case_of(here)
    return review.pass_stage(
        listing_id=here.pk,
        stage=here.stage,
        answers={item.code: Answer(ok=True) for item in case.items},
        actor=actor(officer or staff(here.venue.code, OFFICERS[case.stage.permission])),
    )


def voted(listing: Listing, choice: str = "FOR") -> Listing:
    """Let the compliance committee decide the listing with one voice."""
    code = listing.venue.code
    while Person.objects.filter(affiliations__role=Role.COMMITTEE_MEMBER).count() < 3:
        make_person(operator_of(code), Role.COMMITTEE_MEMBER)
    head = actor(staff(code, Role.VENUE_ADMIN))
    ballot = committee.open_ballot(listing_id=listing.pk, actor=head)
    for member in ballot.members.all():
        committee.cast_vote(ballot_id=ballot.pk, choice=choice, reason="weighed", actor=actor(member))
    committee.close_ballot(ballot_id=ballot.pk, minutes="All that was red has been weighed.", actor=head)
    return Listing.objects.get(pk=listing.pk)


def in_compliance(listing: Listing, clerk: Person | None = None) -> Listing:
    """Take a draft listing through its review up to the last stage, where it can be approved."""
    return at_stage(listing, checklist_today(listing).stages[-1].code, clerk)


def approved(listing: Listing, reviewer: Person | None = None) -> Listing:
    """Take a draft listing through the whole review into the catalogue."""
    reviewer = reviewer or staff(listing.venue.code, Role.COMPLIANCE_REVIEWER)
    listing = in_compliance(listing)
    return review.approve(listing_id=listing.pk, answers=all_ok(listing, listing.stage), actor=actor(reviewer))


def put_up(listing: Listing) -> Listing:
    """Take a draft listing into the catalogue where its review is not what is tested.

    The stages between the first and the last are passed by the rows that their officers would leave.
    """
    clerk = officer_of(listing)
    listing = review.start_review(listing_id=submitted(listing).pk, actor=actor(clerk))
    case = case_of(listing)
    last = case.checklist.stage(case.stages[-1])
    for stage in case.stages[:-1]:
        review.record_decision(replace(case, stage=case.checklist.stage(stage)), actor(clerk), Review.Decision.PASS)
    with transaction.atomic():
        advance(listing, to=last.listing_state, actor=actor(clerk), stage=last.code, assignee_id=None)
    reviewer = staff(listing.venue.code, Role.COMPLIANCE_REVIEWER)
    return review.approve(listing_id=listing.pk, answers=all_ok(listing, last.code), actor=actor(reviewer))


def officer_of(listing: Listing) -> Person:
    """Return the officer of the venue whose stage it is."""
    return staff(listing.venue.code, OFFICERS[case_of(listing).stage.permission])


def listed(organization: Organization, code: str = "gzdex", *, price: str = "120.00", **changes: Any) -> Listing:
    """Return a listing of a new product in the catalogue; `changes` go into the dossier."""
    return put_up(draft_listing(registered_product(organization, **changes), code, price=price))


def all_ok(listing: Listing, stage: str) -> dict[str, Answer]:
    """Return the answers that let a listing pass a stage."""
    items = case_of(listing).checklist.of_stage(stage, listing.product.product_type)
    return {item.code: Answer(ok=True) for item in items}


def all_ok_json(listing: Listing, stage: str) -> dict[str, Any]:
    """Return the same answers as they are sent over HTTP."""
    return {"checklist": {code: {"ok": True} for code in all_ok(listing, stage)}}
