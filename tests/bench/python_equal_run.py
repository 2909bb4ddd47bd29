"""FORMAT FILE...: the number of records, or the first fault as FILE:LINE:COLUMN: what is wrong. By the readers that do the same job as ours."""
import importlib
import sys

from python_equal import Fault

READERS = {"omm-xml": "omm_xml", "cdm-kvn": "cdm_kvn", "tdm-kvn": "tdm_kvn", "oem-kvn": "oem_kvn", "ades-psv": "ades_psv", "sentry-json": "sentry_json", "cap": "cap"}


def reader(form):
    for module in ("python_equal", "python_equal_ades", "python_equal_json"):  # no reader pays for the modules behind its own
        found = getattr(importlib.import_module(module), READERS[form], None)
        if found is not None:
            return found
    raise KeyError(form)


def main():
    records, status, read = 0, 0, reader(sys.argv[1])
    for path in sys.argv[2:]:
        try:
            for _ in read(path):
                records += 1
        except Fault as fault:
            print("%s:%s" % (path, fault), file=sys.stderr)
            status = 1
        except UnicodeDecodeError as error:
            print("%s:%d:1: not UTF-8" % (path, error.object.count(b"\n", 0, error.start) + 1), file=sys.stderr)
            status = 1
    print(records)
    return status


if __name__ == "__main__":
    sys.exit(main())
