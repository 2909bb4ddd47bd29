"""libparallax as other people's programs find it: installed, found by pkg-config and by CMake, against nodes that run."""
import os
import re
import shutil
import subprocess

import pytest

from test_feed import ids

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADER = os.path.join(ROOT, "node", "lib", "parallax.h")


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, **options)
    assert done.returncode == 0, "%s\n%s" % (words, done.stdout.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


def page():
    with open(os.path.join(ROOT, "docs", "libraries.md"), encoding="utf-8") as file:
        return file.read()


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, page(), re.S | re.M)


def declared():
    with open(HEADER, encoding="utf-8") as file:
        code = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"\b(parallax_\w+)\(", code))


@pytest.fixture(scope="session")
def installed(build, tmp_path_factory):
    """The prefix that the library was installed into."""
    if "PARALLAX_SANITIZE:STRING=\n" not in open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8").read():
        pytest.skip("a library with sanitizers asks its programs for them")
    prefix = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", build, "--component", "library", "--prefix", prefix)
    return prefix


def environment(prefix):
    folders = [os.path.join(prefix, "lib"), os.path.join(prefix, "lib", "x86_64-linux-gnu")]
    return dict(os.environ, PREFIX=str(prefix), LD_LIBRARY_PATH=":".join(folders), PKG_CONFIG_PATH=":".join(os.path.join(f, "pkgconfig") for f in folders))


def library(prefix):
    [path] = [os.path.join(folder, name) for folder, _, names in os.walk(prefix) for name in names if name == "libparallax.so"]
    return path


def test_it_exports_the_functions_of_its_header_and_nothing_else(installed):
    rows = [line.split() for line in run("nm", "-D", "--defined-only", library(installed)).splitlines()]
    functions = {name.split("@")[0] for _, kind, name in rows if kind == "T"}
    others = {name for _, kind, name in rows if kind != "T"}
    assert functions == declared() and others == {"PARALLAX_0"}
    assert all("@@PARALLAX_0" in name for _, kind, name in [line.split() for line in run("nm", "-D", "--with-symbol-versions", "--defined-only", library(installed)).splitlines()] if kind == "T")
    assert "[libparallax.so.0]" in run("readelf", "-d", library(installed))


def test_its_header_is_c_and_cpp(tmp_path):
    for compiler, end, standard in (("cc", "c", "c99"), ("c++", "cpp", "c++11")):
        if shutil.which(compiler):
            source = tmp_path / ("one." + end)
            source.write_text("#include <parallax.h>\nint main(void) { return PARALLAX_DONE; }\n")
            run(compiler, "-std=" + standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I", os.path.dirname(HEADER), "-c", source, "-o", tmp_path / "one.o")


@pytest.fixture
def node(federate, sample):
    node = federate("fr-cnes").nodes[0]
    node.start()
    node.orbits = ids(node.publish("--mode", "TEST", sample("us-noaa/orbits.csv")))
    return node


def test_the_page_leads_from_an_installed_tree_to_records(node, installed, build, sample, tmp_path):
    [program], [cmake], [install, pkgconfig] = blocks("c"), blocks("cmake"), [block for block in blocks("sh") if "python" not in block]
    (tmp_path / "orbits.c").write_text(program)
    os.symlink(node.directory, tmp_path / "fr-cnes")
    prefix = tmp_path / "prefix"
    run("bash", "-euc", install, env=dict(environment(prefix), BUILD=build), cwd=tmp_path)
    rows = run("bash", "-euc", pkgconfig, env=environment(prefix), cwd=tmp_path).splitlines()
    assert [row.split(" ")[0] for row in rows] == node.orbits
    more = ids(node.publish("--mode", "TEST", sample("fr-cnes/orbits.xml")))
    (tmp_path / "CMakeLists.txt").write_text(cmake)
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", "-DCMAKE_PREFIX_PATH=%s" % prefix)
    run("cmake", "--build", tmp_path / "build")
    rows = run(tmp_path / "build" / "orbits", "fr-cnes", env=dict(os.environ), cwd=tmp_path).splitlines()
    assert [row.split(" ")[0] for row in rows] == more, "it goes on after what was acknowledged"


def test_every_function_against_a_node(node, installed, sample, tmp_path):
    environ = environment(installed)
    flags = run("pkg-config", "--cflags", "--libs", "parallax", env=environ).split()
    run("cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", tmp_path / "library",
        os.path.join(ROOT, "tests", "scenario", "library.c"), *flags)
    [roster] = [os.path.join(node.directory, "roster", name) for name in os.listdir(os.path.join(node.directory, "roster"))]
    fingerprint = re.search(r"\b[0-9a-f]{64}\b", node.cli("roster", "show", roster).out)[0]
    version = run("pkg-config", "--modversion", "parallax", env=environ).strip()
    assert run(tmp_path / "library", node.directory, roster, fingerprint, sample("us-noaa/conjunction-1.cdm"), version, env=environ, cwd=tmp_path) == "ok\n"
    node.stop()
    assert "not reachable" in subprocess.run([tmp_path / "library", node.directory, roster, fingerprint, sample("us-noaa/conjunction-1.cdm"), version], env=environ,
                                             cwd=tmp_path, stderr=subprocess.PIPE).stderr.decode()


def test_the_library_and_the_programs_have_one_version(build, installed):
    version = run(os.path.join(build, "bin", "parallaxd"), "--version").split()[1]
    assert run("pkg-config", "--modversion", "parallax", env=environment(installed)).strip() == version
