"""parallax-plugin-cap-atom: public alerts as CAP files and an Atom feed, as node/plugins/cap-atom/cap-atom.md says; read by us, by lxml, and over HTTP by parallax-plugin-pull."""
import base64
import datetime
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest
from lxml import etree

from direct import Direct, line
from test_plugin import Plugin, until
from test_signed_alert import ALERT as SIGNED, authority, sign, verify  # noqa: F401 (fixtures)

ATOM = "{http://www.w3.org/2005/Atom}"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
BASE = "https://alerts.example/parallax/"
CONFIGURATION = "command: [parallax-plugin-cap-atom]\nbytes: true\nfilter: {types: [public_alert, neo_warning, space_weather], modes: [%s]}\n"


def at(seconds=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return now.strftime("%Y-%m-%dT%H:%M:%S-00:00")


def info(language, headline, expires=None, event="Re-entry"):
    return ("<info><language>%s</language><category>Safety</category><event>%s</event><urgency>Expected</urgency><severity>Minor</severity><certainty>Likely</certainty>"
            "%s<senderName>Watch &amp; floor</senderName><headline>%s</headline><description>Seen by &lt;all&gt; of \"us\".</description></info>" % (
                language, event, "<expires>%s</expires>" % expires if expires else "", headline))


def alert(identifier, sent=None, status="Actual", kind="Alert", scope="Public", references="", infos=None, more=""):
    """One CAP 1.2 file, to the letter."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<!-- around it -->\n<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">\n  <identifier>%s</identifier><sender>watch@cnes.example</sender>'
            '<sent>%s</sent><status>%s</status><msgType>%s</msgType><scope>%s</scope>%s%s%s</alert>\n' % (
                identifier, sent or at(), status, kind, scope, more, "<references>%s</references>" % references if references else "",
                "".join(infos if infos is not None else [info("en-GB", "Debris over %s" % identifier)])))


def ref(identifier, sent):
    return "watch@cnes.example,%s,%s" % (identifier, sent)


class Feed:
    def __init__(self, folder):
        self.folder = str(folder)

    def entries(self):
        """(title, CAP identifier, address of its file) of each, in the order of the feed; everything that RFC 4287 asks for is there."""
        root = etree.parse(os.path.join(self.folder, "feed.atom")).getroot()
        assert root.tag == ATOM + "feed" and len({e.text for e in root.iter(ATOM + "id")}) == len(list(root.iter(ATOM + "id")))
        found, updated = [], []
        for of in [root] + root.findall(ATOM + "entry"):
            for name in ("id", "title", "updated", "author"):
                assert len(of.findall(ATOM + name)) == 1, name
            assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", of.find(ATOM + "id").text)
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", of.find(ATOM + "updated").text)
            assert of.find(ATOM + "author").find(ATOM + "name").text
        for entry in root.findall(ATOM + "entry"):
            [link] = entry.findall(ATOM + "link")
            assert link.get("rel") == "alternate" and link.get("type") == "application/cap+xml" and entry.find(ATOM + "summary").text
            inside = entry.find(ATOM + "content")
            with open(self.file(link.get("href")), "rb") as file:
                alone = etree.fromstring(file.read())
            assert inside is None or etree.tostring(inside[0], method="c14n", exclusive=True) == etree.tostring(alone, method="c14n", exclusive=True)
            found.append((entry.find(ATOM + "title").text, alone.findtext(CAP + "identifier"), link.get("href")))
            updated.append(entry.find(ATOM + "updated").text)
        assert updated == sorted(updated, reverse=True), "newest first"
        return found

    def file(self, href):
        name = href.rpartition("/")[2]
        assert re.fullmatch(r"[0-9a-f]{32}-[0-9]+\.xml", name)
        return os.path.join(self.folder, name)

    def names(self):
        return [identifier for _, identifier, _ in self.entries()]

    def link(self, rel="self"):
        root = etree.parse(os.path.join(self.folder, "feed.atom")).getroot()
        return root.find(ATOM + "link[@rel='%s']" % rel).get("href")

    def all_bytes(self):
        """{name: content} of everything that is served."""
        served = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    served[os.path.relpath(os.path.join(folder, name), self.folder)] = file.read()
        return served


def check(build, *paths):
    done = subprocess.run([os.path.join(build, "bin", "parallax"), "check", *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def start(federate, tmp_path):
    """start(settings, modes) runs a node with the plugin; publish(text, mode, words) publishes one file."""
    def run(settings="", modes="REAL", names=("fr-cnes",)):
        federation = federate(*names)
        node = federation.nodes[0]
        plugin = Plugin(node, "public")
        os.makedirs(plugin.folder)
        with open(os.path.join(plugin.folder, "cap-atom.yaml"), "w", encoding="ascii") as file:
            file.write("base: %s\n%s" % (BASE, settings))
        plugin.configure(CONFIGURATION % modes)
        federation.start()

        def publish(text, mode="REAL", *words, of=node):
            path = tmp_path / ("file%d" % len(os.listdir(tmp_path)))
            path.write_text(text, encoding="utf-8")
            return of.publish("--mode", mode, *words, path)
        return federation, plugin, Feed(os.path.join(plugin.folder, "public")), publish
    return run


def test_alerts_become_whole_files_and_entries_and_updates_cancellations_and_time_take_them_out(start, build, tmp_path):
    federation, plugin, feed, publish = start("languages: fr\ntitle: Alertes & avis\nauthor: CNES\n")
    node = federation.nodes[0]
    sent = at(-60)
    first = alert("A", sent, infos=[info("en-GB", "Debris"), info("fr-FR", "Débris &lt; ici &gt;")])
    publish(first)
    publish(alert("B", at(-50)))
    publish(alert("C", at(-40), infos=[info("en-GB", "Soon over", expires=at(6))]))
    publish(alert("D", at(-30)).replace("-00:00</sent>", "Z</sent>"))  # tolerated, so it is written anew
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "config", "sample", "fr-cnes", "neo-warning.json"), encoding="utf-8") as file:
        publish(file.read())
    plugin.wait_done()
    until("all are there", feed.names, lambda names: {"A", "B", "D"} <= set(names) and len(names) >= 4)
    title, _, href = next(entry for entry in feed.entries() if entry[1] == "A")
    assert title == "Débris < ici >" and href.startswith(BASE) and feed.link() == BASE + "feed.atom"
    with open(feed.file(href), encoding="utf-8") as file:
        assert file.read() == first[first.index("<alert"):].rstrip("\n"), "the very bytes"
    with open(feed.file(next(e[2] for e in feed.entries() if e[1] == "D")), encoding="utf-8") as file:
        assert file.read().startswith("<?xml") and not os.path.exists(os.path.join(feed.folder, "drill"))
    check(build, os.path.join(feed.folder, "feed.atom"), *[feed.file(e[2]) for e in feed.entries()])
    until("C expired, though nothing came", feed.names, lambda names: "C" not in names, timeout=30)
    update = at(-20)
    publish(alert("A2", update, kind="Update", references=ref("A", sent)))
    publish(alert("B2", at(-10), kind="Cancel", references=ref("B", at(-50)), infos=[], more="<note>It burnt</note>"))
    until("what is new took the place of what it refers to", feed.names, lambda names: {"A2", "B2"} <= set(names) and not {"A", "B"} & set(names))
    assert os.path.exists(feed.file(href)), "who has its address still finds it"
    publish(alert("A3", at(-5), kind="Update", references=ref("A2", update)))  # that names only the one before it
    until("a chain", feed.names, lambda names: "A3" in names and "A2" not in names)
    before = feed.all_bytes()
    check(build, os.path.join(feed.folder, "feed.atom"))
    plugin.configure((CONFIGURATION % "REAL").replace("command", "enabled: false\ncommand"))
    plugin.wait("off", lambda row: row["state"] == "off")
    shutil.rmtree(feed.folder)
    shutil.rmtree(os.path.join(plugin.folder, "records"))
    node.cli("plugin", "replay", "public", "--from", "start")
    plugin.configure(CONFIGURATION % "REAL")
    plugin.wait_done()
    again = feed.all_bytes()
    assert again == before, "the same records, the same bytes"


def test_a_signature_in_an_alert_stays_good(start, sign, verify):  # noqa: F811
    _, plugin, feed, publish = start()
    text = SIGNED.replace("<status>Exercise</status>", "<status>Actual</status>").replace("2032-03-01T09:14:00", at(-60)[:19])
    publish(sign(text=text).read_text())
    plugin.wait_done()
    [(_, _, href)] = until("it is there", feed.entries, lambda rows: rows)
    done = verify(feed.file(href))
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_not_for_everybody_is_in_no_feed(start):
    federation, plugin, feed, publish = start(modes="REAL, EXERCISE, TEST", names=("fr-cnes", "us-noaa"))
    node, other = federation.nodes
    publish(alert("open"))
    publish(alert("drill", status="Exercise"), "EXERCISE")
    publish(alert("drill-as-real", status="Exercise"))
    publish(alert("real-as-drill"), "TEST")
    publish(alert("private", scope="Private", more="<addresses>one</addresses>"))
    publish(alert("system", status="System"))
    publish(alert("sealed"), "REAL", "--embargo", datetime.datetime.now(datetime.timezone.utc).replace(year=2099).strftime("%Y-%m-%dT%H:%M:%SZ"))
    node.cli("audience", "create", "friends", "us-noaa")
    publish(alert("friends"), "REAL", "--audience", "friends")
    sent = at(-60)
    publish(alert("theirs", sent), of=other)
    publish(alert("not-theirs", kind="Update", references=ref("theirs", sent)))  # of another origin: it takes nothing away
    until("what is open", feed.names, lambda names: {"open", "theirs", "not-theirs"} <= set(names))
    publish(alert("last"))
    until("the last", feed.names, lambda names: "last" in names)
    plugin.wait_done()
    assert set(feed.names()) == {"open", "theirs", "not-theirs", "last"}
    served = b"".join(feed.all_bytes().values())
    for name in (b"drill", b"real-as-drill", b"private", b"system", b"sealed", b"friends"):
        assert b"<identifier>" + name not in served, name
    said = " ".join(event.line for event in plugin.events("plugin_said"))
    for why in ("it is a drill", "say different things", "scope is not Public", "status is neither", "not for everybody"):
        assert why in said, why
    with open(os.path.join(plugin.folder, "cap-atom.yaml"), "a", encoding="ascii") as file:
        file.write("drills: true\naudiences: open friends\n")
    plugin.configure("# again\n" + CONFIGURATION % "REAL, EXERCISE, TEST")
    node.cli("plugin", "replay", "public", "--from", "start")
    until("its own audience, because it is configured", feed.names, lambda names: "friends" in names)
    drills = Feed(os.path.join(feed.folder, "drill"))
    until("the drill in a feed of its own", drills.names, lambda names: names == ["drill"])
    assert drills.link() == BASE + "drill/feed.atom" and "drill" not in feed.names()
    assert etree.parse(os.path.join(drills.folder, "feed.atom")).findtext(ATOM + "title").startswith("DRILL, not real")




@pytest.fixture
def lines(federate, tmp_path):
    """Lines of forty alerts as a real node gave them, each an update of the one before, or a new one."""
    node = federate("fr-cnes").nodes[0]
    keep = Plugin(node, "keep").program("import sys\nout = open('lines', 'a')\nfor line in sys.stdin:\n    out.write(line)\n    out.flush()\n"
                                        "    print('ack', line.split('\"number\":')[1].split('}')[0], flush=True)\n")
    keep.configure("command: [python3, main.py]\nbytes: true\nfilter: {types: [public_alert]}\n")
    node.start()
    paths, sent = [], None
    for i in range(40):
        path = tmp_path / ("%d.cap" % i)
        before, sent = sent, at(-400 + 10 * i)
        path.write_text(alert("N%d" % i, sent, kind="Update" if i % 3 == 2 else "Alert", references=ref("N%d" % (i - 1), before) if i % 3 == 2 else ""), encoding="utf-8")
        paths.append(path)
    node.publish("--mode", "REAL", *paths)
    keep.wait_done()
    with open(os.path.join(keep.folder, "lines"), encoding="utf-8") as file:
        return [one.rstrip("\n") for one in file]


def settle(folder, settings=""):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "cap-atom.yaml"), "w", encoding="ascii") as file:
        file.write("base: %s\n%s" % (BASE, settings))


def number(one):
    return json.loads(one)["delivery"]["number"]


def test_a_crash_at_any_moment_leaves_a_whole_feed(build, lines, tmp_path):
    program = os.path.join(build, "bin", "parallax-plugin-cap-atom")
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    settle(whole)
    one = Direct(program, whole).give(*lines)
    one.wait_ack(number(lines[-1]))
    assert one.end() == 0
    want = Feed(whole / "public")
    assert len(want.names()) == 27, "13 of 40 have another in their place"
    settle(torn)
    feed, left, turns = Feed(torn / "public"), list(lines), 0
    while left:
        run = Direct(program, torn)
        run.give(*left[:7])
        enough = 1 + turns % 3
        run.wait("some are acknowledged", lambda d: d.acks)
        run.kill()
        turns += 1
        acked = int(run.acks[-1].split()[1])
        held = set(feed.names())  # whole, and all that it links to is there
        assert held and enough
        left = [row for row in left if number(row) > acked]
    end = Direct(program, torn).give(lines[0])  # comes again
    end.wait_ack(number(lines[0]))
    assert end.end() == 0
    assert feed.all_bytes() == want.all_bytes() and turns > 1


def test_an_alert_under_embargo_comes_by_itself_when_that_ends(build, lines, tmp_path):
    program, folder = os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "later"
    settle(folder)
    opens = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    run = Direct(program, folder).give(json.dumps(dict(json.loads(lines[0]), embargo_until=opens)))
    run.wait_ack(number(lines[0]))
    feed = Feed(folder / "public")
    assert feed.names() == [] and list(feed.all_bytes()) == ["feed.atom"]
    until("it opens, though nothing comes", feed.names, lambda names: names == ["N0"], timeout=30)
    assert run.end() == 0


def test_a_feed_never_links_to_what_could_not_be_written(build, lines, tmp_path):
    program, folder = os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "stuck"
    settle(folder)
    in_its_place = folder / "public" / (json.loads(lines[1])["id"].replace(":", "-") + ".xml")
    os.makedirs(in_its_place / "not empty")
    run = Direct(program, folder).give(lines[0])
    run.wait_ack(number(lines[0]))
    run.give(lines[1])
    assert run.wait_end() == 1 and run.acks == ["ack %d" % number(lines[0])], "and does not acknowledge it"
    feed = Feed(folder / "public")
    assert feed.names() == ["N0"]
    shutil.rmtree(in_its_place)
    again = Direct(program, folder).give(lines[1])
    again.wait_ack(number(lines[1]))
    assert again.end() == 0 and feed.names() == ["N1", "N0"]


def test_the_feed_is_bounded_and_the_newest_stay(build, lines, tmp_path):
    settle(tmp_path / "few", "entries: 3\ninline_bytes: 0\n")
    run = Direct(os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "few").give(*reversed(lines))
    run.wait("all are taken", lambda d: d.acks and d.acks[-1] == "ack %d" % number(lines[0]))
    assert run.end() == 0
    feed = Feed(tmp_path / "few" / "public")
    assert feed.names() == ["N39", "N38", "N36"], "whatever the order in which they came"
    assert b"<content" not in feed.all_bytes()["feed.atom"]
    settle(tmp_path / "old", "age_h: 1\n")
    old = [json.dumps(dict(json.loads(one), id="11" * 16 + ":%d" % i)) for i, one in enumerate(lines)]
    run = Direct(os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "old").give(*old)
    run.wait_ack(number(lines[-1]))
    assert run.end() == 0 and len(Feed(tmp_path / "old" / "public").names()) == 27
    assert len(os.listdir(tmp_path / "old" / "records")) == 40


def test_lines_that_are_wrong_are_said_and_hold_nothing_up(build, lines, tmp_path):
    good = json.loads(lines[0])
    bad = [dict(good, id="../../evil:1"), dict(good, bytes={"body": base64.b64encode(b"\xff" * 40).decode()}), {k: v for k, v in good.items() if k != "bytes"},
           dict(good, series="fr-cnes"), dict(good, rights={"onward": "members only"}), dict(good, quarantine="BODY_SHAPE"), dict(good, type="nothing")]
    for i, row in enumerate(bad):
        row["delivery"] = dict(good["delivery"], number=i + 1)
    settle(tmp_path / "bad")
    run = Direct(os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "bad")
    run.give(*[json.dumps(row) for row in bad], line(100), json.dumps(dict(good, delivery=dict(good["delivery"], number=101))))
    run.wait_ack(101)
    assert run.end() == 0
    assert Feed(tmp_path / "bad" / "public").names() == ["N0"] and os.listdir(tmp_path / "bad" / "records") == [good["id"].replace(":", "-") + ".json"]
    for why in ("no record id", "onward rule", "quarantine", "bytes: true", "its audience is none"):
        assert any(why in said for said in run.said), why
    for text, why in (("base: ftp://x/\n", "cap-atom.yaml: base: expected the URL"), ("base: https://x/?a\n", "expected the URL"),
                      ("base: https://x/\nentries: 0\n", "cap-atom.yaml:2:10"), ("title: x\n", "base: must be given")):
        (tmp_path / "bad" / "cap-atom.yaml").write_text(text)
        run = Direct(os.path.join(build, "bin", "parallax-plugin-cap-atom"), tmp_path / "bad")
        assert run.end() == 2 and any(why in said for said in run.said), (text, run.said)


def test_another_node_pulls_the_feed_from_a_web_server(start):
    federation, plugin, feed, publish = start(names=("fr-cnes", "us-noaa"))
    other = federation["us-noaa"]
    for name in ("one", "two"):
        publish(alert(name, at(-30)))
    until("they are there", feed.names, lambda names: len(names) == 2)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory=feed.folder))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pull = Plugin(other, "pull")
    os.makedirs(pull.folder)
    with open(os.path.join(pull.folder, "sources.yaml"), "w", encoding="ascii") as file:
        file.write("sources:\n  - {name: alerts, url: \"http://127.0.0.1:%d/feed.atom\", format: cap-atom, interval_s: 60, mode: REAL}\n" % server.server_address[1])
    pull.configure("command: [parallax-plugin-pull, sources.yaml]\nrecords: false\nnetwork: true\n"
                   "publish: {types: [public_alert], audiences: [open], modes: [REAL]}\n")
    pull.wait("both published", lambda row: row["published"] == 2)
    server.shutdown()
    rows = other.json("query", "public_alert")
    mine = [row for row in rows if row["origin"] == "us-noaa"]
    assert {row["body"]["identifier"] for row in mine} == {"one", "two"}
