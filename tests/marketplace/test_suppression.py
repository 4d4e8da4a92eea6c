"""No reader of the table learns what one or two organizations did, by looking or by subtracting."""

from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.statistics.suppression import ALL, Contribution, Key, complementary, primary

FEWEST = 3
Trade = tuple[Key, int, int]  # where it belongs, its buyer, its seller


def cube(trades: list[Trade]) -> dict[Key, Contribution]:
    """Sum trades over every combination of dimensions, as the database does."""
    buyers: dict[Key, set[UUID]] = {}
    sellers: dict[Key, set[UUID]] = {}
    weights: dict[Key, int] = {}
    for place, buyer, seller in trades:
        for kept in product((True, False), repeat=len(place)):
            key = tuple(value if keep else ALL for value, keep in zip(place, kept, strict=True))
            buyers.setdefault(key, set()).add(UUID(int=buyer))
            sellers.setdefault(key, set()).add(UUID(int=1000 + seller))
            weights[key] = weights.get(key, 0) + 1
    return {key: Contribution((frozenset(buyers[key]), frozenset(sellers[key])), weights[key]) for key in weights}


def withheld(cells: dict[Key, Contribution]) -> set[Key]:
    few = primary(cells, FEWEST)
    return few | complementary(cells, FEWEST, few)


def many(place: Key, traders: int, first: int = 0) -> list[Trade]:
    return [(place, first + number, first + number) for number in range(traders)]


def test_a_cell_of_two_sellers_is_withheld_however_many_buy() -> None:
    cells = cube([(("I",), buyer, buyer % 2) for buyer in range(10)] + many(("J",), 5, 20) + many(("K",), 5, 40))
    assert ("I",) in primary(cells, FEWEST)
    assert ("J",) not in primary(cells, FEWEST)


def test_a_second_cell_is_withheld_where_the_total_would_give_the_first_away() -> None:
    cells = cube([*many(("I",), 1), *many(("J",), 4, 10), *many(("K",), 9, 20)])
    assert withheld(cells) == {("I",), ("J",)}  # the lighter of the two others


def test_two_withheld_cells_of_the_same_sellers_still_give_them_away() -> None:
    same = [*many(("I",), 2), *many(("J",), 2)]
    cells = cube([*same, *many(("K",), 4, 10), *many(("L",), 9, 20)])
    assert withheld(cells) == {("I",), ("J",), ("K",)}


def test_the_total_is_withheld_where_no_other_part_is_left() -> None:
    cells = cube([*many(("I", "A"), 3), *many(("J", "A"), 2, 10), *many(("J", "B"), 4, 20)])
    assert ("J", "A") in withheld(cells)
    assert ("J", "B") in withheld(cells)  # else J less B is A


def test_nothing_is_withheld_where_many_contribute() -> None:
    assert withheld(cube([*many(("I", "A"), 5), *many(("J", "B"), 5, 10)])) == set()


def test_an_empty_quarter_has_nothing_to_withhold() -> None:
    assert withheld({}) == set()


trades = st.lists(
    st.tuples(st.tuples(*[st.sampled_from("ABC")] * 3), st.integers(0, 12), st.integers(0, 12)), max_size=60
)


@given(trades)
def test_no_subtraction_within_a_family_leaves_fewer_than_three(drawn: list[Trade]) -> None:
    cells = cube(drawn)
    out = withheld(cells)
    assert primary(cells, FEWEST) <= out
    for total in cells:
        for place, value in enumerate(total):
            if value != ALL:
                continue
            parts = [key for key in cells if key[place] != ALL and (*key[:place], ALL, *key[place + 1 :]) == total]
            hidden = [part for part in parts if part in out]
            if total in out:
                assert hidden, "a withheld total is the sum of published parts"
            elif hidden:
                assert len(hidden) > 1
                for side in (0, 1):
                    assert len(frozenset().union(*(cells[part].sides[side] for part in hidden))) >= FEWEST


@given(trades)
def test_the_same_trades_always_lose_the_same_cells(drawn: list[Trade]) -> None:
    assert withheld(cube(drawn)) == withheld(cube(drawn[::-1]))
