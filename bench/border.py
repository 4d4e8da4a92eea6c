"""What the border costs: decisions a second by the engine alone, and an order abroad against one at home.

    python -m bench.border [--rounds 30]

Decisions are made from facts read from JSON, on one core, with no database. Orders are placed through the public
functions on a PostgreSQL of our own: at home the order is placed and funded in one act; abroad it is placed with its
route case, and funded, with its persons held in the register, once the case is cleared. Rounds alternate between both;
the figures are medians. What people do in between (papers, review, filings) is not timed.
"""

import argparse
import statistics
from collections.abc import Callable
from datetime import date
from time import perf_counter

from bench.ledger import scratch_servers, set_up_django

DECISIONS = 20_000
AIMED_DECISIONS = 20_000  # a second
AIMED_RATIO = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with scratch_servers(("postgres", "redis")) as state:
        set_up_django(state)
        print_decisions()
        print_orders(rounds)


def print_decisions() -> None:
    """Decide routes for transfers of all sizes, as `manage.py decide_route` does, and print how many a second."""
    from listings.crossborder.facts import read_facts
    from listings.crossborder.route import decide_route
    from listings.crossborder.rules import rules_on

    exporter = {"jurisdiction": "CN", "region": "440100"}
    lines = [
        {
            "direction": "outbound",
            "exporter": exporter,
            "recipient": {"jurisdiction": ("HK", "SG", "MO")[number % 3]},
            "grade": "general",
            "n_general": number * 73 % 1_200_000,
            "n_sensitive": number * 31 % 12_000 if number % 5 == 0 else 0,
        }
        for number in range(DECISIONS)
    ]
    today = date(2026, 11, 28)
    rules = rules_on(today)
    known = [read_facts(line, undated=today) for line in lines]

    alone = rate(lambda: [decide_route(facts, rules) for facts in known], DECISIONS)
    whole = rate(
        lambda: [decide_route(read_facts(line, undated=today), rules).canonical() for line in lines], DECISIONS
    )
    print(f"decisions alone                     {alone:>10,.0f} a second (aim {AIMED_DECISIONS:,})")
    print(f"with reading facts, canonical bytes {whole:>10,.0f} a second")


def print_orders(rounds: int) -> None:
    """Place and fund orders at home and abroad in turn, and print what each takes."""
    from marketplace import ordering
    from tests.marketplace.crossing import buy, case_of, chosen, cleared, exportable, standing
    from tests.marketplace.trading import listed_dataset, make_buyer, placed
    from tests.world import actor, make_member, person_of, put_back_venues

    put_back_venues()
    provider = make_member()
    standing(provider)
    at_home, abroad = make_buyer(funds="100000.00"), make_buyer(jurisdiction="HK", funds="100000.00")
    domestic, crossing = listed_dataset(provider), exportable(provider, n_general=10)
    buyer = actor(person_of(abroad))

    home, border = [], []
    for _ in range(rounds):
        home.append(timed(lambda: placed(domestic, at_home)))
        began = perf_counter()
        order = buy(crossing, abroad)
        took = perf_counter() - began
        cleared(chosen(case_of(order), "exempt_volume"))
        border.append(took + timed(lambda order=order: ordering.fund_order(order_id=order.pk, actor=buyer)))
    at_home_ms, abroad_ms = statistics.median(home) * 1000, statistics.median(border) * 1000
    print(f"order at home, placed and funded    {at_home_ms:>10.1f} ms")
    print(f"order abroad, placed and funded     {abroad_ms:>10.1f} ms")
    print(f"abroad / at home                    {abroad_ms / at_home_ms:>10.2f} (aim at most {AIMED_RATIO})")


def timed(act: Callable[[], object]) -> float:
    """Return how many seconds the act took."""
    began = perf_counter()
    act()
    return perf_counter() - began


def rate(act: Callable[[], object], count: int) -> float:
    """Return how many of `count` things were done a second, the best of three runs."""
    return count / min(timed(act) for _ in range(3))


if __name__ == "__main__":
    main()
