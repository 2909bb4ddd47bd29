/* One record: header, body, quarantine, and what the picture has of it. */
#include "cli/audit.h"

#include <string.h>

#include "record.pb-c.h"
#include "types/registry.h"
#include "wire/unpack.h"

/* An order that is the same at every node: the picture has the greatest. */
static int
compare(const struct audit *a, const struct store_latest *x, int64_t epoch, int64_t created,
        const struct store_log *log, uint64_t index)
{
    const struct store_log *other = audit_log_by_no(a, x->log);
    int by_id = other == NULL ? -1 : memcmp(other->id, log->id, LOG_ID_BYTES);

    if (x->epoch != epoch)
        return x->epoch < epoch ? -1 : 1;
    if (x->created != created)
        return x->created < created ? -1 : 1;
    if (by_id != 0)
        return by_id;
    return x->index < index ? -1 : x->index > index;
}

static int
check_picture(struct audit *a, const struct store_log *log, const struct audit_record *r,
              const Parallax__V1__Header *h, const struct subject *subject)
{
    int64_t epoch = utc_sort_key(subject->epoch), created = utc_sort_key(record_utc(h->created));
    struct store_latest row;
    int rc = store_scan_subject(a->store, h->type, (uint8_t)h->mode, subject->key, log->origin, &row);
    int order = rc == 0 ? compare(a, &row, epoch, created, log, r->index) : -1;

    if (rc < 0)
        return -1;
    if (order < 0)
        audit_say_leaf(a, AUDIT_BAD, "picture", log, r->index,
                       "this %s record is newer than what the picture shows of its subject (%s)", h->type,
                       rc == 0 ? "an older one" : "nothing");
    if (order == 0 && row.kind != (uint8_t)h->kind)
        audit_say_leaf(a, AUDIT_BAD, "picture", log, r->index,
                       "the picture has it as another kind: expected %s", record_kind_name((int)h->kind));
    else if (order != 0 && rc == 0 && row.log == log->no && row.index == r->index)
        audit_say_leaf(a, AUDIT_BAD, "picture", log, r->index,
                       "the picture has it with another epoch or time");
    return 0;
}

/* What the body of a believed record means, as far as it can be read without keys. */
static int
check_meaning(struct audit *a, const struct store_log *log, const struct audit_record *r,
              const Parallax__V1__Header *h)
{
    const struct type *type = registry_type_cstr(h->type);
    struct subject subject;
    ProtobufCMessage *msg;
    struct why why;

    why_clear(&why);
    if (h->sealing != PARALLAX__V1__SEALING__NONE) {
        a->counts.sealed++;
        return 0;
    }
    if (!record_kind_has_type((int)h->kind))
        return 0;
    msg = type == NULL || h->type_version > type->version
              ? NULL
              : registry_unpack(type, r->record->body, &a->arena, &why);
    if (msg == NULL) {
        audit_say_leaf(a, AUDIT_BAD, "quarantine", log, r->index,
                       "believed, and its body is no %.40s record: %.200s", h->type,
                       why.code == WHY_NONE ? "this release does not know it" : why.note);
        return 0;
    }
    if (!a->picture || r->aside || !r->is_signed || (log->disputed && r->index >= log->common) ||
        log->refill || type->subject(msg, &subject) != 0)
        return 0;
    return check_picture(a, log, r, h, &subject);
}

/* A REVEAL names the record that it opens; the store looks it up in a table of its own. */
static int
check_reveal(struct audit *a, const struct store_log *log, const struct audit_record *r)
{
    const Parallax__V1__Reveal *v;
    uint8_t id[LOG_ID_BYTES];
    uint64_t index = 0;
    struct why why;
    int rc;

    why_clear(&why);
    v = (const Parallax__V1__Reveal *)unpack(&parallax__v1__reveal__descriptor, r->record->body, false,
                                             WHY_BODY_SHAPE, &a->arena, &why);
    rc = store_scan_reveal(a->store, log->no, r->index, id, &index);
    if (rc < 0)
        return -1;
    if (v == NULL || v->record == NULL || v->record->log.len != LOG_ID_BYTES || rc != 0 ||
        memcmp(v->record->log.data, id, LOG_ID_BYTES) != 0 || v->record->index != index)
        audit_say_leaf(a, AUDIT_BAD, "reveal", log, r->index,
                       "table reveal: expected the record that this REVEAL names");
    return 0;
}

static int
check_quarantine(struct audit *a, const struct store_log *log, const struct audit_record *r)
{
    uint32_t why = 0, stated = r->record->quarantine;

    /* A look-up a record that is believed costs a third of an audit: rows of the table that no record has are found by their number. */
    if (stated == WHY_NONE)
        return 0;
    if (store_scan_quarantine(a->store, log->no, r->index, &why) != 0)
        return -1;
    if (why != stated)
        audit_say_leaf(a, AUDIT_BAD, "quarantine", log, r->index,
                       "in quarantine for reason %u by its batch and for %u by the table", stated, why);
    return 0;
}

/* Do the bytes of the body fit the header? */
static bool
check_body(struct audit *a, const struct store_log *log, const struct audit_record *r,
           const Parallax__V1__Header *h)
{
    struct why why;

    why_clear(&why);
    if (r->record->body_state != STORE_BODY_HELD) {
        if (r->record->body.n > 0 || r->record->body_state > STORE_BODY_FILTERED ||
            (record_kind_is_own((int)h->kind) && r->record->body_state == STORE_BODY_GONE))
            audit_say_leaf(a, AUDIT_BAD, "body", log, r->index,
                           "its row says that there is no body: expected the one of its header");
        return false;
    }
    a->counts.bodies++;
    if (record_body_check(h, r->record->body, &why) == 0)
        return true;
    if (why.code == WHY_BODY_HASH || r->record->quarantine == WHY_NONE)
        audit_say_leaf(a, AUDIT_BAD, "body", log, r->index, "its header names another body: %.200s",
                       why.note);
    return false;
}

int
audit_record_check(struct audit *a, const struct store_log *log, struct audit_record *r)
{
    const Parallax__V1__Header *h;
    struct why why;

    a->counts.records++;
    r->kind = -1;
    r->is_quarantined = r->record->quarantine != WHY_NONE;
    why_clear(&why);
    arena_clear(&a->arena);
    if (!r->aside && check_quarantine(a, log, r) != 0)
        return -1;
    h = record_header_read(r->record->header, log->id, &a->arena, &why);
    if (h == NULL) {
        if (!r->is_quarantined)
            audit_say_leaf(a, AUDIT_BAD, "header", log, r->index, "it cannot be read: %.200s", why.note);
        return 0;
    }
    r->kind = (int)h->kind;
    if ((r->index == 0) != (h->kind == PARALLAX__V1__KIND__DESCRIPTOR))
        audit_say_leaf(a, AUDIT_BAD, "header", log, r->index,
                       "a descriptor is leaf 0, and leaf 0 is a descriptor");
    if (!check_body(a, log, r, h) || r->is_quarantined)
        return 0;
    if (h->kind == PARALLAX__V1__KIND__REVEAL && !r->aside && h->sealing == PARALLAX__V1__SEALING__NONE)
        return check_reveal(a, log, r);
    return check_meaning(a, log, r, h);
}

/* A row of the picture follows from its record. What is sealed is compared as far as its header goes. */
static int
check_row(void *cookie, const struct store_latest *row)
{
    struct audit *a = cookie;
    const struct store_log *log = audit_log_by_no(a, row->log);
    const Parallax__V1__Header *h = NULL;
    struct store_record r;
    uint64_t delivery;
    int64_t received_ms;
    struct why why;
    int rc = log == NULL ? 1 : store_record_get(a->store, row->log, row->index, &r, &delivery, &received_ms);

    if (rc < 0)
        return -1;
    why_clear(&why);
    arena_clear(&a->arena);
    a->counts.subjects++;
    if (rc == 0)
        h = record_header_read(r.header, log->id, &a->arena, &why);
    if (h == NULL || strcmp(h->type, row->type) != 0 || (uint8_t)h->mode != row->mode ||
        (uint8_t)h->kind != row->kind || utc_sort_key(record_utc(h->created)) != row->created ||
        strcmp(log->origin, row->origin) != 0 || r.quarantine != WHY_NONE ||
        (log->disputed && row->index >= log->common)) {
        audit_say_leaf(a, AUDIT_BAD, "picture", log, row->index,
                       "the picture shows something of this leaf that its record does not say");
        return 0;
    }
    if (r.body_state == STORE_BODY_HELD && h->sealing == PARALLAX__V1__SEALING__NONE) {
        const struct type *type = registry_type_cstr(h->type);
        struct subject subject;
        ProtobufCMessage *msg = type == NULL ? NULL : registry_unpack(type, r.body, &a->arena, &why);
        if (msg == NULL || type->subject(msg, &subject) != 0 || strcmp(subject.key, row->key) != 0 ||
            utc_sort_key(subject.epoch) != row->epoch)
            audit_say_leaf(a, AUDIT_BAD, "picture", log, row->index,
                           "the picture has another subject or epoch than its record");
    }
    return 0;
}

int
audit_record_picture(struct audit *a)
{
    int rc = store_latest_each(a->store, NULL, check_row, a);

    if (rc != 0)
        audit_say(a, AUDIT_BAD, "picture", NULL, "its rows cannot be read to the end");
    return 0;
}
