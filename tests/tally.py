#!/usr/bin/python3
"""Counts the tests in JUnit files (ctest --output-junit, pytest --junit-xml) and names those that failed.

    tally.py FILE...        prints `<passed> <failed>`; the names go to standard error

A cmocka program is one case of ctest but many tests: its own summary is counted. A skipped test counts as failed: there is no
skipped part here. A program that died before its summary counts as one failed test.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def count(case):
    """Passed and failed tests of one <testcase>, and the names of the failed ones."""
    name = case.get("name", "?")
    bad = case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail"
    skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")
    text = "".join(part.text or "" for part in case.iter("system-out"))
    # cmocka writes its summary to standard error: it may begin in the middle of a line of the test's own output.
    passed, broken, omitted = (sum(int(n) for n in re.findall(r"\[  %s \] (\d+) test" % word, text))
                               for word in ("PASSED ", "FAILED ", "SKIPPED"))
    names = sorted(set(re.findall(r"\[  FAILED  \] (?!\d+ test)(\w+)", text)))
    failed = [name + ": " + (names[k] if k < len(names) else "?") for k in range(broken)]
    if skipped or omitted:
        return passed, failed + [name + " (skipped)"]
    if bad and not failed:
        return passed, [name]
    if not bad and not failed and passed == 0:
        passed = 1
    return passed, failed


def main():
    passed, failed = 0, []
    for path in sys.argv[1:]:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
        if not cases:
            failed.append(path + " (no test)")
        for case in cases:
            good, bad = count(case)
            passed += good
            failed += bad
    for name in failed:
        print("  failed: " + name, file=sys.stderr)
    print(passed, len(failed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
