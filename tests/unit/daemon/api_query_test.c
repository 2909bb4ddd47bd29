#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "orbit.pb-c.h"
#include "world.h"

static Parallax__V1__QueryRequest
orbits(void)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;

    q.type = (char *)(uintptr_t) "orbit";
    return q;
}

/* The same rows whatever the size of a page. */
static void
assert_rows(struct bed *b, int fd, Parallax__V1__QueryRequest *q, const char *rows)
{
    struct buf out;

    buf_init(&out, 65536);
    for (uint32_t limit = 0; limit < 4; limit++) {
        world_query(b, fd, q, limit, &out);
        assert_string_equal(buf_cstr(&out), rows);
    }
    buf_release(&out);
}

static void
a_query_gives_the_newest_of_each_subject_and_origin(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    int fd = bed_connect(b);

    assert_rows(b, fd, &q, "a0:2 b0:1 a0:5 ");
    q.mode = PARALLAX__V1__MODE__EXERCISE;
    assert_rows(b, fd, &q, "a0:3 ");
    q.mode = PARALLAX__V1__MODE__SIMULATED;
    assert_rows(b, fd, &q, "");
    q.mode = PARALLAX__V1__MODE__MODE_UNSPECIFIED;
    q.type = (char *)(uintptr_t) "";
    assert_rows(b, fd, &q, "a0:2 b0:1 a0:5 ");
    q.origin = (char *)(uintptr_t) "jp-jaxa";
    assert_rows(b, fd, &q, "b0:1 ");
    close(fd);
}

static void
a_query_of_an_object_gives_what_each_origin_says_newest_first(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    int fd = bed_connect(b);

    q.object = (char *)(uintptr_t) "norad:25544";
    assert_rows(b, fd, &q, "b0:1 a0:2 ");
    q.origin = (char *)(uintptr_t) "de-dlr";
    assert_rows(b, fd, &q, "a0:2 ");
    q.object = (char *)(uintptr_t) "norad:1";
    assert_rows(b, fd, &q, "");
    close(fd);
}

static void
a_query_of_a_subject_gives_what_each_origin_says_of_it(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    Parallax__V1__Answer *a;
    int fd = bed_connect(b);

    q.subject = (char *)(uintptr_t) "25544";
    assert_rows(b, fd, &q, "a0:2 b0:1 ");
    q.origin = (char *)(uintptr_t) "jp-jaxa";
    assert_rows(b, fd, &q, "b0:1 ");
    q.origin = (char *)(uintptr_t) "";
    q.subject = (char *)(uintptr_t) "2554"; /* the beginning of a key is another key */
    assert_rows(b, fd, &q, "");
    q.subject = (char *)(uintptr_t) "25544";
    q.history = true;
    q.cursor.len = 0;
    r.query = &q;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->error_name, "FIELD_VALUE");
    bed_answer_free(a);
    close(fd);
}

static void
a_query_by_time_is_about_the_epoch_of_the_data(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Utc since = PARALLAX__V1__UTC__INIT, until = PARALLAX__V1__UTC__INIT;
    int fd = bed_connect(b);

    since.mjd = 61099 + 2; /* day 2 */
    since.ns = 26812157760000;
    until.mjd = 61099 + 5;
    until.ns = 26812157760000;
    q.since = &since;
    assert_rows(b, fd, &q, "a0:2 b0:1 a0:5 ");
    q.until = &until;
    assert_rows(b, fd, &q, "a0:2 a0:5 ");
    since.ns += 1000;
    assert_rows(b, fd, &q, "a0:5 ");
    q.history = true;
    assert_rows(b, fd, &q, "a0:5 ");
    q.since = NULL;
    assert_rows(b, fd, &q, "a0:5 a0:2 a0:1 ");
    close(fd);
}

static void
the_history_gives_every_record_newest_delivery_first(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    int fd = bed_connect(b);

    q.history = true;
    assert_rows(b, fd, &q, "b0:1 a0:5 a0:2 a0:1 ");
    q.object = (char *)(uintptr_t) "norad:25544";
    assert_rows(b, fd, &q, "b0:1 a0:2 a0:1 ");
    q.origin = (char *)(uintptr_t) "de-dlr";
    assert_rows(b, fd, &q, "a0:2 a0:1 ");
    close(fd);
}

static void
a_row_carries_the_record_as_its_origin_made_it(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_RECORD);
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__RecordId id = world_id(b, WHOLE, 1);
    const struct bed_log *l = &b->other[WHOLE];
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;
    const Parallax__V1__RecordRow *row;

    record.id = &id;
    r.record = &record;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->records->n_rows, 1);
    row = a->records->rows[0];
    assert_memory_equal(row->id->log.data, l->row.id, LOG_ID_BYTES);
    assert_int_equal(row->id->index, 1);
    assert_string_equal(row->origin, "jp-jaxa");
    assert_string_equal(row->series, "jp-jaxa/open/alert");
    assert_int_equal(row->header.len, l->header[1].n);
    assert_memory_equal(row->header.data, l->header[1].p, l->header[1].n);
    assert_int_equal(row->body.len, l->body[1].n);
    assert_memory_equal(row->body.data, l->body[1].p, l->body[1].n);
    assert_int_equal(row->delivery, 8);
    assert_int_equal(row->received_ms, BED_WALL_MS - 5000);
    assert_string_equal(row->quarantine, "");
    bed_answer_free(a);
    close(fd);
}

static void
quarantined_records_are_shown_only_when_asked_for(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_RECORD);
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__RecordId id = world_id(b, HALF, 4);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    q.quarantined = true;
    assert_rows(b, fd, &q, "a0:4 ");
    q.origin = (char *)(uintptr_t) "jp-jaxa";
    assert_rows(b, fd, &q, "");
    record.id = &id;
    r.record = &record;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->records->rows[0]->quarantine, "BODY_SHAPE");
    bed_answer_free(a);
    bed_batch(b, &b->other[LARGE], 9, 1, 10, 9);
    bed_batch(b, &b->other[LARGE], 10, 1, 11, 10);
    api_delivered(b->api);
    /* A row of the table whose record is not in quarantine any more is not told. */
    assert_int_equal(store_quarantine_note(b->store, b->other[LARGE].row.no, 2, WHY_BODY_SHAPE, "x"), 0);
    q = orbits();
    q.quarantined = true;
    q.mode = PARALLAX__V1__MODE__TEST;
    assert_rows(b, fd, &q, "d0:9 d0:a ");
    q.quarantined = false;
    q.history = true;
    assert_rows(b, fd, &q, "d0:8 d0:7 d0:6 d0:5 d0:4 d0:3 d0:2 d0:1 ");
    close(fd);
}

static void
a_log_that_is_not_released_is_as_unknown_as_one_that_does_not_exist(void **state)
{
    struct bed *b = *state;
    Parallax__V1__RecordId id = world_id(b, HIDDEN, 1);
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__ProveRequest prove = PARALLAX__V1__PROVE_REQUEST__INIT;
    Parallax__V1__HoldersRequest holders = PARALLAX__V1__HOLDERS_REQUEST__INIT;
    Parallax__V1__LogRequest log = PARALLAX__V1__LOG_REQUEST__INIT;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;
    char text[2][256] = {"", "?"};
    uint8_t unknown[LOG_ID_BYTES] = {1};
    int fd = bed_connect(b);

    record.id = prove.id = holders.id = &id;
    log.log = id.log;
    for (int k = 0; k < 2; k++) {
        Parallax__V1__Answer *a;

        r.what_case = PARALLAX__V1__REQUEST__WHAT_RECORD;
        r.record = &record;
        a = bed_ask(b, fd, &r);
        (void)snprintf(text[k], sizeof text[k], "%s %s", a->error_name, a->error);
        bed_answer_free(a);
        r.what_case = PARALLAX__V1__REQUEST__WHAT_PROVE;
        r.prove = &prove;
        world_refused(b, fd, &r, "LOG_UNKNOWN");
        r.what_case = PARALLAX__V1__REQUEST__WHAT_HOLDERS;
        r.holders = &holders;
        world_refused(b, fd, &r, "LOG_UNKNOWN");
        r.what_case = PARALLAX__V1__REQUEST__WHAT_LOG;
        r.log = &log;
        world_refused(b, fd, &r, "LOG_UNKNOWN");
        id.log.data = log.log.data = unknown;
    }
    assert_string_equal(text[0], text[1]);
    assert_non_null(strstr(text[0], "LOG_UNKNOWN"));
    q.object = (char *)(uintptr_t) "norad:999";
    assert_rows(b, fd, &q, "");
    q.history = true;
    assert_rows(b, fd, &q, "");
    close(fd);
}

static void
a_page_is_bounded_in_bytes(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    Parallax__V1__QueryRequest q = orbits();
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    q.history = true;
    q.mode = PARALLAX__V1__MODE__TEST;
    assert_rows(b, fd, &q, "d0:8 d0:7 d0:6 d0:5 d0:4 d0:3 d0:2 d0:1 ");
    q.limit = 0;
    q.cursor.len = 0;
    r.query = &q;
    a = bed_ask(b, fd, &r);
    assert_int_equal(a->records->n_rows, LIMIT_API_PAGE_BYTES / LARGE_BYTES);
    bed_answer_free(a);
    close(fd);
}

/* Not cut by their number: the next page goes on with the first row that did not fit. */
static void
a_page_of_the_newest_is_bounded_in_bytes_and_the_next_one_goes_on(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__PublishRequest publish = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *records[] = {&record};
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    uint8_t *original = calloc(1, LARGE_BYTES);
    int fd = bed_connect(b);
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    record.type = (char *)(uintptr_t) "orbit";
    publish.audience = (char *)(uintptr_t) "open";
    publish.mode = PARALLAX__V1__MODE__SIMULATED;
    publish.n_records = 1;
    publish.records = records;
    r.publish = &publish;
    for (uint32_t i = 1; i <= 8; i++) {
        Parallax__V1__Orbit *orbit;
        Parallax__V1__Answer *a;
        uint8_t key[16] = {(uint8_t)i}, *mine;

        buf_clear(&out);
        bed_orbit(i, 1, &out);
        orbit = parallax__v1__orbit__unpack(NULL, out.n, out.p);
        mine = orbit->source->original.data;
        orbit->source->original = (ProtobufCBinaryData){LARGE_BYTES, original};
        buf_clear(&out);
        pack(&orbit->base, &out);
        orbit->source->original.data = mine;
        parallax__v1__orbit__free_unpacked(orbit, NULL);
        record.body = (ProtobufCBinaryData){out.n, out.p};
        publish.key = (ProtobufCBinaryData){16, key};
        a = bed_ask(b, fd, &r);
        assert_string_equal(a->error, "");
        bed_answer_free(a);
    }
    q.mode = PARALLAX__V1__MODE__SIMULATED;
    world_query(b, fd, &q, 0, &out);
    for (unsigned i = 1; i <= 8; i++) {
        char index[8];

        (void)snprintf(index, sizeof index, ":%u ", i);
        assert_non_null(strstr(buf_cstr(&out), index));
        assert_null(strstr(strstr(buf_cstr(&out), index) + 1, index));
    }
    free(original);
    buf_release(&out);
    close(fd);
}

static void
a_request_with_values_that_make_no_sense_is_refused(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Utc bad = PARALLAX__V1__UTC__INIT;
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    Parallax__V1__RecordId id = world_id(b, WHOLE, 2);
    int fd = bed_connect(b);

    r.query = &q;
    q.type = (char *)(uintptr_t) "horoscope";
    world_refused(b, fd, &r, "TYPE_UNKNOWN");
    q = orbits();
    q.mode = (Parallax__V1__Mode)5;
    world_refused(b, fd, &r, "FIELD_VALUE");
    q.mode = (Parallax__V1__Mode)-1;
    world_refused(b, fd, &r, "FIELD_VALUE");
    q = orbits();
    bad.mjd = 61100;
    bad.ns = -1;
    q.until = &bad;
    world_refused(b, fd, &r, "FIELD_TIME");
    r.what_case = PARALLAX__V1__REQUEST__WHAT_RECORD;
    r.record = &record;
    world_refused(b, fd, &r, "FIELD_MISSING");
    record.id = &id;
    world_refused(b, fd, &r, "FIELD_RANGE");
    id.index = UINT64_MAX;
    world_refused(b, fd, &r, "FIELD_RANGE");
    id.log.len = 15;
    world_refused(b, fd, &r, "FIELD_VALUE");
    id.log.len = 0;
    world_refused(b, fd, &r, "FIELD_VALUE");
    close(fd);
}

/* A cursor is the client's to damage: it is refused or leads somewhere, and the server lives. */
static void
a_cursor_of_any_bytes_does_no_harm(void **state)
{
    struct bed *b = *state;
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    Parallax__V1__QueryRequest q = orbits();
    static const char kinds[] = "LOHQ";
    uint8_t cursor[400];
    uint64_t seed = 1;
    unsigned refused = 0;
    int fd = bed_connect(b);

    r.query = &q;
    for (unsigned i = 0; i < 600; i++) {
        Parallax__V1__Answer *a;

        for (size_t k = 0; k < sizeof cursor; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            cursor[k] = i % 3 == 0 ? 0xff : (uint8_t)(seed >> 60 == 0 ? 0 : seed >> 56);
        }
        cursor[0] = (uint8_t)kinds[i % 4];
        q.cursor = (ProtobufCBinaryData){i % 5 == 0 ? 9 : i % 37 + 1, cursor};
        if (i % 50 == 49)
            q.cursor.len = sizeof cursor;
        q.history = i % 7 == 0;
        q.quarantined = i % 11 == 0;
        q.object = (char *)(uintptr_t)(i % 2 == 0 ? "norad:25544" : "");
        a = bed_ask(b, fd, &r);
        assert_true(a->error[0] == '\0' || strcmp(a->error_name, "FIELD_VALUE") == 0);
        refused += a->error[0] != '\0';
        bed_answer_free(a);
    }
    assert_true(refused > 100 && refused < 600);
    close(fd);
}

static void
what_is_published_here_is_found_at_once_and_once(void **state)
{
    struct bed *b = *state;
    Parallax__V1__QueryRequest q = orbits();
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    int fd = bed_connect(b);
    Parallax__V1__Answer *a;

    bed_publish_orbit(b, fd, 4242, 1, REAL);
    bed_publish_orbit(b, fd, 4242, 3, REAL);
    bed_publish_orbit(b, fd, 4242, 2, REAL);
    q.object = (char *)(uintptr_t) "norad:4242";
    r.query = &q;
    for (int k = 0; k < 2; k++) {
        a = bed_ask(b, fd, &r);
        assert_int_equal(a->records->n_rows, k == 0 ? 1 : 3);
        assert_string_equal(a->records->rows[0]->origin, "fr-cnes");
        assert_int_equal(a->records->rows[0]->id->index,
                         k == 0 ? 2 : 3); /* day 3 is newest, though not last */
        bed_answer_free(a);
        q.history = true;
    }
    close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_query_gives_the_newest_of_each_subject_and_origin),
        TEST(a_query_of_an_object_gives_what_each_origin_says_newest_first),
        TEST(a_query_of_a_subject_gives_what_each_origin_says_of_it),
        TEST(a_query_by_time_is_about_the_epoch_of_the_data),
        TEST(the_history_gives_every_record_newest_delivery_first),
        TEST(a_row_carries_the_record_as_its_origin_made_it),
        TEST(quarantined_records_are_shown_only_when_asked_for),
        TEST(a_log_that_is_not_released_is_as_unknown_as_one_that_does_not_exist),
        TEST(a_page_is_bounded_in_bytes),
        TEST(a_page_of_the_newest_is_bounded_in_bytes_and_the_next_one_goes_on),
        TEST(a_request_with_values_that_make_no_sense_is_refused),
        TEST(a_cursor_of_any_bytes_does_no_harm),
        TEST(what_is_published_here_is_found_at_once_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
