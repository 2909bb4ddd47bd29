/* The road of a record from its header on: header, body hash, type, check, subject; then the batch (DESIGN
 * section 7). Pure. */
#include "core/node_internal.h"
#include "types/alias.h"
#include "wire/unpack.h"
#include <stdio.h>

/* What is retracted says nothing any more. */
static void
identify(struct node *n, const Parallax__V1__Header *h, const ProtobufCMessage *msg, struct road_result *out)
{
    uint8_t bytes[ALIAS_TEXT_BYTES];
    struct buf text;

    if (h->sealing != PARALLAX__V1__SEALING__NONE)
        return; /* names would stand in the store as they are */
    buf_init_fixed(&text, bytes, sizeof bytes);
    alias_of(out->type, msg, &out->subject, &text);
    if (text.n == 0 || h->kind == PARALLAX__V1__KIND__RETRACT)
        return;
    out->identity = span_of(memcpy(action_memory(n, text.n), bytes, text.n), text.n);
}

static void
check_body(struct node *n, const Parallax__V1__Header *h, struct span body, struct road_result *out)
{
    const struct type *type = registry_type_cstr(h->type);
    struct type_event events[EVENTS_MAX];
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
    if (type->events != NULL)
        out->events_n = type->events(msg, events);
    if (out->events_n > 0) {
        out->events = action_memory(n, out->events_n * sizeof(*out->events));
        memcpy(out->events, events, out->events_n * sizeof(*out->events));
    }
    identify(n, h, msg, out);
}

/* What a REVEAL says that it opens. */
static void
check_reveal(struct node *n, struct span body, struct road_result *out)
{
    const Parallax__V1__Reveal *r = (Parallax__V1__Reveal *)unpack(
        &parallax__v1__reveal__descriptor, body, false, WHY_BODY_SHAPE, &n->body_arena, &out->why);

    if (r == NULL)
        return;
    if (r->record == NULL || r->record->log.len != LOG_ID_BYTES || r->record->index > INT64_MAX) {
        why_set(&out->why, WHY_BODY_SHAPE, 0, 0, "record", "expected the record that is revealed");
        return;
    }
    out->reveals = true;
    memcpy(out->reveal_log, r->record->log.data, LOG_ID_BYTES);
    out->reveal_index = r->record->index;
}

static void
check_content(struct node *n, const struct track *t, const Parallax__V1__Header *h, struct span body,
              struct road_result *out)
{
    bool sealed = h->sealing != PARALLAX__V1__SEALING__NONE;

    if (record_kind_has_type((int)h->kind) && node_is_named(t) && !sealed)
        why_set(&out->why, WHY_HEADER_VALUE, 0, 0, "sealing",
                "NONE in a named audience, where all is sealed");
    else if (record_kind_has_type((int)h->kind))
        check_body(n, h, body, out);
    else if (h->kind == PARALLAX__V1__KIND__REVEAL)
        check_reveal(n, body, out);
    else if (h->kind == PARALLAX__V1__KIND__KEYS)
        n->audience_dirty = true;
}

/* A sealed body: believed only when it opened. Whoever is not meant to open it carries it as it is. */
static void
check_sealed(struct node *n, const struct track *t, const Parallax__V1__Header *h, const struct span *plain,
             const struct why *sealed_why, struct road_result *out)
{
    if (plain != NULL && plain->p != NULL)
        check_content(n, t, h, *plain, out);
    else if (h->sealing == PARALLAX__V1__SEALING__LOG && !node_is_named(t))
        why_set(&out->why, WHY_BODY_SEALED, 0, 0, "body", "sealed under a key of a log that has none");
    else if (sealed_why != NULL && sealed_why->code != WHY_NONE)
        out->why = *sealed_why;
    else if (h->sealing == PARALLAX__V1__SEALING__LOG && (t->row.readers >> n->me & 1) != 0 && !t->has_key)
        why_set(&out->why, WHY_BODY_SEALED, 0, 0, "body",
                "this node is a reader and no key is wrapped for it");
}

void
road_check(struct node *n, const struct track *t, struct span header, struct span body, int body_state,
           const struct span *plain, const struct why *sealed_why, struct road_result *out)
{
    Parallax__V1__Header *h;

    memset(out, 0, sizeof(*out));
    why_clear(&out->why);
    out->record.header = header;
    out->record.body_state = (uint8_t)body_state;
    arena_clear(&n->body_arena);
    h = record_header_read(header, t->row.id, &n->body_arena, &out->why);
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
        check_sealed(n, t, h, plain, sealed_why, out);
    } else {
        check_content(n, t, h, body, out);
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
road_descriptor(struct node *n, struct track *t, struct span header, struct span body, struct why *why)
{
    struct store_log *row = &t->row;
    Parallax__V1__Header *h;
    Parallax__V1__Descriptor *d;
    struct why inner;

    why_clear(&inner);
    arena_clear(&n->body_arena);
    h = record_header_read(header, row->id, &n->body_arena, &inner);
    if (h != NULL && record_body_check(h, body, &inner) != 0 && inner.code == WHY_BODY_HASH) {
        *why = inner; /* another source may have it as it was */
        return -1;
    }
    if (h == NULL || h->kind != PARALLAX__V1__KIND__DESCRIPTOR || inner.code != WHY_NONE)
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
    audience_described(n, t, d);
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

/* What a record says of events, for the store. Texts stay where they are. */
static const struct store_event *
make_events(struct node *n, const struct road_result *r)
{
    struct store_event *out = action_memory(n, r->events_n * sizeof(*out));

    for (size_t i = 0; i < r->events_n; i++) {
        const struct type_event *e = &r->events[i];
        bool timed = event_window(e->kind, e->scope) > 0;
        out[i].kind = e->kind;
        out[i].scope = e->scope;
        out[i].voice = e->voice;
        out[i].at = timed ? utc_sort_key(e->at) : 0;
        out[i].issued = utc_is_zero(e->issued) ? r->created : utc_sort_key(e->issued);
        out[i].closes = utc_is_zero(e->closes) ? INT64_MAX : utc_sort_key(e->closes);
        out[i].ended = e->ended;
        out[i].remark = e->remark;
    }
    return out;
}

void
road_subject(struct node *n, struct store_subject *s, const struct track *t, const struct road_result *r,
             uint64_t index)
{
    memset(s, 0, sizeof(*s));
    s->type = r->type->name;
    s->key = r->subject.key;
    s->origin = t->row.origin;
    s->object[0] = r->subject.object[0];
    s->object[1] = r->subject.object[1];
    s->identity = r->identity;
    s->mode = r->mode;
    s->kind = r->kind;
    s->aside = dispute_has(t, index);
    s->epoch = utc_sort_key(r->subject.epoch);
    s->created = r->created;
    s->log = t->row.no;
    s->index = index;
    if (r->events_n > 0 && !s->aside) {
        s->events = make_events(n, r);
        s->events_n = r->events_n;
    }
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
    struct store_hold *holds = NULL;
    struct store_reveal *reveals = NULL;
    uint64_t *misses = action_memory(n, count * sizeof(*misses));
    uint64_t bytes = 0;
    size_t bad = 0, held = 0, revealed = 0;

    for (size_t i = 0; i < count; i++) {
        bad += results[i].record.quarantine != WHY_NONE;
        held += results[i].embargo_until != 0;
        revealed += results[i].reveals;
    }
    holds = action_memory(n, held * sizeof(*holds));
    reveals = action_memory(n, revealed * sizeof(*reveals));
    quarantines = action_memory(n, (bad + 1) * sizeof(*quarantines));
    bad = 0;
    for (size_t i = 0; i < count; i++) {
        records[i] = results[i].record;
        bytes += records[i].header.n + records[i].body.n;
        if (records[i].body_state != STORE_BODY_HELD)
            misses[b->misses_n++] = t->row.size + i;
        if (records[i].quarantine != WHY_NONE) {
            quarantines[bad++] = results[i].why;
            t->quarantined++;
        } else if (results[i].visible) {
            road_subject(n, &subjects[b->subjects_n++], t, &results[i], t->row.size + i);
        }
        if (results[i].embargo_until != 0)
            holds[b->holds_n++] = (struct store_hold){t->row.size + i, results[i].embargo_until};
        if (results[i].reveals) {
            struct store_reveal *r = &reveals[b->reveals_n++];
            r->index = t->row.size + i;
            memcpy(r->log, results[i].reveal_log, LOG_ID_BYTES);
            r->target = results[i].reveal_index;
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
    b->holds = holds;
    b->reveals = reveals;
    b->misses = misses;
    t->row.bytes += bytes;
    quota_count(n, t, bytes);
    t->tree = growth->tree;
    t->row.size += count;
    t->advanced = true;
    t->row_dirty = true;
    a = action_add(n, ACTION_BATCH_PUT);
    a->batch = b;
    a->lane = t->lane;
}
