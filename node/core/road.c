/* The road of a record from its header on: header, body hash, type, check, subject; then the batch (DESIGN
 * section 7). Pure. */
#include "core/node_internal.h"
#include "wire/unpack.h"
#include <stdio.h>

/* Kinds whose body is a message of a record type; the others are the log's own business. */
static bool
kind_has_type(int kind)
{
    return kind == PARALLAX__V1__KIND__INITIAL || kind == PARALLAX__V1__KIND__UPDATE ||
           kind == PARALLAX__V1__KIND__CANCEL || kind == PARALLAX__V1__KIND__RETRACT;
}

static void
check_body(struct node *n, const Parallax__V1__Header *h, struct span body, struct road_result *out)
{
    const struct type *type = registry_type_cstr(h->type);
    ProtobufCMessage *msg;

    if (type == NULL || h->type_version > type->version) {
        why_set(&out->why, WHY_TYPE_UNKNOWN, 0, 0, "type", "%.60s version %u",
                type == NULL ? "unknown type" : h->type, h->type_version);
        return;
    }
    if (body.n > type->body_max) {
        why_set(&out->why, WHY_BODY_SIZE, 0, 0, "body", "%zu bytes of %s: expected at most %zu", body.n,
                type->name, type->body_max);
        return;
    }
    msg = registry_unpack(type, body, &n->body_arena, &out->why);
    if (msg == NULL)
        return;
    out->type = type;
    out->visible = type->subject(msg, &out->subject) == 0;
}

void
road_check(struct node *n, const uint8_t log[LOG_ID_BYTES], struct span header, struct span body,
           int body_state, struct road_result *out)
{
    Parallax__V1__Header *h;

    memset(out, 0, sizeof(*out));
    why_clear(&out->why);
    out->record.header = header;
    out->record.body_state = (uint8_t)body_state;
    arena_clear(&n->body_arena);
    h = record_header_read(header, log, &n->body_arena, &out->why);
    if (body_state == STORE_BODY_HELD)
        out->record.body = body;
    if (h == NULL) {
        out->record.quarantine = (uint32_t)out->why.code;
        return;
    }
    out->mode = (uint8_t)h->mode;
    out->kind = (uint8_t)h->kind;
    out->created = utc_sort_key(record_utc(h->created));
    if (body_state != STORE_BODY_HELD)
        return;
    if (record_body_check(h, body, &out->why) != 0) {
        if (out->why.code == WHY_BODY_HASH) {
            /* The sender's fault: keep the leaf, fetch the body elsewhere. */
            out->record.body_state = STORE_BODY_MISSING;
            out->record.body = span_of(NULL, 0);
            return;
        }
    } else if (h->sealing != PARALLAX__V1__SEALING__NONE) {
        /* Never decoded as it lies there: what calls itself sealed is believed only when it opened. */
        why_set(&out->why, WHY_BODY_SEALED, 0, 0, "body", "no key of this log is held");
    } else if (kind_has_type((int)h->kind)) {
        check_body(n, h, body, out);
    }
    if (out->why.code != WHY_NONE)
        out->record.quarantine = (uint32_t)out->why.code;
}

/* A log that a later one of its origin continues needs no heartbeat any more; what is signed of it is still followed to its end. */
static void
close_predecessor(struct node *n, const struct store_log *row, const uint8_t log[LOG_ID_BYTES])
{
    struct track *t = node_track(n, log);

    if (t == NULL || t->own != OWN_NONE || strcmp(t->row.origin, row->origin) != 0 || t->row.closed)
        return;
    t->row.closed = true;
    heads_changed(n, t);
}

int
road_descriptor(struct node *n, struct store_log *row, struct span header, struct span body, struct why *why)
{
    Parallax__V1__Header *h;
    Parallax__V1__Descriptor *d;
    struct why inner;

    why_clear(&inner);
    arena_clear(&n->body_arena);
    h = record_header_read(header, row->id, &n->body_arena, &inner);
    if (h == NULL || h->kind != PARALLAX__V1__KIND__DESCRIPTOR || record_body_check(h, body, &inner) != 0)
        return why_set(why, WHY_DESCRIPTOR_BAD, 0, 0, "descriptor", "leaf 0 is not a descriptor: %.100s",
                       inner.note);
    if (h->sealing != PARALLAX__V1__SEALING__NONE)
        return why_set(why, WHY_DESCRIPTOR_BAD, 0, 0, "descriptor",
                       "sealed: expected one that all may read who hold the log");
    d = (Parallax__V1__Descriptor *)unpack(&parallax__v1__descriptor__descriptor, body, true, WHY_BODY_SHAPE,
                                           &n->body_arena, &inner);
    if (d == NULL)
        return why_set(why, WHY_DESCRIPTOR_BAD, 0, 0, "descriptor", "%.150s", inner.note);
    if (strcmp(d->federation, n->roster->federation) != 0 || strcmp(d->node, row->origin) != 0)
        return why_set(why, WHY_DESCRIPTOR_BAD, 0, 0, "descriptor", "of another federation or node");
    if (!text_is_word(span_str(d->audience)) ||
        (strcmp(d->class_name, "alert") != 0 && strcmp(d->class_name, "data") != 0 &&
         strcmp(d->class_name, "admin") != 0))
        return why_set(why, WHY_DESCRIPTOR_BAD, 0, 0, "descriptor", "audience or class is not known");
    if (d->continues != NULL && d->continues->log.len == LOG_ID_BYTES)
        close_predecessor(n, row, d->continues->log.data);
    snprintf(row->audience, sizeof(row->audience), "%s", d->audience);
    snprintf(row->class_name, sizeof(row->class_name), "%s", d->class_name);
    return 0;
}

static void
add_node(void *cookie, unsigned level, uint64_t index, const uint8_t hash[HASH_BYTES])
{
    struct road_growth *g = cookie;
    struct store_node *node = &g->nodes[g->nodes_n++];

    node->level = (uint8_t)level;
    node->index = index;
    memcpy(node->hash, hash, HASH_BYTES);
}

void
road_grow_begin(struct node *n, const struct track *t, size_t leaves_max, struct road_growth *g)
{
    g->tree = t->tree;
    g->nodes = action_memory(n, (leaves_max / 128 + 4) * sizeof(*g->nodes));
    g->nodes_n = 0;
}

void
road_grow(struct road_growth *g, struct span header)
{
    uint8_t leaf[HASH_BYTES];

    hash_leaf(header, leaf);
    tree_append(&g->tree, leaf, add_node, g);
}

static void
fill_subject(struct store_subject *s, const struct track *t, const struct road_result *r, uint64_t index)
{
    memset(s, 0, sizeof(*s));
    s->type = r->type->name;
    s->key = r->subject.key;
    s->origin = t->row.origin;
    s->object[0] = r->subject.object[0];
    s->object[1] = r->subject.object[1];
    s->mode = r->mode;
    s->kind = r->kind;
    s->epoch = utc_sort_key(r->subject.epoch);
    s->created = r->created;
    s->log = t->row.no;
    s->index = index;
}

void
road_store(struct node *n, struct track *t, const struct road_result *results, size_t count,
           const struct road_growth *growth, const struct checkpoint *anchor,
           const uint8_t (*proof)[HASH_BYTES], size_t proof_n)
{
    struct action_batch *b = action_memory(n, sizeof(*b));
    struct store_record *records = action_memory(n, count * sizeof(*records));
    struct store_subject *subjects = action_memory(n, count * sizeof(*subjects));
    struct why *quarantines;
    struct action *a;
    size_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad += results[i].record.quarantine != WHY_NONE;
    quarantines = action_memory(n, (bad + 1) * sizeof(*quarantines));
    bad = 0;
    for (size_t i = 0; i < count; i++) {
        records[i] = results[i].record;
        t->row.bytes += records[i].header.n + records[i].body.n;
        if (records[i].quarantine != WHY_NONE) {
            quarantines[bad++] = results[i].why;
            t->quarantined++;
        } else if (results[i].visible) {
            fill_subject(&subjects[b->subjects_n++], t, &results[i], t->row.size + i);
        }
        if (results[i].kind == PARALLAX__V1__KIND__CLOSE && records[i].quarantine == WHY_NONE)
            t->row.closed = true;
    }
    if (t->row.size == 0)
        action_row(n, t);
    b->batch.log = t->row.no;
    b->batch.first = t->row.size;
    b->batch.count = (uint32_t)count;
    b->batch.records = records;
    if (anchor != NULL)
        b->batch.anchor = *anchor;
    b->batch.proof_n = (uint32_t)proof_n;
    b->batch.proof = proof;
    b->batch.received_ms = n->wall;
    b->nodes = growth->nodes;
    b->nodes_n = growth->nodes_n;
    b->subjects = subjects;
    b->quarantines = quarantines;
    t->tree = growth->tree;
    t->row.size += count;
    t->advanced = true;
    t->row_dirty = true;
    a = action_add(n, ACTION_BATCH_PUT);
    a->batch = b;
    a->lane = t->lane;
}
