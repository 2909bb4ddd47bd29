"""What the rules look at: the files of the repository, their code without comments, and the objects of a build."""
import os
import re
import subprocess

SKIPPED = {".git", "build", "__pycache__", ".pytest_cache", "golden", "corpus"}


class Tree:
    def __init__(self, root, build=None):
        self.root, self.build = root, build
        self._text = {}

    def path(self, name):
        return os.path.join(self.root, name)

    def files(self, *suffixes, under=""):
        """Paths relative to the root, sorted."""
        found = []
        for folder, folders, names in os.walk(self.path(under)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED)
            for name in sorted(names):
                if name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(folder, name), self.root))
        return found

    def text(self, name):
        if name not in self._text:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                self._text[name] = file.read()
        return self._text[name]

    def code(self, name, keep_strings=False):
        """C text with comments (and strings) blanked; line numbers stay."""
        def blank(match):
            if keep_strings and match[0][0] in "\"'":
                return match[0]
            return re.sub(r"[^\n]", " ", match[0])
        return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, self.text(name), flags=re.S)

    def objects(self, under="node"):
        """(source, object) of every C file of ours that the build compiled."""
        for folder, _, names in os.walk(os.path.join(self.build, under)):
            for name in sorted(names):
                if name.endswith(".c.o"):
                    full = os.path.join(folder, name)
                    inside = re.sub(r".*\.dir/", "", full)[:-2]
                    above = os.path.relpath(full.split("/CMakeFiles/")[0], self.build)
                    source = os.path.normpath(os.path.join(above, inside))
                    if os.path.exists(self.path(source)):
                        yield source, full


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def run(*words, cwd=None):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd)
    return done.returncode, done.stdout
