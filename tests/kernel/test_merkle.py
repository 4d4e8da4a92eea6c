"""Our trees against RFC 6962: the reference log of Certificate Transparency, the definitions, and forgeries."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.merkle import (
    EMPTY_ROOT,
    NodeKey,
    Span,
    consistency_spans,
    cover,
    grow,
    inclusion_spans,
    leaf_hash,
    node_hash,
    prove,
    root,
    span_hash,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves, nine roots and proofs by which Certificate Transparency logs test themselves (RFC 6962 reference
# implementation, merkletree/merkle_tree_test.cc).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]

sizes = st.integers(1, 200)


class StoredTree:
    """A tree as the database keeps it: full subtrees only, written in batches, every read counted."""

    def __init__(self, *batches: int) -> None:
        self.nodes: dict[NodeKey, bytes] = {}
        self.size = 0
        self.reads = 0
        for batch in batches:
            self.append([leaf_of(self.size + offset) for offset in range(batch)])

    def append(self, leaves: list[bytes]) -> None:
        self.nodes |= grow(self.size, leaves, self.read(cover(Span(0, self.size))))
        self.size += len(leaves)

    def read(self, keys) -> dict[NodeKey, bytes]:
        found = {key: self.nodes[key] for key in keys}
        self.reads += len(found)
        return found

    def root(self, size: int) -> bytes:
        span = Span(0, size)
        return span_hash(span, self.read(cover(span)))


def leaf_of(index: int) -> bytes:
    return leaf_hash(str(index).encode())


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word, as the second opinion."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + mth(leaves[:split]) + mth(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_log(size):
    assert root([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_log(index, size, path):
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    nodes = grow(0, leaves, {})
    proof = prove(inclusion_spans(index, size), lambda keys: {key: nodes[key] for key in keys})
    assert [step.hex() for step in proof] == path
    assert verify_inclusion(leaf=leaves[index], index=index, size=size, path=proof, root=bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("first", "second", "path"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_log(first, second, path):
    nodes = grow(0, [leaf_hash(leaf) for leaf in LEAVES], {})
    proof = prove(consistency_spans(first, second), lambda keys: {key: nodes[key] for key in keys})
    assert [step.hex() for step in proof] == path
    assert verify_consistency(
        first=first,
        second=second,
        first_root=bytes.fromhex(ROOTS[first]),
        second_root=bytes.fromhex(ROOTS[second]),
        path=proof,
    )


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()


def test_a_leaf_can_never_pass_for_a_node():
    left, right = leaf_of(0), leaf_of(1)
    assert leaf_hash(left + right) != node_hash(left, right)


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grown_in_batches_is_the_tree_of_the_definition(batches):
    tree = StoredTree(*batches)
    leaves = [leaf_of(index) for index in range(tree.size)]
    for size in range(tree.size + 1):
        assert tree.root(size) == mth(leaves[:size])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_growing_writes_each_full_subtree_once_and_nothing_else(batches):
    tree = StoredTree(*batches)
    full = {
        NodeKey(level, position) for level in range(tree.size.bit_length()) for position in range(tree.size >> level)
    }
    assert tree.nodes.keys() == full


@given(st.data(), sizes)
def test_every_event_can_be_proved_at_every_later_size(data, size):
    index = data.draw(st.integers(0, size - 1))
    tree = StoredTree(size)
    tree.reads = 0
    path = prove(inclusion_spans(index, size), tree.read)
    assert tree.reads <= 2 * size.bit_length()
    assert verify_inclusion(leaf=leaf_of(index), index=index, size=size, path=path, root=tree.root(size))


@given(st.data(), sizes)
def test_every_two_sizes_of_a_log_are_provably_consistent(data, second):
    first = data.draw(st.integers(1, second))
    tree = StoredTree(second)
    tree.reads = 0
    path = prove(consistency_spans(first, second), tree.read)
    assert tree.reads <= 3 * second.bit_length()
    assert verify_consistency(
        first=first, second=second, first_root=tree.root(first), second_root=tree.root(second), path=path
    )


@given(st.data(), st.integers(2, 200))
def test_an_inclusion_proof_with_anything_changed_fails(data, size):
    index = data.draw(st.integers(0, size - 1))
    tree = StoredTree(size)
    good = {
        "leaf": leaf_of(index),
        "index": index,
        "size": size,
        "path": prove(inclusion_spans(index, size), tree.read),
        "root": tree.root(size),
    }
    other_index = data.draw(st.integers(-1, size).filter(lambda other: other != index))
    assert not verify_inclusion(**good | {"index": other_index})
    assert not verify_inclusion(**good | {"leaf": leaf_of(index + 1)})
    assert not verify_inclusion(**good | {"root": leaf_of(index)})
    assert not verify_inclusion(**good | {"path": good["path"][:-1]})
    assert not verify_inclusion(**good | {"path": [*good["path"], leaf_of(0)]})
    assert not verify_inclusion(**good | {"path": [step[:-1] for step in good["path"]]})
    for at in range(len(good["path"])):
        path = list(good["path"])
        path[at] = flipped(path[at], data.draw(st.integers(0, 255)))
        assert not verify_inclusion(**good | {"path": path})


@given(st.data(), st.integers(2, 200))
def test_a_log_whose_past_was_rewritten_cannot_prove_consistency(data, second):
    first = data.draw(st.integers(1, second))
    rewritten = data.draw(st.integers(0, first - 1))
    honest = StoredTree(second)
    forged = StoredTree()
    forged.append([leaf_hash(b"forged") if index == rewritten else leaf_of(index) for index in range(second)])
    assert not verify_consistency(
        first=first,
        second=second,
        first_root=honest.root(first),
        second_root=forged.root(second),
        path=prove(consistency_spans(first, second), forged.read),
    )


@given(st.data(), st.integers(2, 200))
def test_a_consistency_proof_with_anything_changed_fails(data, second):
    first = data.draw(st.integers(1, second - 1))
    tree = StoredTree(second)
    good = {
        "first": first,
        "second": second,
        "first_root": tree.root(first),
        "second_root": tree.root(second),
        "path": prove(consistency_spans(first, second), tree.read),
    }
    assert verify_consistency(**good)
    assert not verify_consistency(**good | {"first": 0})
    assert not verify_consistency(**good | {"first": second, "second": first})
    assert not verify_consistency(**good | {"first_root": good["second_root"]})
    assert not verify_consistency(**good | {"second_root": good["first_root"]})
    assert not verify_consistency(**good | {"path": good["path"][:-1]})
    assert not verify_consistency(**good | {"path": [*good["path"], leaf_of(0)]})
    for at in range(len(good["path"])):
        path = list(good["path"])
        path[at] = flipped(path[at], data.draw(st.integers(0, 255)))
        assert not verify_consistency(**good | {"path": path})


def test_two_different_logs_of_one_size_are_not_consistent():
    assert verify_consistency(first=3, second=3, first_root=leaf_of(1), second_root=leaf_of(1), path=[])
    assert not verify_consistency(first=3, second=3, first_root=leaf_of(1), second_root=leaf_of(2), path=[])
    assert not verify_consistency(first=3, second=3, first_root=leaf_of(1), second_root=leaf_of(1), path=[leaf_of(1)])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_path_leads_to_a_leaf_outside_the_tree(index, size):
    with pytest.raises(ValueError, match="is not in a tree"):
        inclusion_spans(index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_no_consistency_path_leads_from_nothing_or_backwards(first, second):
    with pytest.raises(ValueError, match="no consistency proof"):
        consistency_spans(first, second)


def flipped(digest: bytes, bit: int) -> bytes:
    changed = bytearray(digest)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
