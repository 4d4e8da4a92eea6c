"""Push targets: registered with sealed credentials, tested by really writing there, retired."""

import json
import os
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from accounts.models import Organization
from kernel import audit
from kernel.actors import Actor
from kernel.fetching import FetchFailed, checked_address
from kernel.problems import Problem, field_problem
from listings.encryption import NONCE_BYTES, WrappedKey, key_ring
from marketplace.delivery.push.http_put import HttpPut
from marketplace.delivery.push.s3 import Bucket
from marketplace.delivery.push.sending import NotNow, Refused, Sender
from marketplace.delivery.push.sftp import Sftp
from marketplace.delivery.push.sftp_channel import program
from marketplace.models import PushTarget

Kind = PushTarget.Kind
SENDERS: Mapping[str, Callable[[Mapping[str, str], Mapping[str, str]], Sender]] = {
    Kind.S3: Bucket,
    Kind.HTTPS: HttpPut,
    Kind.SFTP: Sftp,
}
# Which settings and credentials a kind has; those with a star may be left out.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    Kind.S3: ("endpoint_url", "bucket", "prefix*", "region*", "addressing*"),
    Kind.HTTPS: ("url", "secret_header*"),
    Kind.SFTP: ("host", "port*", "user", "host_key", "folder*"),
}
CREDENTIALS: Mapping[str, tuple[str, ...]] = {
    Kind.S3: ("access_key_id", "secret_access_key"),
    Kind.HTTPS: ("secret*",),
    Kind.SFTP: ("private_key",),
}
ADDRESSES = ("endpoint_url", "url")
PROBE = b"Dawan Exchange writes here what was bought. This file may be deleted.\n"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110 §5.6.2
_PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]{0,200}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}")
_RESERVED = {"host", "content-length", "content-type", "repr-digest", "transfer-encoding", "connection"}


@transaction.atomic
def register_target(
    *, name: str, kind: str, place: str, where: Mapping[str, str], credentials: Mapping[str, str], actor: Actor
) -> PushTarget:
    """Register where one's organization wants data pushed to; it is used once a test has succeeded.

    `place` is the jurisdiction in which it lies, by the buyer's word: data go to the place for which they were bought.
    Raises Problem `forbidden`, `push_target_exists`, or `invalid` at the member.
    """
    require(actor, Permission.PUSH_MANAGE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    buyer = Organization.objects.get(pk=actor.organization_id)
    if place != buyer.jurisdiction:
        words = _("Data bought in %(place)s are pushed to a place there; elsewhere they would cross a border.")
        raise field_problem("/place", "target_abroad", words % {"place": buyer.jurisdiction})
    _check("settings", SETTINGS[kind], where)
    _check("credentials", CREDENTIALS[kind], credentials)
    _check_settings(where)
    if kind == Kind.SFTP:
        _check_keys(where["host_key"], credentials["private_key"])
    if ("secret_header" in where) != ("secret" in credentials) and kind == Kind.HTTPS:
        raise field_problem("/credentials/secret", "required", _("A secret goes in a header, and both are given."))
    target = PushTarget(
        organization=buyer,
        name=name,
        kind=kind,
        place=place,
        settings=dict(where),
        registered_by=actor.person_id,
    )
    _seal(target, credentials)
    target.save(force_insert=True)
    details = {"kind": kind, "place": place, "settings": target.settings}
    audit.record("pushtarget.registered", subject=target, actor=actor, details=details)
    return target


def try_target(*, target_id: UUID, actor: Actor) -> PushTarget:
    """Write a small file at the target now, and keep what came of it. Must not run inside a transaction.

    Raises Problem `not_found`, `forbidden` or `illegal_state` for a retired one; that it does not work is no problem.
    """
    target = _own(target_id, actor)
    failure = ""
    try:
        sender_of(target).probe(f"dawan-probe-{target.pk}.txt", PROBE)
    except (FetchFailed, Refused, NotNow) as error:
        failure = str(error)
    with transaction.atomic():
        _own(target_id, actor)
        target.tested_at, target.failure = timezone.now(), failure[:1000]
        target.save(update_fields=["tested_at", "failure"])
        audit.record("pushtarget.tested", subject=target, actor=actor, details={"failure": target.failure})
    return target


@transaction.atomic
def retire_target(*, target_id: UUID, actor: Actor) -> PushTarget:
    """Let nothing be sent there any more; what is under way fails with that reason. Raises as `try_target` does."""
    target = _own(target_id, actor)
    target.retired_at = timezone.now()
    target.save(update_fields=["retired_at"])
    audit.record("pushtarget.retired", subject=target, actor=actor)
    return target


def usable_target(target_id: UUID | None, organization_id: UUID) -> PushTarget:
    """Return an organization's target that has been tested; raises Problem `invalid` at `/target_id`."""
    own = PushTarget.objects.filter(organization=organization_id, retired_at__isnull=True)
    target = own.filter(pk=target_id).first() if target_id else None
    if target is None:
        raise field_problem("/target_id", "unknown", _("Your organization has no such push target."))
    if not target.usable:
        raise field_problem("/target_id", "target_not_tested", _("Test the target first; the last test must succeed."))
    return target


def sender_of(target: PushTarget) -> Sender:
    """Return the way to a target, with its credentials, for the connection alone."""
    key = key_ring().unwrap(WrappedKey(target.key_id, bytes(target.wrapped_key)), owner=target.pk)
    sealed = bytes(target.sealed_secret)
    plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], target.pk.bytes)
    return SENDERS[target.kind](target.settings, json.loads(plain))


def _own(target_id: UUID, actor: Actor) -> PushTarget:
    target = find(PushTarget.objects.visible_to(actor), pk=target_id)
    require(actor, Permission.PUSH_MANAGE, organization_id=target.organization_id)
    if target.retired_at is not None:
        raise Problem("illegal_state", _("This target is retired."), retired_at=target.retired_at.isoformat())
    return target


def _seal(target: PushTarget, credentials: Mapping[str, str]) -> None:
    key, wrapped = key_ring().new_data_key(owner=target.pk)
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(dict(credentials)).encode()
    target.sealed_secret = nonce + AESGCM(key).encrypt(nonce, plain, target.pk.bytes)
    target.wrapped_key, target.key_id = wrapped.wrapped, wrapped.key_id


def _check(where: str, allowed: tuple[str, ...], given: Mapping[str, str]) -> None:
    """Raise Problem `invalid` at a member that is missing, unknown, or no printable ASCII."""
    names = {name.rstrip("*") for name in allowed}
    for name in allowed:
        if not name.endswith("*") and not given.get(name):
            raise field_problem(f"/{where}/{name}", "required", _("This kind of target needs it."))
    for name, value in given.items():
        if name not in names:
            raise field_problem(f"/{where}/{name}", "unknown", _("This kind of target has no such member."))
        if name == "private_key":
            continue  # of several lines, and read as what it is
        if not _PRINTABLE.fullmatch(value) or len(value) > 4000:
            raise field_problem(f"/{where}/{name}", "invalid", _("Printable ASCII characters only, at most 4000."))


def _check_settings(where: Mapping[str, str]) -> None:
    for name in ADDRESSES:
        if name in where:
            _check_address(f"/settings/{name}", where[name])
    if "host" in where:
        _check_host("/settings/host", where["host"])
    shapes = {
        "bucket": _BUCKET,
        "prefix": _PREFIX,
        "secret_header": _TOKEN,
        "region": re.compile(r"[a-z0-9-]{1,40}"),
        "port": _PORT,
        "user": _USER,
        "folder": _PREFIX,
    }
    for name, shape in shapes.items():
        if name in where and not shape.fullmatch(where[name]):
            raise field_problem(f"/settings/{name}", "invalid", _("This is no possible value."))
    if where.get("addressing", "path") not in ("path", "virtual"):
        raise field_problem("/settings/addressing", "invalid_choice", _("Buckets are addressed by path or as virtual."))
    if where.get("secret_header", "").lower() in _RESERVED:
        raise field_problem("/settings/secret_header", "invalid", _("No header that can carry a secret."))


def _check_keys(host_key: str, private_key: str) -> None:
    """Raise Problem `invalid` where a key is none, or none that can be used without a person."""
    if program() is None:
        raise field_problem("/kind", "not_available", _("SFTP needs OpenSSH's client on the exchange's machines."))
    try:
        load_ssh_public_key(host_key.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        words = _("Give the server's public key as in known_hosts: its type, a space, and the key in base64.")
        raise field_problem("/settings/host_key", "invalid", words) from error
    try:
        load_ssh_private_key(private_key.strip().encode() + b"\n", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        words = _("Give a private key in OpenSSH's format, without a passphrase.")
        raise field_problem("/credentials/private_key", "invalid", words) from error


def _check_host(pointer: str, host: str) -> None:
    """Raise Problem `invalid` at a name that is none, or an address inside."""
    if not _HOST.fullmatch(host):
        raise field_problem(pointer, "invalid", _("This is no possible value."))
    try:
        checked_address(f"https://[{host}]" if ":" in host else f"https://{host}")
    except FetchFailed as failure:
        raise field_problem(pointer, failure.code, str(failure)) from failure


def _check_address(pointer: str, address: str) -> None:
    try:
        parts = checked_address(address)
    except FetchFailed as failure:
        raise field_problem(pointer, failure.code, str(failure)) from failure
    # Within networks that the operator allows, a service may do without; on the internet nothing goes unencrypted.
    if parts.scheme != "https" and not _is_allowed_inside(str(parts.hostname)):
        raise field_problem(pointer, "not_encrypted", _("Data are pushed by https only."))
    if parts.query or parts.fragment:
        raise field_problem(pointer, "address_invalid", _("A base address ends with its path."))


def _is_allowed_inside(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in settings.FETCH_ALLOWED_NETWORKS)
