"""The VAT that is contained in the price of an order and in the fees on it, supply by supply."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Venue
from kernel.money import Money
from settlements.fees import Deal, FeeLine, total_of
from settlements.models import FeePayer, Payee, Supply
from settlements.taxes import Contained, TaxTable


@dataclass(frozen=True, slots=True)
class Supplied:
    """What one party supplies to another: the product for the price, or a service for a fee."""

    payee: Payee
    payer: FeePayer
    contained: Contained

    def as_json(self, money: Money) -> dict[str, Any]:
        """Return the supply for an agreement's document; `money` says in which currency."""
        taken = self.contained
        amounts = {"gross": taken.gross_minor, "net": taken.net_minor, "vat": taken.tax_minor}
        return {
            "payee": self.payee.value,
            "payer": self.payer.value,
            **{name: Money(minor, money.currency).as_json() for name, minor in amounts.items()},
            "rate_ppm": taken.rate_ppm,
            "tax_rate_id": None if taken.rate_id is None else str(taken.rate_id),
        }


def supplies_of(lines: Iterable[FeeLine], *, deal: Deal, venue: Venue, table: TaxTable) -> list[Supplied]:
    """Take apart what the provider, the venue and the broker supply, as amounts that include their VAT.

    The provider supplies the product to the buyer for the whole price; venue and broker serve who bears their fee.
    What is withheld of a payment is a part of it. Supplies of nothing are left out.
    """
    kept = list(lines)
    price = total_of(line for line in kept if line.payer is FeePayer.PROVIDER)
    supplies = [_supplied(Payee.PROVIDER, FeePayer.BUYER, price, deal=deal, venue=venue, table=table)]
    for payee in (Payee.VENUE, Payee.BROKER):
        for payer in FeePayer:
            fee = total_of(line for line in kept if line.payer is payer and payee in (line.payee, line.taxed))
            supplies.append(_supplied(payee, payer, fee, deal=deal, venue=venue, table=table))
    return [supply for supply in supplies if supply.contained.gross_minor]


def _supplied(payee: Payee, payer: FeePayer, gross: int, *, deal: Deal, venue: Venue, table: TaxTable) -> Supplied:
    # The venue is where it is operated, whoever operates it.
    sellers = {Payee.PROVIDER: deal.provider.jurisdiction, Payee.VENUE: venue.jurisdiction}
    broker = deal.broker.jurisdiction if deal.broker else ""
    contained = table.contained(
        gross,
        Supply.PRICE if payee is Payee.PROVIDER else Supply.FEE,
        seller=sellers.get(payee, broker),
        buyer=deal.bearer(payer).jurisdiction,
        product_type=deal.product_type,
    )
    return Supplied(payee, payer, contained)
