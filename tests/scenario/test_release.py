"""Every path by which a peer can ask, and every kind of reader: the second implementation asks a node for what is not for it."""
import json
import os
import time

import nacl.bindings
import nacl.public
import pytest

import refpeer
from test_audience import MARKER, lines, objects, one, secret  # noqa: F401
from test_federation import until

LOG_SEALED = 2


@pytest.fixture
def scene(federate, tmp_path):
    """us-noaa runs, fr-cnes is played by Python, jp-jaxa is away."""
    federation = federate()
    us = federation["us-noaa"]
    us.start()
    folder = tmp_path / "proto"
    folder.mkdir(exist_ok=True)
    peer = refpeer.Peer(federation["fr-cnes"].directory, "fr-cnes", folder)
    # Alone, the node waits for nobody: its first logs are new.
    until(lambda: len(lines(us, "log", "list")) == 3, "its logs are open")
    yield us, peer, federation["fr-cnes"].directory
    peer.close()


def bodies_of(session, seconds):
    """(kind, body) of the frames that come until nothing came for ${seconds}."""
    for frame in session.frames(seconds):
        kind = frame.WhichOneof("body")
        yield kind, getattr(frame, kind)


def heads_of(session, seconds=1):
    """Logs that the node tells of, until it is silent for ${seconds}."""
    found = {}
    for kind, body in bodies_of(session, seconds):
        if kind == "heads":
            for head in body.heads:
                found[head.checkpoint.log] = head
    return found


def prepare(us, role, secret):  # noqa: F811
    """The audience as fr-cnes finds it; the id of its log with records, and of the open one that continues it, if any."""
    words = {"reader": ("ops", "fr-cnes"), "carrier": ("ops", "--carriers", "fr-cnes"), "stranger": ("ops",), "removed": ("ops", "fr-cnes"), "granted": ("ops",)}
    us.cli("audience", "create", *words[role])
    log = us.publish("--audience", "ops", secret)[0][0]
    if role == "removed":
        us.cli("audience", "remove", "ops", "fr-cnes")
    if role == "granted":
        us.cli("audience", "add", "ops", "fr-cnes", "--with-history")
    return bytes.fromhex(log)


HOLDS = {"reader": True, "carrier": True, "stranger": False, "removed": False, "granted": True}


@pytest.mark.parametrize("role", sorted(HOLDS))
def test_no_path_gives_a_log_to_whom_it_is_not_for(scene, secret, role):  # noqa: F811
    us, peer, _ = scene
    log = prepare(us, role, secret)
    session = peer.dial("us-noaa")
    told = heads_of(session)
    closed = role in ("removed", "granted")
    # Heads as they come, heads of closed logs on request.
    assert (log in told) == (HOLDS[role] and not closed) or (closed and HOLDS[role])
    session.send(heads_request=peer.wire.HeadsRequest(node=""))
    asked = heads_of(session)
    assert (log in asked or log in told) == HOLDS[role]
    # OPEN: "no such log" and "not for you" read the same.
    unknown = os.urandom(16)
    session.send(open=peer.wire.Open(log=log))
    session.send(open=peer.wire.Open(log=unknown))
    answers = {"data": [], "refused": []}
    for kind, body in bodies_of(session, 1):
        if kind in answers:
            answers[kind].append(body.log)
    assert unknown in answers["refused"]
    assert (log in answers["refused"]) == (not HOLDS[role]) and (log in answers["data"]) == HOLDS[role]
    # PROOF
    session.send(proof=peer.wire.Proof(log=log, old_size=1, new_size=2))
    assert any(kind == "proof_answer" for kind, _ in bodies_of(session, 1)) == HOLDS[role]
    # What goes on while the session lives: nothing of it is said to whom it is not for.
    other = {bytes.fromhex(row["id"]) for row in lines(us, "log", "list") if "/ops/" in row["series"]}
    us.publish("--audience", "ops", "--again", secret)
    seen = set()
    for kind, body in bodies_of(session, 1):
        if kind in ("data", "cosign", "close"):
            seen.add(body.log)
        if kind == "heads":
            seen.update(head.checkpoint.log for head in body.heads)
    assert HOLDS[role] or not seen & other
    session.close()


def unseal(peer, directory, header, body, descriptor):
    """What a sealed body holds, by PyNaCl alone."""
    box = nacl.public.SealedBox(nacl.public.PrivateKey(refpeer.read_key(directory, "wrap")))
    key = next(box.decrypt(k.sealed) for k in descriptor.keys if k.reader == peer.name)
    place = header.log + header.salt
    record_key = nacl.bindings.crypto_generichash_blake2b_salt_personal(b"parallax-body-v1" + place, 32, key)
    commitment = nacl.bindings.crypto_generichash_blake2b_salt_personal(b"parallax-commit-v1" + place, 32, record_key)
    assert commitment == header.key_commitment
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(body, b"parallax-seal-v1" + place, bytes(24), record_key)


def test_a_second_implementation_reads_a_named_log(scene, secret):  # noqa: F811
    us, peer, directory = scene
    log = prepare(us, "reader", secret)
    session = peer.dial("us-noaa")
    head = heads_of(session)[log]
    peer.check_head(head)
    headers, bodies = peer.read_log(session, head)
    descriptor = peer.record.Descriptor()
    descriptor.ParseFromString(bodies[0])
    assert (descriptor.audience, list(descriptor.readers), list(descriptor.carriers)) == ("ops", ["fr-cnes"], [])
    assert {key.reader for key in descriptor.keys} == {"fr-cnes", "us-noaa"}
    for header, body in zip(headers[1:], bodies[1:]):
        parsed = peer.record.Header()
        parsed.ParseFromString(header)
        assert parsed.sealing == LOG_SEALED and not parsed.HasField("epoch") and not parsed.event
        assert MARKER.encode() not in header + body
        assert MARKER.encode() in unseal(peer, directory, parsed, body, descriptor)


def seal(peer, log, key, body, **changes):
    """A sealed record of a log of the second implementation."""
    header = peer.record.Header()
    header.ParseFromString(log.header(body))
    place = log.id + header.salt
    record_key = nacl.bindings.crypto_generichash_blake2b_salt_personal(b"parallax-body-v1" + place, 32, key)
    commitment = nacl.bindings.crypto_generichash_blake2b_salt_personal(b"parallax-commit-v1" + place, 32, record_key)
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(body, b"parallax-seal-v1" + place, bytes(24), record_key)
    fields = dict(sealing=LOG_SEALED, salt=header.salt, key_commitment=commitment)
    fields.update(changes)
    return log.header(sealed, **fields), sealed


def named(peer, us, key, wrap=True):
    """A named log of the second implementation with us-noaa as its reader."""
    wrap_key = peer.members["us-noaa"]["keys"]["wrap"][0]
    import base64
    public = base64.b64decode(wrap_key)
    log = refpeer.Log(peer)
    log.headers, log.bodies = [], []
    sealed = nacl.public.SealedBox(nacl.public.PublicKey(public)).encrypt(key)
    record = peer.record
    body = record.Descriptor(federation=peer.federation, node=peer.name, audience="inner", readers=["us-noaa"], class_name="data",
                             keys=[record.WrappedKey(reader="us-noaa", wrap_key=public, sealed=sealed if wrap else bytes(80))]).SerializeToString()
    log.add(log.header(body, kind=refpeer.DESCRIPTOR, mode=refpeer.REAL, type="", type_version=0), body)
    return log


def plain_body(us, tmp_path, number):
    log, first, _ = us.publish("--mode", "TEST", one(tmp_path, number))[0]
    return us.cli("export", "%s:%d" % (log, first), "--body").stdout


CASES = (("good", {}, None), ("not_sealed", {}, "HEADER_VALUE"), ("commitment", {"key_commitment": bytes(32)}, "BODY_SEALED"),
         ("damaged", {}, "BODY_SEALED"), ("no_key", {}, "BODY_SEALED"))


@pytest.mark.parametrize("name,changes,why", CASES, ids=[case[0] for case in CASES])
def test_a_node_reads_what_a_second_implementation_seals_and_blames_it_for_what_does_not_open(scene, tmp_path, name, changes, why):
    us, peer, _ = scene
    key = os.urandom(32)
    body = plain_body(us, tmp_path, 777400)
    log = named(peer, us, key, wrap=name != "no_key")
    if name == "not_sealed":
        log.add(log.header(body), body)
    else:
        header, sealed = seal(peer, log, key, body, **changes)
        if name == "damaged":
            import hashlib
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
            parsed = peer.record.Header()
            parsed.ParseFromString(header)
            parsed.body_hash = hashlib.sha256(sealed).digest()
            header = parsed.SerializeToString()
        log.add(header, sealed)
    session = peer.dial("us-noaa")
    assert session.offer(log) == 0
    session.send(data=log.data())
    until(lambda: [row for row in lines(us, "log", "list") if row["id"] == log.id.hex() and row["size"] == 2], "both leaves are kept")
    found = lines(us, "query", "orbit", "--mode", "TEST", "--origin", "fr-cnes")
    if why is None:
        assert len(found) == 1 and found[0]["body"]["NORAD_CAT_ID"] == 777400
        return
    assert found == []
    kept = lines(us, "query", "orbit", "--mode", "TEST", "--origin", "fr-cnes", "--quarantined")
    assert [row["quarantine"] for row in kept] == [why]
    rejects = [row for row in us.json("status")["rejects"] if row["why"] == why and row["peer"] == "fr-cnes"]
    assert rejects and rejects[0]["blame"] == "ORIGIN".lower() or rejects[0]["blame"] == "origin", rejects


def test_a_log_that_is_not_for_this_node_is_not_taken(scene):
    us, peer, _ = scene
    log = refpeer.Log(peer, audience="inner", readers=["jp-jaxa"])
    session = peer.dial("us-noaa")
    assert session.offer(log) == 0
    session.send(data=log.data())
    until(lambda: [row for row in us.json("status")["rejects"] if row["why"] == "NOT_RELEASED"], "it says that this is not for it")
    assert not [row for row in lines(us, "log", "list") if row["id"] == log.id.hex() and row["size"] > 0]


def test_a_reveal_of_another_origin_or_with_a_wrong_key_opens_nothing(scene, secret):  # noqa: F811
    us, peer, _ = scene
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    target, index, _ = us.publish("--embargo", when, secret)[0]
    log = refpeer.Log(peer)
    reveal = peer.record.Reveal(record=peer.record.RecordId(log=bytes.fromhex(target), index=index), key=os.urandom(32)).SerializeToString()
    log.add(log.header(reveal, kind=8, type="", type_version=0), reveal)
    session = peer.dial("us-noaa")
    assert session.offer(log) == 0
    session.send(data=log.data())
    until(lambda: [row for row in us.json("status")["rejects"] if row["why"] == "BODY_SEALED" and row["peer"] == "us-noaa"], "it opens nothing")
    assert objects(us) == []
    shown = us.cli("export", "%s:%d" % (target, index), check=False)
    assert shown.returncode == 1, json.dumps(shown.out)
