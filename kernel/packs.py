"""Evidence packs: a ZIP of files with the proofs that the audit log gives for them, and the check of one offline.

A pack holds any files, `events.json` (events of the log, each with its path to one signed tree head) and
`manifest.json` with the digests of all others, whose canonical bytes the log's key signs into `manifest.sig`. Nothing
in it can be changed, added or left out unseen; nothing needs a database to be checked.
"""

import base64
import json
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import IO, Any
from uuid import UUID

from kernel.digests import Digests, Json, canonical_json, digest_stream
from kernel.keys import PublicKey, signing_key
from kernel.merkle import inclusion_spans, leaf_hash, prove, verify_inclusion
from kernel.models import AuditEvent, SealedEvent, TreeHead
from kernel.proofs import read_nodes
from kernel.sealing import event_document, seal_events
from kernel.verification import Check, Verification, verify_tree_head

FORMAT = "dawan-evidence-pack/1"
MANIFEST, SIGNATURE, EVENTS = "manifest.json", "manifest.sig", "events.json"
LARGEST_MANIFEST = 16 * 1024 * 1024
CHUNK = 1024 * 1024
# What reading a damaged or foreign ZIP and the JSON in it may raise: a broken archive or stream of it, a method that is
# not known or a password that is asked for (RuntimeError), members that are missing or of another shape.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, LookupError, TypeError)
EPOCH = (1980, 1, 1, 0, 0, 0)  # of ZIP: the manifest tells the time, and the same files make the same bytes


def write_pack(target: IO[bytes], files: Iterable[tuple[str, Iterable[bytes]]], about: Mapping[str, Json]) -> None:
    """Write a pack of these files (name, pieces of their bytes) and sign it; `about` goes into the manifest."""
    listed: list[Json] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, pieces in files:
            digests = Digests()
            with pack.open(zipfile.ZipInfo(name, EPOCH), "w", force_zip64=True) as file:
                for piece in pieces:
                    digests.update(piece)
                    file.write(piece)
            listed.append({"name": name, "size": digests.size, "sha256": digests.sha256, "sm3": digests.sm3})
        key = signing_key()
        manifest: Json = {"format": FORMAT, **about, "files": listed, "key_id": key.public.key_id}
        body = canonical_json(manifest)
        pack.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), body)
        pack.writestr(zipfile.ZipInfo(SIGNATURE, EPOCH), base64.b64encode(key.sign(body)))


def proven_events(subject_ids: Collection[UUID]) -> bytes:
    """Return the events about these rows, oldest first, each with its proof under one signed tree head.

    Seals the log first, so that what has just happened is in it.
    """
    seal_events()
    head = TreeHead.objects.order_by("-size").first()
    if head is None:
        return canonical_json({"tree_head": None, "events": []})
    about = AuditEvent.objects.filter(subject_id__in=sorted(map(str, subject_ids))).order_by("id")
    leaves = SealedEvent.objects.filter(event__in=about, leaf_index__lt=head.size).select_related("event")
    return canonical_json(
        {
            "tree_head": {"statement": head.statement, "signature": head.signature},
            "events": _with_paths(list(leaves.order_by("leaf_index")), head.size),
        }
    )


def _with_paths(leaves: Sequence[SealedEvent], size: int) -> list[Json]:
    """Return each leaf's event with its path to the root at this size; the tree is read once for all of them."""
    spans = [inclusion_spans(leaf.leaf_index, size) for leaf in leaves]
    hashes = iter(prove([span for path in spans for span in path], read_nodes))
    return [
        {
            "event": event_document(leaf.event),
            "leaf_index": leaf.leaf_index,
            "path": [next(hashes).hex() for _step in path],
        }
        for leaf, path in zip(leaves, spans, strict=True)
    ]


def verify_pack(content: IO[bytes], keys: Mapping[str, PublicKey]) -> Verification:
    """Check a pack against the trusted keys (by key id). Never raises for what the pack holds."""
    try:
        with zipfile.ZipFile(content) as pack:
            return _verify(pack, keys)
    except UNREADABLE as reason:
        return Verification([Check("form", False, f"The file is not an unaltered {FORMAT}: {reason}.")])


def _verify(pack: zipfile.ZipFile, keys: Mapping[str, PublicKey]) -> Verification:
    body = _read(pack, MANIFEST)
    manifest = json.loads(body)
    if manifest["format"] != FORMAT or canonical_json(manifest) != body:
        raise ValueError("its manifest is not in its canonical form")
    key = keys.get(manifest["key_id"])
    if key is None:
        return Verification([Check("key", False, f"No trusted public key has the id {manifest['key_id']}.")], manifest)
    signed = key.verifies(base64.b64decode(_read(pack, SIGNATURE), validate=True), body)
    checks = [
        Check("key", True, f"The signing key {key.key_id} is trusted."),
        Check("signature", signed, f"The manifest {'is' if signed else 'is NOT'} signed by it (Ed25519)."),
        _check_names(pack, manifest),
        *(_check_file(pack, listed) for listed in manifest["files"] if listed["name"] in pack.namelist()),
    ]
    if EVENTS in pack.namelist():
        checks += _check_events(json.loads(_read(pack, EVENTS)), keys)
    return Verification(checks, manifest)


def _check_names(pack: zipfile.ZipFile, manifest: Mapping[str, Any]) -> Check:
    listed = sorted([*(file["name"] for file in manifest["files"]), MANIFEST, SIGNATURE])
    complete = sorted(pack.namelist()) == listed
    words = "are just those" if complete else "are NOT just those"
    return Check("files", complete, f"The {len(listed)} files {words} that the manifest names.")


def _check_file(pack: zipfile.ZipFile, listed: Mapping[str, Any]) -> Check:
    with pack.open(listed["name"]) as file:
        digests = digest_stream(iter(lambda: file.read(CHUNK), b""))
    same = (digests.size, digests.sha256, digests.sm3) == (listed["size"], listed["sha256"], listed["sm3"])
    return Check(listed["name"], same, f"{listed['name']} {'has' if same else 'has NOT'} the digests of the manifest.")


def _check_events(proven: Mapping[str, Any], keys: Mapping[str, PublicKey]) -> list[Check]:
    head = proven["tree_head"]
    if head is None:
        return []
    statement = head["statement"]
    key = keys.get(statement["key_id"])
    signed = key is not None and verify_tree_head(statement, head["signature"], key)
    root = bytes.fromhex(statement["root_sha256"])
    included = sum(
        verify_inclusion(
            leaf=leaf_hash(canonical_json(each["event"])),
            index=each["leaf_index"],
            size=statement["size"],
            path=[bytes.fromhex(step) for step in each["path"]],
            root=root,
        )
        for each in proven["events"]
    )
    total = len(proven["events"])
    return [
        Check("tree_head", signed, f"The tree head of {statement['sealed_at']} {'is' if signed else 'is NOT'} signed."),
        Check("events", included == total, f"{included} of the {total} events are proven to be in the log under it."),
    ]


def _read(pack: zipfile.ZipFile, name: str) -> bytes:
    with pack.open(name) as file:
        data = file.read(LARGEST_MANIFEST + 1)
    if len(data) > LARGEST_MANIFEST:
        raise ValueError(f"{name} is larger than {LARGEST_MANIFEST} bytes")
    return data
