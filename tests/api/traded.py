"""A member for whom everything has happened once, so that every address of the API leads to a row of its own."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import time_machine
from django.utils import timezone

from accounts.interests import declare_interest, declare_tie
from accounts.models import Affiliation, Capacity, Membership, Organization, Role
from accounts.people import invite
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Certificate, Job
from kernel.money import Currency, Money
from kernel.sealing import seal_events
from listings import uploading
from listings.agency_reports import commission_report, keep_report_paper, undertake_report
from listings.audience import Audience, set_audience
from listings.corpora.declaring import declare_licences
from listings.corpora.sampling import draw_sample
from listings.crossborder.trust.batches import export_batch
from listings.crossborder.trust.consents import request_verification
from listings.crossborder.trust.programmes import key_for_source
from listings.grade_confirmation import confirm_grade
from listings.invitations import invite as invite_to_listing
from listings.lineage import add_own_parent
from listings.metering import Pack
from listings.models import (
    CustomsDeclaration,
    DatasetVersion,
    HarvestedProduct,
    Listing,
    Product,
    RegistrationAnnotation,
    RouteRuleSet,
    Visibility,
)
from listings.registry import applying, examining, objections
from listings.revenue_shares import RevenueShare
from listings.revising import edit_listing, withdraw_revision
from listings.scanning_anew import SCAN_JOB, ask_for_scan
from marketplace import dispute_outcomes, disputes
from marketplace.acceptance import accept_delivery
from marketplace.credit_notes import propose_credit
from marketplace.delivery.access import grant_access
from marketplace.delivery.clean_room.joining import send_table
from marketplace.delivery.metering import period_of
from marketplace.delivery.push.pushing import push_delivery
from marketplace.delivery.push.targets import register_target, retire_target
from marketplace.delivery.verification import ask_identity
from marketplace.directions import next_bid
from marketplace.invoicing import request_for_order
from marketplace.models import (
    Auction,
    CleanRoom,
    Delivery,
    Entitlement,
    Order,
    ProductionReturn,
    PushTarget,
    RevenuePeriod,
    RoomTable,
    Subscription,
)
from marketplace.ordering import place_order
from marketplace.packs import buy_pack
from marketplace.plan_changes import confirm_change, quote_change
from marketplace.revenue_reports import accept_statement, object_to_statement, report_revenue
from marketplace.scenarios import create_scenario, publish_scenario
from marketplace.statistics import editions
from marketplace.statistics.quarter import Quarter
from marketplace.statistics.returns import file_return
from marketplace.usage_runs import bill
from settlements import withholding
from settlements.exchange_quotes import use_quote
from settlements.fees import FeeLine
from settlements.invoices import Title
from settlements.models import (
    Account,
    CrossBorderPayment,
    Deposit,
    ExchangeRate,
    FeePayer,
    FeeWaiver,
    Invoice,
    Payee,
    PayoutBatch,
    PayoutPart,
    Revaluation,
    Settlement,
    TaxFiling,
    VoucherUse,
    Withholding,
)
from settlements.payouts import request_payout
from settlements.revaluation import revalue
from settlements.vouchers.clawbacks import propose_clawback
from settlements.waivers import grant_waiver
from tests.listings.guiding import entered_ceiling
from tests.listings.harvest.harvesting import bulk_registered
from tests.listings.offers import (
    CRAWLED,
    at_stage,
    draft_listing,
    draft_product,
    make_plan,
    make_terms,
    officer_of,
    registered_product,
    voted,
)
from tests.listings.papers import PDF, imported, paper
from tests.listings.test_releases import next_version
from tests.listings.trust.attested import attested, two_sides
from tests.listings.trust.identified import PERSON, consented, hashed, programme_of
from tests.marketplace.computing import compute_listing, right_to_compute, submitted
from tests.marketplace.crossing import buy, case_of, chosen, exportable, funded, released, reviewed, standing
from tests.marketplace.demanding import entry, on_board, promised
from tests.marketplace.interfaces import PER_CALL, called, count_usage, listed_interface, opened
from tests.marketplace.interfaces import bought as bought_interface
from tests.marketplace.pricing import announced, bargained, bid, by_auction, negotiable, quoted
from tests.marketplace.rooming import asked, opened_room, room_listing
from tests.marketplace.sharing import query_of
from tests.marketplace.subscribing import bring_out, new_version, subscribed, subscription_listing
from tests.marketplace.trading import closed, delivered, fund, listed_dataset, make_buyer, placed
from tests.settlements.bank_statements import told_by_the_bank
from tests.settlements.banking import approved, custody, payee, sent
from tests.settlements.exchanging import purse, rate
from tests.settlements.exchanging import quoted as exchange_quoted
from tests.settlements.purse import kept_books
from tests.settlements.vouching import issued
from tests.settlements.vouching import opened as opened_programme
from tests.world import (
    actor,
    make_client,
    make_member,
    make_membership,
    make_person,
    operator_of,
    person_of,
    staff,
    venue,
)


@dataclass(frozen=True)
class Traded:
    """The member, and the id of a row that it may see for every parameter that stands in a path."""

    member: Organization
    ids: dict[str, str]


def traded() -> Traded:
    """Let a member buy, sell, be paid, invite and draft, through the public functions."""
    member = make_buyer()
    make_membership(member, capacity=Capacity.PROVIDER)
    bought = listed_dataset(make_member("gzdex", Capacity.PROVIDER), price="10.00")
    closed(placed(bought, member))
    sold = closed(placed(listed_dataset(member), make_buyer()))
    delivery = delivered(placed(bought, member))
    seal_events()
    ids = {
        **_trade(delivery),
        **_drafts(member),
        **_harvests(member),
        **_people(member),
        **_related(member),
        "ballot_id": _ballot(member),
        "revision_id": _revision(sold.listing),
        **_wished(member),
        "settlement_id": Settlement.objects.get(order_id=sold.id).id,
        "reference": Certificate.objects.filter(kind="trade", organization_id=member.id).latest("id").number,
        "event_id": AuditEvent.objects.earliest("id").id,
        "account_id": Account.objects.get(organization=member, kind=Account.Kind.CLIENT).id,
        "deposit_id": Deposit.objects.filter(organization=member).latest("id").id,
        "payout_id": _payout(member),
        **_banked(member),
        "exchange_quote_id": _quoted(member),
        "revaluation_id": _revalued(member),
        "tax_filing_id": _tax_filing(member),
        "job_id": Job.objects.filter(organization_id=member.id).latest("id").id,
        **_books(),
        "waiver_id": waived(member).id,
        "invoice_id": invoiced(sold).id,
        "withholding_id": withheld(member).id,
        "report": "fee-income",
        "edition_id": published_quarter(member, 0),
        **_registrations(member),
        **_crossing(member),
        **_report(member),
        "rule_set_id": RouteRuleSet.objects.latest("effective_from").id,
        "ceiling_id": entered_ceiling().id,
        "code": "gzdex",
        "venue_code": "gzdex",
        "number": 1,
        "saved_search_id": _saved_search(member, bought),
        **_trusted(member),
        **_identity(member),
        **_room(member),
        **_computed(member),
        **_charged(member),
        **_subscribed(member),
        **_dispute(sold),
        **_pushed(delivery),
        **_priced(bought, member),
        **_vouched(bought, member),
    }
    return Traded(member, {name: str(value) for name, value in ids.items()})


def _books() -> dict[str, object]:
    """A period that is to be closed and a correction that is to be posted."""
    period, correction = kept_books()
    return {"period_id": period.id, "correction_id": correction.id}


def waived(member: Organization) -> FeeWaiver:
    """Let the venue do without its fee from the member for a month."""
    today = timezone.localdate()
    return grant_waiver(
        venue=venue(),
        organization=member,
        product_type=None,
        waived_ppm=1_000_000,
        valid_from=today,
        valid_until=today + timedelta(days=30),
        reason="Pilot",
        actor=actor(staff("gzdex", Role.VENUE_ADMIN)),
    )


def invoiced(order: Order) -> Invoice:
    """Let the buyer ask for the invoice that the member has to issue."""
    operator_of("gzdex")
    return request_for_order(
        order_id=order.id,
        payee=Payee.PROVIDER,
        payer=FeePayer.BUYER,
        title=Title(Invoice.Form.ORDINARY, "", ""),
        actor=actor(person_of(order.buyer)),
    )


def withheld(member: Organization) -> Withholding:
    """Put on record what was withheld of a payment to the member."""
    line = FeeLine(Payee.TAX, 60_000, 600, None, tax="VAT_WITHHELD", taxed="PROVIDER")
    withholding.record(
        source=Withholding.Source.ORDER,
        source_id=uuid4(),
        venue_id=venue().id,
        payer_id=member.id,
        currency=Currency.CNY,
        lines=[line],
        owners={Payee.PROVIDER: member.id},
    )
    return Withholding.objects.latest("id")


def _trade(delivery: Delivery) -> dict[str, object]:
    buyer = actor(person_of(delivery.organization))
    grant_access(delivery_id=delivery.id, file_id=delivery.receipt["files"][0]["id"], actor=buyer)
    called(delivery)
    return {
        "order_id": delivery.order_id,
        "delivery_id": delivery.id,
        "entitlement_id": delivery.entitlement_id,
        "recipient_id": query_of(delivery).id,
    }


def _dispute(order: Order) -> dict[str, object]:
    """A dispute about what the member sold, with a statement and an offer that the buyer has not answered."""
    buyer, seller = actor(person_of(order.buyer)), actor(person_of(order.provider))
    dispute = disputes.file_dispute(
        order_id=order.id,
        kind="QUALITY",
        statement="Empty rows",
        claimed=Money(100, Currency.CNY),
        actor=buyer,
    )
    disputes.accept_dispute(dispute_id=dispute.id, actor=actor(staff("gzdex", Role.DISPUTE_OFFICER)))
    disputes.make_statement(dispute_id=dispute.id, text="They are full", evidence=[], actor=seller)
    made = dispute_outcomes.offer(dispute_id=dispute.id, refund=Money(50, Currency.CNY), note="", actor=seller)
    return {"dispute_id": dispute.id, "offer_id": made.id}


def _charged(member: Organization) -> dict[str, object]:
    """A month of calls that was billed, and a credit note on it that waits for a second person."""
    offered = listed_interface(make_member("gzdex", Capacity.PROVIDER), "https://interface.example.com/v1")
    entitlement = bought_interface(offered, member).entitlement
    month = period_of(timezone.now() - timedelta(days=35))
    with time_machine.travel(month.start + timedelta(days=3), tick=False):
        count_usage(entitlement, units=200)
    charge = bill(entitlement_id=entitlement.id, period=month)
    assert charge is not None
    note = propose_credit(
        charge_id=charge.id,
        amount=Money(1, Currency.CNY),
        reason="One answer was wrong",
        actor=actor(staff("gzdex", Role.SETTLEMENT_OFFICER)),
    )
    return {
        "charge_id": charge.id,
        "credit_note_id": note.id,
        "unit_pack_id": _pack(member),
        "revenue_period_id": _shared_revenue(member),
    }


def _pack(member: Organization) -> UUID:
    """A pack of units that the member has bought ahead."""
    metering = replace(PER_CALL, packs=(Pack(1_000, 100, 365),))
    offered = listed_interface(make_member("gzdex", Capacity.PROVIDER), "https://packs.example.com/v1", metering)
    delivery = bought_interface(offered, member)
    buyer = actor(person_of(member))
    accept_delivery(delivery_id=delivery.pk, actor=buyer)
    return buy_pack(entitlement_id=delivery.entitlement_id, units=1_000, actor=buyer).pk


def _shared_revenue(member: Organization) -> UUID:
    """A period whose revenue the member has reported, objected to, put right and accepted."""
    plan = {"kind": "REVENUE_SHARE", "revenue_share": RevenueShare(100_000, "MONTH", report_days=366)}
    offered = listed_dataset(make_member("gzdex", Capacity.PROVIDER), price="0.00", plan=plan)
    with time_machine.travel(timezone.now() - timedelta(days=40), tick=False):
        order = placed(offered, member)
        delivered(order)
    period = RevenuePeriod.objects.get(agreement__order=order)
    buyer, seller = actor(person_of(member)), actor(person_of(order.provider))
    report_revenue(period_id=period.pk, revenue=Money(1_000, Currency.CNY), actor=buyer)
    object_to_statement(period_id=period.pk, number=1, reason="A shop is missing", actor=seller)
    right = Money(1_010, Currency.CNY)
    report_revenue(period_id=period.pk, revenue=right, corrects=1, reason="It was", actor=buyer)
    accept_statement(period_id=period.pk, number=2, actor=seller)
    return period.pk


def _vouched(listing: Listing, member: Organization) -> dict[str, object]:
    """A voucher that paid a part of a trade, and a clawback of it that waits for a second person."""
    programme = opened_programme()
    grant = issued(programme, member)
    order = place_order(
        listing_id=listing.pk,
        plan_id=listing.plans.get().pk,
        purpose="Checking delivery addresses",
        voucher_id=grant.pk,
        actor=actor(person_of(member)),
    )
    use = VoucherUse.objects.get(order_id=closed(order).pk)
    clawback = propose_clawback(
        use_id=use.pk, amount=Money(1, Currency.CNY), reason="Examined", actor=actor(staff("gzdex", Role.VENUE_ADMIN))
    )
    return {
        "voucher_programme_id": programme.pk,
        "voucher_id": grant.pk,
        "voucher_use_id": use.pk,
        "clawback_id": clawback.pk,
    }


def _crossing(member: Organization) -> dict[str, object]:
    """A sale across the border, released and read, and one that waits for its papers."""
    standing(member)
    abroad = make_buyer(jurisdiction="HK")
    delivery = released(funded(buy(exportable(member, n_general=60_000), abroad), "exempt_volume"))
    file_id = delivery.receipt["files"][0]["id"]
    grant_access(delivery_id=delivery.id, file_id=file_id, actor=actor(person_of(abroad)))
    case = reviewed(chosen(case_of(buy(exportable(member, n_general=50_000), abroad)), "standard_contract"))
    return {
        "case_id": case.id,
        "paper_code": "pia_report",
        "paper_id": case.papers.latest("id").id,
        "clock_id": case.clocks.get().id,
        "profile_id": member.exporter_profile.id,
        "alert_id": case.splitting_alerts.get().id,
        "declaration_id": CustomsDeclaration.objects.get(organization=member).id,
    }


def _report(member: Organization) -> dict[str, object]:
    """A report that an agency has written on a listing under review."""
    listing = at_stage(draft_listing(registered_product(member)), "SOURCE_RIGHTS")
    agency = make_member("gzdex", Capacity.SERVICE_AGENCY)
    report = commission_report(
        listing_id=listing.pk,
        kind="QUALITY_REPORT",
        agency_id=agency.pk,
        question="How good?",
        working_days=3,
        actor=actor(officer_of(listing)),
    )
    writer = actor(person_of(agency))
    undertake_report(report_id=report.pk, actor=writer)
    kept = keep_report_paper(report_id=report.pk, name="report.pdf", body=[PDF], actor=writer)
    return {"report_id": report.pk, "report_paper_id": kept.pk}


def _drafts(member: Organization) -> dict[str, object]:
    """A draft of everything that can be changed and deleted."""
    draft_listing(registered_product(member))
    product = draft_product(member)
    who = actor(person_of(member))
    version = uploading.open_version(dataset_id=product.dataset_id, actor=who)
    file = uploading.add_file(version_id=version.id, name="next.csv", format="CSV", actor=who)
    ready = DatasetVersion.objects.filter(organization=member, state=DatasetVersion.State.READY).earliest("id")
    declare_licences(version_id=ready.id, offered="COMMERCIAL", sources=[{"name": "own", "licence": "OWN"}], actor=who)
    interface = registered_product(member, product_type="API", deliveries=["API"])
    opened(interface.pk, "https://interface.example.com/v1", who)
    parent = uploading.register_dataset(title={"en": "Sub-districts of old"}, actor=who)
    add_own_parent(dataset_id=product.dataset_id, parent_id=parent.id, actor=who)
    return {
        "parent_id": parent.id,
        "document_id": paper(product).id,
        "certificate_id": imported(product).id,
        "dataset_id": product.dataset_id,
        "version_id": ready.id,
        "sampling_id": draw_sample(version_id=ready.id, actor=who).id,
        "file_id": file.id,
        "product_id": product.id,
        "plan_id": make_plan(product).id,
        "terms_id": make_terms(product).id,
        **_offered(member),
    }


def _offered(member: Organization) -> dict[str, object]:
    """A draft of a listing, to which somebody is invited."""
    listing = draft_listing(registered_product(member))
    guest = make_member("gzdex", Capacity.BUYER)
    invitation = invite_to_listing(listing_id=listing.id, invitee_id=guest.id, days=30, actor=actor(person_of(member)))
    return {"listing_id": listing.id, "listing_invitation_id": invitation.id}


def _harvests(member: Organization) -> dict[str, object]:
    run, source = bulk_registered(member)
    return {"run_id": run.id, "origin_id": source.id, "harvested_id": HarvestedProduct.objects.get(last_run=run).id}


def _revision(listing: Listing) -> object:
    """Propose another scenario for what is offered; what was proposed before is withdrawn."""
    who = actor(person_of(listing.organization))
    for pending in listing.revisions.pending():
        withdraw_revision(revision_id=pending.id, actor=who)
    scenario = {"en": f"Scenario {uuid4()}"}
    edit = edit_listing(listing_id=listing.id, dossier={"scenario": scenario}, reason="Clearer", actor=who)
    assert edit.revision is not None
    return edit.revision.id


def _wished(member: Organization) -> dict[str, object]:
    """A demand that only sellers read, a proposal to it, and a scenario of the public list."""
    demand = on_board(member, confidentiality="MEMBERS_ONLY")
    proposal = promised(demand, make_member("gzdex", Capacity.PROVIDER))
    editor = actor(staff("gzdex", Role.CLERK))
    scenario = create_scenario(venue_code="gzdex", entry=entry(), actor=editor)
    publish_scenario(scenario_id=scenario.id, actor=editor)
    return {"demand_id": demand.id, "proposal_id": proposal.id, "scenario_id": scenario.id}


def _priced(bought: Listing, member: Organization) -> dict[str, object]:
    """A quote and a negotiation of the member's, and an auction of a listing of its own that nobody else knows of."""
    negotiation = bargained(negotiable(bought.organization), member)
    sold = by_auction(member)
    auction = announced(sold)
    bid(auction, make_buyer(), 100)
    set_audience(listing_id=sold.pk, audience=Audience(Visibility.PRIVATE), actor=actor(person_of(member)))
    return {"quote_id": quoted(bought, member).id, "negotiation_id": negotiation.id, "auction_id": auction.id}


def _raise_bids(auction_id: str) -> None:
    """Let the bidder of an auction pass its own bid, while the listing is public for a moment."""
    auction = Auction.objects.get(id=auction_id)
    first, sold = auction.bids.earliest("number"), Listing.objects.get(id=auction.listing_id)
    set_audience(listing_id=sold.pk, audience=Audience(), actor=actor(person_of(sold.organization)))
    bid(auction, first.organization, next_bid(auction) // 100)
    private = Audience(Visibility.PRIVATE)
    set_audience(listing_id=sold.pk, audience=private, actor=actor(person_of(sold.organization)))


def _people(member: Organization) -> dict[str, object]:
    colleague = make_person(member, Role.OPERATOR)
    invitation, _token = invite(
        organization_id=member.id, email="newcomer@example.com", role=Role.VIEWER, actor=actor(person_of(member))
    )
    return {
        "organization_id": member.id,
        "affiliation_id": Affiliation.objects.get(person=colleague).id,
        "invitation_id": invitation.id,
        "client_id": make_client(colleague).id,
        "membership_id": Membership.objects.filter(organization=member).latest("id").id,
    }


def _related(member: Organization) -> dict[str, object]:
    who, other = actor(person_of(member)), make_member("gzdex", Capacity.BUYER)
    return {
        "interest_id": declare_interest(organization_id=other.id, kind="ADVICE", actor=who).id,
        "tie_id": declare_tie(organization_id=member.id, other_id=other.id, kind="SUBSIDIARY", actor=who).id,
    }


def _ballot(member: Organization) -> object:
    """A closed ballot of the committee on a listing of the member."""
    red = at_stage(draft_listing(registered_product(member, **CRAWLED)), "COMMITTEE")
    return voted(red).ballots.get().id


def _payout(member: Organization) -> object:
    payout = request_payout(venue=venue(), amount=Money(100, Currency.CNY), actor=actor(person_of(member)))
    # As if it had gone abroad.
    PayoutPart.objects.create(payout=payout, order_id=uuid4(), amount_minor=100)
    CrossBorderPayment.objects.create(payout=payout, rules="cross-border-payments", papers=[])
    return payout.id


def _quoted(member: Organization) -> UUID:
    """A quote by which the member may change Hong Kong dollars."""
    if not ExchangeRate.objects.exists():
        rate()
    return exchange_quoted(member, Money(100, Currency.HKD)).id


def _revalued(member: Organization) -> object:
    """The day's revaluation of what the member has changed."""
    today = timezone.now().astimezone(venue().zone).date()
    if not Revaluation.objects.filter(day=today).exists():
        purse(member, "1.00", Currency.HKD)
        use_quote(quote_id=_quoted(member), actor=actor(person_of(member)))
        revalue(venue=venue(), day=today)
    return Revaluation.objects.get(day=today).id


def _tax_filing(member: Organization) -> object:
    """A tax filing of a payment to the member, as if it were abroad."""
    said = {"number": secrets.token_hex(8), "document_sha256": "ab" * 32, "filed_on": timezone.localdate()}
    clerk = staff(role=Role.SETTLEMENT_OFFICER)
    filing = TaxFiling.objects.create(venue=venue(), organization=member, order_id=uuid4(), entered_by=clerk, **said)
    return filing.id


def _banked(member: Organization) -> dict[str, object]:
    """A bank account of the member, which is verified, and a batch of the venue, which nobody pays from."""
    account, own = payee(member), custody()
    batch = PayoutBatch.objects.filter(venue=venue()).first() or sent(approved(member))
    return {
        "payee_account_id": account.id,
        "custody_account_id": own.id,
        "batch_id": batch.id,
        "break_id": told_by_the_bank().id,
    }


def _registrations(member: Organization) -> dict[str, object]:
    """An application for registration, and another one in publicity that somebody objects to."""
    who, clerk, reviewer = (
        actor(person_of(member)),
        *(actor(staff("szdex", role)) for role in (Role.CLERK, Role.COMPLIANCE_REVIEWER)),
    )
    applied, contested = (
        applying.apply_for_registration(
            product_id=registered_product(member).id, venue="szdex", kind="FIRST", actor=who
        )
        for _each in range(2)
    )
    examining.accept_application(registration_id=contested.id, actor=clerk)
    examining.start_review(registration_id=contested.id, actor=clerk)
    examining.make_public(registration_id=contested.id, actor=reviewer)
    objector = actor(person_of(make_member("szdex", Capacity.BUYER)))
    objection = objections.object_to_registration(registration_id=contested.id, grounds="Ours", actor=objector)
    annotation = RegistrationAnnotation.objects.create(
        registration=applied, venue_id=applied.venue_id, kind="AGREED", text="Pledged", proposed_by_id=clerk.person_id
    )
    return {"registration_id": applied.id, "objection_id": objection.id, "annotation_id": annotation.id}


def published_quarter(member: Organization, back: int) -> UUID:
    """File a return of a quarter, `back` before the last one, and publish the statistics of it."""
    quarter = Quarter.at(timezone.localdate()).previous
    for _each in range(back):
        quarter = quarter.previous
    costs = dict.fromkeys(ProductionReturn.COSTS, 100)
    dimensions = {"industry": "I", "product_type": "DATASET", "source_kind": "COLLECTED", "currency": "CNY"}
    file_return(
        venue=venue(), quarter=str(quarter), **dimensions, costs=costs, capitalised=0, actor=actor(person_of(member))
    )
    statistician, administrator = (actor(staff(role=each)) for each in (Role.STATISTICIAN, Role.VENUE_ADMIN))
    edition = editions.compile_quarter(venue=venue(), quarter=str(quarter), actor=statistician)
    run_due_jobs(kinds=(editions.COMPILE_JOB,))
    return editions.publish_edition(edition_id=edition.id, actor=administrator).id


def grow(world: Traded, times: int = 3) -> None:
    """Let everything happen to the member some more times, also below the rows that `world.ids` names."""
    from listings.models import SavedSearch

    member, ids = world.member, world.ids
    who = actor(person_of(member))
    seller = make_member("gzdex", Capacity.PROVIDER)
    bought, sold = listed_dataset(seller, price="1.00"), listed_dataset(member, price="1.00")
    product = Product.objects.get(id=ids["product_id"])
    delivery = Delivery.objects.get(id=ids["delivery_id"])
    abroad = make_buyer(jurisdiction="HK")
    new_versions = Order.objects.get(agreement__subscription=ids["subscription_id"])
    for number in range(times):
        _saved_search(member, bought)
        SavedSearch.objects.get(id=ids["saved_search_id"]).hits.create(listing=listed_dataset(seller))
        closed(placed(bought, member))
        _priced(bought, member)
        _raise_bids(ids["auction_id"])
        traded_once = closed(placed(sold, make_buyer()))
        invoiced(traded_once)
        _dispute(traded_once)
        disputes.make_statement(dispute_id=UUID(ids["dispute_id"]), text="Full", evidence=[], actor=who)
        seal_events()
        _trade(delivery)
        _charged(member)
        waived(member)
        _vouched(bought, member)
        withheld(member)
        _drafts(member)
        _related(member)
        _harvests(member)
        _revision(sold)
        _wished(member)
        make_plan(product)
        make_terms(product)
        uploading.open_version(dataset_id=product.dataset_id, actor=who)
        parent = uploading.register_dataset(title={"en": "Sub-districts"}, actor=who)
        add_own_parent(dataset_id=UUID(ids["dataset_id"]), parent_id=parent.id, actor=who)
        paper(product)
        imported(product, number=f"SJ441{timezone.localdate():%Y%m}{number + 2:04d}")
        next_version(product.dataset)
        ask_for_scan(version_id=UUID(ids["version_id"]), actor=who)
        run_due_jobs(kinds=(SCAN_JOB,))
        confirm_grade(version_id=UUID(ids["version_id"]), grade="GENERAL", personal_data="NONE", actor=who)
        make_client(make_person(member, Role.OPERATOR))
        invite(organization_id=member.id, email=f"next{number}@example.com", role=Role.VIEWER, actor=who)
        make_membership(member, "szdex", list(Capacity)[number])
        _payout(member)
        _quoted(member)
        _tax_filing(member)
        payee(member)
        published_quarter(member, number + 1)
        _registrations(member)
        released(funded(buy(exportable(member), abroad)))
        _report(member)
        _trusted(member)
        programme_of(listed_dataset(member))
        _room(member)
        _pushed(delivery)
        _computed(member)
        bring_out(new_versions.listing, f"code,name\n{number},沙面街道\n{number + 1},岭南街道\n3,a\n4,b\n")
        _plan_changed(subscribed(new_versions.listing, make_buyer()))
        asked(CleanRoom.objects.get(pk=ids["room_id"]), "SELECT count(*) FROM data", "1")
        _brought(CleanRoom.objects.get(pk=ids["room_id"]))
        _ask(member, Entitlement.objects.get(pk=ids["entitlement_id"]))
    fund(member, "1.00", "szdex")


def _trusted(member: Organization) -> dict[str, object]:
    """A document that the member attests, one that it wants to verify, and a batch for the other side."""
    node, _other_side = two_sides()
    made = attested(node.name, member, digest=secrets.token_hex(32))
    who = actor(person_of(member))
    kind = made.document_type
    wanted, _code = request_verification(node=node.name, document_type=kind, purpose="Loan", actor=who)
    export_batch(node=node)
    return {"attestation_id": made.id, "verification_id": wanted.id}


def _identity(member: Organization) -> dict[str, object]:
    """A programme of the member, and one that it asks by the right to a dataset that it bought."""
    programme, _key = programme_of(listed_dataset(member))
    delivery = Delivery.objects.filter(organization=member).latest("id")
    programme_of(delivery.order.listing)
    return {"programme_id": programme.id, "identity_consent_id": _ask(member, delivery.entitlement)}


def _room(member: Organization) -> dict[str, object]:
    """A clean room of the member's data, in which somebody has asked."""
    room = opened_room(room_listing(member, match_column="patient", approval="PROVIDER"), make_buyer())
    return {
        "room_id": room.id,
        "query_id": asked(room, "SELECT count(*) FROM data", "1").id,
        "room_table_id": _brought(room).id,
    }


def _brought(room: CleanRoom) -> RoomTable:
    """A table of the buyer's that awaits the provider's agreement."""
    buyer = actor(person_of(room.organization))
    return send_table(room_id=room.pk, content=b"patient,segment\na,1\n", actor=buyer)


def _computed(member: Organization) -> dict[str, object]:
    """A job that somebody has on the member's pool."""
    job = submitted(right_to_compute(compute_listing(member), make_buyer()))
    return {"compute_job_id": job.id, "pool_id": job.pool_id}


def _subscribed(member: Organization) -> dict[str, object]:
    """A subscription that the member has sold, and the version that came."""
    cheaper = {"price": Money(30_000, Currency.CNY)}
    subscription = subscribed(subscription_listing(member, others=[cheaper]), make_buyer())
    bring_out(subscription.agreement.order.listing)
    return {
        "subscription_id": subscription.pk,
        "new_version_id": new_version(subscription).pk,
        "plan_change_id": _plan_changed(subscription),
    }


def _plan_changed(subscription: Subscription) -> UUID:
    """A change to a cheaper plan when the term ends."""
    buyer, listing = actor(person_of(subscription.organization)), subscription.agreement.order.listing
    plan = listing.plans.latest("id")
    change = quote_change(subscription_id=subscription.pk, plan_id=plan.pk, actor=buyer)
    return confirm_change(change_id=change.pk, actor=buyer).pk


def _pushed(delivery: Delivery) -> dict[str, object]:
    """A push to an address that has been taken out of use since."""
    who = actor(person_of(delivery.organization))
    where = {"url": "https://buyer.example.com/in"}
    name = secrets.token_hex(4)
    target = register_target(name=name, kind="HTTPS", place="CN", where=where, credentials={}, actor=who)
    PushTarget.objects.filter(pk=target.pk).update(tested_at=timezone.now())
    push = push_delivery(delivery_id=delivery.pk, target_id=target.pk, actor=who)
    return {"target_id": retire_target(target_id=target.pk, actor=who).pk, "push_id": push.pk}


def _ask(member: Organization, entitlement: Entitlement) -> object:
    """Ask once, and leave a consent that is not used."""
    who, programme = actor(person_of(member)), entitlement.agreement.order.listing.product.identity_programme
    key = key_for_source(programme_id=programme.pk, actor=actor(person_of(programme.organization)))
    told = hashed(key, name=PERSON["name"], phone=PERSON["phone"])
    _used, token = consented(entitlement, key)
    subject = hashed(key, id=PERSON["id"])["id"]
    ask_identity(entitlement_id=entitlement.pk, token=token, nonce=token, subject=subject, **told, actor=who)
    return consented(entitlement, key)[0]


def _saved_search(member: Organization, listing: Listing) -> object:
    """A search that the member keeps, and that has found something."""
    from listings.models import SavedSearchHit
    from listings.search.saved import save_search

    who = actor(person_of(member))
    saved = save_search(name="Streets", parameters={"q": "街道"}, every="DAY", alerts=True, actor=who)
    SavedSearchHit.objects.create(saved_search=saved, listing=listing)
    return saved.id
