/* Batches as received: append, read, drop an unsigned tail. The thread that owns the handle. */
#include "store/store_internal.h"

#include <assert.h>

#include "store/pack.h"

static int64_t
node_id(uint32_t log, uint8_t level, uint64_t index)
{
    return leaf_of(log, (uint64_t)(level / 8 - 1) << 38 | index);
}

static int
put_nodes(struct store *s, uint32_t log, const struct store_node *nodes, size_t n)
{
    sqlite3_stmt *st = store_stmt(s, SQL_NODE_INSERT);

    if (st == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        assert(nodes[i].level == 8 || nodes[i].level == 16 || nodes[i].level == 24);
        (void)sqlite3_bind_int64(st, 1, node_id(log, nodes[i].level, nodes[i].index));
        store_bind_span(st, 2, span_of(nodes[i].hash, HASH_BYTES));
        if (store_run(s, st) != 0)
            return -1;
    }
    return 0;
}

static int
grow(struct store *s, const struct store_batch *b, uint64_t bytes)
{
    sqlite3_stmt *st = store_stmt(s, SQL_EXTENT_GROW);
    int64_t quarantined = 0;

    if (st == NULL)
        return -1;
    for (uint32_t i = 0; i < b->count; i++)
        quarantined += b->records[i].quarantine != 0;
    (void)sqlite3_bind_int64(st, 1, b->log);
    (void)sqlite3_bind_int64(st, 2, (int64_t)b->first);
    (void)sqlite3_bind_int64(st, 3, b->count);
    (void)sqlite3_bind_int64(st, 4, (int64_t)bytes);
    (void)sqlite3_bind_int64(st, 5, quarantined);
    if (store_run(s, st) != 0)
        return -1;
    if (sqlite3_changes(s->db) != 1)
        return store_fail(s, "log %u does not end at %llu", b->log, (unsigned long long)b->first);
    return 0;
}

static int
put(struct store *s, const struct store_batch *b, const struct store_node *nodes, size_t nodes_n,
    uint64_t *delivery)
{
    int64_t id = leaf_of(b->log, b->first);
    uint64_t bytes;
    sqlite3_stmt *st;

    buf_clear(&s->headers);
    buf_clear(&s->bodies);
    pack_headers(&s->headers, b->records, b->count);
    pack_bodies(&s->bodies, b->records, b->count);
    if (buf_failed(&s->headers) || buf_failed(&s->bodies))
        return store_fail(s, "no memory for a batch");
    bytes = s->headers.n + s->bodies.n - (uint64_t)PACK_RECORD_BYTES * b->count;
    if (grow(s, b, bytes) != 0)
        return -1;
    st = store_stmt(s, SQL_BATCH_INSERT);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    (void)sqlite3_bind_int64(st, 2, b->count);
    (void)sqlite3_bind_int64(st, 3, (int64_t)bytes);
    (void)sqlite3_bind_int64(st, 4, b->received_ms);
    store_bind_buf(st, 5, &s->headers);
    store_bind_buf(st, 6, &s->bodies);
    if (store_run(s, st) != 0 || (nodes_n > 0 && put_nodes(s, b->log, nodes, nodes_n) != 0))
        return -1;
    if (b->anchor.size > 0)
        return store_anchor_put(s, id, b->count, &b->anchor, b->proof, b->proof_n, delivery);
    if (store_tail_from(s, b->log) == UINT64_MAX)
        store_tail_set(s, b->log, b->first);
    *delivery = 0;
    return 0;
}

int
store_batch_put(struct store *s, const struct store_batch *b, const struct store_node *nodes, size_t nodes_n,
                uint64_t *delivery)
{
    bool opened;
    int rc;

    assert(b->log > 0 && b->log <= LEAF_LOG_MAX && b->count > 0 && b->count <= LIMIT_BATCH_COUNT);
    assert(b->first + b->count <= LEAF_INDEX_MAX && b->proof_n <= LIMIT_PROOF_COUNT);
    rc = store_enter(s, &opened);
    if (rc == 0)
        rc = put(s, b, nodes, nodes_n, delivery);
    return store_leave(s, opened, rc);
}

/* First leaf of the batch that holds ${leaf}, -1 after store_fail, -2 when none does. */
static int64_t
batch_at(struct store *s, int64_t leaf)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_AT);
    int64_t id = -1;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    if (rc > 0) {
        id = sqlite3_column_int64(st, 0);
        if (leaf - id >= sqlite3_column_int64(st, 1) || leaf_log(id) != leaf_log(leaf))
            rc = 0;
    }
    (void)sqlite3_reset(st);
    return rc > 0 ? id : rc == 0 ? -2 : -1;
}

/* What store_batch_get gathers. */
struct gather {
    int64_t next, last; /* first leaf of the next batch, of the last one taken */
    uint64_t bytes;
    size_t records, skip; /* records taken, and how many of the first batch are not wanted */
    int64_t received_ms;
};

/* The blobs of batch ${id} behind the others in s->batch: count, lengths (be32), headers, bodies. */
static int
read_blobs(struct store *s, int64_t id, uint32_t count, struct buf *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_BLOBS);
    struct span headers, bodies;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    rc = store_row(s, st);
    if (rc > 0) {
        headers = store_column(st, 0);
        bodies = store_column(st, 1);
        buf_put_be32(out, count);
        buf_put_be32(out, (uint32_t)headers.n);
        buf_put_be32(out, (uint32_t)bodies.n);
        buf_put_span(out, headers);
        buf_put_span(out, bodies);
    } else if (rc == 0) {
        rc = store_fail(s, "batch %lld is missing", (long long)id);
    }
    (void)sqlite3_reset(st);
    if (rc > 0 && buf_failed(out))
        return store_fail(s, "no memory to read a batch");
    return rc < 0 ? -1 : 0;
}

/* Take signed batches from g->next on while they follow each other and fit. */
static int
gather(struct store *s, uint32_t log, size_t bytes_max, size_t records_max, struct gather *g)
{
    sqlite3_stmt *st = store_stmt(s, SQL_BATCH_SIGNED_EACH);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, g->next);
    (void)sqlite3_bind_int64(st, 2, leaf_of(log + 1, 0));
    while ((rc = store_row(s, st)) > 0) {
        int64_t id = sqlite3_column_int64(st, 0), count = sqlite3_column_int64(st, 1);
        uint64_t bytes = (uint64_t)sqlite3_column_int64(st, 2);

        if (id != g->next || count <= 0 || count > LIMIT_BATCH_COUNT ||
            (g->records == 0 && (size_t)count <= g->skip)) {
            rc = g->records > 0 && id != g->next ? 0 : store_fail(s, "batch %lld is damaged", (long long)id);
            break;
        }
        if (g->records > 0 &&
            (g->bytes + bytes > bytes_max || g->records - g->skip + (size_t)count > records_max)) {
            rc = 0;
            break;
        }
        if (read_blobs(s, id, (uint32_t)count, &s->batch) != 0) {
            rc = -1;
            break;
        }
        g->records += (size_t)count;
        g->bytes += bytes;
        g->last = id;
        g->next = id + count;
        g->received_ms = sqlite3_column_int64(st, 3);
    }
    (void)sqlite3_reset(st);
    return rc;
}

/* The spans of what gather() left in s->batch. */
static int
spread(struct store *s, const struct gather *g, struct store_record *records)
{
    struct span in = buf_span(&s->batch), headers, bodies;
    uint32_t count, headers_n, bodies_n, skip = (uint32_t)g->skip;
    size_t at = 0;

    while (in.n > 0) {
        if (!pack_take_be32(&in, &count) || !pack_take_be32(&in, &headers_n) ||
            !pack_take_be32(&in, &bodies_n) || !pack_take_bytes(&in, headers_n, &headers) ||
            !pack_take_bytes(&in, bodies_n, &bodies) ||
            !pack_read(headers, bodies, count, skip, records + at))
            return store_fail(s, "a batch of log %u before %llu is damaged", leaf_log(g->last),
                              (unsigned long long)leaf_index(g->next));
        at += count - skip;
        skip = 0;
    }
    return 0;
}

static int
read_anchor(struct store *s, int64_t id, struct store_batch *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_ANCHOR_GET);
    struct span root, signature, key_id, proof;
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    rc = store_row(s, st);
    if (rc > 0) {
        root = store_column(st, 2);
        signature = store_column(st, 3);
        key_id = store_column(st, 4);
        proof = store_column(st, 5);
        out->anchor.size = (uint64_t)sqlite3_column_int64(st, 1);
        if (pack_take_copy(&root, out->anchor.root, HASH_BYTES) && root.n == 0 &&
            pack_take_copy(&signature, out->anchor.signature, SIG_BYTES) && signature.n == 0 &&
            pack_take_copy(&key_id, out->anchor.key_id, KEY_ID_BYTES) && key_id.n == 0 &&
            proof.n <= sizeof s->proof && proof.n % HASH_BYTES == 0) {
            out->proof_n = (uint32_t)(proof.n / HASH_BYTES);
            (void)pack_take_copy(&proof, s->proof, proof.n);
            out->proof = (const uint8_t(*)[HASH_BYTES])s->proof;
        } else {
            rc = 0;
        }
    }
    (void)sqlite3_reset(st);
    if (rc == 0)
        return store_fail(s, "the anchor of batch %lld is damaged or missing", (long long)id);
    return rc < 0 ? -1 : 0;
}

int
store_batch_get(struct store *s, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
                size_t records_max, struct store_batch *out)
{
    struct gather g = {0};
    int64_t id;

    assert(log > 0 && log <= LEAF_LOG_MAX && records_max >= LIMIT_BATCH_COUNT);
    if (first > LEAF_INDEX_MAX)
        return 1;
    id = batch_at(s, leaf_of(log, first));
    if (id < 0)
        return id == -2 ? 1 : -1;
    g.next = id;
    g.skip = (size_t)(leaf_of(log, first) - id);
    buf_clear(&s->batch);
    if (gather(s, log, bytes_max, records_max, &g) != 0)
        return -1;
    if (g.records == 0)
        return 1;
    memset(out, 0, sizeof *out);
    if (spread(s, &g, records) != 0 || read_anchor(s, g.last, out) != 0 ||
        store_log_id(s, log, out->anchor.log) != 0)
        return -1;
    out->log = log;
    out->first = first;
    out->count = (uint32_t)(g.records - g.skip);
    out->records = records;
    out->received_ms = g.received_ms;
    return 0;
}

/* Copy record ${skip} of the batch in ${st} (BATCH_ROW) to s->record. */
static int
copy_record(struct store *s, sqlite3_stmt *st, int64_t skip, struct store_record *out)
{
    struct span headers = store_column(st, 3), bodies = store_column(st, 4);
    size_t header_n;

    for (int64_t i = 0; i <= skip; i++)
        if (!pack_take_header(&headers, &out->header) || !pack_take_body(&bodies, out))
            return store_fail(s, "batch %lld is damaged", (long long)sqlite3_column_int64(st, 0));
    header_n = out->header.n;
    buf_clear(&s->record);
    buf_put_span(&s->record, out->header);
    buf_put_span(&s->record, out->body);
    if (buf_failed(&s->record))
        return store_fail(s, "no memory to read a record");
    out->header = span_of(s->record.p, header_n);
    out->body = span_of(s->record.n > header_n ? s->record.p + header_n : NULL, s->record.n - header_n);
    return 0;
}

/* Number of the first record of batch ${id}; 0 when it is not signed. */
static int
delivery_of(struct store *s, int64_t id, uint64_t *delivery)
{
    sqlite3_stmt *st = store_stmt(s, SQL_ANCHOR_GET);
    int rc;

    *delivery = 0;
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, id);
    rc = store_row(s, st);
    if (rc > 0)
        *delivery = (uint64_t)sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : 0;
}

int
store_record_get(struct store *s, uint32_t log, uint64_t index, struct store_record *out, uint64_t *delivery,
                 int64_t *received_ms)
{
    int64_t leaf = leaf_of(log, index), id = 0;
    sqlite3_stmt *st;
    int rc;

    if (log == 0 || log > LEAF_LOG_MAX || index > LEAF_INDEX_MAX)
        return 1;
    st = store_stmt(s, SQL_BATCH_ROW);
    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int64(st, 1, leaf);
    rc = store_row(s, st);
    if (rc > 0) {
        id = sqlite3_column_int64(st, 0);
        *received_ms = sqlite3_column_int64(st, 2);
        if (leaf_log(id) != log || leaf - id >= sqlite3_column_int64(st, 1))
            rc = 0;
        else if (copy_record(s, st, leaf - id, out) != 0)
            rc = -1;
    }
    (void)sqlite3_reset(st);
    if (rc <= 0)
        return rc < 0 ? -1 : 1;
    if (delivery_of(s, id, delivery) != 0)
        return -1;
    if (*delivery > 0)
        *delivery += (uint64_t)(leaf - id);
    return 0;
}
