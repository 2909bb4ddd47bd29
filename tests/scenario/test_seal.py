"""Sealing of named audiences, computed here with hashlib and PyNaCl and by node/crypt/seal.c: each opens what the other sealed."""
import hashlib
import os
import random
import subprocess

import nacl.bindings
import nacl.exceptions
import nacl.public
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PARALLAX_BUILD", os.path.join(ROOT, "build", "release"))
PROGRAM = os.path.join(BUILD, "tests", "seal_vectors")
NONCE = bytes(24)
dice = random.Random(20)


def ask(*questions):
    """The answers of the library, a list of words each."""
    assert os.access(PROGRAM, os.X_OK), "%s is not built" % PROGRAM
    text = "".join(" ".join([q[0]] + [w.hex() or "-" for w in q[1:]]) + "\n" for q in questions)
    run = subprocess.run([PROGRAM], input=text.encode(), stdout=subprocess.PIPE, check=True)
    answers = [line.split() for line in run.stdout.decode().splitlines()]
    assert len(answers) == len(questions)
    return answers


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def keyed(key, label, log, salt):
    return hashlib.blake2b(label + log + salt, key=key, digest_size=32).digest()


def seal(log_key, log, salt, plain):
    """(record key, commitment, sealed body)"""
    key = keyed(log_key, b"parallax-body-v1", log, salt)
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, b"parallax-seal-v1" + log + salt, NONCE, key)
    return key, keyed(key, b"parallax-commit-v1", log, salt), sealed


def place():
    return dice.randbytes(32), dice.randbytes(16), dice.randbytes(16)


def bodies():
    return [(*place(), dice.randbytes(n)) for n in (0, 1, 15, 16, 17, 63, 64, 65, 300, 4096, 196592)]


def test_both_seal_to_the_same_bytes():
    rows = bodies()
    for row, answer in zip(rows, ask(*[("seal", *row) for row in rows])):
        assert tuple(map(unhex, answer)) == seal(*row)


def test_a_body_that_would_pass_the_limit_once_sealed_is_refused():
    assert ask(("seal", *place(), bytes(196593)))[0][-1] == "BODY_SIZE"


def test_the_library_opens_what_was_sealed_here_with_the_log_key_or_the_revealed_one():
    rows = bodies()
    made = [seal(*row) for row in rows]
    opened = ask(*[("open", *row[:3], *m[1:]) for row, m in zip(rows, made)])
    revealed = ask(*[("reveal", m[0], *row[1:3], *m[1:]) for row, m in zip(rows, made)])
    for row, a, b in zip(rows, opened, revealed):
        assert unhex(a[0]) == unhex(b[0]) == row[3]


def test_no_flipped_bit_of_key_place_commitment_or_body_opens():
    log_key, log, salt = place()
    _, commitment, sealed = seal(log_key, log, salt, b"not for everyone")
    whole = [log_key, log, salt, commitment, sealed]
    questions = []
    for part, data in enumerate(whole):
        for bit in range(len(data) * 8):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            questions.append(("open", *whole[:part], bytes(changed), *whole[part + 1:]))
    assert ask(("open", *whole))[0] == [b"not for everyone".hex()]
    assert {tuple(a) for a in ask(*questions)} == {("BODY_SEALED",)}


@pytest.mark.parametrize("n", [0, 1, 15, 16, 31])
def test_a_sealed_body_that_was_cut_does_not_open(n):
    log_key, log, salt = place()
    _, commitment, sealed = seal(log_key, log, salt, b"0123456789abcdef")
    assert ask(("open", log_key, log, salt, commitment, sealed[:n])) == [["BODY_SEALED"]]


def test_a_second_plaintext_under_another_key_is_refused_although_it_is_well_sealed():
    log_key, log, salt = place()
    _, commitment, _ = seal(log_key, log, salt, b"one")
    other, _, sealed = seal(dice.randbytes(32), log, salt, b"two")
    assert ask(("reveal", other, log, salt, commitment, sealed)) == [["BODY_SEALED"]]


def test_a_revealed_key_opens_no_other_record():
    log_key, log, salt = place()
    key, _, _ = seal(log_key, log, salt, b"one")
    _, commitment, sealed = seal(log_key, log, dice.randbytes(16), b"two")
    assert ask(("reveal", key, log, salt, commitment, sealed)) == [["BODY_SEALED"]]


def test_a_log_key_is_wrapped_for_one_reader_in_either_direction():
    reader, other, log_key = nacl.public.PrivateKey.generate(), nacl.public.PrivateKey.generate(), dice.randbytes(32)
    wrapped = unhex(ask(("wrap", log_key, bytes(reader.public_key)))[0][0])
    assert nacl.public.SealedBox(reader).decrypt(wrapped) == log_key
    with pytest.raises(nacl.exceptions.CryptoError):
        nacl.public.SealedBox(other).decrypt(wrapped)
    mine = nacl.public.SealedBox(reader.public_key).encrypt(log_key)
    assert ask(("unwrap", bytes(reader), mine), ("unwrap", bytes(other), mine), ("unwrap", bytes(reader), mine[:-1])) == [
        [log_key.hex()], ["BODY_SEALED"], ["BODY_SEALED"]]


def test_no_key_is_wrapped_for_a_point_of_small_order():
    for point in (bytes(32), b"\1" + bytes(31), b"\xed" + b"\xff" * 30 + b"\x7f"):
        assert ask(("wrap", bytes(32), point)) == [["refused"]]
