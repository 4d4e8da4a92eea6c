"""Merkle trees of RFC 6962 §2.1 (SHA-256): roots, inclusion and consistency proofs, and their verification.

Pure: no database, no Django. A stored tree keeps the hash of every *full* subtree under `NodeKey(level, position)`:
level 0 are the leaves, and node (l, p) covers leaves p·2^l up to (p+1)·2^l. Such a node never changes once written,
and any root or proof at any size is folded from O(log n) of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


class NodeKey(NamedTuple):
    """The address of a full subtree: `2**level` leaves, beginning at leaf `position * 2**level`."""

    level: int
    position: int


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `end`; a subtree as RFC 6962 splits the tree."""

    start: int
    end: int


ReadNodes = Callable[[Iterable[NodeKey]], Mapping[NodeKey, bytes]]


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf's bytes; the prefix keeps a leaf from ever passing for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node from its two children."""
    return sha256(b"\x01" + left + right).digest()


def cover(span: Span) -> list[NodeKey]:
    """List the full subtrees that tile a span, from left to right (fewer than 2·log2 of its length)."""
    keys = []
    start = span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        keys.append(NodeKey(level, start >> level))
        start += 1 << level
    return keys


def span_hash(span: Span, nodes: Mapping[NodeKey, bytes]) -> bytes:
    """Return the Merkle tree hash of a span, of which `nodes` holds the covering subtrees."""
    if span.start == span.end:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed([nodes[key] for key in cover(span)]))


def grow(size: int, leaves: Sequence[bytes], nodes: Mapping[NodeKey, bytes]) -> dict[NodeKey, bytes]:
    """Return every full subtree, leaves included, that comes to be when leaf hashes are appended to `size` leaves.

    `nodes` must hold at least `cover(Span(0, size))`, the right edge of the present tree.
    """
    grown = {NodeKey(0, size + offset): leaf for offset, leaf in enumerate(leaves)}
    before, after, level = size >> 1, (size + len(leaves)) >> 1, 1
    while before < after:
        for position in range(before, after):
            left, right = NodeKey(level - 1, 2 * position), NodeKey(level - 1, 2 * position + 1)
            # A left child may be older than this batch; a right child is the reason why the parent is full now.
            grown[NodeKey(level, position)] = node_hash(grown[left] if left in grown else nodes[left], grown[right])
        before, after, level = before >> 1, after >> 1, level + 1
    return grown


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of a tree of these leaf hashes."""
    return span_hash(Span(0, len(leaves)), grow(0, leaves, {}))


def inclusion_spans(index: int, size: int) -> list[Span]:
    """List the subtrees whose hashes prove that leaf `index` is in the tree of `size`, from leaf to root.

    RFC 6962 §2.1.1. Raises ValueError for a leaf outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(start, middle))
            start = middle
    return path[::-1]


def consistency_spans(first: int, second: int) -> list[Span]:
    """List the subtrees whose hashes prove that the tree of `second` begins with the tree of `first`.

    RFC 6962 §2.1.2. Raises ValueError unless 0 < first ≤ second.
    """
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof leads from {first} to {second}")
    path = []
    start, end = 0, second
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(start, middle))
            start = middle
    if start:  # the old tree is not one whole subtree of the new one: its last part must be given
        path.append(Span(start, end))
    return path[::-1]


def prove(spans: Sequence[Span], read_nodes: ReadNodes) -> list[bytes]:
    """Return the hashes of the spans, asking the store once for all the subtrees that they need."""
    nodes = read_nodes({key for span in spans for key in cover(span)})
    return [span_hash(span, nodes) for span in spans]


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether the path leads from the leaf hash to the root (RFC 9162 §2.1.3.2).

    The size itself is only as trustworthy as where it came from: take it from the signed tree head.
    """
    if not 0 <= index < size or not _are_hashes([leaf, root, *path]):
        return False
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether the path proves that the second tree only appended to the first (RFC 9162 §2.1.4.2)."""
    if not 0 < first <= second or not _are_hashes([first_root, second_root, *path]):
        return False
    if first == second:
        return not path and first_root == second_root
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two below `size` (which is 2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
