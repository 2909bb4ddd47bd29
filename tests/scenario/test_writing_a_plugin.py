"""docs/writing-a-plugin.md, run as it stands."""
import os
import re
import subprocess

from test_plugin import Plugin, until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def blocks(language):
    with open(os.path.join(ROOT, "docs", "writing-a-plugin.md"), encoding="utf-8") as file:
        return re.findall(r"^```%s\n(.*?)^```$" % language, file.read(), re.S | re.M)


def test_the_page_leads_from_nothing_to_acknowledged_records(federate, sample, build):
    federation = federate("fr-cnes")
    node = federation["fr-cnes"]
    node.start()
    os.symlink(os.path.dirname(sample("us-noaa/orbits.csv")), os.path.join(federation.directory, "us-noaa"))
    environment = dict(os.environ, PATH=os.path.join(build, "bin") + ":" + os.environ["PATH"])
    plugins = {name: Plugin(node, name) for name in ("watch", "fast", "keep")}
    publishers = {"drop": "first.csv", "sensor": "second.csv", "post": "third.csv"}
    for block in blocks("sh"):
        done = subprocess.run(["bash", "-euc", block], cwd=federation.directory, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        assert done.returncode == 0, "%s\n%s" % (block, done.stdout.decode())
        if " plugin new " in block and "--publish" in block or "plugin test drop" in block:
            assert "plugin test" not in block or "would be published: 80 of mode TEST for open" in done.stdout.decode()
        elif " plugin test " in block:
            assert "80 of 80 records acknowledged" in done.stdout.decode()
        if " publish --mode" in block:
            plugins["watch"].wait("80 acknowledged", lambda row: row["records"] == 80 and row["lag"] == 0)
    for name, file in publishers.items():
        one = Plugin(node, name)
        row = one.wait("published", lambda row: row["published"] == 80)
        assert row["denied"] == row["nonsense"] == row["restarts"] == row["lag"] == 0
        until(name + " has put the file away", lambda: os.listdir(os.path.join(one.folder, "done")), lambda there: there == [file])
    plugins["watch"].wait("80 once more, and 240 of the others", lambda row: row["records"] >= 400 and row["lag"] == 0)
    for plugin in plugins.values():
        row = plugin.wait("80 acknowledged", lambda row: row["records"] >= 80 and row["lag"] == 0 and row["state"] == "running")
        assert row["error"] == "" and row["restarts"] == row["nonsense"] == 0
    with open(os.path.join(plugins["keep"].folder, "records.ndjson"), encoding="utf-8") as file:
        assert len(file.readlines()) == 320


def test_the_programs_on_the_page_are_those_that_plugin_new_writes(federate):
    node = federate("fr-cnes").nodes[0]
    for language, shown, end in (("python", "python", ".py"), ("c", "c", ".c"), ("sh", "sh-program", ".sh")):
        node.cli("plugin", "new", "one-" + language, "--lang", language)
        with open(os.path.join(node.directory, "plugins", "one-" + language, "one-" + language + end), encoding="utf-8") as file:
            assert blocks(shown) == [file.read()], language
    for language, shown, end in (("python", "python", ".py"), ("c", "c", ".c"), ("sh", "sh", ".sh")):
        node.cli("plugin", "new", "pub-" + language, "--lang", language, "--publish")
        with open(os.path.join(node.directory, "plugins", "pub-" + language, "pub-" + language + end), encoding="utf-8") as file:
            assert blocks(shown + "-publish") == [file.read()], language


def test_the_page_lists_every_key_with_its_default(federate):
    node = federate("fr-cnes").nodes[0]
    node.cli("plugin", "new", "one", "--lang", "sh")
    with open(os.path.join(node.directory, "plugins", "one.yaml"), encoding="utf-8") as file:
        written = dict(re.findall(r"^(\w+): *([^ #\n]+)", file.read(), re.M))
    with open(os.path.join(ROOT, "docs", "writing-a-plugin.md"), encoding="utf-8") as file:
        table = dict(re.findall(r"^\| `([\w.]+)` \| `?([^|`]*?)`? \|", file.read(), re.M))
    for key in ("from", "window", "timeout_s", "memory", "files", "cpu_s", "network", "records", "bytes"):
        assert table[key] == written[key], key
    node.cli("plugin", "new", "two", "--lang", "sh", "--publish")
    with open(os.path.join(node.directory, "plugins", "two.yaml"), encoding="utf-8") as file:
        written = dict(re.findall(r"^  (\w+): *([^ #\n]+)", file.read(), re.M))
    assert table["publish.records_per_minute"] == written["records_per_minute"]
    assert {key for key in table if key.startswith("publish.")} == {"publish." + key for key in written}
    assert table["filter.modes"] == "[REAL]"
