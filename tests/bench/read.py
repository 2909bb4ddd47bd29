"""How fast `parallax check` reads and checks files, beside what a Python user would take from Debian and beside the floor: bytes.count, which is memchr.

Every file is made here, of about the same size; a reader is a process of its own that reads the whole file and looks at every value (python_readers.py). Compared is CPU time, which
a machine that others use too changes less than the time on the clock.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import time

import federation

MIB = 1 << 20
SIZE = 24 * MIB
STREAM = 1024 * MIB
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

# The least that a Python user would write, one function a format; and what he would have to write to get what `parallax check` gives.
PYTHON = os.path.join(ROOT, "tests", "bench", "python_readers.py")
EQUAL = os.path.join(ROOT, "tests", "bench", "python_equal_run.py")
EQUAL_FORMATS = ("omm-xml", "cdm-kvn", "tdm-kvn", "oem-kvn", "ades-psv", "sentry-json", "cap")
FLOOR = "import sys\nprint(sum(open(path, 'rb').read().count(b'\\n') for path in sys.argv[1:]))"


def stamp(i):
    return "2032-02-%02dT%02d:%02d:%02d.125" % (1 + i // 86400 % 28, i // 3600 % 24, i // 60 % 60, i % 60)


def gp_values(i):
    return ("SAMPLE %d" % i, "2026-%03d%s" % (i // 26 % 900 + 1, chr(65 + i % 26)), stamp(i) + "000", "%.8f" % (13 + i % 3000 / 1000), "%.7f" % (i % 999 / 10000),
            "%.4f" % (i % 180), "%.4f" % (i * 7 % 360), "%.4f" % (i * 11 % 360), "%.4f" % (i * 13 % 360), "0", "U", str(900000001 + i), "999", str(i % 99999), ".76643197E-3", ".76E-5", "0")


GP_NAMES = ("OBJECT_NAME", "OBJECT_ID", "EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY", "EPHEMERIS_TYPE",
            "CLASSIFICATION_TYPE", "NORAD_CAT_ID", "ELEMENT_SET_NO", "REV_AT_EPOCH", "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")


def fill(path, head, body, tail=""):
    """Parts of body(i) until the file is large enough."""
    with open(path, "w", encoding="ascii") as file:
        n, i = file.write(head), 0
        while n < SIZE:
            n += file.write(body(i))
            i += 1
        file.write(tail)
    return i


def gp_csv(path):
    return fill(path, ",".join(GP_NAMES) + "\r\n", lambda i: ",".join(gp_values(i)) + "\r\n")


def omm_xml(path):
    def one(i):
        v = dict(zip(GP_NAMES, gp_values(i)))
        mean, tle = GP_NAMES[2:9], GP_NAMES[9:]
        return ('<omm id="CCSDS_OMM_VERS" version="2.0"><header><CREATION_DATE>2032-02-01T00:00:00</CREATION_DATE><ORIGINATOR>SAMPLE</ORIGINATOR></header><body><segment><metadata>'
                '<OBJECT_NAME>%s</OBJECT_NAME><OBJECT_ID>%s</OBJECT_ID><CENTER_NAME>EARTH</CENTER_NAME><REF_FRAME>TEME</REF_FRAME><TIME_SYSTEM>UTC</TIME_SYSTEM>'
                '<MEAN_ELEMENT_THEORY>SGP4</MEAN_ELEMENT_THEORY></metadata><data><meanElements>%s</meanElements><tleParameters>%s</tleParameters></data></segment></body></omm>\n' % (
                    v["OBJECT_NAME"], v["OBJECT_ID"], "".join("<%s>%s</%s>" % (k, v[k], k) for k in mean), "".join("<%s>%s</%s>" % (k, v[k], k) for k in tle)))
    return fill(path, '<?xml version="1.0" encoding="UTF-8"?>\n<ndm>\n', one, "</ndm>\n")


def cdm_kvn(path):
    with open(os.path.join(os.path.dirname(__file__), "../../config/sample/us-noaa/conjunction-1.cdm"), encoding="ascii") as file:
        text = file.read()
    return fill(path, "", lambda i: text.replace("MESSAGE_ID", "MESSAGE_ID", 1))


def tdm_kvn(path):
    head = "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = SAMPLE\nMETA_START\nTIME_SYSTEM = UTC\nPARTICIPANT_1 = A\nPARTICIPANT_2 = B\nPATH = 1,2,1\nMETA_STOP\nDATA_START\n"
    return fill(path, head, lambda i: "%s = %s %.6f\n" % (("RANGE", "ANGLE_1", "ANGLE_2")[i % 3], stamp(i // 3), 1000 + i % 777), "DATA_STOP\n")


def oem_kvn(path):
    head = ("CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2032-02-01T00:00:00\nORIGINATOR = SAMPLE\nMETA_START\nOBJECT_NAME = A\nOBJECT_ID = 2026-001A\nCENTER_NAME = EARTH\nREF_FRAME = GCRF\nTIME_SYSTEM = UTC\n"
            "START_TIME = 2032-02-01T00:00:00\nSTOP_TIME = 2032-02-28T00:00:00\nMETA_STOP\n")
    return fill(path, head, lambda i: "%s %.6f %.6f %.6f %.9f %.9f %.9f\n" % (stamp(i), 6500 + i % 77, -1200.5 - i % 33, 40.25, 7.1, -0.25, 1.5))


def ades_psv(path):
    head = ("# version=2022\n# observatory\n! mpcCode Z91\n# submitter\n! name S. Ample\n# observers\n! name S. Ample\n# measurers\n! name S. Ample\n# telescope\n! design Schmidt\n"
            "! aperture 0.41\n! detector CCD\n# comment\n! line Invented\n"
            "provID   |mode|stn|obsTime               |ra       |dec      |rmsRA|rmsDec|astCat|mag |band\n")
    return fill(path, head, lambda i: "2032 ZA%d |CCD |Z91|%sZ|%.5f|%+.5f|0.12 |0.11  |Gaia3 |%.1f|G\n" % (i % 10, stamp(i)[:-2], i % 359 + 0.12345, i % 89 - 40.5, 15 + i % 70 / 10))


def sentry_json(path):
    def one(i):
        return ('{"des":"2032 %s%s%d","fullname":"(2032 %s%s%d)","id":"bK32%07d","range":"2056-2113","ts_max":"0","v_inf":"%.10f","ip":"%.6fe-07","ps_max":"-2.99","h":"%.2f","n_imp":%d,'
                '"last_obs":"2032-12-15","ps_cum":"-2.69","last_obs_jd":"2463581.5","diameter":"0.66"}') % (
                    chr(65 + i % 8), chr(65 + i // 8 % 8), i // 64, chr(65 + i % 8), chr(65 + i // 8 % 8), i // 64, i, 5 + i % 1999 / 100, 1 + i % 8999 / 1000, 18 + i % 999 / 100, 1 + i % 40)
    rows = SIZE // len(one(0)) - 1
    with open(path, "w", encoding="ascii") as file:
        file.write('{"signature":{"source":"NASA/JPL Sentry Data API","version":"2.0"},"count":"%d","data":[' % rows)
        file.write(",".join(one(i) for i in range(rows)) + "]}")
    return rows


def cap(path):
    """A file holds one alert, so there are many."""
    with open(os.path.join(ROOT, "config", "sample", "us-noaa", "public-alert.cap"), encoding="utf-8") as file:
        text = file.read()
    os.mkdir(path)
    for i in range(6000):
        with open(os.path.join(path, "%d.cap" % i), "w", encoding="utf-8") as file:
            file.write(text.replace("CAP-1", "CAP-%d" % i))
    return 6000


FILES = (("GP CSV", gp_csv, "omm-csv", "python3-sgp4"), ("OMM XML", omm_xml, "omm-xml", "python3-sgp4"), ("CDM KVN", cdm_kvn, "cdm-kvn", "a loop"), ("TDM KVN", tdm_kvn, "tdm-kvn", "a loop"),
         ("OEM KVN", oem_kvn, "oem-kvn", "a loop"), ("ADES PSV", ades_psv, "ades-psv", "csv"), ("Sentry JSON", sentry_json, "sentry-json", "json"), ("CAP, 6,000 files", cap, "cap", "lxml"))


def cpu(command):
    """Seconds of CPU, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(program, directory, runs):
    rows = []
    for name, make, form, other in FILES:
        path = os.path.join(directory, form)
        count = make(path)
        paths = [os.path.join(path, file) for file in os.listdir(path)] if os.path.isdir(path) else [path]
        size = sum(os.path.getsize(file) for file in paths)
        times = {"ours": [], "other": [], "equal": [], "floor": []}
        for _ in range(runs):  # side by side: what else the machine does meets all of them
            times["ours"].append(cpu([program, "check", "--from", form, *paths]))
            times["other"].append(cpu(["/usr/bin/python3", PYTHON, form, *paths]))
            if form in EQUAL_FORMATS:
                times["equal"].append(cpu(["/usr/bin/python3", EQUAL, form, *paths]))
            times["floor"].append(cpu(["/usr/bin/python3", "-c", FLOOR, *paths]) - cpu(["/usr/bin/python3", "-c", "pass"]))
        row = {"file": name, "units": count, "bytes": size, "other": other, "load": os.getloadavg()[0], "times": times}
        row.update({"%s_s" % who: statistics.median(values) for who, values in times.items() if values})
        rows.append(row)
        print("%s: %.0f MiB, check %.3f s, %s %.2f s" % (name, size / MIB, row["ours_s"], other, row["other_s"]), flush=True)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
    return rows


def show(rows):
    print("\n| file | MiB | `parallax check`, CPU | MiB/s | Python, the least | times slower | Python, the same job | times slower | memchr | load |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        size, equal = row["bytes"] / MIB, "%.2f s | %.1f" % (row["equal_s"], row["equal_s"] / row["ours_s"]) if "equal_s" in row else " | "
        print("| %s | %.0f | %.3f s [%.3f..%.3f] | %.0f | %s %.2f s | %.1f | %s | %.3f s | %.1f |" % (
            row["file"], size, row["ours_s"], min(row["times"]["ours"]), max(row["times"]["ours"]), size / row["ours_s"], row["other"], row["other_s"], row["other_s"] / row["ours_s"],
            equal, row["floor_s"], row["load"]))


# --- A file of 1 GiB --------------------------------------------------------------------------------------------------

# A process of its own: the memory of who starts a program counts as that program's.
PEAK = ("import json, os, subprocess, sys\nchild = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n_, status, usage = os.wait4(child.pid, 0)\n"
        "print(json.dumps({'cpu_s': usage.ru_utime + usage.ru_stime, 'peak_mib': usage.ru_maxrss / 1024}))\nsys.exit(os.waitstatus_to_exitcode(status))")


def peak(command):
    """Seconds on the clock, seconds of CPU, and the most memory that was resident, in MiB. Standard output goes nowhere."""
    begun = time.monotonic()
    done = subprocess.run(["/usr/bin/python3", "-S", "-c", PEAK, *command], check=True, stdout=subprocess.PIPE)
    return {"wall_s": time.monotonic() - begun, **json.loads(done.stdout)}


def large_gp_csv(path, size):
    """The same 24 MiB of rows again and again."""
    gp_csv(path)
    with open(path, "rb") as file:
        head, rows = file.readline(), file.read()
    with open(path, "wb") as file:
        n = file.write(head)
        while n < size:
            n += file.write(rows)


def published(build, directory, path):
    """The same of `publish` into a node that holds nothing, and the most memory of each of its roles."""
    nations = federation.Federation(build, os.path.join(directory, "stream"), ["us-noaa"], title="Benchmark").make()
    node = nations.nodes[0].start()
    try:
        row = peak([os.path.join(build, "bin", "parallax"), "--node", node.directory, "publish", "--mode", "TEST", path])
        row["records"] = max(log["size"] for log in node.json("status")["logs"]) - 1
        row["roles"] = {}
        for role in federation.ROLES:
            with open("/proc/%d/status" % node.role_pid(role), encoding="ascii", errors="replace") as file:
                row["roles"][role] = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024
        return row
    finally:
        nations.stop()
        shutil.rmtree(node.directory)


def stream(build, directory):
    path = os.path.join(directory, "large.csv")
    large_gp_csv(path, STREAM)
    rows = []
    program = os.path.join(build, "bin", "parallax")
    for words in (("check",), ("convert", "--to", "ndjson"), ("publish",)):
        row = published(build, directory, path) if words[0] == "publish" else peak([program, *words, path])
        rows.append({"words": " ".join(words), "bytes": os.path.getsize(path), **row})
        print("%s: %.0f s, %.1f MiB" % (words[0], row["wall_s"], row["peak_mib"]), flush=True)
    os.remove(path)
    return rows


def show_stream(rows):
    print("\n| of %.0f MiB of GP CSV | time | CPU | most memory |" % (rows[0]["bytes"] / MIB))
    print("|---|---|---|---|")
    for row in rows:
        print("| `parallax %s` | %.1f s | %.1f s | %.1f MiB |" % (row["words"], row["wall_s"], row["cpu_s"], row["peak_mib"]))
        for role, mib in row.get("roles", {}).items():
            print("| its node, role %s | | | %.1f MiB |" % (role, mib))
