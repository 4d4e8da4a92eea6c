"""Two digests in one pass, and JSON whose bytes everybody can reproduce."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from kernel.digests import PARALLEL_FROM_BYTES, Digests, canonical_json, digest_stream

LARGE = bytes(range(256)) * (PARALLEL_FROM_BYTES // 256 + 1)


def sm3_of(data: bytes) -> str:
    plain = hashes.Hash(hashes.SM3())
    plain.update(data)
    return plain.finalize().hex()


def test_the_digests_are_those_of_the_standards():
    digests = Digests(b"abc")
    # FIPS 180-4 and GB/T 32905-2016, appendix A.1.
    assert digests.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digests.size == 3


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_the_chunks_of_a_stream_do_not_show_in_its_digests(chunks):
    whole = b"".join(chunks)
    digests = digest_stream(chunks)
    assert (digests.sha256, digests.sm3, digests.size) == (
        hashlib.sha256(whole).hexdigest(),
        sm3_of(whole),
        len(whole),
    )


def test_large_chunks_hashed_in_a_second_thread_keep_their_order():
    chunks = [LARGE, b"small", LARGE[::-1], LARGE, b""]
    whole = b"".join(chunks)
    digests = digest_stream(chunks)
    assert (digests.sha256, digests.sm3) == (hashlib.sha256(whole).hexdigest(), sm3_of(whole))


def test_digests_may_be_read_in_the_middle_of_a_stream():
    digests = Digests(LARGE)
    assert digests.sm3 == sm3_of(LARGE)
    assert digests.update(LARGE).sm3 == sm3_of(LARGE * 2)


def test_a_buffer_may_be_refilled_as_soon_as_it_was_taken():
    buffer = bytearray(LARGE)
    digests = Digests().update(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    assert digests.sm3 == sm3_of(LARGE)
    assert digests.sha256 == hashlib.sha256(LARGE).hexdigest()


def test_many_streams_share_the_second_thread():
    streams = [[bytes([number]) * PARALLEL_FROM_BYTES] * 3 for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda chunks: digest_stream(chunks).sm3, streams))
    assert found == [sm3_of(b"".join(chunks)) for chunks in streams]


def test_canonical_json_sorts_by_utf_16_and_writes_numbers_as_ecmascript_does():
    # RFC 8785 §3.2.3 and §3.2.2.3.
    value = {"\U0001f600": 1, "\ufb33": 2, "€": 3, "\r": 4, "1": 5, "ö": 6}
    assert canonical_json(value).decode() == '{"\\r":4,"1":5,"ö":6,"€":3,"\U0001f600":1,"\ufb33":2}'
    assert canonical_json([1e21, 1e-7, 4.50, 333333333.33333329]) == b"[1e+21,1e-7,4.5,333333333.3333333]"
    assert canonical_json({"名称": "数据集", "n": None, "t": [True, False]}) == (
        '{"n":null,"t":[true,false],"名称":"数据集"}'.encode()
    )


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=4), children, max_size=4),
)


@given(json_values)
def test_our_shortcut_writes_what_the_standard_writes(value):
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, -(2**53), "\ud800"])
def test_what_json_cannot_hold_exactly_is_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011 - each kind of value has its own subclass
        canonical_json({"value": value})
