"""The log's signing key: made once, given from outside, rotated, and never mistaken for another."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.keys import PRIVATE_FILE, UnusableKey, as_mapping, keys_in_file, rotate, signing_key, trusted_keys


@pytest.fixture(autouse=True)
def keys_dir(settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "keys"
    settings.LOG_SIGNING_KEY = ""
    return settings.KEYS_DIR


def pem_of(private) -> str:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_the_first_use_makes_a_key_that_only_its_owner_reads_and_publishes_its_public_half(keys_dir):
    key = signing_key()
    assert (keys_dir / PRIVATE_FILE).stat().st_mode & 0o777 == 0o600
    assert trusted_keys() == {key.public.key_id: key.public}
    assert signing_key().public == key.public
    assert {path.name for path in keys_dir.iterdir()} == {PRIVATE_FILE, "public"}


def test_a_key_is_named_by_the_digest_of_its_public_half():
    key = signing_key()
    der = key.private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert key.public.key_id == sha256(der).hexdigest()


def test_processes_that_start_at_once_agree_on_one_key():
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: signing_key().public.key_id, range(8)))
    assert len(set(keys)) == 1


def test_a_signature_is_verified_by_its_key_and_its_message_alone():
    key = signing_key()
    signature = key.sign(b"head")
    assert key.public.verifies(signature, b"head")
    assert not key.public.verifies(signature, b"Head")
    assert not key.public.verifies(signature[:-1] + bytes([signature[-1] ^ 1]), b"head")
    assert not key.public.verifies(b"", b"head")


def test_after_a_rotation_the_new_key_signs_and_the_old_one_stays_trusted(keys_dir):
    old = signing_key()
    old_pem = (keys_dir / PRIVATE_FILE).read_bytes()
    new = rotate()
    assert signing_key().public == new.public != old.public
    assert trusted_keys() == {old.public.key_id: old.public, new.public.key_id: new.public}
    assert (keys_dir / PRIVATE_FILE).read_bytes() != old_pem
    assert (keys_dir / PRIVATE_FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_from_the_environment_signs_and_leaves_no_file(settings, keys_dir):
    private = Ed25519PrivateKey.generate()
    settings.LOG_SIGNING_KEY = pem_of(private).replace("\n", "\\n")
    assert signing_key().private.public_key() == private.public_key()
    assert trusted_keys().keys() == {signing_key().public.key_id}
    assert not keys_dir.exists()
    with pytest.raises(UnusableKey, match="LOG_SIGNING_KEY"):
        rotate()


@pytest.mark.parametrize("text", ["nonsense", pem_of(generate_private_key(SECP256R1()))])
def test_what_is_no_ed25519_key_is_refused_by_name(settings, text):
    settings.LOG_SIGNING_KEY = text
    with pytest.raises(UnusableKey, match="LOG_SIGNING_KEY"):
        signing_key()


def test_public_keys_are_read_from_a_pem_file_and_from_a_saved_answer(tmp_path):
    key = signing_key().public
    pem, answer = tmp_path / "key.pem", tmp_path / "keys.json"
    pem.write_text(key.pem)
    answer.write_text(json.dumps({"log": "dawan", "keys": [{"key_id": "a lie", "public_key": key.pem}]}))
    assert keys_in_file(pem) == keys_in_file(answer) == as_mapping({"a lie": key.pem}) == {key.key_id: key}


@pytest.mark.parametrize(
    "content", ["", "not a key", "{", '{"keys": 1}', '{"keys": [{}]}', '{"keys": [{"public_key": "x"}]}']
)
def test_a_file_without_public_keys_is_refused(tmp_path, content):
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(UnusableKey):
        keys_in_file(file)


def test_a_private_key_is_no_public_key(keys_dir):
    signing_key()
    with pytest.raises(UnusableKey):
        keys_in_file(keys_dir / PRIVATE_FILE)
