"""One violation of every rule, planted in a copy of the repository: a rule that does not find its own is broken."""
import os
import shutil
import tempfile

import rules
from tree import Tree, run


def write(root, path, text):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def append(root, path, text):
    with open(os.path.join(root, path), "a", encoding="utf-8") as file:
        file.write(text)
    return path


def compiled(root, path, text):
    """Write and compile ${path} where a build of ours would put its object."""
    write(root, path, text)
    folder = path.split("/")[1]
    built = os.path.join(root, "planted-build/node/CMakeFiles", folder + ".dir", "/".join(path.split("/")[1:]) + ".o")
    os.makedirs(os.path.dirname(built), exist_ok=True)
    status, out = run("gcc", "-c", "-fcommon", os.path.join(root, path), "-o", built)
    assert status == 0, out
    return path


def long_function(lines):
    return "void planted_long(void);\nvoid\nplanted_long(void)\n{\n" + "    ;\n" * lines + "}\n"


def stale_page(root):
    append(root, "node/base/why.tbl", 'WHY(PLANTED, NOBODY, NONE, "planted")\n')
    return "docs/reasons.md"


def unused_limit(root):
    path = os.path.join(root, "node/base/limit.h")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    write(root, "node/base/limit.h", text.replace("#define LIMIT_", "#define LIMIT_PLANTED_COUNT 1 /* planted */\n#define LIMIT_", 1))
    return "LIMIT_PLANTED_COUNT"


def foreign_name(root):
    name = next(n for n in sorted(os.listdir(os.path.join(root, "node/types")))
                if os.path.isdir(os.path.join(root, "node/types", n)) and not n.startswith("_") and n not in rules.OTHER_WORDS)
    return write(root, "node/base/planted.c", 'const char *planted = "%s";\n' % name)


def broken_template(root):
    """What the template makes would need an edit elsewhere: a name that the build does not know."""
    folder = os.path.join(root, "node/types/_template")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".c"):
            append(root, "node/types/_template/" + name, "#error planted\n")
    return "node/types/_template"


# rule: plants, each of which returns a word that the rule's findings must show
PLANTS = {
    "layers": (lambda root: write(root, "node/base/planted.c", '#include "core/tree.h"\n'),
               lambda root: write(root, "node/store/planted.c", '#include "bus/gatelink.h"\n'),
               lambda root: write(root, "node/base/planted.c", '#include "span.h"\n'),
               lambda root: write(root, "node/planted/planted.c", "\n"),
               lambda root: write(root, "node/base/planted.h", "") and
               write(root, "node/base/planted.c", '#include "base/span.h"\n#include "base/planted.h"\n')),
    "headers": (lambda root: write(root, "node/base/planted.h", "struct planted { size_t n; };\n"),),
    "functions": (lambda root: write(root, "node/base/planted.c", long_function(rules.FUNCTION_LINES_MAX + 1)),),
    "lengths": (lambda root: write(root, "node/base/planted.c", "\n" * (rules.FILE_LINES_MAX + 1)),),
    "banned": tuple(lambda root, name=name: write(root, "node/base/planted.c", "int x(void)\n{\n    return %s(a, b);\n}\n" % name) and
                    "%s()" % name for name in rules.BANNED),
    "limits": (unused_limit,),
    "fresh": (stale_page, lambda root: append(root, "config/sample/us-noaa/orbits.csv", "planted\n") and "config/sample",
              lambda root: append(root, "docs/limits.md", "planted\n")),
    "layout": (lambda root: write(root, "node/base/planted.c", "int   planted( void );\n"),),
    "type_names": (foreign_name,),
    "links": (lambda root: write(root, "docs/planted.md", "[there](nowhere.md)\n"),
              lambda root: write(root, "docs/planted.md", "# Here\n[there](#elsewhere)\n")),
    "named_tests": (lambda root: append(root, "docs/zeromq.md", "| planted | `test_zeromq.py::test_planted` |\n") and "test_planted",
                    lambda root: append(root, "docs/zeromq.md", "| planted | there is none |\n") and "without a test"),
    "left_over": (lambda root: write(root, "node/base/planted.c", "/* %s: later */\n" % ("TO" + "DO")),),
    "new_type": (broken_template,),
    "symbols": (lambda root: compiled(root, "node/base/planted.c", "int other_name(void)\n{\n    return 0;\n}\n"),),
    "statics": (lambda root: compiled(root, "node/core/planted.c", "static int count;\nint *planted(void)\n{\n    return &count;\n}\n"),
                lambda root: compiled(root, "node/wire/planted.c", "int planted_all;\n"),
                lambda root: compiled(root, "node/types/planted.c", "int planted_set = 3;\n")),
}


def check(root, wanted):
    """Plant, look, forget: numbers of rules that find all of their plants, and that do not."""
    good = bad = 0
    for rule in wanted:
        missed = []
        for number, plant in enumerate(PLANTS[rule.__name__]):
            with tempfile.TemporaryDirectory() as temp:
                copy = os.path.join(temp, "copy")
                shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git", "build", "__pycache__"))
                word = plant(copy)
                build = os.path.join(copy, "planted-build") if rule in rules.BUILD_RULES else None
                found = list(rule(Tree(copy, build)))
                if not any(word in place or word in what for place, what, _ in found):
                    missed.append(number)
        print("  %-10s %s" % (rule.__name__, "finds what was planted" if not missed else "MISSES plants %s" % missed))
        good, bad = (good + 1, bad) if not missed else (good, bad + 1)
    return good, bad
