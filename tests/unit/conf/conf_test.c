/* golden/NN-name.yaml is read; golden/NN-name.ok holds the configuration in force, or golden/NN-name.err what is said. */
#include "conf/conf.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/mem.h"

/* What reading ${path} says, and whether it was taken. */
static bool
say(const char *path, struct buf *out)
{
    struct conf *conf = mem_new(sizeof *conf);
    struct why why;
    bool taken;

    why_clear(&why);
    taken = conf_load(path, conf, &why) == 0;
    if (taken)
        conf_dump(conf, out);
    else
        why_print(&why, strrchr(path, '/') + 1, out);
    if (!taken)
        buf_put_byte(out, '\n');
    free(conf);
    return taken;
}

static void
each_golden_file_reads_as_it_says(void **state)
{
    glob_t found;
    unsigned wrong = 0;

    assert_int_equal(glob("golden/*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 25);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char path[200];
        struct buf said, expected;

        buf_init(&said, 1 << 20);
        buf_init(&expected, 1 << 20);
        snprintf(path, sizeof path, "%.*s.%s", (int)strlen(found.gl_pathv[i]) - 5, found.gl_pathv[i],
                 say(found.gl_pathv[i], &said) ? "ok" : "err");
        if (file_read(path, &expected) != 0 || !span_equal(buf_span(&said), buf_span(&expected))) {
            print_error("%s: it says: %s", path, buf_cstr(&said));
            wrong++;
        }
        buf_release(&said);
        buf_release(&expected);
    }
    globfree(&found);
    assert_int_equal(wrong, 0);
}

static void
what_is_dumped_reads_as_the_same(void **state)
{
    struct conf *conf = mem_new(sizeof *conf);
    struct why why;
    struct buf first, again;

    buf_init(&first, LIMIT_CONF_BYTES);
    buf_init(&again, LIMIT_CONF_BYTES);
    why_clear(&why);
    assert_int_equal(conf_load("golden/02-every-key.yaml", conf, &why), 0);
    assert_false(conf->dial);
    assert_int_equal(conf->disk_reserve, 1073741824);
    assert_int_equal(conf->log_level, LOG_DEBUG);
    conf_dump(conf, &first);
    assert_int_equal(conf_read(buf_span(&first), conf, &why), 0);
    conf_dump(conf, &again);
    assert_true(span_equal(buf_span(&first), buf_span(&again)));
    buf_release(&first);
    buf_release(&again);
    free(conf);
}

static void
the_example_holds_the_defaults(void **state)
{
    struct conf *example = mem_new(sizeof *example), *minimal = mem_new(sizeof *minimal);
    struct why why;
    struct buf text;

    buf_init(&text, LIMIT_CONF_BYTES);
    why_clear(&why);
    conf_dump_example(&text);
    assert_int_equal(conf_read(buf_span(&text), example, &why), 0);
    assert_int_equal(conf_load("golden/01-minimal.yaml", minimal, &why), 0);
    buf_clear(&text);
    conf_dump(example, &text);
    {
        struct buf other;

        buf_init(&other, LIMIT_CONF_BYTES);
        conf_dump(minimal, &other);
        assert_true(span_equal(buf_span(&text), buf_span(&other)));
        buf_release(&other);
    }
    buf_release(&text);
    free(example);
    free(minimal);
}

static void
a_file_that_is_too_large_or_not_there_is_refused(void **state)
{
    struct conf *conf = mem_new(sizeof *conf);
    struct why why;

    why_clear(&why);
    assert_int_equal(conf_load("golden/nowhere", conf, &why), -1);
    assert_int_equal(why.code, WHY_CONF_VALUE);
    why_clear(&why);
    assert_int_equal(conf_load("/dev/zero", conf, &why), -1);
    assert_int_equal(why.code, WHY_CONF_VALUE);
    free(conf);
}

static void
damage_at_any_byte_never_hurts(void **state)
{
    struct conf *conf = mem_new(sizeof *conf);
    struct buf text;

    buf_init(&text, LIMIT_CONF_BYTES);
    conf_dump_example(&text);
    for (size_t i = 0; i < text.n; i++) {
        static const uint8_t bytes[] = {0, '\n', ':', '"', '{', 0xff};
        uint8_t was = text.p[i];

        for (size_t k = 0; k < sizeof bytes; k++) {
            struct why why;

            why_clear(&why);
            text.p[i] = bytes[k];
            if (conf_read(buf_span(&text), conf, &why) != 0)
                assert_true(why.code != WHY_NONE);
        }
        text.p[i] = was;
    }
    buf_release(&text);
    free(conf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_golden_file_reads_as_it_says),
        cmocka_unit_test(what_is_dumped_reads_as_the_same),
        cmocka_unit_test(the_example_holds_the_defaults),
        cmocka_unit_test(a_file_that_is_too_large_or_not_there_is_refused),
        cmocka_unit_test(damage_at_any_byte_never_hurts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
