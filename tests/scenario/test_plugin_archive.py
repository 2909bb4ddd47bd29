"""parallax-plugin-archive with a real PostgreSQL: each record once, whatever is killed (node/plugins/archive/archive.md)."""
import hashlib
import json
import os
import re
import signal

import pytest

from direct import Direct, line
from postgres import Postgres
from test_plugin import ORBITS, Plugin, ids, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parallax-plugin-archive' AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def server():
    postgres = Postgres()
    try:
        yield postgres.start()
    finally:
        postgres.stop()


@pytest.fixture
def postgres(server):
    server.ask("DROP SCHEMA IF EXISTS parallax CASCADE")
    return server


def settings(folder, where, *more):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "archive.yaml"), "w", encoding="utf-8") as file:
        file.write("\n".join(('database: "%s"' % where,) + more) + "\n")


@pytest.fixture
def run(build, tmp_path, postgres):
    """run() starts the plugin, without a node, on the server."""
    made = []

    def start(*more, where=postgres.where):
        settings(tmp_path, where, *more)
        made.append(Direct(os.path.join(build, "bin", "parallax-plugin-archive"), tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.kill()


class Archive(Plugin):
    CONFIGURATION = "command: [parallax-plugin-archive]\nnetwork: true\nbytes: true\ntimeout_s: 600\nwindow: 16\nfilter: {modes: [TEST]}\n"

    def __init__(self, node, postgres):
        super().__init__(node, "archive")
        self.postgres = postgres
        settings(self.folder, postgres.where)
        self.configure(self.CONFIGURATION)

    def pid(self):
        return int(self.events("plugin_started")[-1].fields["pid"])

    def wait_blocked(self):
        until("its transaction waits", lambda: self.postgres.ask(WAITS), lambda rows: rows == [["1"]])

    def rows(self):
        """{id: (json, header, body)}"""
        rows = self.postgres.ask("SELECT id, encode(header, 'hex'), encode(body, 'hex'), json FROM parallax.record")
        return {row[0]: (json.loads(row[3]), bytes.fromhex(row[1]), bytes.fromhex(row[2])) for row in rows}

    def check(self, published):
        """The archive and the node say the same, to the byte."""
        rows, types = self.rows(), set()
        assert sorted(rows) == sorted(published)
        for record, header, body in rows.values():
            assert hashlib.sha256(body).hexdigest() == record["body_sha256"] and bytes.fromhex(record["body_sha256"]) in header
            types.add(record["type"])
        count = 0
        for name in types:
            answer = self.node.json("query", name, "--mode", "TEST", "--history")
            for asked in answer if isinstance(answer, list) else [answer]:
                kept = dict(rows[asked["id"]][0])
                kept.pop("objects", None)
                asked.pop("delivery")
                asked.pop("complete_up_to")
                assert kept == asked
                count += 1
        assert count == len(rows)
        cursor = self.status()["cursor"]
        assert self.postgres.ask("SELECT node, plugin, incarnation, number FROM parallax.cursor") == [
            ["fr-cnes", "archive", cursor["incarnation"], str(cursor["number"])]]


def test_plugin_and_server_are_killed_in_the_middle_of_a_batch_and_the_archive_equals_the_node(federate, sample, postgres):
    node = federate("fr-cnes").nodes[0]
    archive = Archive(node, postgres)
    node.start()
    published = ids(node.publish("--mode", "TEST", sample("us-noaa/conjunction-1.cdm")))
    archive.wait_done()
    for path, kill in zip(ORBITS, (lambda: os.kill(archive.pid(), signal.SIGKILL), postgres.kill, None)):
        holder = postgres.session("BEGIN; INSERT INTO parallax.cursor VALUES ('fr-cnes', 'archive', '', 0, now()) "
                                  "ON CONFLICT (node, plugin) DO UPDATE SET moved = now();")
        published += ids(node.publish("--mode", "TEST", sample(path)))
        archive.wait_blocked()  # rows are written, their transaction waits for the cursor
        mark = node.events.mark()
        if kill:
            kill()
        holder.communicate(b"ROLLBACK;\n")
        if postgres.process is None:
            node.events.wait("plugin_said", after=mark, plugin="archive")
            postgres.start()
        archive.wait_done()
        archive.check(published)
    first = postgres.ask("SELECT max(changed) FROM parallax.record")
    node.cli("plugin", "replay", "archive", "--from", "start")
    archive.wait("all of it once more", lambda row: row["records"] >= 2 * len(published) and row["lag"] == 0)
    archive.check(published)
    assert postgres.ask("SELECT max(changed) FROM parallax.record") == first, "what is the same is not written again"
    node.stop()
    path = archive.folder + ".cursor"
    with open(path, encoding="ascii") as file:
        text = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(re.sub(r"incarnation .*", "incarnation " + "5" * 32, text))  # the store is another one
    node.start()
    archive.wait("all of it from another store", lambda row: row["records"] >= len(published) and row["lag"] == 0)
    archive.check(published)
    assert postgres.ask("SELECT max(changed) FROM parallax.record") == first


def test_a_database_that_lost_what_it_had_confirmed_is_noticed_and_filled(run, postgres):
    plugin = run()
    for number in (3, 4, 7, 8):
        plugin.give(line(number)).wait_ack(number)
    assert plugin.end() == 0
    postgres.ask("DELETE FROM parallax.record WHERE id LIKE '%:7' OR id LIKE '%:8'; UPDATE parallax.cursor SET number = 4")  # an older copy
    plugin = run().give(line(9))
    assert plugin.wait_end() == 1 and plugin.acks == []
    assert "parallax plugin replay archive --from 5" in plugin.said[-1]
    plugin = run().give(line(7)).wait_ack(7).give(line(8), line(9)).wait_ack(9)
    assert plugin.end() == 0
    assert [row[0][-1] for row in postgres.ask("SELECT id FROM parallax.record ORDER BY id")] == ["3", "4", "7", "8", "9"]
    postgres.ask("DROP SCHEMA parallax CASCADE")
    plugin = run().give(line(10))
    assert plugin.wait_end() == 1 and "--from 1" in plugin.said[-1]
    assert run().give(line(1, "cd" * 16)).wait_ack(1).end() == 0, "another store begins from its start by itself"


def test_what_could_be_read_is_not_replaced_by_what_cannot(run, postgres):
    one = "00" * 16 + ":1"
    whole = {"id": one, "bytes": {"header": "aGVhZA==", "body": "Ym9keQ=="}, "body": {"a": 1.50}}
    plugin = run()

    def kept():
        return postgres.ask("SELECT readable, convert_from(header, 'UTF8'), convert_from(body, 'UTF8'), json FROM parallax.record")

    plugin.give(line(1, id=one, bytes={"header": "aGVhZA=="}, absent="not held here")).wait_ack(1)
    assert kept()[0][:3] == ["f", "head", ""] and '"absent"' in kept()[0][3]
    plugin.give(line(2, **whole)).wait_ack(2)
    full = kept()
    assert full[0][:3] == ["t", "head", "body"] and full[0][3].endswith('"body":{"a":1.5}}') and '"bytes"' not in full[0][3]
    plugin.give(line(3, id=one, bytes={"header": "aGVhZA=="}, absent="RETENTION")).wait_ack(3)
    assert kept() == full
    assert plugin.end() == 0


def test_records_that_databases_stumble_over_are_kept_as_they_are(run, postgres):
    odd = (line(1, body={"name": "a\0b\ufffd", "list": ["x\ty\nz", "\\", "\U0001f6f0"]}),
           line(2, epoch="2016-12-31T23:59:60.5Z", expires="9999-12-31T23:59:59.999999999Z", body={}),
           line(3, objects=['neo:"2023 \\VD3"}', "cospar:{1998,067A"], body={"bytes": {"x": "}"}}),
           line(4, body=0).replace(":0}", ":[1e999999,0.10,-0]}"))
    plugin = run().give(*odd).wait_ack(4)
    rows = postgres.ask("SELECT json FROM parallax.record ORDER BY id")
    assert ['{' + one.split("},", 1)[1] for one in odd] == [row[0] for row in rows], "the text of the record, to the byte"
    assert postgres.ask("SELECT epoch AT TIME ZONE 'UTC' FROM parallax.record WHERE epoch IS NOT NULL") == [["2016-12-31 23:59:59.999999"]]
    assert postgres.ask("SELECT unnest(objects) FROM parallax.record WHERE objects <> '{}'") == [['neo:"2023 \\VD3"}'], ["cospar:{1998,067A"]]
    many = [line(n, body={"x": "y" * 5000}) for n in range(5, 2000)]
    plugin.give(*many).wait_ack(1999)
    assert postgres.ask("SELECT count(*), sum(length(json::text)) > 1995 * 5000 FROM parallax.record") == [["1999", "t"]]
    assert plugin.give("no record").wait_end() == 1 and len(plugin.acks) < 1000, "acknowledged in heaps"


def test_tables_are_versioned_and_upgraded_and_a_newer_archive_is_refused(run, postgres, tmp_path):
    with open(os.path.join(ROOT, "node", "plugins", "archive", "step.tbl"), encoding="utf-8") as file:
        steps = ["".join(re.findall(r'"([^"]*)"', one)) for one in file.read().split("\nSTEP(")[1:]]
    for version in range(1, len(steps)):
        postgres.ask("DROP SCHEMA IF EXISTS parallax CASCADE; CREATE SCHEMA parallax; SET search_path = parallax; "
                     "CREATE TABLE version (version integer NOT NULL); INSERT INTO version VALUES (%d); %s" % (version, ";".join(steps[:version])))
        assert run().give(line(1, body={})).wait_ack(1).end() == 0
        os.remove(tmp_path / "acknowledged")
    assert postgres.ask("SELECT version FROM parallax.version") == [[str(len(steps))]]
    assert postgres.ask("SELECT indexname FROM pg_indexes WHERE schemaname = 'parallax' ORDER BY 1") == [
        ["cursor_pkey"], ["record_by_object"], ["record_by_time"], ["record_pkey"]]
    postgres.ask("UPDATE parallax.version SET version = version + 1")
    plugin = run().give(line(2, body={}))
    assert plugin.wait_end() == 1 and "made by a newer program" in plugin.said[-1] and plugin.acks == []


def test_what_cannot_be_mended_by_waiting_is_told_and_ends_it(run, postgres):
    plugin = run("schema: Space")
    assert plugin.wait_end() == 2 and "archive.yaml:2:9: schema: expected a lower-case word" in plugin.said[-1]
    plugin = run("bach: 7")
    assert plugin.wait_end() == 2 and "archive.yaml:2:1: " in plugin.said[-1] and '"batch"' in plugin.said[-1]
    for sql in ("DROP DATABASE IF EXISTS old", "CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0", "DROP ROLE IF EXISTS reader",
                "CREATE ROLE reader LOGIN"):
        postgres.ask(sql)
    plugin = run(where=postgres.where.replace("dbname=postgres", "dbname=old"))
    assert plugin.wait_end() == 1 and "not in UTF8" in plugin.said[-1]
    plugin = run(where=postgres.where.replace("user=postgres", "user=reader"))
    assert plugin.wait_end() == 1 and "permission denied" in plugin.said[-1]


def test_a_password_stands_in_the_folder(run, postgres, tmp_path):
    for sql in ("DROP SCHEMA IF EXISTS parallax CASCADE", "DROP OWNED BY keeper", "DROP ROLE keeper"):
        if "keeper" not in sql or postgres.ask("SELECT 1 FROM pg_roles WHERE rolname = 'keeper'"):
            postgres.ask(sql)
    postgres.ask("CREATE ROLE keeper LOGIN PASSWORD 'a secret'")
    postgres.ask("GRANT CREATE ON DATABASE postgres TO keeper")
    path = os.path.join(postgres.data, "pg_hba.conf")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write("host all keeper 127.0.0.1/32 scram-sha-256\n" + text)
    postgres.ask("SELECT pg_reload_conf()")
    where = postgres.where.replace("user=postgres", "user=keeper")
    plugin = run(where=where).give(line(1, body={})).wait_said("no password supplied")
    with open(os.open(tmp_path / ".pgpass", os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write("*:*:*:keeper:a secret\n")
    assert plugin.wait_ack(1).end() == 0, "it tries again by itself"


def test_it_waits_for_a_server_that_is_not_there_yet(run, postgres):
    postgres.kill()
    plugin = run().give(line(1, body={})).wait_said("cannot be reached")
    plugin.wait("tries again", lambda d: len(d.said) >= 3)
    assert plugin.acks == []
    postgres.start()
    assert plugin.wait_ack(1).end() == 0
    assert postgres.ask("SELECT count(*) FROM parallax.record") == [["1"]]
