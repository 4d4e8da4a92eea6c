"""The rows of an order's milestones: written when it is funded, given up when its trade comes to nothing."""

from datetime import datetime, timedelta

from kernel.actors import Actor
from kernel.states import advance
from listings.milestones import amounts_of
from marketplace.models import Agreement, Milestone, Order


def begin_milestones(order: Order, agreement: Agreement) -> None:
    """Write down the milestones that the agreement froze, with their parts of what is held; most orders have none."""
    planned = agreement.body.get("milestones", [])
    if not planned:
        return
    agreed_at = datetime.fromisoformat(agreement.body["agreed_at"])
    amounts = amounts_of(order.total.minor, [one["share_ppm"] for one in planned])
    Milestone.objects.bulk_create(
        Milestone(
            order=order,
            organization_id=order.buyer_id,
            venue_id=order.venue_id,
            number=number,
            title=one["title"],
            criterion=one["criterion"],
            amount_minor=amount,
            currency=order.currency,
            due_at=agreed_at + timedelta(days=one["due_days"]),
        )
        for number, (one, amount) in enumerate(zip(planned, amounts, strict=True), start=1)
    )


def give_up_milestones(order: Order, *, reason: str, actor: Actor) -> list[Milestone]:
    """Let what has not been accepted never be earned any more; what is held for it is the caller's to give back."""
    ended = list(order.milestones.open().order_by("number"))
    for milestone in ended:
        advance(milestone, to=Milestone.State.TERMINATED, actor=actor, reason=reason)
    return ended
