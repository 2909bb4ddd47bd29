#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "world.h"

#define GOLDEN "../../../node/types/conjunction/golden/01-full.cdm-kvn"
#define LOGS   4

/* What four members say of one pair, each calling the first object something else. */
static const struct {
    const char *origin, *catalog, *designator, *cospar, *tca, *made;
} said[LOGS] = {
    {"de-dlr", "SATCAT", "000148493", "UNKNOWN", "2032-02-13T22:37:52.618", "2032-02-10T00:00:00.000"},
    {"jp-jaxa", "EXAMPLE", "X1", "2031-004A", "2032-02-13T22:42:52.618", "2032-02-11T00:00:00.000"},
    {"in-isro", "SATCAT", "000148493", "2031-004A", "2032-02-13T23:30:52.618", "2032-02-12T00:00:00.000"},
    {"it-asi", "EXAMPLE", "X1", "UNKNOWN", "2032-02-13T22:50:52.618", "2032-02-09T00:00:00.000"},
};

static void
replace(struct buf *text, const char *old, const char *new)
{
    struct buf out;
    const char *at = strstr(buf_cstr(text), old);

    assert_non_null(at);
    buf_init(&out, LIMIT_INPUT_BYTES);
    buf_put(&out, text->p, (size_t)(at - (char *)text->p));
    buf_put_str(&out, new);
    buf_put_str(&out, at + strlen(old));
    buf_release(text);
    *text = out;
}

static void
make_body(size_t i, struct buf *body)
{
    struct convert how = {.strict = false};
    struct buf text;
    struct why why;

    buf_init(&text, LIMIT_INPUT_BYTES);
    why_clear(&why);
    assert_int_equal(file_read(GOLDEN, &text), 0);
    replace(&text, "000148493", said[i].designator);
    replace(&text, "SATCAT", said[i].catalog);
    replace(&text, "2031-004A", said[i].cospar);
    replace(&text, "2032-02-13T22:37:52.618", said[i].tca);
    replace(&text, "2032-02-10T22:31:12.000", said[i].made);
    buf_init(body, LIMIT_BODY_BYTES);
    assert_int_equal(registry_read(buf_span(&text), "cdm-kvn", &how, bed_keep, body, &why), 0);
    buf_release(&text);
}

static struct bed *
make_bed(void)
{
    struct bed *b = bed_new();

    for (size_t i = 0; i < LOGS; i++) {
        struct bed_log *l = &b->other[i];
        struct buf body;

        bed_log_new(b, l, said[i].origin, "data", (uint8_t)(0xA0 + i), true);
        make_body(i, &body);
        bed_leaf(l, "conjunction", REAL, (struct utc){61200, 5}, buf_span(&body));
        buf_release(&body);
        bed_head(b, l, 2, &l->row.head);
        bed_must(store_log_put(b->store, &l->row) == 0);
    }
    bed_start(b);
    return b;
}

/* All records of an event, asked for two at a time. */
static void
put_records(struct bed *b, int fd, char *id, struct buf *out)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENT);
    Parallax__V1__EventRequest q = PARALLAX__V1__EVENT_REQUEST__INIT;
    uint8_t cursor[64];

    q.id = id;
    q.limit = 2;
    r.event = &q;
    do {
        Parallax__V1__Answer *a = bed_ask(b, fd, &r);

        assert_string_equal(a->error, "");
        for (size_t i = 0; i < a->event->n_rows; i++)
            buf_put_fmt(out, " %02x", a->event->rows[i]->id->log.data[0]);
        assert_true(a->event->cursor.len <= sizeof cursor);
        if (a->event->cursor.len > 0)
            memcpy(cursor, a->event->cursor.data, a->event->cursor.len);
        q.cursor = (ProtobufCBinaryData){a->event->cursor.len, cursor};
        bed_answer_free(a);
    } while (q.cursor.len > 0);
}

/* Everything that can be told of events, in one text. */
static void
put_all(struct bed *b, int fd, struct buf *out)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENTS);
    Parallax__V1__EventsRequest q = PARALLAX__V1__EVENTS_REQUEST__INIT;
    Parallax__V1__Answer *a;

    r.events = &q;
    a = bed_ask(b, fd, &r);
    assert_string_equal(a->error, "");
    assert_int_equal(a->events->cursor.len, 0);
    for (size_t i = 0; i < a->events->n_events; i++) {
        const Parallax__V1__EventRow *e = a->events->events[i];

        buf_put_fmt(out, "%s %s %u", e->id, e->state, (unsigned)e->members);
        for (size_t k = 0; k < e->n_joined; k++)
            buf_put_fmt(out, " =%s", e->joined[k]);
        for (size_t k = 0; k < e->n_standing; k++)
            buf_put_fmt(out, " %s", e->standing[k]->origin);
        put_records(b, fd, e->id, out);
        for (size_t k = 0; k < e->n_joined; k++) /* every name leads to all of it */
            put_records(b, fd, e->joined[k], out);
        buf_put_byte(out, '\n');
    }
    bed_answer_free(a);
}

static size_t
count_lines(struct buf *text)
{
    size_t n = 0;

    for (const char *p = buf_cstr(text); *p != 0; p++)
        n += *p == '\n';
    return n;
}

static void
the_same_records_in_any_order_are_joined_to_the_same_events(void **state)
{
    struct buf seen[1u << LOGS];
    unsigned orders = 0;

    (void)state;
    for (size_t i = 0; i < 1u << LOGS; i++)
        buf_init(&seen[i], 65536);
    for (unsigned order = 0; order < 256; order++) {
        unsigned turn[LOGS] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6}, set = 0;
        struct bed *b;
        int fd;

        if ((1u << turn[0] | 1u << turn[1] | 1u << turn[2] | 1u << turn[3]) != 15)
            continue;
        orders++;
        b = make_bed();
        fd = bed_connect(b);
        for (size_t i = 0; i < LOGS; i++) {
            struct buf now;

            bed_batch(b, &b->other[turn[i]], 0, 2, 2, -1);
            api_delivered(b->api);
            set |= 1u << turn[i];
            buf_init(&now, 65536);
            put_all(b, fd, &now);
            if (seen[set].n == 0)
                buf_put_span(&seen[set], buf_span(&now));
            assert_string_equal(buf_cstr(&now), buf_cstr(&seen[set]));
            buf_release(&now);
        }
        close(fd);
        bed_free(b);
    }
    assert_int_equal(orders, 24);
    assert_int_equal(count_lines(&seen[3]), 2); /* each event is told once */
    assert_int_equal(count_lines(&seen[11]), 2);
    assert_int_equal(count_lines(&seen[15]), 2);
    /* Until somebody says that number and designator are of one object, they are two. */
    assert_non_null(strstr(buf_cstr(&seen[3]),
                           "conjunction:cospar:2031-004A+norad:88902@2032-02-13T22:42Z open 1 jp-jaxa"));
    assert_non_null(
        strstr(buf_cstr(&seen[3]), "conjunction:norad:148493+norad:88902@2032-02-13T22:37Z open 1 de-dlr"));
    assert_non_null(strstr(buf_cstr(&seen[15]), "@2032-02-13T22:37Z open 3 ="));
    assert_non_null(
        strstr(buf_cstr(&seen[15]), "conjunction:norad:148493+norad:88902@2032-02-13T23:30Z open 1 in-isro"));
    for (size_t i = 0; i < 1u << LOGS; i++)
        buf_release(&seen[i]);
}

/* Whatever identifiers cost: a page is short, and the next goes on. */
static void
a_page_of_events_ends_after_so_many_look_ups_of_identifiers(void **state)
{
    struct bed *b = make_bed();
    int fd = bed_connect(b);
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENTS);
    Parallax__V1__EventsRequest q = PARALLAX__V1__EVENTS_REQUEST__INIT;
    static char ids[401][LIMIT_EVENT_ID_BYTES + 1];
    size_t n = 0, pages = 0;
    uint8_t cursor[512];

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        char scope[64];
        struct store_event e = {
            .kind = "conjunction", .scope = scope, .voice = "", .at = 5, .closes = INT64_MAX};
        struct store_subject s = {.type = "conjunction",
                                  .key = scope,
                                  .origin = said[0].origin,
                                  .mode = REAL,
                                  .log = b->other[0].row.no,
                                  .events = &e,
                                  .events_n = 1};

        if (i == 0)
            bed_batch(b, &b->other[0], 0, 2, 2, -1);
        s.index = 1;
        s.delivery = 2;
        s.created = 1 + i;
        s.epoch = 1 + i;
        s.object[0] = s.object[1] = "";
        (void)snprintf(scope, sizeof scope, "norad:%u+norad:%u", 100000 + i, 200000 + i);
        bed_must(store_latest_put(b->store, &s) == 0);
    }
    api_delivered(b->api);
    r.events = &q;
    do {
        Parallax__V1__Answer *a = bed_ask(b, fd, &r);

        assert_string_equal(a->error, "");
        for (size_t i = 0; i < a->events->n_events && n < 401; i++)
            (void)snprintf(ids[n++], sizeof *ids, "%s", a->events->events[i]->id);
        assert_true(a->events->n_events < 300);
        assert_true(a->events->cursor.len <= sizeof cursor);
        if (a->events->cursor.len > 0)
            memcpy(cursor, a->events->cursor.data, a->events->cursor.len);
        q.cursor = (ProtobufCBinaryData){a->events->cursor.len, cursor};
        bed_answer_free(a);
        assert_true(++pages < 20);
    } while (q.cursor.len > 0);
    assert_true(pages > 1);
    assert_int_equal(n, 401); /* and that of the batch */
    for (size_t i = 1; i < n; i++)
        assert_true(strcmp(ids[i - 1], ids[i]) < 0);
    close(fd);
    bed_free(b);
}

/* One more record of a first log: an event of ${scope} at ${at}. */
static void
put_scope(struct bed *b, unsigned origin, const char *scope, int64_t at, unsigned number,
          struct span identity)
{
    char key[64];
    struct store_event e = {.kind = "distress",
                            .scope = scope,
                            .voice = "",
                            .at = at,
                            .closes = INT64_MAX,
                            .issued = (int64_t)number};
    struct store_subject s = {.type = "distress",
                              .key = key,
                              .origin = said[origin].origin,
                              .object = {"", ""},
                              .identity = identity,
                              .mode = REAL,
                              .log = b->other[0].row.no,
                              .index = 1,
                              .delivery = 2,
                              .created = 1 + (int64_t)number,
                              .epoch = 1 + (int64_t)number,
                              .events = &e,
                              .events_n = 1};

    (void)snprintf(key, sizeof key, "%u", number);
    bed_must(store_latest_put(b->store, &s) == 0);
}

/* How many events are told, and how many members the largest has. */
static size_t
count_events(struct bed *b, int fd, size_t *most)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_EVENTS);
    Parallax__V1__EventsRequest q = PARALLAX__V1__EVENTS_REQUEST__INIT;
    uint8_t cursor[512];
    size_t n = 0;

    *most = 0;
    q.kind = (char *)(uintptr_t) "distress";
    r.events = &q;
    do {
        Parallax__V1__Answer *a = bed_ask(b, fd, &r);

        assert_string_equal(a->error, "");
        for (size_t i = 0; i < a->events->n_events; i++)
            *most = a->events->events[i]->members > *most ? a->events->events[i]->members : *most;
        n += a->events->n_events;
        assert_true(a->events->cursor.len <= sizeof cursor);
        if (a->events->cursor.len > 0)
            memcpy(cursor, a->events->cursor.data, a->events->cursor.len);
        q.cursor = (ProtobufCBinaryData){a->events->cursor.len, cursor};
        bed_answer_free(a);
    } while (q.cursor.len > 0);
    return n;
}

/* An object with a catalogue number and ${names} identifiers of operators, ${each} by one origin, and an event under each. */
static size_t
join_words(unsigned names, unsigned each, size_t *most)
{
    struct bed *b = make_bed();
    int fd = bed_connect(b);
    uint8_t room[ALIAS_TEXT_BYTES];
    char id[64], scope[EVENT_SCOPE_MAX];
    struct buf identity;
    size_t n;

    bed_batch(b, &b->other[0], 0, 2, 2, -1);
    for (unsigned i = 0; i < names; i++) {
        (void)snprintf(id, sizeof id, "id:OP/%u", i);
        buf_init_fixed(&identity, room, sizeof room);
        alias_put(&identity, "norad:777");
        alias_put(&identity, id);
        alias_end(&identity);
        event_scope(scope, id, NULL);
        put_scope(b, i / each % LOGS, scope, 5, i, buf_span(&identity));
    }
    api_delivered(b->api);
    n = count_events(b, fd, most);
    close(fd);
    bed_free(b);
    return n;
}

static void
past_sixteen_words_for_one_object_each_event_is_told_once(void **state)
{
    size_t most;

    (void)state;
    assert_int_equal(join_words(LIMIT_EVENT_ALIAS_COUNT, LIMIT_OBJECT_CLAIM_COUNT, &most), 1);
    assert_int_equal(most, LIMIT_EVENT_ALIAS_COUNT);
    /* The words beyond stand alone, each. */
    assert_int_equal(join_words(LIMIT_EVENT_ALIAS_COUNT + 3, LIMIT_OBJECT_CLAIM_COUNT, &most), 1 + 3);
    assert_int_equal(most, LIMIT_EVENT_ALIAS_COUNT);
}

/* More than is looked at of one origin: what is beyond stands alone, and is told. */
static void
an_origin_that_states_too_many_identifiers_hides_no_event(void **state)
{
    unsigned names = LIMIT_OBJECT_CLAIM_COUNT + 3;
    size_t most;

    (void)state;
    assert_int_equal(join_words(names, names, &most), 1 + 3);
    assert_int_equal(most, LIMIT_OBJECT_CLAIM_COUNT);
}

/* ${parts} events in a row under two words by turns, each so near to the next that they are one. */
static size_t
join_parts(unsigned parts, size_t *most)
{
    struct bed *b = make_bed();
    int fd = bed_connect(b);
    uint8_t room[ALIAS_TEXT_BYTES];
    struct buf identity;
    char other[EVENT_SCOPE_MAX];
    int64_t window = event_window("distress", "norad:777");
    size_t n;

    assert_true(window > 0);
    event_scope(other, "id:OP/1", NULL);
    bed_batch(b, &b->other[0], 0, 2, 2, -1);
    buf_init_fixed(&identity, room, sizeof room);
    alias_put(&identity, "norad:777");
    alias_put(&identity, "id:OP/1");
    alias_end(&identity);
    for (unsigned i = 0; i < parts; i++) /* of one word further apart than the window */
        put_scope(b, 0, i % 2 == 0 ? "norad:777" : other, 5 + (int64_t)i * (window - window / 4), i,
                  buf_span(&identity));
    api_delivered(b->api);
    n = count_events(b, fd, most);
    close(fd);
    bed_free(b);
    return n;
}

static void
past_so_many_parts_an_event_is_told_apart(void **state)
{
    size_t most;

    (void)state;
    assert_int_equal(join_parts(LIMIT_EVENT_PARTS_COUNT, &most), 1);
    assert_int_equal(most, LIMIT_EVENT_PARTS_COUNT);
    assert_int_equal(join_parts(LIMIT_EVENT_PARTS_COUNT + 1, &most), LIMIT_EVENT_PARTS_COUNT + 1);
    assert_int_equal(most, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_records_in_any_order_are_joined_to_the_same_events),
        cmocka_unit_test(a_page_of_events_ends_after_so_many_look_ups_of_identifiers),
        cmocka_unit_test(past_sixteen_words_for_one_object_each_event_is_told_once),
        cmocka_unit_test(an_origin_that_states_too_many_identifiers_hides_no_event),
        cmocka_unit_test(past_so_many_parts_an_event_is_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
