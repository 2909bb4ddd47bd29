"""The plugins that come with the node: found by name, confined like any other, each doing what its page says."""
import json
import os

from test_plugin import ORBITS, Plugin


def lines(folder):
    """The records in the files of a journal, in the order of the files' numbers."""
    rows = []
    for name in sorted(os.listdir(folder)):
        assert name.startswith("journal-") and name.endswith(".ndjson"), name
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        assert text.endswith("\n")
        rows += [json.loads(line) for line in text.splitlines()]
    return rows


def test_a_journal_holds_each_record_once_through_a_crash_and_half_a_line(federate, sample):
    node = federate("fr-cnes").nodes[0]
    node.start()
    plugin = Plugin(node, "journal").configure("command: [parallax-plugin-journal, '1']\nfilter: {modes: [TEST]}\n")
    for name in ORBITS:
        node.cli("publish", "--mode", "TEST", sample(name))
    plugin.wait_done()
    before = lines(plugin.folder)
    assert len(before) == len({row["id"] for row in before}) > 150
    assert [row["delivery"]["number"] for row in before] == sorted(row["delivery"]["number"] for row in before)
    # As after a loss of power: the cursor is behind, and the end of the file is half a line.
    plugin.configure("enabled: false\ncommand: [parallax-plugin-journal, '1']\nfilter: {modes: [TEST]}\n")
    plugin.wait("off", lambda row: row["state"] == "off")
    newest = os.path.join(plugin.folder, sorted(os.listdir(plugin.folder))[-1])
    with open(newest, "r+", encoding="utf-8") as file:
        file.truncate(os.path.getsize(newest) - 7)
    node.cli("plugin", "replay", "journal", "--from", "1")
    plugin.configure("command: [parallax-plugin-journal, '1']\nfilter: {modes: [TEST]}\n")
    plugin.wait_done()
    assert lines(plugin.folder) == before
