"""The Ed25519 key that signs tree heads, and the public keys by which anybody checks them.

The private key is `KEYS_DIR/log-signing.pem`, made on first use, or LOG_SIGNING_KEY (PEM) from the environment.
A key's id is the SHA-256 of its public half (DER, as RFC 6962 §3.2 names a log). Every public key that ever signed
stays in `KEYS_DIR/public/<key id>.pem` and in the LogKey table, so a rotation never makes an old signature unreadable.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

PRIVATE_FILE = "log-signing.pem"
PUBLIC_FOLDER = "public"


class UnusableKey(ValueError):
    """A key file, or LOG_SIGNING_KEY, that does not hold an Ed25519 key; the message says which and why."""


@dataclass(frozen=True)
class PublicKey:
    """A public key and its id."""

    key_id: str
    pem: str

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the signature over the message was made by this key."""
        try:
            _ed25519(self.pem).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """The private key in use and its public half."""

    private: Ed25519PrivateKey
    public: PublicKey

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self.private.sign(message)


def signing_key() -> SigningKey:
    """Return the key that signs now: the environment's, else the file's, else a new one, written and published."""
    if settings.LOG_SIGNING_KEY:
        # One-line environments write the PEM's line ends as \n.
        return _signing_key(settings.LOG_SIGNING_KEY.replace("\\n", "\n").encode(), "LOG_SIGNING_KEY")
    path = _folder() / PRIVATE_FILE
    if not path.exists():
        _write_new(path, _new_private_pem(), mode=0o600)
    return _published(_signing_key(path.read_bytes(), str(path)))


def rotate() -> SigningKey:
    """Replace the signing key file by a new key; the old public key stays published, the old private key is gone.

    Raises UnusableKey when the key comes from the environment, where only its operator can replace it.
    """
    if settings.LOG_SIGNING_KEY:
        raise UnusableKey("the signing key comes from LOG_SIGNING_KEY: give a new one there")
    signing_key()  # publishes the old key, should its public file be missing
    path = _folder() / PRIVATE_FILE
    _replace(path, _new_private_pem(), mode=0o600)
    return _published(_signing_key(path.read_bytes(), str(path)))


def trusted_keys() -> dict[str, PublicKey]:
    """Return this deployment's published public keys by id, read from files alone (no database)."""
    published = sorted((_folder() / PUBLIC_FOLDER).glob("*.pem"))
    keys = {key.key_id: key for key in (read_public_key(path.read_bytes(), str(path)) for path in published)}
    if settings.LOG_SIGNING_KEY:
        current = signing_key().public
        keys[current.key_id] = current
    return keys


def keys_in_file(path: Path) -> dict[str, PublicKey]:
    """Return the public keys of a PEM file, or of a saved answer of `/api/v1/log/public-keys`.

    Raises UnusableKey when it holds neither.
    """
    content = path.read_bytes()
    if content.lstrip().startswith(b"{"):
        try:
            pems = [str(entry["public_key"]).encode() for entry in json.loads(content)["keys"]]
        except (ValueError, LookupError, TypeError) as error:
            raise UnusableKey(f"{path}: not the answer of /api/v1/log/public-keys") from error
    else:
        pems = [content]
    keys = (read_public_key(pem, str(path)) for pem in pems)
    return {key.key_id: key for key in keys}


def read_public_key(pem: bytes, source: str) -> PublicKey:
    """Return the public key of a PEM text; `source` names it in the refusal. Raises UnusableKey."""
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise UnusableKey(f"{source}: not a PEM public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise UnusableKey(f"{source}: not an Ed25519 public key")
    return _public_key(key)


def as_mapping(keys: Mapping[str, str]) -> dict[str, PublicKey]:
    """Return published keys (id → PEM) as keys; the id is computed again, never taken on trust."""
    read = (read_public_key(pem.encode(), key_id) for key_id, pem in keys.items())
    return {key.key_id: key for key in read}


def _folder() -> Path:
    return Path(settings.KEYS_DIR)


def _signing_key(pem: bytes, source: str) -> SigningKey:
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise UnusableKey(f"{source}: not an unencrypted PEM private key") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise UnusableKey(f"{source}: not an Ed25519 private key")
    return SigningKey(private, _public_key(private.public_key()))


def _public_key(key: Ed25519PublicKey) -> PublicKey:
    encoding, form = serialization.Encoding, serialization.PublicFormat.SubjectPublicKeyInfo
    key_id = sha256(key.public_bytes(encoding.DER, form)).hexdigest()
    return PublicKey(key_id, key.public_bytes(encoding.PEM, form).decode())


def _ed25519(pem: str) -> Ed25519PublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, Ed25519PublicKey)  # noqa: S101 - PublicKey is only made by _public_key
    return key


def _new_private_pem() -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return Ed25519PrivateKey.generate().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _published(key: SigningKey) -> SigningKey:
    path = _folder() / PUBLIC_FOLDER / f"{key.public.key_id}.pem"
    if not path.exists():
        _write_new(path, key.public.pem.encode(), mode=0o644)
    return key


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a whole file that must not exist yet; of two processes that do so at once, the first one's file stays."""
    temporary = _temporary(path, content, mode)
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _replace(path: Path, content: bytes, *, mode: int) -> None:
    _temporary(path, content, mode).replace(path)


def _temporary(path: Path, content: bytes, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    Path(name).chmod(mode)
    return Path(name)
