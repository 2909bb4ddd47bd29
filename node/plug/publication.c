#include "plug/publication.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/object.h"
#include "core/record.h"
#include "syntax/json.h"
#include "wire/unpack.h"

/* What a header without references takes at most, with the longest type name: the node counts headers and bodies of a request. */
#define HEADER_BYTES 256

/* A record holds its own source text and its fields. */
#define BODIES_BYTES_MAX (5 * (size_t)LIMIT_PLUGIN_PUBLISH_BYTES)

enum member { KEY, MODE, AUDIENCE, FORMAT, TEXT, BASE64, RECORD, MEMBER_COUNT };

static const char *const names[MEMBER_COUNT] = {"key",  "mode",   "audience", "format",
                                                "text", "base64", "record"};

/* The members of the object. */
struct members {
    struct buf value[MEMBER_COUNT]; /* decoded; of a record its JSON */
    bool given[MEMBER_COUNT];
    struct span open; /* `{` or `[` of the record */
};

void
publication_init(struct publication *p)
{
    memset(p, 0, sizeof *p);
    buf_init(&p->bodies, BODIES_BYTES_MAX);
}

void
publication_release(struct publication *p)
{
    free(p->records);
    buf_release(&p->bodies);
    publication_init(p);
}

static int
fail(const struct json_event *e, struct why *why, const char *field, const char *note)
{
    return why_set(why, WHY_FIELD_VALUE, e->place.line, e->place.column, field, "%s", note);
}

static int
take_member(struct members *m, const struct json_event *e, struct why *why)
{
    bool opens = e->kind == JSON_OBJECT || e->kind == JSON_ARRAY;
    enum member i = 0;

    while (i < MEMBER_COUNT && !span_is(e->key, names[i]))
        i++;
    if (i == MEMBER_COUNT)
        return why_set(why, WHY_FIELD_UNKNOWN, e->key_place.line, e->key_place.column, NULL,
                       "expected key, mode, audience, format, and one of text, base64 and record");
    if (m->given[i])
        return why_set(why, WHY_FIELD_DUPLICATE, e->key_place.line, e->key_place.column, names[i],
                       "given twice");
    m->given[i] = true;
    if (i == RECORD ? !opens : e->kind != JSON_STRING)
        return fail(e, why, names[i], i == RECORD ? "expected an object or an array" : "expected a string");
    if (i == RECORD)
        m->open = e->raw;
    else
        buf_put_span(&m->value[i], e->text);
    return 0;
}

static int
take(void *cookie, const struct json_event *e, struct why *why)
{
    struct members *m = cookie;
    bool ends = e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END;

    if (e->depth == 0 && e->kind != JSON_OBJECT && e->kind != JSON_OBJECT_END)
        return fail(e, why, NULL, "expected one object");
    if (e->depth == 0 && e->kind == JSON_OBJECT && m->given[KEY])
        return fail(e, why, NULL, "expected one object");
    if (e->depth == 1 && !ends)
        return take_member(m, e, why);
    if (e->depth == 1 && m->open.p != NULL &&
        m->value[RECORD].n == 0) /* between its brackets, as it stands */
        buf_put(&m->value[RECORD], m->open.p, (size_t)(e->raw.p + e->raw.n - m->open.p));
    return 0;
}

static bool
is_key(struct span s)
{
    if (s.n == 0 || s.n > PUBLICATION_KEY_MAX || !text_is_utf8(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    }
    return true;
}

static bool
has(const struct stanza_list *list, struct span word)
{
    for (size_t i = 0; i < list->n; i++) {
        if (span_is(word, list->at[i]))
            return true;
    }
    return false;
}

static int
deny(struct why *why, const char *field, const char *list)
{
    return why_set(why, WHY_PUBLISH_DENIED, 0, 0, field, "not in publish.%s of the plugin's configuration",
                   list);
}

/* Everything but the record. The key first: with it a refusal can be told. */
static int
check_members(struct publication *p, const struct members *m, const struct stanza *s, struct why *why)
{
    struct span audience = m->given[AUDIENCE] ? buf_span(&m->value[AUDIENCE]) : span_str("open");
    int sources = m->given[TEXT] + m->given[BASE64] + m->given[RECORD];
    struct buf named;

    if (!is_key(buf_span(&m->value[KEY])))
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "key",
                       "expected 1 to %d bytes, another key for every publication", PUBLICATION_KEY_MAX);
    memcpy(p->key, m->value[KEY].p, m->value[KEY].n);
    buf_init(&named, 512);
    buf_put_fmt(&named, "parallax plugin publish\n%s\n%s", s->name, p->key);
    hash_sha256(buf_span(&named), p->id);
    buf_release(&named);
    if (!s->publishes)
        return why_set(why, WHY_PUBLISH_DENIED, 0, 0, NULL,
                       "there is no publish in the plugin's configuration");
    if (record_mode_parse(buf_span(&m->value[MODE]), &p->mode) != 0)
        return why_set(why, WHY_MODE_MISSING, 0, 0, "mode", "expected REAL, EXERCISE, TEST or SIMULATED");
    if ((s->publish_modes >> p->mode & 1) == 0)
        return deny(why, "mode", "modes");
    if (audience.n > LIMIT_NAME_BYTES || !has(&s->publish_audiences, audience))
        return deny(why, "audience", "audiences");
    memcpy(p->audience, audience.p, audience.n);
    if (sources != 1)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "text", "expected one of text, base64 and record");
    return 0;
}

/* For the readers' emit. */
struct adding {
    struct publication *p;
    const struct stanza *s;
};

static int
add(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    const struct adding *a = cookie;
    struct publication *p = a->p;
    size_t at = p->bodies.n, n;

    if (!has(&a->s->publish_types, span_str(type->name)))
        return deny(why, type->name, "types");
    pack(msg, &p->bodies);
    if (buf_failed(&p->bodies))
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "its records take more than %zu bytes",
                       BODIES_BYTES_MAX);
    n = p->bodies.n - at;
    if (n > type->body_max)
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "record %zu takes %zu bytes: expected at most %zu",
                       p->n + 1, n, type->body_max);
    if (p->n == p->cap) { /* bounded by the bytes of the line */
        p->cap = p->cap == 0 ? 16 : p->cap * 2;
        p->records = mem_resize(p->records, p->cap * sizeof *p->records);
    }
    p->records[p->n++] = (struct publication_record){type, at, n};
    return 0;
}

static int
read_records(struct publication *p, struct members *m, const struct stanza *s, struct why *why)
{
    struct adding adding = {p, s};
    struct convert how = {.strict = false};
    struct span text = buf_span(&m->value[m->given[RECORD] ? RECORD : TEXT]);
    const char *format = m->given[FORMAT] ? buf_cstr(&m->value[FORMAT]) : NULL;

    if (m->given[BASE64]) {
        if (text_unbase64(buf_span(&m->value[BASE64]), &m->value[TEXT]) != 0)
            return why_set(why, WHY_TEXT_ENCODING, 0, 0, "base64", "expected base64 with its padding");
        text = buf_span(&m->value[TEXT]);
    }
    if (registry_read(text, format, &how, add, &adding, why) != 0)
        return -1;
    return p->n > 0 ? 0 : why_set(why, WHY_FIELD_MISSING, 0, 0, NULL, "it holds no record");
}

int
publication_read(struct publication *p, struct span json, const struct stanza *s, struct why *why)
{
    struct members m;
    int rc;

    publication_release(p);
    memset(&m, 0, sizeof m);
    for (int i = 0; i < MEMBER_COUNT; i++)
        buf_init(&m.value[i], LIMIT_PLUGIN_PUBLISH_BYTES);
    rc = json_read_long(json, LIMIT_PLUGIN_PUBLISH_BYTES, take, &m, why);
    if (rc == 0)
        rc = check_members(p, &m, s, why);
    else if (is_key(buf_span(&m.value[KEY])))
        memcpy(p->key, m.value[KEY].p, m.value[KEY].n);
    if (rc == 0)
        rc = read_records(p, &m, s, why);
    for (int i = 0; i < MEMBER_COUNT; i++)
        buf_release(&m.value[i]);
    return rc;
}

size_t
publication_part(const struct publication *p, size_t first)
{
    size_t n = 0, bytes = 0;

    while (first + n < p->n && n < LIMIT_BATCH_COUNT) {
        bytes += p->records[first + n].n + HEADER_BYTES;
        if (n > 0 &&
            (bytes > LIMIT_BATCH_BYTES || p->records[first + n].type->alert != p->records[first].type->alert))
            break; /* alerts have logs of their own */
        n++;
    }
    return n;
}

static void
open_reply(const struct publication *p, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "reply", p->key);
}

void
publication_refuse(const struct publication *p, const struct why *why, struct buf *out)
{
    open_reply(p, out);
    object_str(out, "refused", why_name(why->code));
    if (why->field[0] != '\0')
        object_str(out, "field", why->field);
    if (why->line != 0) {
        object_uint(out, "line", why->line);
        object_uint(out, "column", why->column);
    }
    object_str(out, "note", why->note[0] != '\0' ? why->note : why_text(why->code));
    object_close(out);
    buf_put_byte(out, '\n');
}

void
publication_reply(const struct publication *p, struct span ids, struct buf *out)
{
    open_reply(p, out);
    buf_put_str(out, ",\"ids\":[");
    buf_put_span(out, ids);
    buf_put_str(out, "]");
    object_close(out);
    buf_put_byte(out, '\n');
}
