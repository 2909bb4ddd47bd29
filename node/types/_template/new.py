#!/usr/bin/python3
"""Makes a record type from this folder: node/types/NAME and proto/NAME.proto. Edits no existing file.

    node/types/_template/new.py NAME        NAME: lower-case letters, digits and underscores

docs/adding-a-type.md says what to do next.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))


def rename(text, name):
    camel = "".join(part.capitalize() for part in name.split("_"))
    dashed = name.replace("_", "-")
    text = text.replace("template-json", dashed + "-json")
    text = text.replace("TEMPLATE", name.upper()).replace("Template", camel)
    return text.replace("template", name)


def generated(name):
    """protoc-c writes field_name for FieldName: what the C names of the message become."""
    return re.sub("([A-Z])", r"_\1", "".join(part.capitalize() for part in name.split("_"))).lstrip("_").lower()


def main():
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    name = sys.argv[1]
    folder = os.path.join(ROOT, "node/types", name)
    proto = os.path.join(ROOT, "proto", name + ".proto")
    if os.path.exists(folder) or os.path.exists(proto) or generated(name) != name:
        print("%s: there is such a type, or the name does not survive protoc-c" % name, file=sys.stderr)
        return 1
    for base, _, files in os.walk(HERE):
        for file in files:
            if file == "new.py" or file.endswith(".pyc"):
                continue
            with open(os.path.join(base, file), encoding="utf-8") as source:
                text = rename(source.read(), name)
            path = os.path.join(folder, os.path.relpath(base, HERE), rename(file, name))
            if file.endswith(".proto"):
                path = proto
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "x", encoding="utf-8") as target:
                target.write(text)
            print(os.path.relpath(path, ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
