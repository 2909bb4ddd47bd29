#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

static char folder[64];

static const char *
path_of(const char *name)
{
    static char path[sizeof folder + 256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static unsigned
count_entries(void)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;

    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static int
open_folder(void **state)
{
    strcpy(folder, "/tmp/file_test.XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
    DIR *dir = opendir(folder);

    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.')
            remove(path_of(e->d_name));
    }
    closedir(dir);
    return rmdir(folder);
}

static void
what_is_written_is_read_and_nothing_is_left_beside(void **state)
{
    size_t n = 100000;
    uint8_t *bytes = mem_new(n);
    struct buf b;
    struct stat st;

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 31);
    buf_init(&b, n + 3);
    buf_put_str(&b, "old");
    assert_int_equal(file_write(path_of("a"), span_of(bytes, n), 0600), 0);
    assert_int_equal(file_read(path_of("a"), &b), 0);
    assert_int_equal(b.n, n + 3);
    assert_memory_equal(b.p + 3, bytes, n);
    assert_int_equal(stat(path_of("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(count_entries(), 1);
    buf_release(&b);
    free(bytes);
}

static void
writing_replaces_and_creating_does_not(void **state)
{
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(file_create(path_of("c"), span_str("first"), 0644), 0);
    errno = 0;
    assert_int_equal(file_create(path_of("c"), span_str("second"), 0644), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(file_read(path_of("c"), &b), 0);
    assert_string_equal(buf_cstr(&b), "first");
    assert_int_equal(file_write(path_of("c"), span_str(""), 0644), 0);
    buf_clear(&b);
    assert_int_equal(file_read(path_of("c"), &b), 0);
    assert_int_equal(b.n, 0);
    assert_int_equal(count_entries(), 1);
    buf_release(&b);
}

static void
a_reader_never_sees_half_a_file(void **state)
{
    struct buf b;
    FILE *held;
    char text[10] = {0};

    assert_int_equal(file_write(path_of("h"), span_str("old"), 0644), 0);
    held = fopen(path_of("h"), "r");
    assert_non_null(held);
    assert_int_equal(file_write(path_of("h"), span_str("new"), 0644), 0);
    assert_non_null(fgets(text, sizeof text, held));
    assert_string_equal(text, "old");
    fclose(held);
    buf_init(&b, 10);
    assert_int_equal(file_read(path_of("h"), &b), 0);
    assert_string_equal(buf_cstr(&b), "new");
    buf_release(&b);
}

static void
a_name_that_is_taken_beside_is_left_alone(void **state)
{
    char beside[400];
    struct buf b;

    snprintf(beside, sizeof beside, "%s.tmp-%ld-0", path_of("n"), (long)getpid());
    assert_int_equal(symlink("/nowhere/at/all", beside), 0);
    assert_int_equal(file_write(path_of("n"), span_str("x"), 0600), 0);
    assert_int_equal(count_entries(), 2);
    buf_init(&b, 10);
    assert_int_equal(file_read(path_of("n"), &b), 0);
    assert_string_equal(buf_cstr(&b), "x");
    buf_release(&b);
}

static void
a_file_over_the_ceiling_is_efbig(void **state)
{
    struct buf b;

    assert_int_equal(file_write(path_of("b"), span_str("12345678"), 0600), 0);
    buf_init(&b, 8);
    assert_int_equal(file_read(path_of("b"), &b), 0);
    buf_release(&b);
    buf_init(&b, 7);
    errno = 0;
    assert_int_equal(file_read(path_of("b"), &b), -1);
    assert_int_equal(errno, EFBIG);
    assert_true(buf_failed(&b));
    buf_release(&b);
    buf_init(&b, 10);
    buf_put_str(&b, "old");
    errno = 0;
    assert_int_equal(file_read(path_of("b"), &b), -1);
    assert_int_equal(errno, EFBIG);
    buf_release(&b);
    assert_int_equal(file_read("/dev/zero", &b), -1);
    assert_int_equal(errno, EFBIG);
    buf_release(&b);
}

static void
an_operating_error_keeps_its_errno(void **state)
{
    struct buf b;
    char *longest = mem_new(5000);

    buf_init(&b, 100);
    errno = 0;
    assert_int_equal(file_read(path_of("absent"), &b), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(file_read(folder, &b), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(file_write(path_of("no/such"), span_str("x"), 0600), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(file_write(folder, span_str("x"), 0600), -1);
    assert_int_equal(errno, EISDIR);
    memset(longest, 'a', 4999);
    assert_int_equal(file_write(longest, span_str("x"), 0600), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(count_entries(), 0);
    assert_int_equal(file_write(path_of("m"), span_str("x"), 0600), 0);
    mem_fail_at(1);
    assert_int_equal(file_read(path_of("m"), &b), -1);
    mem_fail_at(0);
    assert_int_equal(errno, ENOMEM);
    buf_release(&b);
    free(longest);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read_and_nothing_is_left_beside, open_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(writing_replaces_and_creating_does_not, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_reader_never_sees_half_a_file, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_name_that_is_taken_beside_is_left_alone, open_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_file_over_the_ceiling_is_efbig, open_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_operating_error_keeps_its_errno, open_folder, remove_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
