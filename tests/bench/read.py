"""How fast `parallax check` reads and checks files, beside what a Python user would take from Debian and beside the floor: bytes.count, which is memchr.

Every file is made here, of about the same size; a reader is a process of its own that reads the whole file and looks at every value.
"""
import os
import statistics
import subprocess
import time

MIB = 1 << 20
SIZE = 24 * MIB

# What the Python programs do: the readers of python3-sgp4 for GP data, lxml for XML, and for KVN the loop that everybody writes.
SGP4 = "import sys; from sgp4 import omm; from sgp4.api import Satrec\nn = 0\nfor fields in omm.parse_%s(open(sys.argv[1]%s)):\n    sat = Satrec(); omm.initialize(sat, fields); n += 1\nprint(n)"
LXML = ("import sys; from lxml import etree\nn = 0\nfor _, e in etree.iterparse(sys.argv[1]):\n    if len(e) == 0 and e.text:\n        try:\n            float(e.text)\n"
        "        except ValueError:\n            pass\n        n += 1\n    e.clear()\nprint(n)")
KVN = ("import sys\nn = 0\nfor line in open(sys.argv[1], encoding='ascii'):\n    key, equals, value = line.partition('=')\n    words = (value if equals else line).split()\n"
       "    for word in words:\n        try:\n            float(word)\n        except ValueError:\n            pass\n        n += 1\nprint(n)")
FLOOR = "import sys\nprint(open(sys.argv[1], 'rb').read().count(b'\\n'))"


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


FILES = (("GP CSV", gp_csv, "omm-csv", "python3-sgp4", SGP4 % ("csv", "")), ("OMM XML", omm_xml, "omm-xml", "lxml", LXML), ("CDM KVN", cdm_kvn, "cdm-kvn", "a loop", KVN),
         ("TDM KVN", tdm_kvn, "tdm-kvn", "a loop", KVN), ("OEM KVN", oem_kvn, "oem-kvn", "a loop", KVN))


def timed(command):
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    return time.monotonic() - begun


def measure(program, directory, runs):
    rows = []
    for name, make, form, other, script in FILES:
        path = os.path.join(directory, form)
        count = make(path)
        size = os.path.getsize(path)
        ours = statistics.median(timed([program, "check", "--from", form, path]) for _ in range(runs))
        theirs = statistics.median(timed(["/usr/bin/python3", "-c", script, path]) for _ in range(runs))
        floor = statistics.median(timed(["/usr/bin/python3", "-c", FLOOR, path]) for _ in range(runs)) - statistics.median(timed(["/usr/bin/python3", "-c", "pass"]) for _ in range(runs))
        rows.append({"file": name, "units": count, "bytes": size, "ours_s": ours, "other": other, "other_s": theirs, "floor_s": floor})
        print("%s: %.0f MiB, check %.2f s, %s %.2f s" % (name, size / MIB, ours, other, theirs), flush=True)
        os.remove(path)
    return rows


def show(rows):
    print("\n| file | MiB | `parallax check` | MiB/s | Python | times slower | memchr |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        size = row["bytes"] / MIB
        print("| %s | %.0f | %.2f s | %.0f | %s %.2f s | %.1f | %.3f s |" % (row["file"], size, row["ours_s"], size / row["ours_s"], row["other"], row["other_s"], row["other_s"] / row["ours_s"], row["floor_s"]))
