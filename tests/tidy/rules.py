"""The rules: each takes a Tree and yields (place, what, why). A place is "file" or "file:line"."""
import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import gen
from tree import line_of, run

LAYERS = (("base",), ("wire", "syntax", "crypt", "conf", "astro"), ("types",), ("core",), ("store", "bus", "sign"), ("web", "plug", "watch", "plugins"),
          ("daemon", "cli", "lib"))
RANK = {folder: rank for rank, folders in enumerate(LAYERS) for folder in folders}
# A layer that reaches less far down than its rank: a shipped plugin knows the node by its lines only.
REACH = {"plugins": ("base", "syntax", "conf", "crypt", "astro", "types")}
PURE = ("base", "wire", "syntax", "astro", "types", "core", "watch")
# Exported names that do not begin with their file's name, and why that is right.
NAMED_OTHERWISE = {
    "node/wire/unpack.c": ("pack", "prescan"),                 # the verbs beside unpack()
    "node/base/why.c": ("blame_name", "effect_name"),          # names of the enumerations of why.h
    "node/core/action.c": ("actions_",),                       # struct actions: many of struct action
    "node/core/release.c": ("may_release",),                   # the one question, under the name that the design gives it
}
STATIC_ALLOWED = {"node/base/log.c", "node/base/mem.c"}  # the log's level and role; the test's failure counter
FUNCTION_LINES_MAX, FILE_LINES_MAX = 70, 600
BANNED = {
    "strcpy": "it knows no bounds: use buf_put", "strcat": "it knows no bounds: use buf_put",
    "sprintf": "it knows no bounds: use snprintf or buf_put_fmt", "vsprintf": "it knows no bounds: use vsnprintf",
    "gets": "it knows no bounds", "strtok": "it has hidden state: use scan", "atoi": "it cannot fail: use num_int",
    "atol": "it cannot fail: use num_int", "atof": "it cannot fail and obeys the locale: use num_double",
    "gmtime": "it has hidden state and no leap seconds: use utc", "localtime": "the program knows UTC only: use utc",
    "system": "it runs a shell", "popen": "it runs a shell",
}


def folder_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "node" else None


def layers(tree):
    """A file includes its own folder and lower layers only, as "folder/file.h"; x.c includes x.h first."""
    for path in tree.files(".c", ".h", under="node"):
        mine = folder_of(path)
        if mine not in RANK:
            yield path, "folder node/%s stands in no layer" % mine, "add it to LAYERS in tests/tidy/rules.py"
            continue
        code = tree.code(path, keep_strings=True)
        includes = [(line_of(code, m.start()), m[1]) for m in re.finditer(r'^#\s*include "([^"]+)"', code, re.M)]
        for line, name in includes:
            place, other = "%s:%d" % (path, line), name.split("/")[0]
            if name.endswith(".pb-c.h"):
                if mine == "base":
                    yield place, 'includes "%s"' % name, "base knows libc only"
            elif "/" not in name or other not in RANK:
                yield place, 'includes "%s"' % name, 'an include of ours is written "folder/file.h"'
            elif other != mine and RANK[other] >= RANK[mine]:
                yield place, 'node/%s includes "%s"' % (mine, name), "a lower layer never includes a higher one or its neighbour"
            elif other != mine and other not in REACH.get(mine, RANK):
                yield place, 'node/%s includes "%s"' % (mine, name), "it may include %s" % ", ".join(REACH[mine])
            elif mine == "plugins" and name.count("/") == 2 and not path.startswith("node/" + os.path.dirname(name) + "/"):
                yield place, 'includes "%s"' % name, "a plugin knows nothing of another one"
        own = re.sub(r"^node/|\.c$", "", path) + ".h"
        if path.endswith(".c") and os.path.exists(tree.path("node/" + own)):
            first = first_include(code)
            if first and first.endswith("_internal.h") and os.path.exists(tree.path("node/" + first)):
                first = first_include(tree.code("node/" + first, keep_strings=True))
            if first != own:
                yield path, "does not include \"%s\" first" % own, "so that the header is seen to stand alone"


def first_include(code):
    match = re.search(r'^#\s*include\s+["<]([^">]+)[">]', code, re.M)
    return match[1] if match else None


def headers(tree):
    """Every header compiles alone."""
    with tempfile.TemporaryDirectory() as out:
        protos = tree.files(".proto", under="proto")
        status, text = run("protoc-c", "--c_out=" + out, "-I" + tree.path("proto"), *[tree.path(p) for p in protos])
        if status:
            yield "proto", "protoc-c fails: " + text.strip(), "headers include what it writes"
            return
        flags = ["-std=c11", "-D_GNU_SOURCE", '-DPARALLAX_VERSION="0"', "-Wall", "-Wextra", "-Werror", "-I" + tree.path("node"),
                 "-isystem", out, "-I/usr/include/libxml2", "-fsyntax-only", "-x", "c"]

        def compile_alone(path):
            probe = os.path.join(out, re.sub(r"\W", "_", path) + ".c")
            with open(probe, "w", encoding="ascii") as file:
                file.write('#include "%s"\n' % path[len("node/"):])
            return path, run("gcc", *flags, probe)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for path, (status, text) in pool.map(compile_alone, tree.files(".h", under="node")):
                if status:
                    first = next((row for row in text.split("\n") if "error:" in row), text.strip())
                    yield path, "does not compile alone: " + first.split("error:")[-1].strip(), "a header includes what it needs"


def symbols(tree):
    """An exported symbol begins with its file's name, or with that of the header that the file implements."""
    built = {object: source for source, object in tree.objects()}
    for row in run("nm", "-A", "-g", "--defined-only", *built)[1].split("\n") if built else ():
        place, _, rest = row.partition(":")
        name = rest.split(" ")[-1]
        if place not in built or name == "main" or name.startswith("__"):
            continue
        source = built[place]
        folder, stem = os.path.dirname(source), os.path.basename(source)[:-2]
        if any(name == word or name.startswith(word + "_") for word in prefixes(tree, folder, stem)):
            continue
        if not any(name == word or word.endswith("_") and name.startswith(word) for word in NAMED_OTHERWISE.get(source, ())):
            yield source, "exports %s" % name, "exported names begin with the file's name: %s_" % stem


def prefixes(tree, folder, stem):
    """What exported names of a file may begin with: x_y.c is a part of x.c or x.h where these are there."""
    yield stem
    parts = stem.split("_")
    for count in range(1, len(parts)):
        head = "_".join(parts[:count])
        if any(os.path.exists(tree.path("%s/%s%s" % (folder, head, end))) for end in (".c", ".h", "_internal.h")):
            yield head
    if re.match(r"node/types/[^/]+$", folder):
        yield "type_" + os.path.basename(folder)
    if folder == "node/cli" and stem.startswith("cmd_"):
        yield "cmd"   # words of one kind share a file: cli/cmd.tbl tells which


def statics(tree):
    """No data that can change in the pure layers."""
    built = {object: source for source, object in tree.objects()
             if folder_of(source) in PURE and source not in STATIC_ALLOWED}
    source = None
    for row in run("objdump", "-t", *built)[1].split("\n") if built else ():
        source = built.get(row.split(":")[0], source)
        match = re.match(r"[0-9a-f]+ .{7} (\S+)\t[0-9a-f]+ (?:\.hidden )?(\S+)", row)
        if match and re.match(r"\.t?(data|bss)(\.|$)|\*COM\*", match[1]) and not match[1].startswith(".data.rel.ro") \
                and not match[2].startswith("."):
            yield source, "%s can change (%s)" % (match[2], match[1]), "pure layers keep no state: give it to the caller, or const"


def functions(tree):
    """A function is at most 70 lines."""
    for path in tree.files(".c", ".h", under="node") + tree.files(".c", ".h", under="tests"):
        start = 0
        for number, line in enumerate(tree.code(path).split("\n"), 1):
            if line.rstrip() == "{":
                start = number
            elif line.rstrip() == "}" and start:
                if number - start - 1 > FUNCTION_LINES_MAX:
                    yield "%s:%d" % (path, start), "a function of %d lines" % (number - start - 1), \
                        "at most %d: it fits on a screen" % FUNCTION_LINES_MAX
                start = 0


def lengths(tree):
    """A file is at most 600 lines."""
    for path in tree.files(".c", ".h", ".tbl", ".py", ".sh", ".proto", "CMakeLists.txt"):
        count = tree.text(path).count("\n")
        if count > FILE_LINES_MAX:
            yield path, "%d lines" % count, "at most %d: a file has one concern" % FILE_LINES_MAX


def banned(tree):
    """No call that cannot be used safely."""
    for path in tree.files(".c", ".h", under="node"):
        code = tree.code(path)
        for match in re.finditer(r"(?<![\w.>])(\w+)\s*\(", code):
            if match[1] in BANNED:
                yield "%s:%d" % (path, line_of(code, match.start())), "calls %s()" % match[1], BANNED[match[1]]


def limits(tree):
    """Every limit is used."""
    code = "".join(tree.code(path) for path in tree.files(".c", ".h", ".tbl", under="node") if path != "node/base/limit.h")
    for match in re.finditer(r"^#define (LIMIT_\w+)", tree.text("node/base/limit.h"), re.M):
        if not re.search(r"\b%s\b" % match[1], code):
            yield "node/base/limit.h:%d" % line_of(tree.text("node/base/limit.h"), match.start()), "%s is used nowhere" % match[1], \
                "a limit that nothing keeps is a promise broken"


def fresh(tree):
    """Generated files are what their generators write."""
    parallaxd = os.path.join(tree.build, "bin", "parallaxd") if tree.build else None
    if parallaxd and not os.path.exists(parallaxd):
        yield "config/node.example.yaml", "no parallaxd in the build", "the example comes from parallaxd --dump-example"
        parallaxd = None
    for path in gen.stale(tree.root, parallaxd):
        yield path, "is not what its table says", "run tests/tidy/gen.py" + (" --parallaxd PROGRAM" if "yaml" in path or "formats" in path else "")
    status, text = run("/usr/bin/python3", tree.path("config/sample/make.py"), "--check")
    if status:
        yield "config/sample", "is not what make.py writes: %s" % text.strip().split("\n")[0], "run config/sample/make.py"


def layout(tree):
    """clang-format has nothing to change."""
    paths = tree.files(".c", ".h", under="node") + tree.files(".c", ".h", under="tests")
    parts = [paths[k::os.cpu_count()] for k in range(os.cpu_count())]
    with ThreadPoolExecutor(len(parts)) as pool:
        outputs = list(pool.map(lambda part: run("clang-format", "--dry-run", *part, cwd=tree.root)[1] if part else "", parts))
    seen = set()
    for match in re.finditer(r"^([^\n: ]+):(\d+):\d+: warning", "\n".join(outputs), re.M):
        if match[1] not in seen:
            seen.add(match[1])
            yield "%s:%s" % (match[1], match[2]), "clang-format would change it", "run clang-format -i " + match[1]


OTHER_WORDS = ("alert", "contact", "maneuver", "watch_report", "consultation", "receipt")  # types whose name is also a member of other things: only type_NAME is looked for


def type_names(tree):
    """No type's name stands in code outside its folder: adding a type edits nothing."""
    names = [name for name in sorted(os.listdir(tree.path("node/types")))
             if os.path.isdir(tree.path("node/types/" + name)) and not name.startswith("_")]
    for path in tree.files(".c", ".h", ".tbl", under="node"):
        if path == "node/types/event.tbl":  # kinds of events: words of ids, which some types have too
            continue
        code = tree.code(path, keep_strings=True)
        for name in names:
            if path.startswith("node/types/%s/" % name):
                continue
            pattern = r'\btype_%s\b' % name if name in OTHER_WORDS else r'"%s"|\btype_%s\b' % (name, name)
            for match in re.finditer(pattern, code):
                yield "%s:%d" % (path, line_of(code, match.start())), "names the type %s" % name, \
                    "ask the registry; a type is known in its own folder only"


def links(tree):
    """Relative links in Markdown lead somewhere."""
    for path in tree.files(".md"):
        text = re.sub(r"```.*?```", lambda m: re.sub(r"[^\n]", " ", m[0]), tree.text(path), flags=re.S)
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, anchor = match[1].partition("#")
            place = "%s:%d" % (path, line_of(text, match.start()))
            if re.match(r"[a-z]+:", target):
                continue
            there = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(tree.path(there)):
                yield place, "links to %s, which is not there" % match[1], "a link leads somewhere"
            elif anchor and there.endswith(".md"):
                heads = re.findall(r"^#+ (.+)$", tree.text(there), re.M)
                if anchor not in [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]:
                    yield place, "links to #%s, which %s has not" % (anchor, there), "a link leads somewhere"


def named_tests(tree):
    """Every row of docs/zeromq.md names a test, as FILE::NAME, and it is there."""
    path = "docs/zeromq.md"
    tests = {os.path.basename(name): name for name in tree.files(".py", ".c", under="tests")}
    for number, row in enumerate(tree.text(path).split("\n"), 1):
        found = re.findall(r"`([\w.]+\.(?:py|c))::(\w+)", row)
        if re.match(r"\| [^-]", row) and not found and not row.startswith("| finding |") and "| none: " not in row:
            yield "%s:%d" % (path, number), "a finding without a test", "name one, or say `none: ` and why"
        for file, name in found:
            pattern = r"^(?:def )?%s\(" % name
            if file not in tests or not re.search(pattern, tree.text(tests[file]), re.M):
                yield "%s:%d" % (path, number), "names %s::%s, which is not there" % (file, name), "what a test shows, a reader can look up"


LEFT_OVER = r"\b(%s)\b" % "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"))


def left_over(tree):
    """No note to come back later: an issue is the place for that."""
    for path in tree.files(".c", ".h", ".tbl", ".py", ".sh", ".proto", ".md", ".txt", ".yaml", ".yml", ".json", "/run", "/demo", "/setup"):
        text = tree.text(path)
        for match in re.finditer(LEFT_OVER, text):
            yield "%s:%d" % (path, line_of(text, match.start())), "says " + match[1], "do it, or file an issue"


def new_type(tree):
    """A record type made from node/types/_template builds, and nothing else was edited."""
    if not os.path.isdir(tree.path("node/types/_template")):
        yield "node/types/_template", "is not there", "docs/adding-a-type.md starts from it"
        return
    with tempfile.TemporaryDirectory() as temp:
        copy, build = os.path.join(temp, "copy"), os.path.join(temp, "build")
        shutil.copytree(tree.root, copy, ignore=shutil.ignore_patterns(".git", "build", "__pycache__"))
        status, text = run("/usr/bin/python3", os.path.join(copy, "node/types/_template/new.py"), "throwaway")
        if status == 0:
            status, text = run("cmake", "-S", copy, "-B", build, "-G", "Ninja")
        if status == 0:
            status, text = run("ninja", "-C", build, "types")
        if status:
            yield "node/types/_template", "a type made from it does not build: " + text.strip()[-400:], "adding a type edits no existing file"


SOURCE_RULES = (layers, headers, functions, lengths, banned, limits, fresh, layout, type_names, links, named_tests, left_over, new_type)
BUILD_RULES = (symbols, statics)
RULES = SOURCE_RULES + BUILD_RULES
