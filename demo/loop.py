"""The loop: register → review → list → find → order → escrow → deliver → accept → settle → pay out → certify.

Beside it stand what is wished for (demo/wishes.py), other prices (demo/prices.py), a third trade that goes over the
border (demo/crossing.py), and what the bank and the tax office get (demo/banking.py).

Everything here goes through the HTTP API. Refusals are part of the story: each is expected by its problem code.
"""

from pathlib import Path

from demo.banking import bank
from demo.buying import accept, find, order, pay_in, read
from demo.cast import Cast, bring_in
from demo.closing import certify, close_the_books, pay_out
from demo.crossing import cross
from demo.exchange import Story
from demo.prices import sell_otherwise
from demo.providing import Offer, offer
from demo.trades import MEMBERS, PLACES, STREETS, Trade
from demo.trust import attest_and_verify
from demo.wishes import wish


def run(url: str, state: Path, story: Story) -> None:
    """Run both trades, verify a document across the border, and close with the books.

    Raises Failed or Refused where it does not go as it should.
    """
    folder = state / "demo"
    folder.mkdir(exist_ok=True)
    (streets, in_guangzhou), (_places, in_shenzhen) = (
        run_trade(url, trade, folder, story) for trade in (STREETS, PLACES)
    )
    wish(streets, in_guangzhou, in_shenzhen, story)
    sell_otherwise(streets, in_guangzhou, in_shenzhen.provider, story)
    cross(url, MEMBERS, folder, story)
    attest_and_verify(url, folder, story)
    bank(in_guangzhou, folder, story)
    story.chapter("The books")
    close_the_books(url, story)


def run_trade(url: str, trade: Trade, folder: Path, story: Story) -> tuple[Offer, Cast]:
    """Take one table from its provider to a buyer who can prove that it was bought; return the offer and its people."""
    story.chapter(f"{trade.name}: {trade.provider.name['en']} → {trade.buyer.name['en']}, at {trade.venue}")
    people = bring_in(url, trade, folder / "credentials.json")
    offered = offer(trade, people, story)
    find(trade, offered, people, story)
    if trade.has_price:
        pay_in(trade, people, story)
    placed = order(trade, offered, people, story)
    delivery_id = read(trade, placed, people, story)
    accept(trade, placed, delivery_id, people, story)
    if trade.has_price:
        pay_out(trade, placed, people, story)
    certify(placed, people, folder, story)
    return offered, people
