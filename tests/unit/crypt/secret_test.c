#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "crypt/secret.h"
#include "crypt/sig.h"

struct place {
    char dir[64];
    char path[96];
    struct why why;
};

static int
setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    secret_start();
    (void)snprintf(place->dir, sizeof place->dir, "%s/secretXXXXXX", "/tmp");
    if (mkdtemp(place->dir) == NULL)
        return -1;
    (void)snprintf(place->path, sizeof place->path, "%s/log.key", place->dir);
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;

    (void)unlink(place->path);
    (void)rmdir(place->dir);
    free(place);
    return 0;
}

static void
a_saved_key_is_loaded_again_by_its_kind_only(void **state)
{
    struct place *place = *state;
    struct secret *s = secret_new_random();
    struct secret *again;
    struct stat st;

    assert_int_equal(secret_save(s, "log", place->path, &place->why), 0);
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    again = secret_load("log", place->path, &place->why);
    assert_non_null(again);
    assert_memory_equal(secret_bytes(s), secret_bytes(again), SECRET_BYTES);
    secret_free(again);
    assert_null(secret_load("witness", place->path, &place->why));
    assert_int_equal(place->why.code, WHY_CONF_VALUE);
    why_clear(&place->why);
    assert_int_equal(secret_save(s, "log", place->path, &place->why), -1); /* it is there: never over a key */
    assert_int_equal(place->why.code, WHY_CONF_VALUE);
    secret_free(s);
    secret_free(NULL);
}

static void
a_key_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0601};
    struct place *place = *state;
    struct secret *s = secret_new_random();

    assert_int_equal(secret_save(s, "wrap", place->path, NULL), 0);
    secret_free(s);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(place->path, modes[i]), 0);
        assert_null(secret_load("wrap", place->path, NULL));
    }
    assert_int_equal(chmod(place->path, 0400), 0);
    s = secret_load("wrap", place->path, NULL);
    assert_non_null(s);
    secret_free(s);
}

static void
links_and_directories_are_refused(void **state)
{
    struct place *place = *state;
    struct secret *s = secret_new_random();
    char link[128];

    assert_null(secret_load("log", place->dir, NULL));
    assert_null(secret_load("log", place->path, NULL)); /* not there */
    assert_int_equal(secret_save(s, "log", place->path, NULL), 0);
    (void)snprintf(link, sizeof link, "%s/link", place->dir);
    assert_int_equal(symlink(place->path, link), 0);
    assert_null(secret_load("log", link, NULL));
    (void)unlink(link);
    assert_int_equal(mkfifo(link, 0600), 0);
    assert_null(secret_load("log", link, NULL));
    (void)unlink(link);
    secret_free(s);
}

#define GOOD "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"

static void
any_other_content_than_the_one_line_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "parallax-log-key-v1 ",
        "parallax-log-key-v2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", /* no line end */
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\r",
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\r\n", /* another one */
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n", /* trailing bytes */
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",   /* not canonical */
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",    /* no padding */
        "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_\n",
        "parallax-log-key-v1  AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        GOOD "parallax-log-key-v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
    };
    struct place *place = *state;
    struct secret *s;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(file_write(place->path, span_str(texts[i]), 0600), 0);
        if (secret_load("log", place->path, NULL) != NULL)
            fail_msg("taken: %s", texts[i]);
    }
    assert_int_equal(file_write(place->path, span_str(GOOD), 0600), 0);
    s = secret_load("log", place->path, NULL);
    assert_non_null(s);
    for (uint8_t i = 0; i < SECRET_BYTES; i++)
        assert_int_equal(secret_bytes(s)[i], i);
    secret_free(s);
}

static void
a_secret_cannot_be_written_to(void **state)
{
    struct secret *s = secret_new_random();
    pid_t child = fork();
    int status;

    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* not the sanitizer's report */
        *(volatile uint8_t *)(uintptr_t)secret_bytes(s) = 0;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    secret_free(s);
}

/* RFC 7748 section 6.1. */
static void
curve_keys_are_those_of_rfc_7748(void **state)
{
    uint8_t bytes[32];
    uint8_t want[32];
    uint8_t key[32];
    struct secret *s;

    (void)text_unhex(span_str("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"), bytes, 32);
    (void)text_unhex(span_str("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"), want, 32);
    s = secret_new_copy(bytes);
    secret_curve_public(s, key);
    assert_memory_equal(key, want, 32);
    assert_true(secret_curve_key_ok(key));
    secret_free(s);
}

static void
curve_keys_of_small_order_or_in_another_encoding_are_refused(void **state)
{
    static const char *const bad[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* 9 + p */
        "0900000000000000000000000000000000000000000000000000000000000080", /* 9 with the bit that is ignored
                                                                             */
    };
    uint8_t key[32] = {9};

    assert_true(secret_curve_key_ok(key));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(text_unhex(span_str(bad[i]), key, 32), 0);
        if (secret_curve_key_ok(key))
            fail_msg("taken: %s", bad[i]);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_saved_key_is_loaded_again_by_its_kind_only),
        TEST(a_key_file_that_others_may_read_is_refused),
        TEST(links_and_directories_are_refused),
        TEST(any_other_content_than_the_one_line_is_refused),
        TEST(a_secret_cannot_be_written_to),
        TEST(curve_keys_are_those_of_rfc_7748),
        TEST(curve_keys_of_small_order_or_in_another_encoding_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
