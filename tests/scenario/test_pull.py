"""parallax-plugin-pull against a server that misbehaves."""
import gzip
import http.server
import json
import os
import re
import threading
import time

import pytest
import yaml

from test_plugin import Plugin, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIGURATION = """command: [parallax-plugin-pull, sources.yaml]
records: false
network: true
publish: {types: [orbit, neo_risk, space_weather], audiences: [open], modes: [TEST], records_per_minute: 60000}
"""


def orbit(number, **more):
    row = {"OBJECT_NAME": "N%d" % number, "OBJECT_ID": "2020-001A", "EPOCH": "2026-11-29T12:00:00.000000", "MEAN_MOTION": 15.5, "ECCENTRICITY": 0.0005, "INCLINATION": 51.6,
           "RA_OF_ASC_NODE": 10, "ARG_OF_PERICENTER": 20, "MEAN_ANOMALY": 30, "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U", "NORAD_CAT_ID": number, "ELEMENT_SET_NO": 999,
           "REV_AT_EPOCH": 1, "BSTAR": 0.0001, "MEAN_MOTION_DOT": 0.0001, "MEAN_MOTION_DDOT": 0}
    return dict(row, **more)


class Server:
    """Answers as `answers` says: a function of the path that gets the handler. `asked` has (path, headers, time) of each request."""

    def __init__(self):
        self.asked, self.answers = [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers), time.monotonic()))
                try:
                    outer.answers[self.path.partition("?")[0]](self)
                except OSError:
                    pass  # it hung up: that is what is tested

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, path):
        return len([1 for asked in self.asked if asked[0].partition("?")[0] == path])


def say(handler, status, body=b"", content="application/json", length=None, **headers):
    handler.send_response(status)
    handler.send_header("Content-Type", content)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def server():
    one = Server()
    yield one
    one.server.shutdown()
    one.server.server_close()


def source(server, name, **more):
    return dict({"name": name, "url": server.url + "/" + name, "format": "omm-json", "content": "application/json", "split": "", "interval_s": 1, "late_s": 1000, "timeout_s": 5,
                 "mode": "TEST"}, **more)


def pull(node, *sources):
    plugin = Plugin(node, "pull").program(yaml.safe_dump({"sources": list(sources)}), "sources.yaml")
    return plugin.configure(CONFIGURATION)


def numbers(node):
    """Catalogue number of each orbit record that was published, in order."""
    text = node.cli("query", "orbit", "--mode", "TEST", "--history", "--json").out
    return [int(re.search(r'"NORAD_CAT_ID":"?(\d+)', line, re.I)[1]) for line in text.splitlines()]


def said(plugin, what):
    return [event.line for event in plugin.events("plugin_said") if what in event.line]


def wait_said(plugin, what, count=1):
    until("it says " + what, lambda: said(plugin, what), lambda lines: len(lines) >= count)


def test_only_what_changed_is_published_and_requests_are_conditional(federate, server):
    node = federate("fr-cnes").nodes[0]
    node.start()
    versions = [[orbit(n) for n in range(1, 41)]]

    def answer(handler):
        tag = '"v%d"' % len(versions)
        if handler.headers.get("If-None-Match") == tag:
            handler.send_response(304)
            handler.end_headers()
        else:
            say(handler, 200, json.dumps(versions[-1]).encode(), ETag=tag, Last_Modified="Mon, 30 Nov 2026 00:00:00 GMT")

    server.answers["/orbits"] = answer
    plugin = pull(node, source(server, "orbits"))
    until("40 published", lambda: numbers(node), lambda rows: len(rows) == 40)
    asked = server.count("/orbits")
    until("asked again", lambda: server.count("/orbits"), lambda n: n >= asked + 2)
    headers = server.asked[-1][1]
    assert headers["If-None-Match"] == '"v1"' and headers["If-Modified-Since"] == "Mon, 30 Nov 2026 00:00:00 GMT" and headers["Accept-Encoding"] == "gzip"
    versions.append([orbit(n, BSTAR=0.0002) if n in (3, 7) else orbit(n) for n in range(2, 42)])
    until("three more", lambda: numbers(node), lambda rows: len(rows) == 43)
    assert sorted(numbers(node)[:3] + numbers(node)[-3:]).count(41) == 1 and sorted(numbers(node)) == sorted(list(range(1, 42)) + [3, 7])
    # Back to what it was: published once more, for it is news.
    versions.append(versions[0])
    until("back", lambda: numbers(node), lambda rows: len(rows) == 46)
    assert plugin.wait("told", lambda row: row["published"] == 46)["denied"] == 0
    gaps = [b[2] - a[2] for a, b in zip(server.asked, server.asked[1:])]
    assert min(gaps) >= 0.9, "never sooner than its interval: %r" % gaps


def test_a_bad_record_does_not_hold_up_the_others(federate, server):
    node = federate("fr-cnes").nodes[0]
    node.start()
    server.answers["/orbits"] = lambda handler: say(handler, 200, json.dumps([orbit(n, ECCENTRICITY=1.5) if n in (4, 9) else orbit(n) for n in range(1, 21)]).encode())
    plugin = pull(node, source(server, "orbits", interval_s=100))
    until("18 published", lambda: numbers(node), lambda rows: len(rows) == 18)
    wait_said(plugin, "20 of 20 records are new or changed, 2 of them refused")
    assert sorted(numbers(node)) == [n for n in range(1, 21) if n not in (4, 9)]


def test_a_start_again_asks_no_sooner(federate, server):
    node = federate("fr-cnes").nodes[0]
    node.start()
    server.answers["/orbits"] = lambda handler: say(handler, 200, json.dumps([orbit(1)]).encode())
    plugin = pull(node, source(server, "orbits", interval_s=1000))
    until("published", lambda: numbers(node), lambda rows: rows == [1])
    for turn in range(3):
        plugin.configure(CONFIGURATION + "# %d\n" % turn)
        until("started again", lambda: len(plugin.events("plugin_started")), lambda n, turn=turn: n == turn + 2)
        plugin.wait("runs", lambda row: row["state"] == "running")
    assert server.count("/orbits") == 1 and numbers(node) == [1]


BOMB = gzip.compress(b"[" + b" " * 50000000 + b"]")


def bomb(handler):
    say(handler, 200, BOMB, Content_Encoding="gzip")


def slow(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.2)  # the server's slowness, which is the test


def endless(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b"[" + b" " * 65536)


GOOD = json.dumps([orbit(1)]).encode()
BAD = {
    "slow": (slow, "imeout"),
    "truncated": (lambda h: say(h, 200, GOOD, length=len(GOOD) + 100), "Transferred a partial file"),
    "short": (lambda h: say(h, 200, GOOD, length=len(GOOD) - 10), "not what was expected"),
    "endless": (endless, "more than 1048576 bytes"),
    "declared": (lambda h: say(h, 200, b"", length=1 << 40), "more than 1048576 bytes"),
    "bomb": (bomb, "more than 1048576 bytes"),
    "notgzip": (lambda h: say(h, 200, GOOD, Content_Encoding="gzip"), "Transfer-Encoding"),
    "elsewhere": (lambda h: say(h, 302, Location="http://localhost:1/x"), "only the same host is followed"),
    "port": (lambda h: say(h, 302, Location="http://127.0.0.1:1/x"), "only the same host is followed"),
    "scheme": (lambda h: say(h, 302, Location="file:///etc/passwd"), "only the same host is followed"),
    "loop": (lambda h: say(h, 302, Location="/loop"), "once too often"),
    "error": (lambda h: say(h, 500, GOOD), "HTTP status 500"),
    "unasked": (lambda h: h.send_response(304) or h.end_headers(), "HTTP status 304"),
    "garbage": (lambda h: h.wfile.write(b"\x00\xff\x00\xff garbage\r\n\r\n"), "Unsupported protocol"),
    "html": (lambda h: say(h, 200, b"<html>", content="text/html"), "media type text/html"),
    "nojson": (lambda h: say(h, 200, b"No GP data found"), "not what was expected"),
    "object": (lambda h: say(h, 200, b'{"error":"busy"}'), "not what was expected"),
    "nothing": (lambda h: say(h, 200, b""), "not what was expected"),
}


@pytest.mark.parametrize("names", [sorted(BAD)[:6], sorted(BAD)[6:12], sorted(BAD)[12:]])  # a node logs ten lines a second of a plugin
def test_whatever_a_server_does_is_a_failure_told_and_asked_again_later(federate, server, names):
    node = federate("fr-cnes").nodes[0]
    node.start()
    bad = {name: BAD[name] for name in names}
    for name, (answer, _) in bad.items():
        server.answers["/" + name] = answer
    server.answers["/good"] = lambda handler: say(handler, 200, GOOD)
    sources = [source(server, name, interval_s=500, timeout_s=4, body_max="1MiB") for name in bad]
    plugin = pull(node, *(sources + [source(server, "good", interval_s=500)]))
    until("the good one is published", lambda: numbers(node), lambda rows: rows == [1])
    for name, (_, note) in bad.items():
        lines = said(plugin, "source %s: " % name)
        assert len(lines) == 1 and note in lines[0], (name, note, lines)
        again = int(re.search(r"asked again in (\d+) s", lines[0])[1])
        assert 500 <= again <= 625, lines[0]
        assert server.count("/" + name) == (4 if name == "loop" else 1), name
        assert not os.path.exists(os.path.join(plugin.folder, name + ".body"))
    assert plugin.status()["restarts"] == 0


def test_who_is_refused_or_asked_to_wait_does(federate, server):
    node = federate("fr-cnes").nodes[0]
    node.start()
    server.answers["/denied"] = lambda handler: say(handler, 403)
    server.answers["/busy"] = lambda handler: say(handler, 429, Retry_After="4000")
    server.answers["/down"] = lambda handler: say(handler, 503)
    plugin = pull(node, source(server, "denied", denied_s=7000), source(server, "busy"), source(server, "down", late_s=1))
    wait_said(plugin, "source down: HTTP status 503; failure 3")
    assert "asked again in 7000 s" in said(plugin, "source denied: HTTP status 403")[0]
    assert "asked again in 4000 s" in said(plugin, "source busy: HTTP status 429")[0]
    assert server.count("/denied") == server.count("/busy") == 1
    assert [int(re.search(r"again in (\d+) s", line)[1]) for line in said(plugin, "source down: HTTP")[:3]] == [1, 2, 4] or \
        [int(re.search(r"again in (\d+) s", line)[1]) for line in said(plugin, "source down: HTTP")[:3]] == [1, 2, 5]
    wait_said(plugin, "source down is late: no good answer, asked since")
    server.answers["/down"] = lambda handler: say(handler, 200, GOOD)
    wait_said(plugin, "source down is back")
    until("published", lambda: numbers(node), lambda rows: rows == [1])


def test_the_supplied_table_works_with_every_feed(federate, server, sample):
    """config/sources.yaml with its hosts moved here, and its intervals as they are."""
    node = federate("fr-cnes").nodes[0]
    node.start()
    with open(os.path.join(ROOT, "config", "sources.yaml"), encoding="utf-8") as file:
        text = file.read()
    table = yaml.safe_load(text)
    hosts = set(re.findall(r"https://([^/]+)/", text))
    assert hosts == {"celestrak.org", "ssd-api.jpl.nasa.gov", "services.swpc.noaa.gov", "kauai.ccmc.gsfc.nasa.gov"}
    with open(sample("us-noaa/sentry.json"), "rb") as file:
        sentry = file.read()
    alert = {"product_id": "K05W", "issue_datetime": "2026-09-07 20:01:00.000", "message": "Space Weather Message Code: WARK05\r\nSerial Number: 2262\r\nIssue Time: 2026 Sep 07 2001 UTC\r\n\r\nWARNING: Geomagnetic K-index of 5 expected\r\nValid From: 2026 Sep 07 2000 UTC\r\nValid To: 2026 Sep 08 0600 UTC\r\nWarning Condition: Onset\r\n"}
    scales = {str(day): {"DateStamp": "2026-09-%02d" % (13 + day), "TimeStamp": "08:27:00", "R": {"Scale": "0" if day < 1 else None, "Text": "none" if day < 1 else None, "MinorProb": None if day < 1 else "10", "MajorProb": None if day < 1 else "1"},
                         "S": {"Scale": "0" if day < 1 else None, "Text": "none" if day < 1 else None, "Prob": None if day < 1 else "1"}, "G": {"Scale": "1", "Text": "minor"}} for day in (-1, 0, 1, 2, 3)}
    donki = [{"messageType": "CME", "messageID": "20241002-AL-002", "messageURL": "https://kauai.ccmc.gsfc.nasa.gov/DONKI/view/Alert/1/1", "messageIssueTime": "2024-10-02T03:00Z", "messageBody": "## Message\n## Summary\nSPACE WEATHER"}]
    bodies = {"/NORAD/elements/gp.php": json.dumps([orbit(5)]).encode(), "/sentry.api": sentry, "/products/alerts.json": json.dumps([alert]).encode(),
              "/products/noaa-scales.json": json.dumps(scales).encode(), "/products/noaa-planetary-k-index.json": json.dumps([{"time_tag": "2026-09-13T00:00:00", "Kp": 3.33, "a_running": 18, "station_count": 8}]).encode(),
              "/DONKI/WS/get/notifications": json.dumps(donki).encode()}
    for path, body in bodies.items():
        server.answers[path] = lambda handler, body=body: say(handler, 200, body, content="application/json;charset=UTF-8")
    for one in table["sources"]:
        one["url"] = re.sub(r"https://[^/]+", server.url, one["url"])
        one["mode"] = "TEST"
    plugin = pull(node, *table["sources"])
    for one in table["sources"]:
        wait_said(plugin, "source %s: " % one["name"])
    lines = said(plugin, "source ")
    assert len(lines) == len(table["sources"]) and all("are new or changed, 0 of them refused" in line for line in lines), lines


@pytest.mark.parametrize("change, place, wanted", [
    ({"url": "https://celestrak.org/x", "interval_s": 7199}, "interval_s", "expected at least 7200"), ({"url": "file:///etc/passwd"}, "url", "expected http:// or https://"),
    ({"url": "http://user@127.0.0.1/"}, "url", "without a user"), ({"mode": "LIVE"}, "mode", "expected"), ({"intervall_s": 5}, "intervall_s", "interval_s"), ({"name": "No Word"}, "name", "word"),
    ({"interval_s": 0}, "interval_s", "range")])
def test_a_table_that_is_wrong_is_told_with_its_place(federate, build, tmp_path, change, place, wanted):
    import subprocess
    path = tmp_path / "sources.yaml"
    path.write_text(yaml.safe_dump({"sources": [dict({"name": "a", "url": "http://127.0.0.1/", "format": "tle", "interval_s": 1}, **change)]}))
    done = subprocess.run([os.path.join(build, "bin", "parallax-plugin-pull"), "sources.yaml"], cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30, check=False)
    assert done.returncode == 1 and re.match(r"sources.yaml:\d+:\d+: ", done.stderr.decode()) and place in done.stderr.decode() and wanted in done.stderr.decode(), done.stderr
