#include "core/row.h"

#include "base/text.h"
#include "core/object.h"
#include "wire/unpack.h"

static void
open_body(struct row *r)
{
    bool sealed = r->header->sealing != PARALLAX__V1__SEALING__NONE;
    struct span body =
        sealed ? span_of(r->in->plain.data, r->in->plain.len) : span_of(r->in->body.data, r->in->body.len);
    const ProtobufCMessageDescriptor *schema = NULL;
    r->body = body;
    if (body.n == 0) {
        if (sealed && r->in->body.len > 0)
            why_set(&r->why, WHY_BODY_SEALED, 0, 0, NULL, "%s",
                    r->header->sealing == PARALLAX__V1__SEALING__EMBARGO
                        ? "under embargo: nobody can read it yet"
                        : "sealed, and this node has no key");
        return;
    }
    if (r->header->kind == PARALLAX__V1__KIND__DESCRIPTOR)
        schema = &parallax__v1__descriptor__descriptor;
    else if (r->header->kind == PARALLAX__V1__KIND__CLOSE)
        schema = &parallax__v1__closure__descriptor;
    else if (r->header->kind == PARALLAX__V1__KIND__REVEAL)
        schema = &parallax__v1__reveal__descriptor;
    else if (r->header->kind == PARALLAX__V1__KIND__KEYS)
        schema = &parallax__v1__keys__descriptor;
    if (schema != NULL) {
        r->msg = unpack(schema, body, false, WHY_BODY_SHAPE, &r->arena, &r->why);
        return;
    }
    r->type = registry_type_cstr(r->header->type);
    if (r->type == NULL)
        why_set(&r->why, WHY_TYPE_UNKNOWN, 0, 0, NULL, "the record type is not known here");
    else
        r->msg = registry_unpack(r->type, body, &r->arena, &r->why);
}

void
row_open(struct row *r, const Parallax__V1__RecordRow *in)
{
    static const uint8_t none[LOG_ID_BYTES];
    memset(r, 0, sizeof *r);
    r->in = in;
    arena_init(&r->arena, LIMIT_ARENA_BODY_BYTES);
    bool has_id = in->id != NULL && in->id->log.len == LOG_ID_BYTES;
    const uint8_t *log = has_id ? in->id->log.data : none;
    record_id_print(log, has_id ? in->id->index : 0, r->id);
    r->header = record_header_read(span_of(in->header.data, in->header.len), log, &r->arena, &r->why);
    if (r->header != NULL)
        open_body(r);
}

void
row_close(struct row *r)
{
    arena_release(&r->arena);
}

int
row_mode(const struct row *r)
{
    return r->header != NULL ? (int)r->header->mode : 0;
}

struct where_record
row_where(const struct row *r, struct utc now)
{
    const char *class_name = strrchr(r->in->series, '/'), *audience = strchr(r->in->series, '/');
    struct where_record out = {.origin = r->in->origin,
                               .header = r->header,
                               .type = r->type,
                               .msg = r->type != NULL ? r->msg : NULL,
                               .now = now};

    if (class_name != NULL && audience < class_name) {
        out.audience = span_of(audience + 1, (size_t)(class_name - audience) - 1);
        out.class_name = span_str(class_name + 1);
    }
    return out;
}

static void
put_references(const struct row *r, struct buf *out)
{
    if (r->header->n_references == 0)
        return;
    object_open_list(out, "references");
    for (size_t i = 0; i < r->header->n_references; i++) {
        const Parallax__V1__RecordId *ref = r->header->references[i];
        char id[RECORD_ID_TEXT_MAX];
        if (ref->log.len != LOG_ID_BYTES)
            continue;
        record_id_print(ref->log.data, ref->index, id);
        object_str(out, NULL, id);
    }
    object_close_list(out);
}

static void
put_header(const struct row *r, struct buf *out)
{
    const Parallax__V1__Header *h = r->header;
    object_str(out, "type", h->type);
    object_uint(out, "type_version", h->type_version);
    object_str(out, "mode", record_mode_name((int)h->mode));
    object_str(out, "kind", record_kind_name((int)h->kind));
    object_utc(out, "created", record_utc(h->created));
    object_utc(out, "epoch", record_utc(h->epoch));
    object_utc(out, "expires", record_utc(h->expires));
    object_utc(out, "embargo_until", record_utc(h->embargo_until));
    object_uint(out, "body_length", h->body_length);
    object_hex(out, "body_sha256", h->body_hash.data, h->body_hash.len);
    if (h->sealing != PARALLAX__V1__SEALING__NONE)
        object_str(out, "sealing", h->sealing == PARALLAX__V1__SEALING__LOG ? "LOG" : "EMBARGO");
    if (h->full_version.len > 0)
        object_hex(out, "full_version", h->full_version.data, h->full_version.len);
    put_references(r, out);
    if (h->rights != NULL) {
        object_open(out, "rights");
        object_str(out, "licence", h->rights->licence);
        object_str(out, "onward", h->rights->onward);
        object_close(out);
    }
}

static void
put_body(const struct row *r, struct buf *out)
{
    struct buf json;
    if (r->type != NULL && r->msg != NULL) {
        buf_init(&json, LIMIT_API_BYTES * 8);
        r->type->json(r->msg, &json);
        while (json.n > 0 && json.p[json.n - 1] == '\n')
            json.n--;
        if (!buf_failed(&json) && json.n > 0)
            object_raw(out, "body", buf_span(&json));
        buf_release(&json);
        return;
    }
    if (r->in->body.len > 0)
        object_base64(out, "body_base64",
                      r->body.n > 0 ? r->body : span_of(r->in->body.data, r->in->body.len));
    if (r->in->body.len == 0)
        object_str(out, "absent", row_absent(r));
    if (r->why.code != WHY_NONE)
        object_str(out, "unreadable", r->why.note);
}

const char *
row_absent(const struct row *r)
{
    return r->in->absent[0] != '\0' ? r->in->absent : "not held here";
}

static void
put_delivery(const struct row *r, struct span incarnation, struct buf *out)
{
    object_open(out, "delivery");
    object_hex(out, "incarnation", incarnation.p, incarnation.n);
    object_uint(out, "number", r->in->delivery);
    object_close(out);
}

static void
put_objects(const struct row *r, struct buf *out)
{
    struct subject subject = {0};

    if (r->type == NULL || r->msg == NULL || r->type->subject(r->msg, &subject) != 0 ||
        (subject.object[0][0] == '\0' && subject.object[1][0] == '\0'))
        return;
    object_open_list(out, "objects");
    for (size_t i = 0; i < SUBJECT_OBJECT_MAX; i++) {
        if (subject.object[i][0] != '\0')
            object_str(out, NULL, subject.object[i]);
    }
    object_close_list(out);
}

static void
put_bytes(const struct row *r, struct buf *out)
{
    object_open(out, "bytes");
    object_base64(out, "header", span_of(r->in->header.data, r->in->header.len));
    if (r->in->body.len > 0)
        object_base64(out, "body", span_of(r->in->body.data, r->in->body.len));
    if (r->header != NULL && r->header->sealing != PARALLAX__V1__SEALING__NONE && r->body.n > 0)
        object_base64(out, "plain", r->body);
    object_close(out);
}

static void
put_row(const struct row *r, struct span incarnation, bool bytes, struct buf *out)
{
    object_open(out, NULL);
    if (incarnation.n > 0)
        put_delivery(r, incarnation, out);
    object_str(out, "id", r->id);
    object_str(out, "origin", r->in->origin);
    object_str(out, "series", r->in->series);
    if (r->header != NULL)
        put_header(r, out);
    if (incarnation.n == 0 && r->in->delivery != 0)
        object_uint(out, "delivery", r->in->delivery);
    if (r->in->received_ms != 0)
        object_ms(out, "received", r->in->received_ms);
    if (r->in->complete_ms != 0)
        object_ms(out, "complete_up_to", r->in->complete_ms > 0 ? r->in->complete_ms : 0);
    if (r->in->quarantine[0] != '\0')
        object_str(out, "quarantine", r->in->quarantine);
    if (r->in->disputed)
        object_bool(out, "disputed", true);
    if (incarnation.n > 0)
        put_objects(r, out);
    if (bytes)
        put_bytes(r, out);
    put_body(r, out);
    object_close(out);
}

void
row_json(const struct row *r, struct span incarnation, struct buf *out)
{
    put_row(r, incarnation, false, out);
}

void
row_json_bytes(const struct row *r, struct span incarnation, struct buf *out)
{
    put_row(r, incarnation, true, out);
}
