#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "world.h"

/* All pages; the number of them. */
static int
picture(struct bed *b, struct buf *out)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PICTURE);
    Parallax__V1__PictureRequest q = PARALLAX__V1__PICTURE_REQUEST__INIT;
    char cursor[512] = "";
    int fd = bed_connect(b), pages = 0;

    buf_clear(out);
    r.picture = &q;
    do {
        Parallax__V1__Answer *a;

        q.after = cursor;
        a = bed_ask(b, fd, &r);
        assert_string_equal(a->error, "");
        assert_true(a->picture->lines.len <= LIMIT_API_PAGE_BYTES);
        buf_put(out, a->picture->lines.data, a->picture->lines.len);
        (void)snprintf(cursor, sizeof cursor, "%s", a->picture->cursor);
        bed_answer_free(a);
        assert_true(++pages < 100);
    } while (cursor[0] != '\0');
    close(fd);
    bed_turn(b);
    return pages;
}

static unsigned
count(const char *text, const char *part)
{
    unsigned n = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

static void
the_picture_is_one_canonical_line_a_row(void **state)
{
    struct bed *b = *state;
    struct buf out;
    const char *text, *line;
    static const char start[] =
        "{\"type\":\"orbit\",\"mode\":\"REAL\",\"subject\":\"25544\",\"origin\":\"de-dlr\","
        "\"record\":\"a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0:2\",\"kind\":\"INITIAL\","
        "\"epoch\":\"2026-03-02T07:26:52.157760000Z\",\"created\":\"2026-03-01T00:00:01.000000002Z\","
        "\"data\":{";

    buf_init(&out, LIMIT_API_BYTES);
    assert_int_equal(picture(b, &out), 2);
    text = buf_cstr(&out);
    assert_int_equal(count(text, "\n"), 4);
    assert_int_equal(count(text, "\"mode\":\"REAL\""), 3);
    assert_memory_equal(text, start, sizeof start - 1);
    line = strchr(text, '\n');
    assert_memory_equal(line - 2, "}}\n", 3);
    assert_non_null(strstr(text, "\"mode\":\"EXERCISE\",\"subject\":\"700\""));
    assert_null(strstr(text, "\"subject\":\"999\"")); /* not released */
    assert_null(strstr(text, "delivery"));
    buf_release(&out);
}

/* The same records in another order, with other numbers and times: the same bytes. */
static void
two_nodes_that_hold_the_same_print_the_same(void **state)
{
    struct bed *b = *state, *other = bed_new();
    struct buf mine, theirs;

    world_whole(other);
    world_rest(other);
    world_half(other);
    other->ctx.wall_ms += 86400000;
    bed_start(other);
    buf_init(&mine, LIMIT_API_BYTES);
    buf_init(&theirs, LIMIT_API_BYTES);
    (void)picture(b, &mine);
    (void)picture(other, &theirs);
    assert_true(mine.n > 1000);
    assert_string_equal(buf_cstr(&mine), buf_cstr(&theirs));
    bed_publish_orbit(other, bed_connect(other), 5, 5, REAL);
    (void)picture(other, &theirs);
    assert_string_not_equal(buf_cstr(&mine), buf_cstr(&theirs));
    buf_release(&mine);
    buf_release(&theirs);
    bed_free(other);
}

/* Many subjects in few requests. */
static void
publish_many(struct bed *b, unsigned n)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    Parallax__V1__PublishRequest q = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record[50], *records[50];
    struct buf body[50];
    int fd = bed_connect(b);

    q.audience = (char *)(uintptr_t) "open";
    q.mode = REAL;
    q.records = records;
    q.n_records = 50;
    r.publish = &q;
    for (unsigned i = 0; i < n; i += 50) {
        char key[17];
        Parallax__V1__Answer *a;

        (void)snprintf(key, sizeof key, "many %011u", i);
        q.key = (ProtobufCBinaryData){16, (uint8_t *)key};
        for (unsigned k = 0; k < 50; k++) {
            buf_init(&body[k], LIMIT_BODY_BYTES);
            bed_orbit(10000 + i + k, 1, &body[k]);
            parallax__v1__publish_record__init(&record[k]);
            record[k].type = (char *)(uintptr_t) "orbit";
            record[k].body = (ProtobufCBinaryData){body[k].n, body[k].p};
            records[k] = &record[k];
        }
        a = bed_ask(b, fd, &r);
        assert_string_equal(a->error, "");
        bed_answer_free(a);
        for (unsigned k = 0; k < 50; k++)
            buf_release(&body[k]);
    }
    close(fd);
}

static void
a_picture_of_many_pages_has_every_row_once_in_order(void **state)
{
    struct bed *b = *state;
    struct buf out;
    char subject[32];
    const char *at;

    publish_many(b, 1200);
    buf_init(&out, 16 * LIMIT_API_BYTES);
    assert_true(picture(b, &out) >= 3);
    assert_int_equal(count(buf_cstr(&out), "\n"), 1204);
    at = buf_cstr(&out);
    for (unsigned i = 0; i < 1200; i++) {
        (void)snprintf(subject, sizeof subject, "\"subject\":\"%u\"", 10000 + i);
        at = strstr(at, subject);
        assert_non_null(at);
        at++;
        assert_null(strstr(at, subject));
    }
    buf_release(&out);
}

static void
a_cursor_that_no_answer_gave_is_refused_or_leads_somewhere(void **state)
{
    struct bed *b = *state;
    static const char *const bad[] = {
        "x", "/", "//", "///", "orbit/x/fr-cnes/k", "orbit/256/fr-cnes/k", "orbit/-1/a/k", "orbit//a/k"};
    static const char *const good[] = {"orbit/1//", "zzz/1/a/k", "orbit/255/a/\xc3\xa9/slash/"};
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PICTURE);
    Parallax__V1__PictureRequest q = PARALLAX__V1__PICTURE_REQUEST__INIT;
    char large[1000];
    int fd = bed_connect(b);

    r.picture = &q;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        q.after = (char *)(uintptr_t)bad[i];
        world_refused(b, fd, &r, "FIELD_VALUE");
    }
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    q.after = large;
    for (size_t i = 0; i < 4; i++) { /* each part too long in turn */
        memset(large, 'a', sizeof large - 1);
        memcpy(large + (i == 0 ? 200 : 1), "/1/", 3);
        large[i == 1 ? 300 : 210] = '/';
        world_refused(b, fd, &r, "FIELD_VALUE");
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        Parallax__V1__Answer *a;

        q.after = (char *)(uintptr_t)good[i];
        a = bed_ask(b, fd, &r);
        assert_string_equal(a->error, "");
        bed_answer_free(a);
    }
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_picture_is_one_canonical_line_a_row),
        TEST(two_nodes_that_hold_the_same_print_the_same),
        TEST(a_picture_of_many_pages_has_every_row_once_in_order),
        TEST(a_cursor_that_no_answer_gave_is_refused_or_leads_somewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
