#include "plug/stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "record.pb-c.h"

static int
reads(struct stanza *s, const char *text, char said[300])
{
    struct why why;
    struct buf out;
    int rc;

    why_clear(&why);
    rc = stanza_read(s, "watch", span_str(text), &why);
    buf_init(&out, 300);
    if (rc != 0)
        why_print(&why, "watch.yaml", &out);
    snprintf(said, 300, "%s", buf_cstr(&out));
    buf_release(&out);
    return rc;
}

static void
what_is_not_given_has_its_default(void **state)
{
    struct stanza s;
    char said[300];

    stanza_init(&s);
    assert_int_equal(reads(&s, "command: [python3, warn.py]\n", said), 0);
    assert_int_equal(s.command.n, 2);
    assert_string_equal(s.command.at[1], "warn.py");
    assert_null(s.command.at[2]);
    assert_true(s.enabled && !s.network && !s.from_now && !s.bytes);
    assert_int_equal(s.modes, 1u << PARALLAX__V1__MODE__REAL);
    assert_int_equal(s.window, 64);
    assert_int_equal(s.timeout_s, 30);
    assert_int_equal(s.memory, 512 << 20);
    assert_int_equal(s.types.n + s.origins.n + s.classes.n, 0);
    stanza_release(&s);
}

static void
every_key_is_read(void **state)
{
    struct stanza s;
    char said[300];

    stanza_init(&s);
    assert_int_equal(
        reads(&s,
              "command: [\"./warn\", \"-v\"]\nenabled: false\nfrom: now\nwindow: 4096\ntimeout_s: 1\n"
              "memory: 16MiB\nfiles: 8\ncpu_s: 60\nnetwork: true\nbytes: true\nfilter:\n  types: [orbit]\n"
              "  origins: [us-noaa, fr-cnes]\n  classes: [alert]\n  modes: [EXERCISE, TEST]\n"
              "  object: \"cospar:1998-067A\"\n",
              said),
        0);
    assert_true(!s.enabled && s.network && s.from_now && s.bytes);
    assert_int_equal(s.modes, 1u << PARALLAX__V1__MODE__EXERCISE | 1u << PARALLAX__V1__MODE__TEST);
    assert_int_equal(s.window, 4096);
    assert_int_equal(s.memory, 16 << 20);
    assert_int_equal(s.files, 8);
    assert_int_equal(s.cpu_s, 60);
    assert_string_equal(s.types.at[0], "orbit");
    assert_string_equal(s.origins.at[1], "fr-cnes");
    assert_string_equal(s.object, "cospar:1998-067A");
    stanza_release(&s);
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"", "watch.yaml:1:1: expected a group of keys, found a single value"},
        {"enabled: true\n",
         "watch.yaml:1:1: command: must be given: expected a list such as [python3, warn.py]"},
        {"command: python3 warn.py\n", "watch.yaml:1:10: command: expected a list, found a single value"},
        {"command: []\n", "watch.yaml:1:10: command: expected 1 to 32 entries"},
        {"command: [a, [b]]\n", "watch.yaml:1:14: command: expected a single value"},
        {"command: [a]\nwindow: 5000\n",
         "watch.yaml:2:9: window: expected a whole number in its range (1 to 4096)"},
        {"command: [a]\nfrom: yesterday\n", "watch.yaml:2:7: from: expected start or now"},
        {"command: [a]\nnetwork: maybe\n", "watch.yaml:2:10: network: expected true or false"},
        {"command: [a]\ncommand: [b]\n", "watch.yaml:2:1: the key "},
        {"command: [a]\nfilter:\n  modes: [REAL, MAYBE]\n",
         "watch.yaml:3:17: modes: expected REAL, EXERCISE, TEST or SIMULATED"},
        {"command: [a]\nfilter:\n  types: [comet]\n",
         "watch.yaml:3:11: types: expected a record type (parallax formats)"},
        {"command: [a]\nfilter:\n  object: ISS\n",
         "watch.yaml:3:11: object: expected norad:25544, cospar:1998-067A or neo:Apophis"},
        {"command: [a]\nfilter:\n  window: 3\n", "watch.yaml:3:3: unknown key \"window\""},
        {"command: [a]\nmemry: 64MiB\n", "watch.yaml:2:1: unknown key \"memry\"; did you mean \"memory\"?"},
    };
    struct stanza s;
    char said[300];

    stanza_init(&s);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(reads(&s, wrong[i].text, said), -1);
        said[strlen(wrong[i].said)] = '\0'; /* the beginning */
        assert_string_equal(said, wrong[i].said);
    }
    stanza_release(&s);
}

static void
a_name_is_a_short_word(void **state)
{
    assert_true(stanza_is_name("watch") && stanza_is_name("to-pager_2"));
    assert_false(stanza_is_name("") || stanza_is_name("..") || stanza_is_name("a/b") ||
                 stanza_is_name("Watch") || stanza_is_name("a.b") ||
                 stanza_is_name("a23456789012345678901234567890123"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_name_is_a_short_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
