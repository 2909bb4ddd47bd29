"""parallax-plugin-notify with real SMTP and HTTP servers that fail: who is told, when, and that nobody is forgotten (node/plugins/notify/notify.md)."""
import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import queue
import ssl
import subprocess
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from direct import Direct, line
from federation import Failed, free_port
from test_plugin import Plugin

SECRET = "a shared secret"
PASSWORD = "p4ss of the mailbox"


class Smtp:
    """A server that answers DATA by ${replies}, then with 250. `cut` closes the connection instead."""

    def __init__(self, directory, **options):
        self.replies, self.got, self.froms, self.users = [], queue.Queue(), [], []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), **options)
        self.controller.start()
        self.url = "smtp://localhost:%d" % self.controller.port

    async def handle_DATA(self, server, session, envelope):
        reply = self.replies.pop(0) if self.replies else "250 taken"
        self.got.put((reply, envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if reply == "cut":
            server.transport.abort()
        return reply

    def log_in(self, server, session, envelope, mechanism, data):
        self.users.append((bytes(data.login), bytes(data.password)))
        return AuthResult(success=bytes(data.password) == PASSWORD.encode())

    def attempt(self):
        try:
            return self.got.get(timeout=30)
        except queue.Empty:
            raise Failed("no mail came") from None

    def mail(self):
        """The next that is taken: (to, message)."""
        while True:
            reply, _, to, content = self.attempt()
            if reply.startswith("250"):
                return to, email.message_from_bytes(content, policy=email.policy.default)

    def stop(self):
        self.controller.stop()


class Hook(http.server.ThreadingHTTPServer):
    """Answers by ${replies}, then with 200: a status, (status, headers), or `cut`, `hang`."""
    daemon_threads = True

    def __init__(self):
        self.replies, self.got, self.go = [], queue.Queue(), threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/alerts" % self.server_port

    def attempt(self):
        try:
            return self.got.get(timeout=30)
        except queue.Empty:
            raise Failed("no request came") from None


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        reply = self.server.replies.pop(0) if self.server.replies else 200
        self.server.got.put((reply, time.monotonic(), dict(self.headers), body))
        if reply == "hang":
            self.server.go.wait(60)
        if isinstance(reply, str):
            return
        status, headers = reply if isinstance(reply, tuple) else (reply, {})
        self.send_response(status)
        for pair in headers.items():
            self.send_header(*pair)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def smtp(tmp_path):
    made = Smtp(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.go.set()
    made.shutdown()
    made.server_close()


def settings(folder, recipients, **top):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "secret"), "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    with open(os.path.join(folder, "notify.yaml"), "w", encoding="utf-8") as file:
        file.write("".join("%s: \"%s\"\n" % pair for pair in {"from": "node@example.org", "tls": "false", "retry_s": 1, **top}.items()))
        file.write("recipients:\n")
        for one in recipients:
            full = {"modes": "TEST", "gap_s": 0, **one}
            file.write("  - {%s}\n" % ", ".join("%s: \"%s\"" % pair for pair in full.items()))


@pytest.fixture
def run(build, tmp_path):
    made = []

    def start(*recipients, **top):
        if recipients:
            settings(tmp_path, recipients, **top)
        made.append(Direct(os.path.join(build, "bin", "parallax-plugin-notify"), tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def alert(number, about=None, mode="TEST", **body):
    full = {"id": "conjunction-pc conjunction %s" % (about or number), "about": "subject-%s" % (about or number), "state": "RAISED", "level": "ATTENTION",
            "rule": "conjunction-pc", "overridden": "NO", "headline": "A and B may collide", "values": "pc 2e-6 above 1e-7", "inputs": "aa:%d bb:%d" % (number, number),
            "origins": "us-noaa=ATTENTION", "since": "2026-05-01T00:00:00Z"}
    return line(number, type="alert", series="fr-cnes/alert", origin="fr-cnes", mode=mode, created=now(), body={**full, **body})


def now(offset_s=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + offset_s))


def receipt(number, mode="TEST", origin="fr-cnes", **body):
    return line(number, type="receipt", origin=origin, mode=mode, body=body)


def number_of(message):
    return [int(value.rsplit(":", 1)[1]) for value in message.get_all("X-Parallax-Record")]


def mail_to(smtp, name="duty", **more):
    return {"name": name, "mail": name + "@example.org", **more}


def test_a_mail_says_in_plain_words_what_there_is_and_nobody_can_write_its_headers(run, smtp):
    plugin = run(mail_to(smtp, modes="REAL TEST EXERCISE"), smtp=smtp.url)
    plugin.give(alert(1, mode="REAL")).wait_ack(1)
    to, message = smtp.mail()
    assert to == ["duty@example.org"] and message["From"] == "Parallax <node@example.org>" and message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "ATTENTION: A and B may collide" and message["Date"].datetime.tzinfo is not None
    assert abs(message["Date"].datetime.timestamp() - time.time()) < 300
    text = message.get_content()
    for part in ("A and B may collide\n", "Level: ATTENTION. It was raised to this level.\n", "Figures: pc 2e-6 above 1e-7\n", "Mode: REAL\n",
                 "Record: %s:1\n" % ("00" * 16)):
        assert part in text
    assert "NOT REAL" not in text
    evil = "Fünf\r\nBcc: all@example.org\r\n\r\n.\r\nQUIT \u202edrowssap =?x?q?y?= 衛星 " + "衝突" * 60
    plugin.give(alert(2, mode="EXERCISE", headline=evil, values="\r\n.\r\nMAIL FROM:<x>", level="A\nB: c")).wait_ack(2)
    _, message = smtp.mail()
    assert message["Bcc"] is None and message["B"] is None and message["Subject"].startswith("[EXERCISE] A B: c: Fünf  Bcc: all@example.org    .  QUIT  drowssap =?x?q?y?= 衛星 衝突")
    assert all(len(row) <= 998 for row in message.as_bytes().splitlines())
    text = message.get_content()
    assert text.startswith("THIS IS NOT REAL: EXERCISE.") and "衝突" in text and "\u202e" not in text and "\n.\n" not in text
    assert plugin.end() == 0 and smtp.got.empty()


def test_every_encoded_word_is_whole_and_short(run, smtp):
    plugin = run(mail_to(smtp), smtp=smtp.url).give(alert(1, headline="x" + "é衛" * 80)).wait_ack(1)
    _, _, _, content = smtp.attempt()
    raw = content.split(b"Subject:")[1].split(b"Message-ID:")[0]
    words = raw.split()
    assert len(words) > 5 and all(len(word) <= 75 and word.startswith(b"=?UTF-8?B?") and word.endswith(b"?=") for word in words)
    assert "".join(base64.b64decode(word[10:-2]).decode("utf-8") for word in words) == "[TEST] ATTENTION: x" + "é衛" * 80
    assert plugin.end() == 0


def test_a_drill_never_reaches_who_is_for_the_real_only(run, smtp):
    plugin = run(mail_to(smtp, "real", modes="REAL"), mail_to(smtp, "drill", modes="REAL EXERCISE"), smtp=smtp.url)
    plugin.give(*(alert(n, mode=mode) for n, mode in enumerate(("EXERCISE", "TEST", "SIMULATED"), 1))).wait_ack(3)
    to, message = smtp.mail()
    assert to == ["drill@example.org"] and message["Subject"].startswith("[EXERCISE] ")
    plugin.give(alert(4, mode="REAL")).wait_ack(4)
    assert {smtp.mail()[0][0], smtp.mail()[0][0]} == {"real@example.org", "drill@example.org"}
    assert plugin.end() == 0 and smtp.got.empty()


def test_what_a_mail_server_refuses_is_tried_again_and_acknowledged_only_then(run, smtp):
    smtp.replies = ["451 later", "cut", "554 no"]
    plugin = run(mail_to(smtp), smtp=smtp.url).give(alert(1))
    ids = set()
    for expected in ("451 later", "cut", "554 no"):
        reply, _, _, content = smtp.attempt()
        ids.add(email.message_from_bytes(content)["Message-ID"])
        assert reply == expected and plugin.acks == []
    _, message = smtp.mail()
    ids.add(message["Message-ID"])
    plugin.wait_ack(1).wait_said("duty: reached again")
    assert len(ids) == 1, "a mailbox can tell that it is the same"
    assert plugin.end() == 0 and any("duty: " in said and "451" in said for said in plugin.said)


def test_what_cannot_be_delivered_is_said_loudly_when_its_time_is_over(run):
    plugin = run({"name": "duty", "mail": "duty@example.org"}, smtp="smtp://127.0.0.1:%d" % free_port(), ttl_s=3)
    plugin.give(alert(1), line(2, body={})).wait_said("duty: ")
    assert plugin.acks == []
    plugin.wait_ack(2)
    assert any(said.startswith("ALERT NOT DELIVERED to duty") and "A and B may collide" in said for said in plugin.said)
    assert plugin.end() == 0


def signed(headers, body):
    text = b"%s.%s.%s" % (headers["X-Parallax-Timestamp"].encode(), headers["X-Parallax-Delivery"].encode(), body)
    return hmac.compare_digest(headers["X-Parallax-Signature"], "sha256=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest())


def test_a_webhook_that_fails_is_tried_again_with_a_signature_that_holds(run, hook):
    hook.replies = [500, (429, {"Retry-After": "4"}), "cut", "hang", (302, {"Location": "http://127.0.0.1:1/"})]
    plugin = run({"name": "hook", "webhook": hook.url, "secret_file": "secret"}, timeout_s=2).give(alert(1, headline="Größe \"x\""))
    seen = []
    for expected in list(hook.replies) + [200]:
        reply, at, headers, body = hook.attempt()
        seen.append(at)
        assert reply == expected and plugin.acks == [] or reply == 200
        assert signed(headers, body) and not signed({**headers, "X-Parallax-Timestamp": "1"}, body) and not signed(headers, body + b" ")
        assert abs(int(headers["X-Parallax-Timestamp"]) - time.time()) < 60
        assert headers["X-Parallax-Delivery"] == "00" * 16 + ":1" and headers["Content-Type"] == "application/json"
        told = json.loads(body)
        assert told["id"] == headers["X-Parallax-Delivery"] and told["subject"] == "[TEST] ATTENTION: Größe \"x\"" and told["mode"] == "TEST"
    plugin.wait_ack(1)
    assert seen[2] - seen[1] >= 3, "Retry-After is obeyed"
    assert plugin.end() == 0 and SECRET not in "".join(plugin.said)


def test_a_webhook_that_hangs_does_not_hold_up_the_mail(run, smtp, hook):
    hook.replies = ["hang"]
    plugin = run({"name": "hook", "webhook": hook.url, "secret_file": "secret"}, mail_to(smtp), smtp=smtp.url, timeout_s=60).give(alert(1))
    hook.attempt()
    assert number_of(smtp.mail()[1]) == [1]
    plugin.give(alert(2))
    assert number_of(smtp.mail()[1]) == [2] and plugin.acks == []
    plugin.kill()


def hours(first_min, last_min):
    """Quiet hours from ${first_min} to ${last_min} minutes from now, UTC."""
    return "-".join(time.strftime("%H:%M", time.gmtime(time.time() + 60 * minute)) for minute in (first_min, last_min))


def test_quiet_hours_hold_back_what_is_not_grave_and_keep_it_over_a_restart(run, smtp):
    plugin = run(mail_to(smtp, quiet=hours(-60, 60), break_through="WARNING"), smtp=smtp.url)
    plugin.give(alert(1), alert(2, level="MITIGATION", about="x"), alert(3, level="OWN-LEVEL")).wait_ack(3)
    told = number_of(smtp.mail()[1])
    while len(told) < 2:
        told += number_of(smtp.mail()[1])
    assert sorted(told) == [2, 3] and plugin.end() == 0 and smtp.got.empty()
    plugin = run(mail_to(smtp, quiet=hours(60, 120), break_through="WARNING"), smtp=smtp.url)
    assert number_of(smtp.mail()[1]) == [1], "they are over: also without the record"
    plugin.give(alert(4)).wait_ack(4)
    assert number_of(smtp.mail()[1]) == [4] and plugin.end() == 0 and smtp.got.empty()
    plugin = run(mail_to(smtp, quiet=hours(0, 60), utc_offset_min=-120), smtp=smtp.url).give(alert(5)).wait_ack(5)
    assert number_of(smtp.mail()[1]) == [5] and plugin.end() == 0, "it is two hours earlier there"


def test_without_a_receipt_the_next_on_the_list_is_told_also_after_a_restart(run, smtp):
    chain = (mail_to(smtp), mail_to(smtp, "second", after_s=3), mail_to(smtp, "third", after_s=5))
    plugin = run(*chain, smtp=smtp.url).give(alert(1)).wait_ack(1)
    assert smtp.mail()[0] == ["duty@example.org"]
    plugin.kill()
    plugin = run()
    assert [smtp.mail()[0], smtp.mail()[0]] == [["second@example.org"], ["third@example.org"]]
    plugin.give(alert(1), alert(2)).wait_ack(2)  # the first comes again
    assert smtp.mail()[0] == ["duty@example.org"]
    assert plugin.end() == 0 and smtp.got.empty()


@pytest.mark.parametrize("seen", (dict(event="subject-1"), dict(records="zz:9 aa:1"), dict(records=["00" * 16 + ":1"])))
def test_a_receipt_of_this_node_in_the_same_mode_ends_the_escalation(run, smtp, seen):
    plugin = run(mail_to(smtp), mail_to(smtp, "second", after_s=4), smtp=smtp.url).give(alert(1), alert(2)).wait_ack(2)
    told = []
    while len(told) < 2:
        told += number_of(smtp.mail()[1])
    plugin.give(receipt(3, origin="us-noaa", event="subject-2"), receipt(4, mode="EXERCISE", event="subject-2"), receipt(5, records="aa: subject"),
                receipt(6, **seen)).wait_ack(6)
    to, message = smtp.mail()
    assert to == ["second@example.org"] and number_of(message) == [2], "the other is not acknowledged"
    assert [said for said in plugin.said if "acknowledged" in said] == ["1 alerts acknowledged by record %s:6 of fr-cnes" % ("00" * 16)]
    assert plugin.end() == 0 and smtp.got.empty()


def test_a_consultation_that_acknowledges_counts_and_no_other(run, smtp):
    plugin = run(mail_to(smtp), mail_to(smtp, "second", after_s=4), smtp=smtp.url).give(alert(1), alert(2)).wait_ack(2)
    plugin.give(line(3, type="consultation", origin="fr-cnes", body={"act": "ACKNOWLEDGE", "record": "aa:1"}),
                line(4, type="consultation", origin="fr-cnes", body={"act": "PROPOSE", "record": "aa:2"})).wait_ack(4)
    while True:
        to, message = smtp.mail()
        if to == ["second@example.org"]:
            break
    assert number_of(message) == [2] and plugin.end() == 0 and smtp.got.empty()


def test_a_later_word_replaces_the_earlier_and_goes_to_all_who_heard_it(run, smtp):
    plugin = run(mail_to(smtp), mail_to(smtp, "second", after_s=6), mail_to(smtp, "third", after_s=3600), smtp=smtp.url)
    plugin.give(alert(1, about="x")).wait_ack(1)
    assert [smtp.mail()[0], smtp.mail()[0]] == [["duty@example.org"], ["second@example.org"]]
    begun = time.monotonic()
    plugin.give(alert(2, about="x", state="CANCELLED", level="NONE")).wait_ack(2)
    over = [smtp.mail(), smtp.mail()]
    assert time.monotonic() - begun < 5, "who has heard of it does not wait again"
    assert {to[0] for to, _ in over} == {"duty@example.org", "second@example.org"}
    assert all(message["Subject"] == "[TEST] OVER: A and B may collide" and "IT IS OVER" in message.get_content() for _, message in over)
    plugin.give(line(3, body={})).wait_ack(3)
    assert plugin.end() == 0 and smtp.got.empty()


def test_a_burst_is_one_message(run, smtp):
    plugin = run(mail_to(smtp, gap_s=3), smtp=smtp.url).give(alert(1)).wait_ack(1)
    begun = time.monotonic()
    smtp.mail()
    plugin.give(*(alert(n, level="MITIGATION" if n == 17 else "ATTENTION", headline="number %d" % n) for n in range(2, 42))).wait_ack(41)
    _, message = smtp.mail()
    assert message["Subject"] == "[TEST] 40 alerts, the gravest: MITIGATION: number 17" and number_of(message) == list(range(2, 42))
    assert time.monotonic() - begun > 1.5, "not before the pause is over"
    assert message.get_content().count("--- ") == 40
    assert plugin.end() == 0 and smtp.got.empty()


def test_a_drill_and_the_real_are_never_in_one_message(run, smtp):
    plugin = run(mail_to(smtp, gap_s=2, modes="REAL EXERCISE"), smtp=smtp.url).give(alert(1, mode="REAL")).wait_ack(1)
    smtp.mail()
    plugin.give(alert(2, mode="REAL"), alert(3, mode="EXERCISE"), alert(4, mode="REAL"))
    assert sorted((number_of(message), message["Subject"][:10]) for _, message in (smtp.mail(), smtp.mail())) == [([2, 4], "2 alerts, "), ([3], "[EXERCISE]")]
    assert plugin.wait_ack(4).end() == 0


def test_what_is_long_past_wakes_nobody_and_is_said(run, smtp):
    other = {"type": "distress", "series": "us-noaa/open/alert", "body": {"headline": "Splashdown"}}
    plugin = run(mail_to(smtp), smtp=smtp.url, age_s=600).give(line(1, created=now(-900), **other), line(2, created=now(-300), **other)).wait_ack(2)
    _, message = smtp.mail()
    assert number_of(message) == [2] and message["Subject"] == "[TEST] Splashdown" and "Record: " in message.get_content()
    assert plugin.end() == 0 and smtp.got.empty() and [said for said in plugin.said if "older than 600 s" in said and said.endswith(":1")]


def certificates(folder):
    folder = str(folder)
    for words in (("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=CA", "-keyout", "ca.key",
                   "-out", "ca.pem"),
                  ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"),
                  ("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "server.pem")):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    return context


def test_the_password_goes_only_to_the_server_that_proves_its_name(run, tmp_path, smtp):
    context = certificates(tmp_path)
    server = Smtp(tmp_path, tls_context=context, require_starttls=True)
    server.controller.SMTP_kwargs.update(authenticator=server.log_in, auth_required=True)
    try:
        (tmp_path / "password").write_text(PASSWORD + "\n")
        tls = dict(smtp=server.url, tls="true", user="node", password_file="password")
        plugin = run(mail_to(server), ca=str(tmp_path / "ca.pem"), **tls).give(alert(1)).wait_ack(1)
        assert number_of(server.mail()[1]) == [1] and plugin.end() == 0
        assert server.users == [(b"node", PASSWORD.encode())]
        for wrong in (dict(tls, smtp=server.url.replace("localhost", "127.0.0.1"), ca=str(tmp_path / "ca.pem")),  # another name
                      tls,  # an unknown authority
                      dict(tls, smtp=smtp.url, ca=str(tmp_path / "ca.pem"))):  # no STARTTLS
            plugin = run(mail_to(server), **wrong).give(alert(2)).wait_said("duty: ")
            plugin.kill()
            assert plugin.acks == [] and PASSWORD not in "".join(plugin.said)
        (tmp_path / "password").write_text("wrong\n")
        plugin = run(mail_to(server), ca=str(tmp_path / "ca.pem"), **tls).wait_said("duty: ")
        plugin.kill()
        assert len(server.users) >= 2 and server.got.empty() and smtp.got.empty()
    finally:
        server.stop()


def test_settings_that_are_wrong_are_refused_with_their_place(run, tmp_path):
    good = {"name": "a", "mail": "a@example.org"}
    for text, recipient, top in (
            ("expected `mail` or `webhook`", {"name": "a"}, {}), ("mail: expected an address", dict(good, mail="a@b>,c"), {}),
            ("expected https://", {"name": "a", "webhook": "http://example.org/", "secret_file": "secret"}, {}),
            ("expected https://", {"name": "a", "webhook": "http://127.0.0.1:1@example.org/", "secret_file": "secret"}, {}),
            ("cannot be read", {"name": "a", "webhook": "https://example.org/", "secret_file": "none"}, {}),
            ("quiet: expected hours", dict(good, quiet="22-7"), {}), ("expected REAL, EXERCISE", dict(good, modes="REALLY"), {}),
            ("expected one of `levels`", dict(good, break_through="HUGE"), {}), ("does not go in clear", good, {"user": "x", "password_file": "secret"}),
            ("smtp: expected smtp://", good, {"smtp": "http://localhost"}), ("from: expected an address", good, {"from": "x"})):
        plugin = run(recipient, **{"smtp": "smtp://localhost", **top})
        assert plugin.wait_end() == 2 and len(plugin.said) == 1 and text in plugin.said[0] and plugin.said[0].startswith("notify.yaml:"), (text, plugin.said)


def test_a_node_tells_of_the_alert_that_its_rules_raise(federate, sample, smtp):
    node = federate("fr-cnes").nodes[0]
    plugin = Plugin(node, "notify")
    settings(plugin.folder, [mail_to(smtp)], smtp=smtp.url)
    plugin.configure("command: [parallax-plugin-notify]\nnetwork: true\ntimeout_s: 3600\nwindow: 512\nfilter: {types: [alert], modes: [TEST]}\n")
    node.start()
    node.publish("--mode", "TEST", sample("fr-cnes/distress.json"))
    to, message = smtp.mail()
    assert to == ["duty@example.org"] and message["Subject"].startswith("[TEST] ")
    assert "Rule: distress\n" in message.get_content() and "Record: " in message.get_content()
    plugin.wait_done()
