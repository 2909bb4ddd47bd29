#include "plugins/journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define STORE_1 "000102030405060708090a0b0c0d0e0f"
#define STORE_2 "f00102030405060708090a0b0c0d0e0f"

static void
add(struct journal *j, const char *incarnation, uint64_t number)
{
    char text[160];

    (void)snprintf(text, sizeof text, "{\"delivery\":{\"incarnation\":\"%s\",\"number\":%llu}}", incarnation,
                   (unsigned long long)number);
    assert_int_equal(journal_add(j, incarnation, number, span_str(text)), 0);
}

/* Numbers in the file, with blanks between. */
static void
expect_numbers(const char *folder, const char *name, const char *expected)
{
    char path[300], *at;
    struct buf text, numbers;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(&text, 65536);
    buf_init(&numbers, 65536);
    assert_int_equal(file_read(path, &text), 0);
    at = (char *)(uintptr_t)buf_cstr(&text);
    while ((at = strstr(at, "\"number\":")) != NULL)
        buf_put_fmt(&numbers, "%ld ", strtol(at + 9, &at, 10));
    assert_string_equal(buf_cstr(&numbers), expected);
    buf_release(&text);
    buf_release(&numbers);
}

static void
remove_all(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[600];

    while ((entry = readdir(d)) != NULL) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    closedir(d);
    assert_int_equal(rmdir(folder), 0);
}

static void
files_roll_over_and_a_new_store_begins_a_new_one(void **state)
{
    char folder[] = "/tmp/journal-XXXXXX";
    struct journal j;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(journal_open(&j, folder, 150), 0);
    for (uint64_t number = 3; number <= 6; number++)
        add(&j, STORE_1, number);
    add(&j, STORE_1, 6); /* comes again */
    add(&j, STORE_1, 4);
    journal_close(&j);
    assert_int_equal(journal_open(&j, folder, 1000), 0);
    assert_int_equal(j.number, 6);
    add(&j, STORE_1, 6);
    add(&j, STORE_1, 9);
    add(&j, STORE_2, 1);
    add(&j, STORE_2, 2);
    assert_int_equal(journal_sync(&j), 0);
    journal_close(&j);
    expect_numbers(folder, "journal-" STORE_1 "-00000000000000000003.ndjson", "3 4 ");
    expect_numbers(folder, "journal-" STORE_1 "-00000000000000000005.ndjson", "5 6 9 ");
    expect_numbers(folder, "journal-" STORE_2 "-00000000000000000001.ndjson", "1 2 ");
    remove_all(folder);
}

static void
half_a_line_is_cut_off_and_written_again(void **state)
{
    char folder[] = "/tmp/journal-XXXXXX", path[300];
    struct journal j;
    struct buf text;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(journal_open(&j, folder, 100000), 0);
    add(&j, STORE_1, 1);
    add(&j, STORE_1, 2);
    (void)snprintf(path, sizeof path, "%s/%s", folder, j.name);
    for (uint64_t cut = j.bytes - 1; cut > j.bytes / 2; cut--) {
        struct journal again;
        assert_int_equal(truncate(path, (off_t)cut), 0);
        assert_int_equal(journal_open(&again, folder, 100000), 0);
        assert_int_equal(again.number, 1);
        add(&again, STORE_1, 2);
        journal_close(&again);
        expect_numbers(folder, "journal-" STORE_1 "-00000000000000000001.ndjson", "1 2 ");
    }
    buf_init(&text, 65536);
    assert_int_equal(file_read(path, &text), 0);
    assert_int_equal(text.n, j.bytes);
    buf_release(&text);
    journal_close(&j);
    remove_all(folder);
}

static void
an_incarnation_that_is_no_hex_never_becomes_a_name(void **state)
{
    char folder[] = "/tmp/journal-XXXXXX";
    struct journal j;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(journal_open(&j, folder, 1000), 0);
    assert_int_equal(journal_add(&j, "../../../../../../tmp/0123456789", 1, span_str("{}")), -1);
    assert_int_equal(errno, EINVAL);
    journal_close(&j);
    remove_all(folder);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_roll_over_and_a_new_store_begins_a_new_one),
        cmocka_unit_test(half_a_line_is_cut_off_and_written_again),
        cmocka_unit_test(an_incarnation_that_is_no_hex_never_becomes_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
