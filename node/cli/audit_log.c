/* The leaves of one log: from the headers at rest to every head that was signed over them. */
#include "cli/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record.pb-c.h"

/* Leaves whose body is not there, one after the other for the same reason. */
struct hole {
    int state; /* enum store_body; HELD: none */
    uint64_t first, n;
};

struct one {
    struct audit *a;
    const struct store_log *log;
    struct tree tree;
    uint64_t next; /* leaf that is to come */
    uint64_t bytes, quarantined;
    int64_t row_bytes;
    bool failing;                    /* the last batch did not lead to its head: said */
    uint64_t failed_first, failed_n; /* and those after it that do not either */
    bool lost;              /* a batch is not there or cannot be read: no root can be worked out behind it */
    struct checkpoint good; /* whose signature was checked last */
    struct tree cut;        /* where leaves were put aside */
    uint64_t cut_at;        /* UINT64_MAX: nowhere */
    bool cut_known;
    int last_kind;
    struct hole hole;
    bool tail; /* unsigned leaves of our own: said */
};

static bool
counts_as(const struct one *o)
{
    return !o->failing && !o->lost;
}

/* Every complete subtree of 256 leaves and its parents is kept: they say in which part a header was changed. */
static void
check_node(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES])
{
    struct one *o = cookie;
    uint8_t kept[HASH_BYTES];
    int rc = o->lost ? 0 : store_scan_node(o->a->store, o->log->no, level, index, kept);

    if (o->lost || (rc == 0 && memcmp(kept, hash, HASH_BYTES) == 0))
        return;
    audit_say_leaf(o->a, AUDIT_BAD, "subtree", o->log, index << level,
                   "%s root of leaves %llu to %llu: expected the one that their headers have",
                   rc == 0 ? "another" : "no", (unsigned long long)(index << level),
                   (unsigned long long)(((index + 1) << level) - 1));
}

static void
end_hole(struct one *o)
{
    static const char *const words[] = {"", "missing", "gone", "filtered"};
    const struct hole *h = &o->hole;

    if (h->state != STORE_BODY_HELD)
        audit_say_leaf(o->a, AUDIT_NOTE, words[h->state], o->log, h->first,
                       "leaves %llu to %llu: their bodies are %s", (unsigned long long)h->first,
                       (unsigned long long)(h->first + h->n - 1),
                       h->state == STORE_BODY_GONE      ? "not kept any more"
                       : h->state == STORE_BODY_MISSING ? "still to be had from peers"
                                                        : "not asked for");
    o->hole.state = STORE_BODY_HELD;
}

static void
note_hole(struct one *o, uint64_t index, int state)
{
    if (state == o->hole.state && state != STORE_BODY_HELD) {
        o->hole.n++;
        return;
    }
    end_hole(o);
    if (state > STORE_BODY_HELD && state <= STORE_BODY_FILTERED)
        o->hole = (struct hole){state, index, 1};
}

/* At ${size} leaves: what was signed or named about exactly that many. */
static void
check_size(struct one *o)
{
    const struct checkpoint *head = &o->log->head;
    uint8_t root[HASH_BYTES];

    if (o->tree.size == o->cut_at) {
        o->cut = o->tree;
        o->cut_known = !o->lost;
    }
    if (o->lost)
        return;
    if (o->tree.size == head->size) {
        tree_root(&o->tree, root);
        if (memcmp(root, head->root, HASH_BYTES) != 0)
            audit_say_leaf(o->a, AUDIT_BAD, "head", o->log, head->size - 1,
                           "the head of %llu leaves names another root than these have",
                           (unsigned long long)head->size);
    }
    for (size_t i = 0; i < o->a->claim_n; i++) {
        const struct audit_claim *c = &o->a->claim[i];
        if (c->size != o->tree.size || memcmp(c->log, o->log->id, LOG_ID_BYTES) != 0)
            continue;
        tree_root(&o->tree, root);
        if (memcmp(root, c->root, HASH_BYTES) != 0)
            audit_say(o->a, AUDIT_BAD, "chain", audit_log_by_no(o->a, c->by),
                      "it goes on from another root of %llu leaves than the log before it has",
                      (unsigned long long)c->size);
    }
}

/* Does the batch that ends here lead to its head? Those after one that does not will not either, if a header was changed: that is said once. */
static void
check_lead(struct one *o, const struct store_scan_batch *b, const struct checkpoint *anchor, uint64_t end)
{
    const struct roster *r = audit_newest(o->a);
    uint8_t root[HASH_BYTES];

    if (o->lost)
        return;
    tree_root(&o->tree, root);
    if (b->anchor.size >= end &&
        tree_check_consistency(end, root, b->anchor.size, b->anchor.root, b->proof, b->proof_n)) {
        o->failing = false;
        return;
    }
    if (b->proof_n == 0 && b->anchor.size > end && roster_vouches(r, o->log->origin, anchor)) {
        /* Put there when what followed was put aside: what follows now leads to that head for both. */
        if (o->log->size < b->anchor.size)
            audit_say_leaf(
                o->a, AUDIT_NOTE, "anchor", o->log, b->first,
                "leaves %llu to %llu wait for others, up to the end of %llu leaves that the roster names",
                (unsigned long long)b->first, (unsigned long long)end - 1,
                (unsigned long long)b->anchor.size);
        return;
    }
    if (!o->failing)
        audit_say_leaf(
            o->a, AUDIT_BAD, "tree", o->log, b->first,
            "leaves %llu to %llu do not lead to the head of %llu leaves that came with them: one of their "
            "headers, that head or the proof between was changed",
            (unsigned long long)b->first, (unsigned long long)end - 1, (unsigned long long)b->anchor.size);
    else if (o->failed_n++ == 0)
        o->failed_first = b->first;
    o->failing = true;
}

static void
check_anchor(struct one *o, const struct store_scan_batch *b, uint64_t end)
{
    struct checkpoint full = b->anchor;

    if (!b->is_signed) {
        if (!o->log->own)
            audit_say_leaf(o->a, AUDIT_BAD, "anchor", o->log, b->first,
                           "no head came with leaves %llu to %llu", (unsigned long long)b->first,
                           (unsigned long long)end - 1);
        else if (!o->tail)
            audit_say_leaf(o->a, AUDIT_NOTE, "tail", o->log, b->first, "from here on not signed yet");
        o->tail = o->log->own;
        return;
    }
    if (o->tail)
        audit_say_leaf(o->a, AUDIT_BAD, "anchor", o->log, b->first,
                       "signed leaves follow leaves that no head was kept for");
    o->tail = false;
    if (!b->anchor_whole) {
        audit_say_leaf(o->a, AUDIT_BAD, "anchor", o->log, b->first, "the head that came with it is damaged");
        return;
    }
    memcpy(full.log, o->log->id, LOG_ID_BYTES);
    check_lead(o, b, &full, end);
    if (o->good.size == full.size && memcmp(&o->good, &full, sizeof full) == 0)
        return;
    if (audit_head_signed(o->a, o->log, &full, "anchor", b->first))
        o->good = full;
}

static int
check_records(struct one *o, const struct store_scan_batch *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        struct audit_record r = {.index = b->first + i, .record = &b->records[i], .is_signed = b->is_signed};
        uint8_t leaf[HASH_BYTES];

        if (audit_record_check(o->a, o->log, &r) != 0)
            return -1;
        o->bytes += b->records[i].header.n + b->records[i].body.n;
        o->quarantined += r.is_quarantined;
        o->last_kind = r.is_quarantined ? -1 : r.kind;
        note_hole(o, r.index, b->records[i].body_state);
        hash_leaf(b->records[i].header, leaf);
        tree_append(&o->tree, leaf, check_node, o);
        check_size(o);
    }
    return 0;
}

static int
check_batch(void *cookie, const struct store_scan_batch *b)
{
    struct one *o = cookie;
    uint64_t before = o->bytes, n = b->count > 0 && b->count <= LIMIT_BATCH_COUNT ? (uint64_t)b->count : 1;

    if (b->first != o->next) {
        audit_say_leaf(o->a, AUDIT_BAD, "batch", o->log, o->next,
                       "the next batch begins at leaf %llu: expected %llu", (unsigned long long)b->first,
                       (unsigned long long)o->next);
        o->lost = true;
    }
    o->next = b->first + n;
    if (!b->whole) {
        audit_say_leaf(
            o->a, AUDIT_BAD, "batch", o->log, b->first,
            "the row of %lld records that begins here cannot be read: lengths or counts in it were changed",
            (long long)b->count);
        o->lost = true;
        return 0;
    }
    if (check_records(o, b) != 0)
        return -1;
    if ((int64_t)(o->bytes - before) != b->bytes)
        audit_say_leaf(o->a, AUDIT_BAD, "batch", o->log, b->first, "its row states %lld bytes: expected %llu",
                       (long long)b->bytes, (unsigned long long)(o->bytes - before));
    check_anchor(o, b, b->first + n);
    screen_progress_step(o->a->progress, n);
    return 0;
}

/* Leaves that were put aside, by whole batches as they came: they follow the leaves before these. */
static int
check_aside(void *cookie, const struct store_scan_batch *b)
{
    struct one *o = cookie;
    uint8_t root[HASH_BYTES], leaf[HASH_BYTES];
    struct checkpoint full = b->anchor;

    if (!b->whole || b->skip >= (uint64_t)b->count || b->first != o->cut.size) {
        audit_say_leaf(o->a, AUDIT_BAD, "aside", o->log, b->first,
                       "leaves that were put aside cannot be read");
        o->cut_known = false;
        return 0;
    }
    /* The leaves at the front of the first batch stayed in the log, too. */
    for (uint32_t i = 0; i < b->count; i++) {
        struct audit_record r = {.index = b->first + i, .record = &b->records[i], .aside = true};
        if (audit_record_check(o->a, o->log, &r) != 0)
            return -1;
        o->a->counts.aside += i >= b->skip;
        hash_leaf(b->records[i].header, leaf);
        tree_append(&o->cut, leaf, NULL, NULL);
    }
    if (!b->is_signed)
        return 0;
    if (!b->anchor_whole) {
        audit_say_leaf(o->a, AUDIT_BAD, "aside", o->log, b->first, "the head of leaves put aside is damaged");
        return 0;
    }
    memcpy(full.log, o->log->id, LOG_ID_BYTES);
    (void)audit_head_signed(o->a, o->log, &full, "aside", b->first);
    tree_root(&o->cut, root);
    if (o->cut_known &&
        !tree_check_consistency(o->cut.size, root, full.size, full.root, b->proof, b->proof_n)) {
        audit_say_leaf(o->a, AUDIT_BAD, "aside", o->log, b->first,
                       "leaves that were put aside do not lead to the head that came with them");
        o->cut_known = false;
    }
    return 0;
}

static int
find_cut(void *cookie, const struct store_scan_batch *b)
{
    struct one *o = cookie;

    if (o->cut_at == UINT64_MAX)
        o->cut_at = b->first;
    return 0;
}

/* What the log's rows state of it as a whole. */
static void
check_whole(struct one *o, uint64_t quarantined)
{
    const struct store_log *log = o->log;

    if (o->failed_n > 0)
        audit_say_leaf(o->a, AUDIT_BAD, "tree", log, o->failed_first,
                       "from here on %llu more batches do not lead to their heads either",
                       (unsigned long long)o->failed_n);
    if (o->next != log->size)
        audit_say_leaf(o->a, AUDIT_BAD, "extent", log, o->next, "%llu leaves are held: its row states %llu",
                       (unsigned long long)o->next, (unsigned long long)log->size);
    if (!o->lost && (o->bytes != log->bytes || o->quarantined != quarantined))
        audit_say(o->a, AUDIT_BAD, "extent", log,
                  "%llu bytes, %llu in quarantine are held: its row states %llu and %llu",
                  (unsigned long long)o->bytes, (unsigned long long)o->quarantined,
                  (unsigned long long)log->bytes, (unsigned long long)quarantined);
    if (log->head.size > o->next)
        audit_say_leaf(o->a, AUDIT_NOTE, "behind", log, o->next,
                       "held to here, of %llu leaves that were signed", (unsigned long long)log->head.size);
    if (o->last_kind == PARALLAX__V1__KIND__CLOSE && !log->closed && log->head.size >= o->next &&
        counts_as(o))
        audit_say_leaf(o->a, AUDIT_BAD, "closed", log, o->next - 1,
                       "its last leaf ends it: its row says that it goes on");
}

int
audit_log_check(struct audit *a, const struct store_log *log, uint64_t quarantined)
{
    struct one *o = mem_new(sizeof *o);
    int rc;

    o->a = a;
    o->log = log;
    o->last_kind = -1;
    o->cut_at = UINT64_MAX;
    tree_init(&o->tree);
    rc = store_scan_aside(a->store, log->id, find_cut, o);
    check_size(o);
    if (rc == 0)
        rc = store_scan_batches(a->store, log->no, check_batch, o);
    end_hole(o);
    if (rc == 0)
        check_whole(o, quarantined);
    if (rc == 0 && o->cut_at != UINT64_MAX)
        rc = store_scan_aside(a->store, log->id, check_aside, o);
    free(o);
    return rc;
}
