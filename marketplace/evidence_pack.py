"""The evidence of one deal in one signed ZIP: as sold, agreed, decided, papered, cleared, received, paid and proven.

A party gets what it may see: the bytes of the exporter's papers go to the exporter and to the venue's officers, their
digests to everybody. Keys, addresses of grants and other secrets are in no pack.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import find
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Json, canonical_json
from kernel.languages import LANGUAGE_TAGS, in_language
from kernel.models import Certificate
from kernel.packs import EVENTS, proven_events, write_pack
from kernel.sealing import timestamp
from listings.models import CaseFiling, CasePaper, ExportEntry, RouteCase, StatutoryClock, TransferPermit
from listings.papers import paper_bytes
from marketplace.models import ComputeJob, Delivery, Milestone, Order, RevenuePeriod, RoomQuery
from settlements.books import order_transfers

IN_MEMORY = 4 * 1024 * 1024  # bytes; a larger pack goes to a temporary file
File = tuple[str, Iterable[bytes]]


def evidence_pack(*, order_id: UUID, actor: Actor) -> IO[bytes]:
    """Return the pack of an order as an open file at its beginning; that it was made is recorded.

    Raises Problem `not_found` to who is no party and no officer of the venue.
    """
    parties = ("venue", "buyer", "provider", "agreement", "listing")
    order = find(Order.objects.visible_to(actor).select_related(*parties), pk=order_id)
    audit.record("order.evidence_packed", subject=order, actor=actor)
    case = RouteCase.objects.filter(order_id=order.pk).select_related("organization", "recipient").first()
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller streams and closes it
    about = {"order": order.number, "agreement": order.agreement.number, "made_at": timestamp(timezone.now())}
    write_pack(target, _files(order, case, actor), about)
    target.seek(0)
    return target


def _files(order: Order, case: RouteCase | None, actor: Actor) -> Iterator[File]:
    body = order.agreement.body
    yield _json("listing.json", {name: body[name] for name in ("listing", "product", "sold", "terms", "price")})
    yield _json("agreement.json", body)
    for tag in LANGUAGE_TAGS:
        yield f"agreement.{tag}.txt", [_in_words(order, tag).encode()]
    yield _json("delivery.json", [_delivery(delivery) for delivery in order.deliveries.order_by("id")])
    if stages := [_milestone(milestone) for milestone in order.milestones.order_by("number")]:
        yield _json("milestones.json", stages)
    if shared := [_revenue(period) for period in order.agreement.revenue_periods.order_by("id")]:
        yield _json("revenue.json", shared)
    yield _json("ledger.json", order_transfers(order.pk))
    if case is not None:
        yield from _crossing(case, actor)
    certificate = Certificate.objects.filter(kind="trade", subject_id=str(order.pk)).exclude(file="").first()
    if certificate is not None:
        yield "certificate.json", [certificate.file.encode()]
    yield EVENTS, [proven_events(_subjects(order, case))]


def _crossing(case: RouteCase, actor: Actor) -> Iterator[File]:
    yield _json(
        "border/case.json",
        {
            "number": case.number,
            "state": case.state,
            "route": case.route,
            "persons": {"general": case.n_general, "sensitive": case.n_sensitive},
            "port": case.port,
            "recipient_network": case.recipient_network,
            "contract_effective_on": str(case.contract_effective_on or ""),
            "valid_until": str(case.valid_until or ""),
            "filings": [_filing(filing) for filing in case.filings.order_by("id")],
            "clocks": [_clock(clock) for clock in case.clocks.order_by("id")],
            "register": [_entry(entry) for entry in case.entries.order_by("id")],
        },
    )
    for number, decision in enumerate(case.decisions.order_by("id"), 1):
        yield _json(f"border/decision-{number}.json", decision.body)
    papers = list(case.papers.order_by("id"))
    yield _json("border/papers.json", [_paper(paper) for paper in papers])
    if actor.organization_id == case.organization_id or case.venue_id in actor.venue_ids or actor.is_system:
        for number, paper in enumerate(papers, 1):
            yield f"border/papers/{number:03d}-{paper.code}{_SUFFIXES[paper.media_type]}", paper_bytes(paper)
    for declaration in case.declarations.order_by("id"):
        yield _json(
            f"border/declaration-{declaration.number}.json",
            {
                "number": declaration.number,
                "state": declaration.state,
                "port": declaration.port,
                "manifest": declaration.manifest,
                "payload_sha256": declaration.payload_sha256,
                "findings": declaration.findings,
                "permits": [_permit(permit) for permit in declaration.permits.order_by("id")],
            },
        )


_SUFFIXES = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}


def _subjects(order: Order, case: RouteCase | None) -> set[UUID]:
    """Return the keys of all rows whose events belong to the deal."""
    deliveries = list(order.deliveries.all())
    found = {order.pk, order.agreement.pk, *(delivery.pk for delivery in deliveries)}
    found |= set(order.milestones.values_list("id", flat=True))
    found |= set(order.agreement.revenue_periods.values_list("id", flat=True))
    found |= {delivery.entitlement_id for delivery in deliveries}
    found |= {grant for delivery in deliveries for grant in delivery.grants.values_list("id", flat=True)}
    found |= {key for rows in _results_of(deliveries) for key in rows.values_list("id", flat=True)}
    found |= set(Certificate.objects.filter(subject_id=str(order.pk)).values_list("id", flat=True))
    if case is not None:
        rows = (case.papers, case.filings, case.clocks, case.entries, case.declarations, case.permits)
        found |= {case.pk, *(key for related in rows for key in related.values_list("id", flat=True))}
    return found


def _in_words(order: Order, tag: str) -> str:
    """Return the agreement for people who read that language; the JSON is what was agreed."""
    body = order.agreement.body
    with translation.override(tag):
        lines = [
            _("Agreement %(number)s") % {"number": body["number"]},
            _("The binding text is agreement.json, SHA-256 %(digest)s.") % {"digest": order.agreement.sha256},
            "",
            *(f"{role}: {party['legal_name']} ({party['identifier']})" for role, party in body["parties"].items()),
            f"{body['product']['number']} {in_language(body['product']['name'])}",
            f"{body['price']['amount']} {body['price']['currency']}",
            _("Declared purpose of use: %(purpose)s") % {"purpose": body["purpose"]},
            "",
            in_language(body["terms"]["text"]),
            "",
        ]
    return "\n".join(lines)


def _json(name: str, value: Json) -> File:
    return name, [canonical_json(value)]


def _delivery(delivery: Delivery) -> dict[str, Json]:
    return {
        "id": str(delivery.pk),
        "kind": delivery.kind,
        "state": delivery.state,
        "receipt": delivery.receipt,
        "delivered_at": str(delivery.delivered_at or ""),
        "decided_at": str(delivery.decided_at or ""),
        "grants": [
            {"id": str(grant.pk), "file": str(grant.file_id), "reads": grant.reads, "bytes_served": grant.bytes_served}
            for grant in delivery.grants.order_by("id")
        ],
        "readings": [
            {"reads": reads, "first_read_at": str(first or ""), "last_read_at": str(last or "")}
            for rows in _results_of([delivery])
            for reads, first, last in rows.values_list("reads", "first_read_at", "last_read_at")
        ],
    }


def _milestone(milestone: Milestone) -> dict[str, Json]:
    return {
        "number": milestone.number,
        "amount": milestone.amount.as_json(),
        "state": milestone.state,
        "note": milestone.note,
        "evidence_sha256": milestone.evidence_sha256,
        "delivered_at": milestone.delivered_at.isoformat() if milestone.delivered_at else None,
        "refusal": milestone.refusal,
    }


def _revenue(period: RevenuePeriod) -> dict[str, Json]:
    """Return what was reported of a period, what was answered, and what it was billed."""
    statements = period.statements.prefetch_related("answers")
    return {
        "period": period.period,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "state": period.state,
        "statements": [
            {
                "number": statement.number,
                "reported_at": statement.created_at.isoformat(),
                "revenue": statement.revenue.as_json(),
                "note": statement.note,
                "evidence": statement.evidence,
                "reason": statement.reason,
                "answers": [
                    {"verdict": answer.verdict, "reason": answer.reason, "at": answer.created_at.isoformat()}
                    for answer in statement.answers.all()
                ],
            }
            for statement in statements
        ],
        "bills": [
            {
                "number": bill.number,
                "due": bill.due.as_json(),
                "charge": bill.charge.body if bill.charge else None,
                "credit_notes": bill.credit_notes,
            }
            for bill in period.bills.select_related("charge")
        ],
    }


def _results_of(deliveries: Sequence[Delivery]) -> tuple[QuerySet[RoomQuery], QuerySet[ComputeJob]]:
    """Return the queries and the jobs whose results are among the deliveries."""
    results = [delivery for delivery in deliveries if delivery.kind == Delivery.Kind.RESULT]
    return RoomQuery.objects.filter(delivery__in=results), ComputeJob.objects.filter(delivery__in=results)


def _filing(filing: CaseFiling) -> dict[str, Json]:
    return {name: str(getattr(filing, name)) for name in ("authority", "step", "number", "on", "note")}


def _clock(clock: StatutoryClock) -> dict[str, Json]:
    told = ("code", "by", "calendar", "started_on", "due_at", "stopped_at", "overdue_at")
    return {name: str(getattr(clock, name) or "") for name in told}


def _entry(entry: ExportEntry) -> dict[str, Json]:
    return {"year": entry.year, "state": entry.state, "general": entry.n_general, "sensitive": entry.n_sensitive}


def _paper(paper: CasePaper) -> Mapping[str, Json]:
    return {"code": paper.code, "name": paper.name, "size": paper.size, "sha256": paper.sha256, "sm3": paper.sm3}


def _permit(permit: TransferPermit) -> dict[str, Json]:
    return {
        "payload_sha256": permit.payload_sha256,
        "byte_ceiling": permit.byte_ceiling,
        "bytes_used": permit.bytes_used,
        "valid_from": str(permit.valid_from),
        "valid_until": str(permit.valid_until),
        "withdrawn_at": str(permit.withdrawn_at or ""),
        "arrivals": [{"matches": each.matches, "files": each.files} for each in permit.arrivals.order_by("id")],
    }
