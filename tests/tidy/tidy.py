#!/usr/bin/python3
"""Holds the repository to its own rules (docs/architecture.md, tests/tidy/rules.py).

    tidy.py --build DIR [RULE...]     all rules, or those named; a line for each violation: file:line: what: why
    tidy.py --self-test               plants one violation of each rule in a copy and sees it found
    tidy.py --list
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plants
import rules
from tree import Tree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def hold(tree, wanted, quiet=False):
    """Apply the rules; the number that hold and the number that do not."""
    good = bad = 0
    for rule in wanted:
        begun = time.monotonic()
        found = list(rule(tree))
        for place, what, why in found:
            print("%s: %s: %s" % (place, what, why))
        if not quiet:
            print("  %-10s %s (%.1f s)" % (rule.__name__, "holds" if not found else "%d violations" % len(found),
                                         time.monotonic() - begun))
        good, bad = (good + 1, bad) if not found else (good, bad + 1)
    return good, bad


def main():
    parser = argparse.ArgumentParser(description="holds the repository to its own rules")
    parser.add_argument("rule", nargs="*", help="of --list; all when none is named")
    parser.add_argument("--build", metavar="DIR", help="a build whose objects are looked at")
    parser.add_argument("--self-test", action="store_true", help="plant violations in a copy and see each found")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--tally", metavar="FILE", help="write `<passed> <failed>` here")
    options = parser.parse_args()
    if options.list:
        for rule in rules.RULES:
            print("%-10s %s" % (rule.__name__, rule.__doc__.split("\n")[0]))
        return 0
    wanted = [rule for rule in rules.RULES if not options.rule or rule.__name__ in options.rule]
    if len(wanted) < len(options.rule):
        parser.error("unknown rule: see --list")
    if options.self_test:
        good, bad = plants.check(ROOT, wanted)
    else:
        if not options.build and any(rule in rules.BUILD_RULES or rule is rules.fresh for rule in wanted):
            parser.error("--build DIR is needed: exported names, static data and the example configuration come from a build")
        good, bad = hold(Tree(ROOT, os.path.abspath(options.build) if options.build else None), wanted)
    print("tidy%s: %d passed, %d failed" % (" self-test" if options.self_test else "", good, bad))
    if options.tally:
        with open(options.tally, "w", encoding="ascii") as file:
            file.write("%d %d\n" % (good, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
