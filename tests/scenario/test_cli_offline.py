"""The words of `parallax` that need no node, and how all of them are called: init, roster, verify, help, exit codes.

The proofs that verify reads here are made by this file from the texts of C2SP and RFC 6962, not by the program's own code.
"""
import base64
import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess

import nacl.signing
import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("PARALLAX_BIN") or os.path.join(os.environ.get("PARALLAX_BUILD", os.path.join(ROOT, "build", "release")), "bin")
DONE, FAILED, USAGE, NO_NODE = 0, 1, 2, 3


def run(*words, stdin=b"", **environment):
    env = {key: value for key, value in os.environ.items() if key not in ("PARALLAX_NODE", "NO_COLOR")}
    env.update(environment)
    done = subprocess.run([os.path.join(BIN, "parallax"), *map(str, words)], input=stdin, capture_output=True, env=env, timeout=60)
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return done


def ok(*words, **options):
    done = run(*words, **options)
    assert done.returncode == DONE, done.err
    return done.out


def refused(code, *words, **options):
    """What is said on standard error; nothing goes to standard output."""
    done = run(*words, **options)
    assert done.returncode == code, (done.returncode, done.out, done.err)
    assert done.err and not done.out
    return done.err


class Place:
    """Nodes that were initialised, and rosters of them, in one directory."""

    def __init__(self, directory, *names):
        self.directory = directory
        for name in names:
            self.init(name)

    def __truediv__(self, name):
        return self.directory / name

    def init(self, name, *options):
        ok("init", self / name, "--name", name, *options)

    def request(self, name):
        return self / name / "join-request.yaml"

    def key(self, name, kind="steward"):
        return self / name / "keys" / (kind + ".key")

    def secret(self, name, kind):
        word, text = self.key(name, kind).read_text().split()
        assert word == "parallax-%s-key-v1" % kind
        return base64.b64decode(text)

    def new(self, roster, *names, options=()):
        ok("roster", "new", "--title", "A drill", *options, *map(self.request, names), "-o", self / roster)
        return self / roster

    def sign(self, roster, *names):
        for name in names:
            ok("roster", "sign", self / roster, "--key", self.key(name), "--as", name)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, "us-noaa", "fr-cnes", "jp-jaxa")


@pytest.fixture
def pair(place):
    """A federation of two of the three, signed by both."""
    place.new("r1", "us-noaa", "fr-cnes")
    place.sign("r1", "us-noaa", "fr-cnes")
    return place


# --- How words are called -------------------------------------------------------------------------------------------


def words():
    return [line.rsplit("  ", 1)[0].strip() for line in run("help").out.splitlines() if line.startswith("  ")]


def test_every_word_has_help_and_the_list_names_those_of_the_contract():
    names = [name.split("  ")[0] for name in words()]
    assert len(names) == len(set(names))
    assert {"init", "publish", "query", "tail", "export", "picture export", "status", "peers", "prove", "verify", "help", "version"} <= set(names)
    assert {"roster " + part for part in ("new", "add", "remove", "sign", "verify", "show", "install")} <= set(names)
    assert {"log " + part for part in ("list", "describe", "head", "get")} <= set(names)
    for name in names:
        assert ok(*name.split(), "--help").startswith("usage: parallax " + name), name


@pytest.mark.parametrize("call, said", [
    (["pubilsh"], "did you mean publish?"),
    (["roster"], "roster sign"),
    (["roster", "sing"], "roster sign"),
    (["status", "--jsno"], "did you mean --json?"),
    (["status", "extra"], "one argument too many"),
    (["status", "--json=yes"], "takes no value"),
    (["status", "--json", "--json"], "given twice"),
    (["status", "--timeout"], "needs a value"),
    (["status", "--timeout", "0"], "from 1 to 86400"),
    (["status", "--timeout", "-5"], "from 1 to 86400"),
    (["status"], "PARALLAX_NODE"),
    (["init", "x"], "--name is missing"),
    (["init", "x", "--name", "France"], "such as fr-cnes"),
    (["init", "x", "--name", "fr-cnes", "--listen", "127.0.0.1"], "tcp://address:port"),
    (["init", "x", "--name", "fr-cnes", "--listen", "tcp://*:7600"], "--endpoint"),
    (["init", "x", "--name", "fr-cnes", "--listen", "tcp://0.0.0.0:7600"], "--endpoint"),
    (["init", "x", "--name", "fr-cnes", "--class", "secret"], "government, commercial, academic or international"),
    (["publish", "--node", "x"], "expected parallax publish FILE"),
    (["publish", "--node", "x", "--mode", "DRILL", "f"], "REAL, EXERCISE, TEST or SIMULATED"),
    (["publish", "--node", "x", "--class", "secret", "f"], "data or alert"),
    (["publish", "--node", "x", "--format", "word", "f"], "no reader has that name"),
    (["publish", "--node", "x", "--key", "k", "f", "g"], "one FILE"),
    (["query", "--node", "x", "orbitt"], "did you mean orbit?"),
    (["query", "--node", "x", "orbit", "--format", "word"], "expected one of"),
    (["query", "--node", "x", "orbit", "--object", "norad:soon"], "names no object"),
    (["query", "--node", "x", "orbit", "--since", "noon"], "2026-11-24T06:00:00Z"),
    (["query", "--node", "x", "orbit", "--since", "2026-02-30"], "2026-11-24T06:00:00Z"),
    (["export", "--node", "x", "nonsense"], "LOG:INDEX"),
    (["export", "--node", "x", "a:1", "--original", "--body"], "at most one"),
    (["log", "get", "--node", "x", "zz"], "hex"),
    (["completion", "tcsh"], "expected bash"),
    (["verify", "proof"], "--roster FILE or --fingerprint HEX"),
    (["verify", "proof", "--fingerprint", "12"], "64 hex digits"),
])
def test_a_wrong_call_is_exit_2_and_says_what_was_expected(tmp_path, call, said):
    done = run(*call)
    assert done.returncode == USAGE and not done.out
    assert said in done.err, done.err


@pytest.mark.parametrize("call", [["status"], ["peers"], ["tail"], ["query", "orbit"], ["picture", "export"], ["log", "list"], ["log", "get", "ab"],
                                  ["prove", "00112233445566778899aabbccddeeff:1"], ["export", "00112233445566778899aabbccddeeff:1"]])
def test_a_node_that_is_not_there_is_exit_3(place, call):
    assert "is not reachable" in refused(NO_NODE, *call, "--node", place / "fr-cnes")
    assert "is not reachable" in refused(NO_NODE, *call, "--node", place / "nowhere")
    assert "is not reachable" in refused(NO_NODE, *call, PARALLAX_NODE=str(place / "fr-cnes"))


def test_the_node_may_be_named_before_the_word(place):
    assert str(place / "fr-cnes") in refused(NO_NODE, "--node", place / "fr-cnes", "status")
    assert "is not reachable" in refused(NO_NODE, "--timeout=5", "--node=" + str(place / "fr-cnes"), "log", "list")


def test_no_colour_goes_to_a_pipe():
    assert "\x1b" not in run("pubilsh").err


def test_a_full_standard_output_is_a_failure():
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.path.join(BIN, "parallax"), "version"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == FAILED and b"standard output" in done.stderr


def test_the_manual_page_and_the_completion_name_every_word(tmp_path):
    page = ok("help", "--man")
    script = tmp_path / "completion"
    script.write_text(ok("completion", "bash"))
    probe = "source %s; COMP_WORDS=(parallax %s); COMP_CWORD=%d; _parallax; echo ${COMPREPLY[@]}"

    def complete(*typed):
        shell = subprocess.run(["bash", "-c", probe % (script, " ".join("'%s'" % word for word in typed), len(typed))], capture_output=True, check=True)
        assert not shell.stderr
        return shell.stdout.decode().split()

    assert page.startswith(".TH PARALLAX 1") and r".SS parallax roster new" in page
    assert complete("pub") == ["publish"]
    assert complete("roster", "si") == ["sign"]
    assert "get" in complete("log", "")
    assert "--audience" in complete("publish", "--a") and "--again" in complete("publish", "--a")
    assert complete("roster", "sign", "--k") == ["--key"]


# --- init -----------------------------------------------------------------------------------------------------------


def test_init_makes_five_different_keys_that_only_their_owner_reads(place):
    node = place / "fr-cnes"
    kinds = ["log", "steward", "transport", "witness", "wrap"]
    assert stat.S_IMODE(os.stat(node).st_mode) == 0o700
    assert sorted(os.listdir(node / "keys")) == [kind + ".key" for kind in kinds]
    assert all(stat.S_IMODE(os.stat(node / "keys" / (kind + ".key")).st_mode) == 0o600 for kind in kinds)
    assert len({place.secret("fr-cnes", kind) for kind in kinds}) == 5


def test_init_writes_the_name_and_address_into_configuration_and_request(tmp_path):
    Place(tmp_path).init("fr-cnes", "--listen", "tcp://0.0.0.0:7700", "--endpoint", "tcp://node.example:7700", "--agency", "L'agence \"é\": #1",
                         "--class", "international", "--contact", "+33 1 23")
    conf = yaml.safe_load((tmp_path / "fr-cnes" / "node.yaml").read_text())
    assert conf["name"] == "fr-cnes" and conf["listen"] == "tcp://0.0.0.0:7700"
    request = yaml.safe_load((tmp_path / "fr-cnes" / "join-request.yaml").read_text())
    [member] = request["members"]
    assert (member["name"], member["country"], member["class"]) == ("fr-cnes", "FR", "international")
    assert (member["endpoint"], member["agency"], member["contact"]) == ("tcp://node.example:7700", "L'agence \"é\": #1", "+33 1 23")
    assert request["stewards"][0]["name"] == "fr-cnes"


def test_the_request_holds_public_halves_with_proof_of_possession(place):
    request = yaml.safe_load(place.request("fr-cnes").read_text())
    [member] = request["members"]
    for kind in ("log", "witness"):
        public = nacl.signing.SigningKey(place.secret("fr-cnes", kind)).verify_key.encode()
        assert member["keys"][kind] == [base64.b64encode(public).decode()]
        text = "parallax-roster-member-v1\nfr-cnes\n%s\n%s\n" % (kind, member["keys"][kind][0])
        nacl.signing.VerifyKey(public).verify(text.encode(), base64.b64decode(member["proof"][kind][0]))
    for kind in ("transport", "wrap"):
        public = nacl.public.PrivateKey(place.secret("fr-cnes", kind)).public_key.encode()
        assert member["keys"][kind] == [base64.b64encode(public).decode()]
    steward = nacl.signing.SigningKey(place.secret("fr-cnes", "steward")).verify_key.encode()
    assert request["stewards"][0]["key"] == base64.b64encode(steward).decode()


def test_init_takes_an_empty_directory_and_refuses_one_that_holds_something(tmp_path):
    (tmp_path / "empty").mkdir(mode=0o755)
    ok("init", tmp_path / "empty", "--name", "fr-cnes")
    assert stat.S_IMODE(os.stat(tmp_path / "empty").st_mode) == 0o700
    before = sorted(os.listdir(tmp_path / "empty"))
    assert "expected a new or an empty directory" in refused(FAILED, "init", tmp_path / "empty", "--name", "fr-cnes")
    assert sorted(os.listdir(tmp_path / "empty")) == before
    (tmp_path / "file").write_text("")
    refused(FAILED, "init", tmp_path / "file", "--name", "fr-cnes")


def test_a_refused_init_leaves_nothing_behind(tmp_path):
    refused(USAGE, "init", tmp_path / "node", "--name", "fr-cnes", "--endpoint", "tcp://host:99999")
    assert not (tmp_path / "node").exists()


# --- roster ---------------------------------------------------------------------------------------------------------


def test_a_new_roster_holds_when_enough_stewards_have_signed_it(place):
    roster = place.new("r1", "us-noaa", "fr-cnes", "jp-jaxa")
    assert "nobody has signed it" in refused(FAILED, "roster", "verify", roster)
    place.sign("r1", "us-noaa")
    assert "signed by 1 stewards" in refused(FAILED, "roster", "verify", roster)
    place.sign("r1", "jp-jaxa")
    answer = json.loads(ok("roster", "verify", roster, "--json"))
    text = roster.read_bytes()[:roster.read_bytes().rindex(b"\n\n") + 1]
    assert answer["valid"] and answer["version"] == 1 and answer["threshold"] == 2 and answer["signatures"] == 2
    assert answer["sha256"] == hashlib.sha256(text).hexdigest() and answer["federation"] == answer["sha256"][:32]


def test_a_steward_signs_once_and_only_under_the_name_of_the_key(place):
    roster = place.new("r1", "us-noaa", "fr-cnes")
    place.sign("r1", "us-noaa")
    assert "has signed this roster already" in refused(FAILED, "roster", "sign", roster, "--key", place.key("us-noaa"), "--as", "us-noaa")
    assert "does not list this key" in refused(FAILED, "roster", "sign", roster, "--key", place.key("jp-jaxa"), "--as", "fr-cnes")
    refused(FAILED, "roster", "sign", roster, "--key", place.key("fr-cnes", "log"), "--as", "fr-cnes")  # another kind of key
    refused(USAGE, "roster", "sign", roster, "--key", place.key("fr-cnes"))


def test_a_key_that_others_can_read_signs_nothing(place):
    roster = place.new("r1", "us-noaa")
    os.chmod(place.key("us-noaa"), 0o644)
    refused(FAILED, "roster", "sign", roster, "--key", place.key("us-noaa"), "--as", "us-noaa")


def test_a_changed_byte_of_the_text_is_found(pair):
    roster = pair / "r1"
    text = roster.read_bytes()
    roster.write_bytes(text.replace(b"agency: 'us-noaa'", b"agency: 'us-noab'"))
    refused(FAILED, "roster", "verify", roster)
    roster.write_bytes(text.replace(b"class: government", b"class: governmint", 1))
    line = text[:text.index(b"class: government")].count(b"\n") + 1
    assert refused(FAILED, "roster", "verify", roster).startswith("%s:%d:" % (roster, line))


@pytest.mark.parametrize("threshold, fits", [(1, False), (2, True), (3, True), (4, False)])
def test_a_threshold_that_could_split_or_never_move_is_refused(place, threshold, fits):
    done = run("roster", "new", "--title", "T", "--threshold", threshold, *map(place.request, ("us-noaa", "fr-cnes", "jp-jaxa")), "-o", place / "r")
    assert done.returncode == (DONE if fits else FAILED) and (place / "r").exists() == fits


def test_roster_new_refuses_what_is_no_join_request_and_the_same_node_twice(place):
    request = place.request("us-noaa")
    assert "listed already" in refused(FAILED, "roster", "new", "--title", "T", request, request, "-o", place / "r")
    two = place.new("two", "us-noaa", "fr-cnes")
    assert "no join request" in refused(FAILED, "roster", "new", "--title", "T", two, "-o", place / "r")
    text = request.read_text()
    request.write_text(text.replace("proof:\n      log:\n        - ", "proof:\n      log:\n        - AAAA"))
    assert refused(FAILED, "roster", "new", "--title", "T", request, "-o", place / "r").startswith(str(request) + ":")
    assert not (place / "r").exists()
    refused(USAGE, "roster", "new", place.request("fr-cnes"), "-o", place / "r")
    refused(USAGE, "roster", "new", "--title", "T", place.request("fr-cnes"))


def test_a_roster_is_never_written_over(pair):
    before = (pair / "r1").read_bytes()
    assert "expected a new file" in refused(FAILED, "roster", "new", "--title", "T", pair.request("jp-jaxa"), "-o", pair / "r1")
    assert (pair / "r1").read_bytes() == before


def test_a_next_version_follows_from_the_one_before(pair):
    ok("roster", "add", pair / "r1", pair.request("jp-jaxa"), "-o", pair / "r2")
    pair.sign("r2", "us-noaa", "fr-cnes")
    assert "--previous" in refused(FAILED, "roster", "verify", pair / "r2")
    answer = json.loads(ok("roster", "verify", pair / "r2", "--previous", pair / "r1", "--json"))
    assert answer["version"] == 2 and answer["threshold"] == 2
    ok("roster", "remove", pair / "r2", "us-noaa", "-o", pair / "r3")
    pair.sign("r3", "fr-cnes", "jp-jaxa")
    ok("roster", "verify", pair / "r3", "--previous", pair / "r2")
    refused(FAILED, "roster", "verify", pair / "r3", "--previous", pair / "r1")
    shown = json.loads(ok("roster", "show", pair / "r3", "--json"))
    assert {m["name"]: m["status"] for m in shown["members"]} == {"us-noaa": "removed", "fr-cnes": "member", "jp-jaxa": "member"}
    assert [s["name"] for s in shown["stewards"]] == ["fr-cnes", "jp-jaxa"]


def test_a_version_without_the_old_stewards_is_refused(pair):
    ok("roster", "add", pair / "r1", pair.request("jp-jaxa"), "-o", pair / "r2")
    pair.sign("r2", "us-noaa", "jp-jaxa")  # enough of the new three, one of the old two
    assert "previous roster" in refused(FAILED, "roster", "verify", pair / "r2", "--previous", pair / "r1")


def test_remove_refuses_who_is_no_member_and_the_last_steward(pair):
    refused(FAILED, "roster", "remove", pair / "r1", "jp-jaxa", "-o", pair / "r2")
    one = pair.new("one", "jp-jaxa")
    pair.sign("one", "jp-jaxa")
    assert "last steward" in refused(FAILED, "roster", "remove", one, "jp-jaxa", "-o", pair / "two")
    assert not (pair / "two").exists()


def test_the_fingerprint_of_another_federation_is_refused(pair):
    answer = json.loads(ok("roster", "verify", pair / "r1", "--json"))
    ok("roster", "verify", pair / "r1", "--fingerprint", answer["sha256"])
    refused(FAILED, "roster", "verify", pair / "r1", "--fingerprint", "00" * 32)
    refused(USAGE, "roster", "verify", pair / "r1", "--fingerprint", "00")


def test_an_expired_roster_says_so(place):
    roster = place.new("r1", "us-noaa", options=("--expires", "2020-01-01"))
    place.sign("r1", "us-noaa")
    done = run("roster", "verify", roster)
    assert done.returncode == DONE and "EXPIRED" in done.err
    assert json.loads(ok("roster", "verify", roster, "--json"))["expired"] is True


def test_control_characters_are_refused_and_what_turns_text_around_is_quoted(pair):
    assert "control character" in refused(USAGE, "init", pair / "x", "--name", "de-x", "--agency", "evil\u009b2J")
    pair.init("de-x", "--agency", "\u202eevil")
    shown = run("roster", "show", pair.request("de-x"))
    assert "\u202e" not in shown.out and "evil" in shown.out


# --- roster install -------------------------------------------------------------------------------------------------


def test_install_keeps_the_chain_by_version(pair):
    node = pair / "fr-cnes"
    ok("roster", "install", pair / "r1", "--node", node)
    ok("roster", "add", pair / "r1", pair.request("jp-jaxa"), "-o", pair / "r2")
    refused(FAILED, "roster", "install", pair / "r2", "--node", node)  # unsigned
    pair.sign("r2", "us-noaa", "fr-cnes")
    ok("roster", "install", pair / "r2", PARALLAX_NODE=str(node))
    assert sorted(os.listdir(node / "roster")) == ["000001.note", "000002.note"]
    for version in (1, 2):
        assert (node / "roster" / ("%06d.note" % version)).read_bytes() == (pair / ("r%d" % version)).read_bytes()
    assert "already" in ok("roster", "install", pair / "r2", "--node", node)


def test_there_is_no_trust_on_first_use(pair):
    ok("roster", "add", pair / "r1", pair.request("jp-jaxa"), "-o", pair / "r2")
    pair.sign("r2", "us-noaa", "fr-cnes")
    assert "expected version 1 first" in refused(FAILED, "roster", "install", pair / "r2", "--node", pair / "jp-jaxa")
    three = pair.new("three", "us-noaa", "fr-cnes", "jp-jaxa")
    pair.sign("three", "us-noaa", "fr-cnes")
    node = pair / "jp-jaxa"  # its own steward has not signed
    assert "--fingerprint" in refused(FAILED, "roster", "install", three, "--node", node)
    assert "another federation" in refused(FAILED, "roster", "install", three, "--node", node, "--fingerprint", "00" * 32)
    assert not (node / "roster").exists()
    ok("roster", "install", three, "--node", node, "--fingerprint", json.loads(ok("roster", "show", three, "--json"))["sha256"])


def test_a_roster_that_does_not_list_the_node_is_refused(pair):
    sha256 = json.loads(ok("roster", "show", pair / "r1", "--json"))["sha256"]
    assert "does not list this node" in refused(FAILED, "roster", "install", pair / "r1", "--node", pair / "jp-jaxa", "--fingerprint", sha256)


def test_another_version_1_is_refused_loudly(pair):
    ok("roster", "install", pair / "r1", "--node", pair / "fr-cnes")
    pair.new("other", "fr-cnes")
    pair.sign("other", "fr-cnes")
    assert "ANOTHER ONE" in refused(FAILED, "roster", "install", pair / "other", "--node", pair / "fr-cnes")


def test_a_damaged_chain_is_found_before_anything_is_added(pair):
    node = pair / "fr-cnes"
    ok("roster", "install", pair / "r1", "--node", node)
    note = node / "roster" / "000001.note"
    note.write_bytes(note.read_bytes().replace(b"'A drill'", b"'A drull'"))
    assert str(note) in refused(FAILED, "roster", "install", pair / "r1", "--node", node)


# --- verify ---------------------------------------------------------------------------------------------------------


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def field(number, value):
    """One protobuf field: numbers as varints, the rest with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value if value else b""


def fields(**values):
    return b"".join(field(int(key[1:]), value) for key, value in values.items())


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.b64encode(data).decode()


def header(log, body, mode, kind, type_name=""):
    utc = fields(f1=61367, f2=25_000_000_000_000)
    return fields(f1=1, f2=log, f3=type_name, f4=1 if type_name else 0, f5=mode, f6=kind, f7=1, f8=len(body), f9=sha256(body), f10=b"s" * 16, f11=utc)


def line(name, kind, key, text, time=None):
    """A C2SP signature line: an Ed25519 signature (0x01), or a timestamped cosignature (0x04)."""
    signing = nacl.signing.SigningKey(key)
    key_id = sha256(name.encode() + b"\n" + bytes([kind]) + signing.verify_key.encode())[:4]
    if time is not None:
        text = "cosignature/v1\ntime %d\n%s" % (time, text)
    stamp = struct.pack(">Q", time) if time is not None else b""
    return "\u2014 %s %s\n" % (name, b64(key_id + stamp + signing.sign(text.encode()).signature))


class Evidence:
    """A log of fr-cnes with its descriptor and one drill record, and a proof of either."""

    def __init__(self, place):
        self.roster = place / "r1"
        self.note = self.roster.read_bytes()
        self.fingerprint = hashlib.sha256(self.note[:self.note.rindex(b"\n\n") + 1]).hexdigest()
        federation, log = self.fingerprint[:32], bytes(range(16))
        self.bodies = [fields(f1=federation, f2="fr-cnes", f3="open", f4="data"), b"not held anywhere"]
        self.headers = [header(log, self.bodies[0], 1, 6), header(log, self.bodies[1], 2, 1, "orbit")]
        self.leaves = [sha256(b"\0" + one) for one in self.headers]
        self.origin = "%s/fr-cnes/%s" % (federation, log.hex())
        text = "%s\n2\n%s\n" % (self.origin, b64(sha256(b"\1" + self.leaves[0] + self.leaves[1])))
        self.checkpoint = text + "\n" + line(self.origin, 1, place.secret("fr-cnes", "log"), text)
        for name, time in (("fr-cnes", 1795500000), ("us-noaa", 1795500007)):
            self.checkpoint += line("%s/%s/witness" % (federation, name), 4, place.secret(name, "witness"), text, time)

    def proof(self, index, body=True):
        extra = fields(f1=self.headers[index], f2=self.bodies[index] if body else b"", f3=self.note, f4="fr-cnes")
        return ("c2sp.org/tlog-proof@v1\nextra %s\nindex %d\n%s\n\n%s" % (b64(extra), index, b64(self.leaves[1 - index]), self.checkpoint)).encode()


@pytest.fixture
def evidence(pair):
    return Evidence(pair)


def write(path, data):
    path.write_bytes(data)
    return path


def test_verify_accepts_a_proof_made_elsewhere_by_roster_and_by_fingerprint(evidence, tmp_path):
    path = write(tmp_path / "p", evidence.proof(0))
    away = shutil.copy(evidence.roster, tmp_path / "away")
    for how in (("--roster", away), ("--fingerprint", evidence.fingerprint), ("--roster", away, "--fingerprint", evidence.fingerprint)):
        text = ok("verify", path, *how)
        assert "It holds." in text and "000102030405060708090a0b0c0d0e0f:0" in text and "fr-cnes/open/data" in text and "2026-11-23" in text
        assert "seen by   us-noaa at 2026-11-24T" in text and "LOST" not in text


def test_verify_marks_a_drill(evidence, tmp_path):
    path = write(tmp_path / "p", evidence.proof(1, body=False))
    done = run("verify", path, "--roster", evidence.roster)
    assert done.returncode == DONE
    assert "[EXERCISE] orbit (no body: not held here)" in done.out and "[EXERCISE]" in done.err
    answer = json.loads(ok("verify", path, "--roster", evidence.roster, "--json"))
    assert answer["valid"] and answer["record"]["mode"] == "EXERCISE" and answer["record"]["id"].endswith(":1")
    assert [one["node"] for one in answer["cosigners"]] == ["fr-cnes", "us-noaa"] and answer["lost"] == []


def test_verify_says_which_cosignature_line_is_lost(evidence, tmp_path):
    proof = evidence.proof(0)
    path = write(tmp_path / "p", proof[:-6] + (b"B" if proof[-6:-5] == b"A" else b"A") + proof[-5:])
    text = ok("verify", path, "--roster", evidence.roster)
    assert "LOST" in text and "/us-noaa/witness" in text and "seen by   us-noaa" not in text
    answer = json.loads(ok("verify", path, "--roster", evidence.roster, "--json"))
    assert answer["lost_count"] == 1 and [one["node"] for one in answer["cosigners"]] == ["fr-cnes"]


def test_a_flipped_byte_anywhere_else_is_exit_1_with_a_reason(evidence, tmp_path):
    proof = evidence.proof(0)
    end = proof.index(b"/witness") - 50  # the cosignature lines are another test's
    for at in range(0, end, 37):
        path = write(tmp_path / "p", proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1:])
        err = refused(FAILED, "verify", path, "--roster", evidence.roster)
        assert err.startswith(str(path)) and "does not hold" in err, at


def test_a_proof_of_another_federation_does_not_hold(evidence, pair, tmp_path):
    path = write(tmp_path / "p", evidence.proof(0))
    other = pair.new("other", "us-noaa", "fr-cnes", options=("--expires", "2030-01-01"))
    refused(FAILED, "verify", path, "--fingerprint", "00" * 32)
    refused(FAILED, "verify", path, "--roster", other)  # unsigned
    pair.sign("other", "us-noaa", "fr-cnes")
    refused(FAILED, "verify", path, "--roster", other)


@pytest.mark.parametrize("content", [b"", b"\0", b"c2sp.org/tlog-proof@v1\n", b"\xff" * 4096, b"c2sp.org/tlog-proof@v1\nextra " + b"A" * 1_000_000],
                         ids=["nothing", "NUL", "one line", "not UTF-8", "a long line"])
def test_what_is_no_proof_is_refused(pair, tmp_path, content):
    refused(FAILED, "verify", write(tmp_path / "p", content), "--roster", pair / "r1")


def test_a_proof_larger_than_any_is_refused_unread(pair, tmp_path):
    with open(tmp_path / "p", "wb") as file:
        file.truncate(1 << 30)
    assert "larger" in refused(FAILED, "verify", tmp_path / "p", "--roster", pair / "r1")
    refused(FAILED, "verify", tmp_path / "nothing", "--roster", pair / "r1")
