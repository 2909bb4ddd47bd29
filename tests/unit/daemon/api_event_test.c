#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "world.h"

#define FIRST  "conjunction:norad:148493+norad:88902@2032-02-13T22:37Z"
#define GOLDEN "../../../node/types/conjunction/golden/01-full.cdm-kvn"

/* The golden CDM with its TCA, and the date on which it was made, as given. */
static void
cdm(const char *tca, const char *made, struct buf *body)
{
    struct convert how = {.strict = false};
    struct buf text;
    struct why why;
    char *p;

    buf_init(&text, LIMIT_INPUT_BYTES);
    why_clear(&why);
    assert_int_equal(file_read(GOLDEN, &text), 0);
    buf_put_byte(&text, 0);
    p = strstr((char *)text.p, "2032-02-13T22:37:52.618");
    assert_non_null(p);
    memcpy(p, tca, 23);
    p = strstr((char *)text.p, "2032-02-10T22:31:12.000");
    assert_non_null(p);
    memcpy(p, made, 23);
    buf_init(body, LIMIT_BODY_BYTES);
    assert_int_equal(registry_read(span_of(text.p, text.n - 1), "cdm-kvn", &how, bed_keep, body, &why), 0);
    buf_release(&text);
}

static void
publish(struct bed *b, int fd, int kind, int mode, const struct buf *body)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_PUBLISH);
    Parallax__V1__PublishRequest q = PARALLAX__V1__PUBLISH_REQUEST__INIT;
    Parallax__V1__PublishRecord record = PARALLAX__V1__PUBLISH_RECORD__INIT, *records[] = {&record};
    Parallax__V1__Answer *a;
    char key[17];

    (void)snprintf(key, sizeof key, "key %012u", (unsigned)++b->published_n);
    record.type = (char *)(uintptr_t) "conjunction";
    record.body = (ProtobufCBinaryData){body->n, body->p};
    record.kind = (Parallax__V1__Kind)kind;
    q.key = (ProtobufCBinaryData){16, (uint8_t *)key};
    q.audience = (char *)(uintptr_t) "open";
    q.mode = (Parallax__V1__Mode)mode;
    q.n_records = 1;
    q.records = records;
    r.publish = &q;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->error, "");
    bed_answer_free(a);
}

/* The row of an event; the whole answer is freed by the caller. */
static Parallax__V1__Answer *
ask(struct bed *b, int fd, const char *id, int mode)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENT);
    Parallax__V1__EventRequest q = PARALLAX__V1__EVENT_REQUEST__INIT;

    q.id = (char *)(uintptr_t)id;
    q.mode = (Parallax__V1__Mode)mode;
    r.event = &q;
    return bed_ask(b, fd, &r);
}

static void
any_name_of_an_event_leads_to_all_of_its_records(void **state)
{
    static const char *const names[] = {FIRST, "conjunction:norad:148493+norad:88902@2032-02-13T22:41Z",
                                        "conjunction:norad:148493+norad:88902@2032-02-13T22:46Z"};
    struct bed *b = *state;
    int fd = bed_connect(b);
    struct buf body[3];

    cdm("2032-02-13T22:37:52.618", "2032-02-10T22:31:12.000", &body[0]);
    cdm("2032-02-13T22:46:59.999", "2032-02-11T22:31:12.000", &body[1]);
    cdm("2032-02-13T22:37:52.618", "2032-02-12T22:31:12.000", &body[2]);
    publish(b, fd, 0, PARALLAX__V1__MODE__REAL, &body[0]);
    b->ctx.wall_ms += 1000;
    publish(b, fd, 0, PARALLAX__V1__MODE__REAL, &body[1]);
    publish(b, fd, 0, PARALLAX__V1__MODE__EXERCISE, &body[1]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Parallax__V1__Answer *a = ask(b, fd, names[i], 0);

        assert_string_equal(a->error, "");
        assert_string_equal(a->event->event->id, FIRST);
        assert_int_equal(a->event->n_rows, 2);
        assert_int_equal(a->event->event->members, 2);
        assert_int_equal(a->event->event->n_standing, 1); /* the newer one */
        assert_int_equal(a->event->event->standing[0]->record->index, a->event->rows[1]->id->index);
        assert_string_equal(a->event->event->standing[0]->voice, "EXAMPLE SSA");
        assert_string_equal(a->event->event->state, "open");
        bed_answer_free(a);
    }
    publish(b, fd, PARALLAX__V1__KIND__CANCEL, PARALLAX__V1__MODE__REAL, &body[2]);
    {
        Parallax__V1__Answer *a = ask(b, fd, FIRST, 0);

        assert_string_equal(a->event->event->state, "cancelled");
        assert_int_equal(a->event->n_rows, 3);
        bed_answer_free(a);
        a = ask(b, fd, names[2], PARALLAX__V1__MODE__EXERCISE);
        assert_string_equal(a->event->event->state, "open");
        assert_int_equal(a->event->n_rows, 1);
        bed_answer_free(a);
        a = ask(b, fd, FIRST, PARALLAX__V1__MODE__TEST);
        assert_string_not_equal(a->error, "");
        bed_answer_free(a);
    }
    for (size_t i = 0; i < 3; i++)
        buf_release(&body[i]);
    close(fd);
    bed_turn(b);
}

static size_t
list(struct bed *b, int fd, Parallax__V1__EventsRequest *q, char ids[8][LIMIT_EVENT_ID_BYTES + 1])
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENTS);
    uint8_t cursor[512];
    size_t n = 0, pages = 0;

    r.events = q;
    q->cursor.len = 0;
    do {
        Parallax__V1__Answer *a = bed_ask(b, fd, &r);

        assert_string_equal(a->error, "");
        for (size_t i = 0; i < a->events->n_events; i++)
            (void)snprintf(ids[n++], sizeof *ids, "%s", a->events->events[i]->id);
        if (a->events->cursor.len > 0)
            memcpy(cursor, a->events->cursor.data, a->events->cursor.len);
        q->cursor = (ProtobufCBinaryData){a->events->cursor.len, cursor};
        bed_answer_free(a);
        assert_true(++pages < 20);
    } while (q->cursor.len > 0);
    return n;
}

static void
a_list_of_events_has_each_once_whatever_the_page(void **state)
{
    struct bed *b = *state;
    int fd = bed_connect(b);
    char ids[8][LIMIT_EVENT_ID_BYTES + 1];
    struct buf body;

    for (unsigned day = 1; day <= 5; day++) {
        char tca[24];

        (void)snprintf(tca, sizeof tca, "2032-02-%02uT22:37:52.618", day);
        cdm(tca, "2032-01-10T22:31:12.000", &body);
        publish(b, fd, 0, PARALLAX__V1__MODE__REAL, &body);
        buf_release(&body);
    }
    for (uint32_t limit = 0; limit < 4; limit++) {
        Parallax__V1__EventsRequest q = PARALLAX__V1__EVENTS_REQUEST__INIT;

        q.limit = limit;
        assert_int_equal(list(b, fd, &q, ids), 5);
        assert_string_equal(ids[0], "conjunction:norad:148493+norad:88902@2032-02-01T22:37Z");
        assert_string_equal(ids[4], "conjunction:norad:148493+norad:88902@2032-02-05T22:37Z");
        q.object = (char *)(uintptr_t) "norad:88902";
        assert_int_equal(list(b, fd, &q, ids), 5);
        q.object = (char *)(uintptr_t) "norad:88903";
        assert_int_equal(list(b, fd, &q, ids), 0);
        q.object = (char *)(uintptr_t) "";
        q.kind = (char *)(uintptr_t) "impact";
        assert_int_equal(list(b, fd, &q, ids), 0);
        q.kind = (char *)(uintptr_t) "conjunction";
        q.state = (char *)(uintptr_t) "closed";
        assert_int_equal(list(b, fd, &q, ids), 0);
        b->ctx.wall_ms += (int64_t)6 * 366 * 86400000;
        assert_int_equal(list(b, fd, &q, ids), 5);
        b->ctx.wall_ms -= (int64_t)6 * 366 * 86400000;
    }
    close(fd);
    bed_turn(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_name_of_an_event_leads_to_all_of_its_records, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_list_of_events_has_each_once_whatever_the_page, world_setup,
                                        world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
