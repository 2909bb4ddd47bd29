"""The independent log formats against published vectors, and the log library against them: each reads what the other wrote."""
import os
import random
import subprocess

import nacl.signing
import pytest

import reflog
from reflog import Refused

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PARALLAX_BUILD", os.path.join(ROOT, "build", "release"))
VECTORS = os.path.join(BUILD, "tests", "vectors")

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = ("This is an example message.\n\n\u2014 example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n").encode()
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The files of `vectors make`, by name."""
    assert os.access(VECTORS, os.X_OK), "%s is not built" % VECTORS
    place = tmp_path_factory.mktemp("vectors")
    subprocess.run([VECTORS, "make", place], check=True)
    return {path.name: path.read_bytes() for path in place.iterdir()}


def library(tmp_path, data, fingerprint):
    """(exit code, words) of the library's own verification."""
    path = tmp_path / "proof"
    path.write_bytes(data)
    run = subprocess.run([VECTORS, "check", path, fingerprint.hex()], stdout=subprocess.PIPE, check=False)
    assert run.returncode in (0, 1)
    return run.returncode, run.stdout.decode()


def rosters(made):
    return [made["roster%d.note" % k] for k in (1, 2, 3)]


def fingerprint(made):
    return reflog.Roster(made["roster1.note"]).hash


def key(who, kind):
    return nacl.signing.SigningKey(reflog.sha256(("%s %s" % (who, kind)).encode()))


# --- Published vectors

def test_the_published_note_verifies_and_no_flipped_bit_of_it_does():
    name, kind, public = reflog.parse_vkey(VKEY)
    assert kind == reflog.SIGN and reflog.vkey(name, kind, public) == VKEY
    assert reflog.Note(NOTE).signed_by(name, public)
    for bit in range(len(NOTE) * 8):
        data = bytearray(NOTE)
        data[bit // 8] ^= 1 << bit % 8
        try:
            assert not reflog.Note(bytes(data)).signed_by(name, public)
        except Refused:
            pass


def test_the_classic_eight_leaves_have_the_published_roots():
    leaves = [reflog.leaf_hash(bytes.fromhex(e)) for e in ENTRIES]
    assert reflog.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert reflog.root(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_its_own_proofs_hold_and_changed_ones_do_not():
    leaves = [reflog.leaf_hash(bytes([n])) for n in range(40)]
    for size in range(1, 41):
        root = reflog.root(leaves[:size])
        for index in range(size):
            path = reflog.inclusion_proof(index, leaves[:size])
            reflog.check_inclusion(index, size, leaves[index], path, root)
            with pytest.raises(Refused):
                reflog.check_inclusion(index, size, leaves[index], path + [root], root)
        for old in range(size + 1):
            proof = reflog.consistency_proof(old, leaves[:size])
            reflog.check_consistency(old, reflog.root(leaves[:old]), size, root, proof)
            if 0 < old < size:
                with pytest.raises(Refused):
                    reflog.check_consistency(old, reflog.root(leaves[:old]), size, root, proof[:-1] + [bytes(32)])


# --- What the library wrote

def test_the_librarys_trees_are_the_same(made):
    leaves = [reflog.leaf_hash(n.to_bytes(8, "little")) for n in range(1000)]
    kinds = set()
    for row in made["trees.txt"].decode().splitlines():
        kind, a, b, *hashes = row.split()
        a, b, hashes = int(a), int(b), [bytes.fromhex(h) for h in hashes]
        kinds.add(kind)
        if kind == "root":
            assert hashes == [reflog.root(leaves[:a])]
        elif kind == "inclusion":
            assert hashes == reflog.inclusion_proof(a, leaves[:b])
        else:
            assert hashes == reflog.consistency_proof(a, leaves[:b])
    assert kinds == {"root", "inclusion", "consistency"}


def test_the_librarys_rosters_make_a_chain(made):
    notes = rosters(made)
    last = reflog.check_chain(notes, fingerprint(made), strict=True)
    assert last.version == 3 and last.federation == fingerprint(made).hex()[:32]
    assert last.members["de-dlr"]["removed"] and not last.members["fr-cnes"]["removed"]
    assert len(last.stewards) == 3
    for broken in ([notes[1]], notes[:1] + notes[2:], notes[::-1], notes[:1] + notes):
        with pytest.raises(Refused):
            reflog.check_chain(broken, fingerprint(made))


@pytest.mark.parametrize("name, index, size, held, witnesses",
                         [("one", 0, 1, True, 0), ("many", 613, 1000, True, 3), ("bare", 256, 257, False, 2)])
def test_the_librarys_bundles_prove_what_they_say(made, name, index, size, held, witnesses):
    proven = reflog.verify_bundle(made[name + ".tlog-proof"], fingerprint(made))
    assert (proven["origin"], proven["index"], proven["size"], proven["lost"]) == ("fr-cnes", index, size, 0)
    assert proven["body"] == (b"a body" if held else None)
    assert proven["good"] == {n: 1790000000 + k for k, n in enumerate(("fr-cnes", "de-dlr", "jp-jaxa")[:witnesses])}
    with pytest.raises(Refused):
        reflog.verify_bundle(made[name + ".tlog-proof"], bytes(32))


# --- What it writes itself, before the library

def own_bundle(made, **change):
    """A record of our own making in a log of de-dlr, cosigned by jp-jaxa."""
    roster = reflog.Roster(made["roster3.note"])
    log, body = bytes(range(16)), b"made elsewhere"
    time = reflog.varint(1 << 3) + reflog.varint(60000)
    header = reflog.varint(1 << 3) + reflog.varint(1) + reflog.pb_bytes(2, log) + reflog.pb_bytes(3, b"orbit")
    for field, value in ((4, 1), (5, 1), (6, 1), (7, 1), (8, len(body))):
        header += reflog.varint(field << 3) + reflog.varint(value)
    header += reflog.pb_bytes(9, reflog.sha256(body)) + reflog.pb_bytes(10, bytes(16)) + reflog.pb_bytes(11, time)
    leaves = [reflog.leaf_hash(bytes([n])) for n in range(6)] + [reflog.leaf_hash(header)]
    origin = reflog.origin_line(roster.federation, "de-dlr", log)
    head = reflog.checkpoint_text(origin, 7, reflog.root(leaves))
    signer, witness = key("de-dlr", "log"), key("jp-jaxa", "witness")
    line = reflog.print_line(origin, reflog.key_id(origin, reflog.SIGN, bytes(signer.verify_key)), signer.sign(head).signature)
    parts = {"header": header, "body": body, "rosters": rosters(made), "origin": "de-dlr", "index": 6,
             "path": reflog.inclusion_proof(6, leaves), "head": head, "log_line": line,
             "cosign_lines": [reflog.cosign_line(roster.federation + "/jp-jaxa/witness", witness, head, 1800000000)]}
    parts.update(change)
    return reflog.make_bundle(**parts)


def test_the_library_verifies_a_bundle_that_it_did_not_make(made, tmp_path):
    data = own_bundle(made)
    assert reflog.verify_bundle(data, fingerprint(made))["good"] == {"jp-jaxa": 1800000000}
    assert library(tmp_path, data, fingerprint(made)) == (0, "de-dlr 6 of 7, roster 3, 1 good, 0 lost\n")
    assert library(tmp_path, data, bytes(32))[0] == 1


@pytest.mark.parametrize("change", [{"index": 5}, {"body": b"made elsewhen."}, {"origin": "fr-cnes"}, {"path": []}, {"header": b"\x08\x01"}])
def test_both_refuse_a_bundle_with_a_part_exchanged(made, tmp_path, change):
    data = own_bundle(made, **change)
    with pytest.raises(Refused):
        reflog.verify_bundle(data, fingerprint(made))
    assert library(tmp_path, data, fingerprint(made))[0] == 1


def test_a_roster_signed_elsewhere_is_taken_and_one_signed_by_too_few_is_not(made, tmp_path):
    old = reflog.Roster(made["roster3.note"])
    text = made["roster3.note"].rpartition(b"\n\n")[0] + b"\n"
    text = text.replace(b"version: 3", b"version: 4").replace(old.previous.encode(), old.hash.hex().encode())
    signers = [(old.steward_name(who), key(who, "steward")) for who in ("koeln", "tsukuba")]
    for count, code in ((2, 0), (1, 1)):
        note = reflog.sign_note(text, *signers[:count])
        data = own_bundle(made, rosters=rosters(made) + [note])
        assert library(tmp_path, data, fingerprint(made))[0] == code
        if code == 0:
            assert reflog.verify_bundle(data, fingerprint(made))["roster"] == 4
        else:
            with pytest.raises(Refused):
                reflog.verify_bundle(data, fingerprint(made))


def test_both_say_the_same_of_every_kind_of_damage(made, tmp_path):
    """Bits flipped, bytes cut and put in, at places drawn with a fixed seed: same verdict, same cosignatures left."""
    draw = random.Random(20260101)
    data, first = own_bundle(made), fingerprint(made)
    verdicts = set()
    for case in range(90):
        bad = bytearray(data)
        tail = data.rindex("\u2014".encode()) if case % 3 == 0 else 0  # a third of them in the cosignature
        at = draw.randrange(tail, len(bad))
        kind = draw.choice(("flip", "cut", "put"))
        if kind == "flip":
            bad[at] ^= 1 << draw.randrange(8)
        elif kind == "cut":
            del bad[at]
        else:
            bad.insert(at, draw.choice(b"\n A=+"))
        code, words = library(tmp_path, bytes(bad), first)
        try:
            proven = reflog.verify_bundle(bytes(bad), first)
            assert (code, words.split(", ")[-2:]) == (0, ["%d good" % len(proven["good"]), "%d lost\n" % proven["lost"]]), (kind, at)
        except Refused as refused:
            assert code == 1, (kind, at, str(refused))
        verdicts.add(code)
    assert verdicts == {0, 1}
