"""Change money at a quoted rate: two legs through the venue's position account, and back by the same quote.

What is sold goes from the organization's available funds into the venue's position in that currency; what is bought
comes out of its position in the other. A refund before settlement is changed back in the proportion of the quote's own
two amounts, so that the whole of it gives back the whole, whatever the rate has done since.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.digests import Json
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from settlements.chart import AccountKey, open_accounts
from settlements.exchange_rates import changed, database_now, exchange_rules, fits, half_up, rate_between
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Account, ExchangeQuote, Transfer

State = ExchangeQuote.State


@transaction.atomic
def quote_exchange(*, venue: Venue, sell: Currency, buy: Currency, amount: Money, actor: Actor) -> ExchangeQuote:
    """Offer the actor's organization to change money; `amount` is what it sells or what it buys, as its currency says.

    Raises Problem `forbidden`, `invalid` (one currency alone, or an amount that comes to nothing or to more than the
    books take), `exchange_rate_missing` or `exchange_rate_stale`.
    """
    require(actor, Permission.EXCHANGE_USE)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization has funds."))
    if sell == buy:
        raise field_problem("/buy", "same_currency", _("Money is changed into another currency."))
    if amount.currency not in (sell, buy):
        raise field_problem("/amount", "other_currency", _("The amount is in one of the two currencies."))
    now = database_now()
    rate = rate_between(venue=venue, one=sell, other=buy, at=now)
    other = changed(amount.minor, currency=amount.currency, rate=rate)
    if not (fits(amount.minor) and fits(other)):
        raise field_problem("/amount", "out_of_range", _("Both amounts are more than nothing and fit the books."))
    sold, bought = (amount.minor, other) if amount.currency == sell else (other, amount.minor)
    quote = ExchangeQuote.objects.create(
        venue=venue,
        organization_id=actor.organization_id,
        sell_minor=sold,
        sell_currency=sell,
        buy_minor=bought,
        buy_currency=buy,
        rate=rate,
        quoted_at=now,
        expires_at=now + exchange_rules().quote_lasts,
    )
    audit.record("exchangequote.made", subject=quote, actor=actor, details=terms_of(quote))
    return quote


@transaction.atomic
def use_quote(*, quote_id: UUID, actor: Actor) -> ExchangeQuote:
    """Change available funds of the actor's organization by a quote of its own.

    Raises Problem `not_found`, `forbidden`, `exchange_quote_used`, `exchange_quote_expired` or `insufficient_funds`.
    """
    quote = _locked(find(ExchangeQuote.objects.visible_to(actor), id=quote_id).id)
    require(actor, Permission.EXCHANGE_USE, organization_id=quote.organization_id)
    _require_open(quote)
    return _exchange(quote, actor)


@transaction.atomic
def sign_quote(
    *, quote_id: UUID, order_id: UUID, venue: Venue, payer_id: UUID, price: Money, actor: Actor
) -> dict[str, Json]:
    """Bind a quote to an order that is being signed; its rate stays, however late the order is funded.

    Returns the quote's terms for the agreement. Raises Problem `invalid` at /exchange_quote_id when the payer has no
    such quote, `exchange_quote_used`, `exchange_quote_expired`, or `exchange_quote_unfit` for another price or venue.
    """
    known = ExchangeQuote.objects.filter(id=quote_id, organization=payer_id).first()
    if known is None:
        raise field_problem("/exchange_quote_id", "not_found", _("The buyer has no such exchange quote."))
    quote = _locked(known.id)
    _require_open(quote)
    if (quote.venue_id, quote.buy) != (venue.id, price):
        raise Problem("exchange_quote_unfit", buy=quote.buy.as_json(), price=price.as_json())
    advance(quote, to=State.SIGNED, actor=actor, details={"order": str(order_id)}, order_id=order_id)
    return terms_of(quote)


@transaction.atomic
def pay_by_quote(*, order_id: UUID, actor: Actor) -> ExchangeQuote:
    """Change the payer's funds by the quote that its order was signed with, once; raises `insufficient_funds`."""
    quote = ExchangeQuote.objects.select_for_update(of=("self",)).get(order_id=order_id)
    return quote if quote.state == State.USED else _exchange(quote, actor)


@transaction.atomic
def release_quote(*, order_id: UUID, actor: Actor, reason: str) -> None:
    """Let a quote go whose order ends before it was funded: nothing was changed by it."""
    quote = ExchangeQuote.objects.select_for_update(of=("self",)).filter(order_id=order_id, state=State.SIGNED).first()
    if quote is not None:
        advance(quote, to=State.RELEASED, actor=actor, reason=reason)


@transaction.atomic
def change_back(*, order_id: UUID, refund: Money, actor: Actor) -> None:
    """Change what has just been refunded to the payer of an order back by the quote that it was paid with, if it was.

    Parts add up: all of it together gives back exactly what was sold. A part that comes to nothing stays as it is.
    """
    quote = ExchangeQuote.objects.select_for_update(of=("self",)).filter(order_id=order_id, state=State.USED).first()
    if quote is None or not refund.minor:
        return
    bought = quote.returned_buy_minor + refund.minor
    sold = half_up(quote.sell_minor * bought, quote.buy_minor)
    given = sold - quote.returned_sell_minor
    if not given:
        return
    quote.returned_buy_minor, quote.returned_sell_minor = bought, sold
    quote.save(update_fields=["returned_buy_minor", "returned_sell_minor"])
    reference = f"exchange-back:{quote.id}:{bought}"
    post([_draft(quote, Transfer.Kind.EXCHANGE_BACK, reference, -given, -refund.minor)], actor=actor)
    details = {"taken": refund.as_json(), "given": Money(given, quote.sell.currency).as_json()}
    audit.record("exchangequote.changed_back", subject=quote, actor=actor, details=details)


def terms_of(quote: ExchangeQuote) -> dict[str, Json]:
    """Return what a quote promises, for an agreement and the audit log."""
    return {
        "quote": str(quote.id),
        "sold": quote.sell.as_json(),
        "bought": quote.buy.as_json(),
        "pair": quote.rate.pair,
        "rate": quote.rate.rate,
        "source": quote.rate.source,
        "observed_at": quote.rate.observed_at.isoformat(),
        "quoted_at": quote.quoted_at.isoformat(),
        "expires_at": quote.expires_at.isoformat(),
    }


def is_expired(quote: ExchangeQuote, now: datetime) -> bool:
    """Tell whether a quote can no longer be signed or used; at its last moment it cannot."""
    return now >= quote.expires_at


def _locked(quote_id: UUID) -> ExchangeQuote:
    return ExchangeQuote.objects.select_related("rate").select_for_update(of=("self",)).get(id=quote_id)


def _require_open(quote: ExchangeQuote) -> None:
    """Refuse a quote that is used or has run out by the database's clock, read after its row was locked."""
    if quote.state != State.OPEN:
        raise Problem("exchange_quote_used", state=quote.state)
    if is_expired(quote, database_now()):
        raise Problem("exchange_quote_expired", expires_at=quote.expires_at.isoformat())


def _exchange(quote: ExchangeQuote, actor: Actor) -> ExchangeQuote:
    advance(quote, to=State.USED, actor=actor, details={"sold": quote.sell.as_json(), "bought": quote.buy.as_json()})
    draft = _draft(quote, Transfer.Kind.EXCHANGE, f"exchange:{quote.id}", quote.sell_minor, quote.buy_minor)
    post([draft], actor=actor)
    return quote


def _draft(quote: ExchangeQuote, kind: Transfer.Kind, reference: str, sold: int, bought: int) -> TransferDraft:
    """Return the two legs in each currency; negative amounts go back."""
    owned, currencies = quote.organization_id, (quote.sell.currency, quote.buy.currency)
    seller, position_sold, position_bought, buyer = open_accounts(
        AccountKey(Account.Kind.CLIENT, quote.venue_id, currencies[0], owned),
        AccountKey(Account.Kind.FX_POSITION, quote.venue_id, currencies[0]),
        AccountKey(Account.Kind.FX_POSITION, quote.venue_id, currencies[1]),
        AccountKey(Account.Kind.CLIENT, quote.venue_id, currencies[1], owned),
    )
    return TransferDraft(
        kind=kind,
        reference=reference,
        venue_id=quote.venue_id,
        legs=(
            Leg(seller, -sold),
            Leg(position_sold, sold),
            Leg(position_bought, -bought),
            Leg(buyer, bought),
        ),
        memo=f"{quote.sell} → {quote.buy}",
    )
