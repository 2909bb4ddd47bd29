"""
The log formats once more, from RFC 6962, the C2SP texts and docs/evidence.md: what a node of another make would have. It shares no code with node/, and prefers
the recursive definitions of the RFC to anything fast.
"""
import base64
import binascii
import datetime
import hashlib
import re

import nacl.bindings
import nacl.exceptions
import nacl.signing
import yaml


class Refused(Exception):
    """What was read does not hold."""


def expect(condition, message, *values):
    if not condition:
        raise Refused(message % values)


def unbase64(text):
    """Padded and canonical (RFC 4648 section 4, and section 3.5 for the bits that are left over)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("not base64: %r" % text) from error
    expect(base64.b64encode(data).decode() == text, "base64 that is not canonical: %r", text)
    return data


def enbase64(data):
    return base64.b64encode(data).decode()


def number(text):
    expect(re.fullmatch(r"0|[1-9][0-9]{0,18}", text), "not a number: %r", text)
    return int(text)


# --- Tree: RFC 6962 section 2.1 --------------------------------------------------------------------------------------

def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    """MTH of leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def inclusion_proof(index, leaves):
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion_proof(index, leaves[:k]) + [root(leaves[k:])]
    return inclusion_proof(index - k, leaves[k:]) + [root(leaves[:k])]


def consistency_proof(old, leaves, whole=True):
    """SUBPROOF(m, D[n], b)."""
    if old == 0:
        return []
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return consistency_proof(old, leaves[:k], whole) + [root(leaves[k:])]
    return consistency_proof(old - k, leaves[k:], False) + [root(leaves[:k])]


def root_from_inclusion(index, size, leaf, path):
    """The root that the path leads to: the recursion of PATH, walked from its end."""
    if size == 1:
        expect(not path, "an inclusion proof is too long")
        return leaf
    expect(path, "an inclusion proof is too short")
    k = split(size)
    if index < k:
        return node_hash(root_from_inclusion(index, k, leaf, path[:-1]), path[-1])
    return node_hash(path[-1], root_from_inclusion(index - k, size - k, leaf, path[:-1]))


def check_inclusion(index, size, leaf, path, want):
    expect(0 <= index < size, "index %d is outside a tree of %d leaves", index, size)
    expect(root_from_inclusion(index, size, leaf, path) == want, "the leaf is not in the tree")


def roots_from_consistency(old, size, proof, whole, old_root):
    """(old root, new root) that the proof leads to: the recursion of SUBPROOF."""
    if old == size:
        if whole:
            expect(not proof, "a consistency proof is too long")
            return old_root, old_root
        expect(len(proof) == 1, "a consistency proof has the wrong length")
        return proof[0], proof[0]
    expect(proof, "a consistency proof is too short")
    k = split(size)
    if old <= k:
        a, b = roots_from_consistency(old, k, proof[:-1], whole, old_root)
        return a, node_hash(b, proof[-1])
    a, b = roots_from_consistency(old - k, size - k, proof[:-1], False, old_root)
    return node_hash(proof[-1], a), node_hash(proof[-1], b)


def check_consistency(old, old_root, size, new_root, proof):
    expect(0 <= old <= size, "a tree of %d leaves does not come before one of %d", old, size)
    if old == 0:
        expect(not proof, "a proof from nothing must be empty")
    else:
        expect(roots_from_consistency(old, size, proof, True, old_root) == (old_root, new_root), "the trees are not consistent")


# --- Signed notes: C2SP signed-note ----------------------------------------------------------------------------------

SIGN, COSIGN = 0x01, 0x04
DASH = "\u2014 "
SPACE = re.compile(r"[\s\x1c-\x1f\x85\xa0]|\+")


def key_id(name, kind, key):
    return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def vkey(name, kind, key):
    return "%s+%s+%s" % (name, key_id(name, kind, key).hex(), enbase64(bytes([kind]) + key))


def parse_vkey(text):
    name, digits, data = text.split("+", 2)
    data = unbase64(data)
    expect(len(data) == 33 and name and not SPACE.search(name), "not a vkey: %s", text)
    expect(key_id(name, data[0], data[1:]).hex() == digits, "a vkey with another key id")
    return name, data[0], data[1:]


def good(key, message, signature):
    try:
        nacl.signing.VerifyKey(key).verify(message, signature)
        return True
    except (nacl.exceptions.BadSignatureError, nacl.exceptions.ValueError):
        return False


class Note:
    """Text and lines [(name, key id, signature)] of a note."""

    def __init__(self, data, lines_max=64):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("a note is not UTF-8") from error
        expect(not re.search(r"[\x00-\x09\x0b-\x1f]", text), "a note holds a control character")
        body, gap, lines = text.rpartition("\n\n")
        expect(gap and lines.endswith("\n"), "a note has no signature lines")
        self.text = (body + "\n").encode()
        self.lines = [note_line(line) for line in lines[:-1].split("\n")]
        expect(len(self.lines) <= lines_max, "a note has too many lines")

    def signed_by(self, name, key):
        """One good signature or more by this key; a bad one refuses the note."""
        mine = [s for n, i, s in self.lines if (n, i) == (name, key_id(name, SIGN, key))]
        expect(all(good(key, self.text, s) for s in mine), "a signature of %s is bad", name)
        return bool(mine)


def note_line(line):
    match = re.fullmatch(DASH + r"([^ ]+) ([A-Za-z0-9+/=]+)", line)
    expect(match and not SPACE.search(match[1]), "not a signature line: %r", line)
    data = unbase64(match[2])
    expect(len(data) > 4, "a signature line without a signature")
    return match[1], data[:4], data[4:]


def print_line(name, identity, signature):
    return "%s%s %s\n" % (DASH, name, enbase64(identity + signature))


def sign_note(text, *signers):
    """Bytes of the note; signers are (name, nacl SigningKey)."""
    lines = [print_line(n, key_id(n, SIGN, bytes(k.verify_key)), k.sign(text).signature) for n, k in signers]
    return text + b"\n" + "".join(lines).encode()


# --- Checkpoints and cosignatures ------------------------------------------------------------------------------------

def origin_line(federation, node, log):
    return "%s/%s/%s" % (federation, node, log.hex())


def checkpoint_text(origin, size, root_hash):
    return ("%s\n%d\n%s\n" % (origin, size, enbase64(root_hash))).encode()


def parse_checkpoint(text):
    lines = text.decode("utf-8", "replace").split("\n")
    expect(len(lines) == 4 and lines[3] == "", "a checkpoint does not have three lines")
    root_hash = unbase64(lines[2])
    expect(len(root_hash) == 32, "a root is not 32 bytes")
    return lines[0], number(lines[1]), root_hash


def cosign_message(text, time):
    return b"cosignature/v1\ntime %d\n" % time + text


def cosign_line(name, key, text, time):
    signature = time.to_bytes(8, "big") + key.sign(cosign_message(text, time)).signature
    return print_line(name, key_id(name, COSIGN, bytes(key.verify_key)), signature)


# --- Roster ----------------------------------------------------------------------------------------------------------

class StrictLoader(yaml.BaseLoader):  # scalars stay text
    """No anchors, aliases, tags or duplicate keys."""

    def compose_node(self, parent, index):
        event = self.peek_event()
        expect(not isinstance(event, yaml.AliasEvent) and not getattr(event, "anchor", None), "YAML with anchors")
        expect(getattr(event, "tag", None) is None, "YAML with tags")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        expect(len(keys) == len(set(keys)), "YAML with a key twice")
        return super().construct_mapping(node, deep)


def load_yaml(text):
    try:
        return yaml.load(text.decode(), StrictLoader)  # noqa: S506, a BaseLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise Refused("not YAML: %s" % error) from error


def keys_of(mapping, needed, optional=()):
    expect(isinstance(mapping, dict), "not a mapping: %r", mapping)
    expect(set(needed) <= set(mapping) <= set(needed) | set(optional), "keys missing or unknown: %s", sorted(mapping))


def public_key(text):
    key = unbase64(text)
    expect(len(key) == 32, "a key is not 32 bytes")
    return key


def proof_message(member, kind, key):
    return ("parallax-roster-member-v1\n%s\n%s\n%s\n" % (member, kind, enbase64(key))).encode()


class Roster:
    """One version, checked in itself; follows() ties it to the one before."""

    def __init__(self, data):
        self.note = Note(data)
        self.text = self.note.text
        self.hash = sha256(self.text)
        self.seen, self.members = set(), {}
        try:
            self.read(load_yaml(self.text))
        except (TypeError, ValueError, KeyError, AttributeError) as error:  # a list where a word should be, and the like
            raise Refused("a value of the wrong kind: %s" % error) from error

    def read(self, doc):
        keys_of(doc, ("federation", "version", "expires", "previous", "threshold", "stewards", "members"), ("federation_id", "faulty"))
        self.version = number(doc["version"])
        self.previous = doc["previous"]
        self.expires = datetime.datetime.strptime(doc["expires"], "%Y-%m-%dT%H:%M:%SZ")
        if self.version == 1:
            expect("federation_id" not in doc and self.previous == "none", "version 1 names something before it")
            self.federation = self.hash.hex()[:32]
        else:
            self.federation = doc["federation_id"]
            expect(re.fullmatch("[0-9a-f]{32}", self.federation) and re.fullmatch("[0-9a-f]{64}", self.previous), "ids are not hexadecimal")
        self.stewards = {s["name"]: self.point(s["key"]) for s in doc["stewards"] if keys_of(s, ("name", "key")) is None}
        expect(len(self.stewards) == len(doc["stewards"]), "a steward is listed twice")
        n = len(self.stewards)
        faulty = number(doc["faulty"]) if "faulty" in doc else (n - 1) // 3
        self.threshold = number(doc["threshold"])
        expect(2 * self.threshold > n + faulty and self.threshold <= n - faulty, "the threshold can split or cannot move")
        for member in doc["members"]:
            self.add_member(member)
        expect(self.members, "nobody is listed")

    def new(self, key):
        expect(key not in self.seen, "a key is listed twice")
        self.seen.add(key)
        return key

    def point(self, text):
        key = public_key(text)
        expect(nacl.bindings.crypto_core_ed25519_is_valid_point(key), "a key is not a valid point")
        return self.new(key)

    def add_member(self, member):
        keys_of(member, ("name", "country", "agency", "class", "keys", "proof", "status"), ("contact", "endpoint"))
        name = member["name"]
        expect(re.fullmatch("[a-z]{2}-[a-z0-9-]{1,61}", name) and name not in self.members, "a member's name is bad or listed twice: %s", name)
        expect(member["country"].lower() == name[:2] and member["status"] in ("member", "removed"), "a member's value is bad")
        expect(member["class"] in ("government", "commercial", "academic", "international"), "a member's class is bad")
        keys_of(member["keys"], ("log", "witness", "transport", "wrap"))
        keys_of(member["proof"], ("log", "witness"))
        keys = {}
        for kind, texts in member["keys"].items():
            expect(isinstance(texts, list) and 1 <= len(texts) <= 4, "a member lists no or too many keys")
            proven = kind in ("log", "witness")
            keys[kind] = [self.point(t) if proven else self.new(public_key(t)) for t in texts]
        for kind, proofs in member["proof"].items():
            expect(len(proofs) == len(keys[kind]), "proofs and keys differ in number")
            for key, proof in zip(keys[kind], proofs):
                expect(good(key, proof_message(name, kind, key), unbase64(proof)), "a proof of possession does not hold")
        self.members[name] = {"keys": keys, "removed": member["status"] == "removed", "endpoint": member.get("endpoint", "")}

    def steward_name(self, name):
        return "%s/steward/%s" % (self.federation, name)

    def signatures(self, note):
        return sum(note.signed_by(self.steward_name(name), key) for name, key in self.stewards.items())

    def follows(self, old):
        """Raise unless this is valid after ${old} (None: it is the first)."""
        if old is None:
            expect(self.version == 1, "the chain does not begin with version 1")
        else:
            expect(self.version == old.version + 1 and self.federation == old.federation, "a version does not follow")
            expect(self.previous == old.hash.hex(), "a version follows another text")
            expect(old.signatures(self.note) >= old.threshold, "too few stewards of the version before")
        expect(self.signatures(self.note) >= self.threshold, "too few stewards")
        return self

    def steward_pairs(self):
        return {(self.steward_name(n), key_id(self.steward_name(n), SIGN, k)) for n, k in self.stewards.items()}


def check_chain(notes, fingerprint, strict=False):
    """The last roster of a chain; ${strict}: as bundles carry it, no lines but the stewards'."""
    last = None
    for data in notes:
        roster = Roster(data).follows(last)
        if strict:
            known = roster.steward_pairs() | (last.steward_pairs() if last else set())
            pairs = [(n, i) for n, i, _ in roster.note.lines]
            expect(len(pairs) == len(set(pairs)) and set(pairs) <= known, "a roster carries a line of nobody")
        if last is None:
            expect(roster.hash == fingerprint, "another fingerprint")
        last = roster
    expect(last is not None, "there is no roster")
    return last


# --- Protobuf: as much as evidence needs -----------------------------------------------------------------------------

def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def pb_bytes(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data if data else b""


def pb_fields(data):
    """[(field, value)], value an int or bytes; every length and varint in its shortest form."""
    out, at = [], 0

    def take():
        nonlocal at
        value = shift = 0
        start = at
        while True:
            expect(at < len(data) and shift < 64, "a varint is cut")
            value |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 0x80:
                break
        expect(varint(value) == data[start:at], "a varint is longer than it must be")
        return value

    while at < len(data):
        tag = take()
        if tag & 7 == 0:
            out.append((tag >> 3, take()))
        else:
            expect(tag & 7 == 2, "a wire type that is not used here")
            length = take()
            expect(length <= len(data) - at, "a length points outside")
            out.append((tag >> 3, data[at:at + length]))
            at += length
    return out


# --- Proof bundles: C2SP tlog-proof with docs/evidence.md ------------------------------------------------------------

MAGIC = "c2sp.org/tlog-proof@v1"


def make_extra(header, body, rosters, origin):
    return pb_bytes(1, header) + pb_bytes(2, body) + b"".join(pb_bytes(3, r) for r in rosters) + pb_bytes(4, origin.encode())


def make_bundle(header, body, rosters, origin, index, path, head, log_line, cosign_lines=()):
    lines = [MAGIC, "extra " + enbase64(make_extra(header, body, rosters, origin)), "index %d" % index]
    lines += [enbase64(h) for h in path] + ["", ""]
    return ("\n".join(lines) + head.decode() + "\n" + log_line + "".join(cosign_lines)).encode()


def split_bundle(data):
    """(lines above the checkpoint, the checkpoint's three lines, the log's line, the rest as bytes)."""
    top, gap, note = data.partition(b"\n\n")
    head, gap2, lines = note.partition(b"\n\n")
    log_line, newline, rest = lines.partition(b"\n")
    expect(gap and gap2 and newline, "a proof is cut")
    try:
        return top.decode().split("\n"), head + b"\n", log_line.decode(), rest
    except UnicodeDecodeError as error:
        raise Refused("a proof is not UTF-8") from error


def check_cosignature(line, roster, head, taken):
    """(node, time) of a good line, or None."""
    try:
        name, identity, signature = note_line(line.decode())
    except (Refused, UnicodeDecodeError):
        return None
    node = name.split("/")[1] if re.fullmatch(re.escape(roster.federation) + "/[^/]+/witness", name) else None
    if node not in roster.members or node in taken or len(signature) != 72:
        return None
    time = int.from_bytes(signature[:8], "big")
    for key in roster.members[node]["keys"]["witness"]:
        if key_id(name, COSIGN, key) == identity and good(key, cosign_message(head, time), signature[8:]):
            return node, time
    return None


def verify_bundle(data, fingerprint):
    """What the bundle proves, as a dict; raises Refused."""
    top, head, log_line, rest = split_bundle(data)
    expect(top[0] == MAGIC and len(top) >= 3 and top[1].startswith("extra ") and top[2].startswith("index "), "not a proof")
    extra = pb_fields(unbase64(top[1][6:]))
    numbers = [f for f, _ in extra]
    expect(numbers == sorted(numbers) and set(numbers) <= {1, 2, 3, 4} and all(numbers.count(f) < 2 for f in (1, 2, 4)), "extra is not as it must be")
    fields = {f: v for f, v in extra if f != 3}
    expect(all(value for _, value in extra), "extra holds an empty field")
    header, body, origin = fields.get(1, b""), fields.get(2, b""), fields.get(4, b"").decode("utf-8", "replace")
    roster = check_chain([v for f, v in extra if f == 3], fingerprint, strict=True)
    expect(origin in roster.members, "the origin is nobody")
    line, size, root_hash = parse_checkpoint(head)
    log = next((v for f, v in pb_fields(header) if f == 2), b"")
    expect(len(log) == 16 and line == origin_line(roster.federation, origin, log), "the checkpoint is of another log")
    name, identity, signature = note_line(log_line)
    keys = [k for k in roster.members[origin]["keys"]["log"] if key_id(line, SIGN, k) == identity]
    expect(name == line and keys and good(keys[0], head, signature), "the log's signature does not hold")
    index, path = number(top[2][6:]), [unbase64(text) for text in top[3:]]
    expect(all(len(h) == 32 for h in path), "a hash is not 32 bytes")
    check_inclusion(index, size, leaf_hash(header), path, root_hash)
    values = dict(pb_fields(header))
    length = values.get(8, 0)
    held = bool(body) or length == 0
    expect(not held or (len(body) == length and sha256(body) == values.get(9)), "the body is not the header's")
    found, lost = {}, 0
    lines = rest.split(b"\n")
    for each in lines[:-1]:
        one = check_cosignature(each, roster, head, found)
        lost += one is None
        found.update([one] if one else [])
    lost += lines[-1] != b""
    return {"origin": origin, "index": index, "size": size, "body": body if held else None, "roster": roster.version,
            "good": found, "lost": lost}
