/*
 * What the tests of the reading requests look at: four logs of other origins beside the node's own.
 *  half    de-dlr data: descriptor, 25544 on day 1 and 2, 700 in an exercise | one quarantined, 701 on day 5; proved up to 4, the head is beyond what is held
 *  whole   jp-jaxa alert: descriptor, 25544 on day 9; held up to its head, with a heartbeat and a cosignature
 *  hidden  de-dlr: its descriptor is not held
 *  large   de-dlr admin, mode TEST: bodies of 150 KiB
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "bed.h"

#define REAL        PARALLAX__V1__MODE__REAL
#define LARGE_BYTES 150000

enum { HALF, WHOLE, HIDDEN, LARGE };

static inline void
world_half(struct bed *b)
{
    struct bed_log *l = &b->other[HALF];
    char line[ORIGIN_LINE_MAX];

    bed_log_new(b, l, "de-dlr", "data", 0xA0, true);
    bed_leaf_orbit(l, 25544, 1, REAL);
    bed_leaf_orbit(l, 25544, 2, REAL);
    bed_leaf_orbit(l, 700, 3, PARALLAX__V1__MODE__EXERCISE);
    bed_leaf(l, "orbit", REAL, (struct utc){61103, 5}, span_str("\xff not an orbit"));
    for (unsigned i = 5; i < 9; i++)
        bed_leaf_orbit(l, 696 + i, i, REAL);
    bed_head(b, l, 9, &l->row.head);
    checkpoint_origin_line(b->roster->federation, "de-dlr", l->row.id, line);
    federation_cosign(b->roster, line, &l->row.head, "de-dlr", BED_WALL_MS / 1000, &l->row.heartbeat);
    bed_must(store_log_put(b->store, &l->row) == 0);
    bed_batch(b, l, 0, 4, 4, -1);
    bed_batch(b, l, 4, 2, 9, 4);
}

static inline void
world_whole(struct bed *b)
{
    struct bed_log *l = &b->other[WHOLE];
    char line[ORIGIN_LINE_MAX];

    bed_log_new(b, l, "jp-jaxa", "alert", 0xB0, true);
    bed_leaf_orbit(l, 25544, 9, REAL);
    bed_head(b, l, 2, &l->row.head);
    checkpoint_origin_line(b->roster->federation, "jp-jaxa", l->row.id, line);
    federation_cosign(b->roster, line, &l->row.head, "jp-jaxa", BED_WALL_MS / 1000, &l->row.heartbeat);
    federation_cosign(b->roster, line, &l->row.head, "de-dlr", BED_WALL_MS / 1000 + 1,
                      &l->row.cosignature[0]);
    l->row.cosignatures_n = 1;
    bed_must(store_log_put(b->store, &l->row) == 0);
    bed_batch(b, l, 0, 2, 2, -1);
}

static inline void
world_rest(struct bed *b)
{
    struct bed_log *l = &b->other[HIDDEN];
    uint8_t *large = calloc(1, LARGE_BYTES);

    bed_log_new(b, l, "de-dlr", "", 0xC0, false);
    bed_leaf_orbit(l, 999, 9, REAL);
    bed_must(store_log_put(b->store, &l->row) == 0);
    bed_batch(b, l, 0, 2, 2, -1);
    l = &b->other[LARGE];
    l->plain = true;
    bed_log_new(b, l, "de-dlr", "admin", 0xD0, true);
    for (unsigned i = 0; i < 11; i++)
        bed_leaf(l, "orbit", PARALLAX__V1__MODE__TEST, (struct utc){61100, 7}, span_of(large, LARGE_BYTES));
    bed_must(store_log_put(b->store, &l->row) == 0);
    for (unsigned i = 0; i < 9; i++) /* the others come later */
        bed_batch(b, l, i, 1, i + 1, -1);
    free(large);
}

static inline int
world_setup(void **state)
{
    struct bed *b = bed_new();

    world_half(b);
    world_whole(b);
    world_rest(b);
    bed_start(b);
    *state = b;
    return 0;
}

static inline int
world_teardown(void **state)
{
    bed_free(*state);
    return 0;
}

static inline Parallax__V1__RecordId
world_id(struct bed *b, int log, uint64_t index)
{
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;

    id.log = (ProtobufCBinaryData){LOG_ID_BYTES, b->other[log].row.id};
    id.index = index;
    return id;
}

static inline Parallax__V1__Request
world_request(Parallax__V1__Request__WhatCase what)
{
    Parallax__V1__Request r = PARALLAX__V1__REQUEST__INIT;

    r.what_case = what;
    return r;
}

/* Asks, and expects a refusal of that name. */
static inline void
world_refused(struct bed *b, int fd, Parallax__V1__Request *r, const char *name)
{
    Parallax__V1__Answer *a = bed_ask(b, fd, r);

    assert_string_equal(a->error_name, name);
    assert_true(a->error[0] != '\0');
    assert_int_equal(a->what_case, PARALLAX__V1__ANSWER__WHAT__NOT_SET);
    bed_answer_free(a);
}

/* "<first byte of the log>:<index>" of each row, in order. */
static inline void
world_rows(const Parallax__V1__RecordsAnswer *page, struct buf *out)
{
    for (size_t i = 0; i < page->n_rows; i++)
        buf_put_fmt(out, "%x:%x ", page->rows[i]->id->log.data[0], (unsigned)page->rows[i]->id->index);
}

/* All pages of a query, at most ${limit} rows each. */
static inline void
world_query(struct bed *b, int fd, Parallax__V1__QueryRequest *q, uint32_t limit, struct buf *out)
{
    Parallax__V1__Request r = world_request(PARALLAX__V1__REQUEST__WHAT_QUERY);
    uint8_t cursor[512];
    int pages = 0;

    q->limit = limit;
    q->cursor.len = 0;
    r.query = q;
    buf_clear(out);
    do {
        Parallax__V1__Answer *a = bed_ask(b, fd, &r);

        assert_string_equal(a->error, "");
        assert_true(limit == 0 || a->records->n_rows <= limit);
        world_rows(a->records, out);
        assert_true(a->records->cursor.len <= sizeof cursor);
        q->cursor = (ProtobufCBinaryData){a->records->cursor.len, cursor};
        if (q->cursor.len > 0)
            memcpy(cursor, a->records->cursor.data, q->cursor.len);
        bed_answer_free(a);
        assert_true(++pages < 100);
    } while (q->cursor.len > 0);
}

#endif
