/* CAP as XML: 1.0, 1.1 and 1.2 are read (the namespace tells them apart, the elements are the same), 1.2 is written. */
#include "types/public_alert/public_alert_map.h"

#include <stdio.h>

#include "base/text.h"
#include "syntax/xml.h"

#define NAMESPACE_OF "urn:oasis:names:tc:emergency:cap:"
#define NAMESPACE_10 "http://www.incident.com/cap/1.0"
#define NAMESPACE    NAMESPACE_OF "1.2"

static void *
push(struct public_alert_reading *r, ProtobufCMessage *msg, const struct slot *s, void *element)
{
    size_t n;
    void **list, **grown;

    memcpy(&n, (char *)msg + s->count, sizeof n);
    memcpy(&list, (char *)msg + s->offset, sizeof list);
    if ((n & (n - 1)) == 0) { /* room for a power of two */
        grown = arena_alloc(r->fill.arena, (n == 0 ? 1 : 2 * n) * sizeof(void *));
        if (grown == NULL)
            return NULL;
        if (n > 0)
            memcpy(grown, list, n * sizeof(void *));
        memcpy((char *)msg + s->offset, &grown, sizeof grown);
        list = grown;
    }
    list[n++] = element;
    memcpy((char *)msg + s->count, &n, sizeof n);
    return element;
}

static const struct slot *
find(const struct part *p, struct span name)
{
    for (size_t i = 0; i < p->slots; i++) {
        if (span_is(name, p->slot[i].name))
            return &p->slot[i];
    }
    return NULL;
}

static bool
holds(struct span tag, const char *text)
{
    return memmem(tag.p, tag.n, text, strlen(text)) != NULL;
}

/* The namespace tells the versions apart; of an alert in a feed it may stand further out. */
static int
check_namespace(struct public_alert_reading *r, const struct xml_event *e)
{
    const uint8_t *p = r->input.p + e->offset;
    const uint8_t *end = memchr(p, '>', r->input.n - e->offset);
    struct span tag = span_of(p, end != NULL ? (size_t)(end - p) : 0);

    if (holds(tag, NAMESPACE_OF "1.2") || holds(tag, NAMESPACE_OF "1.1") || holds(tag, NAMESPACE_10))
        return 0;
    if (holds(tag, NAMESPACE_OF))
        return why_set(r->fill.why, WHY_VERSION, e->place.line, e->place.column, "alert",
                       "the namespace of another version: expected CAP 1.0, 1.1 or 1.2");
    if (holds(tag, "xmlns="))
        return why_set(r->fill.why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, "alert",
                       "another namespace: expected that of CAP");
    return r->is_entry
               ? 0
               : fill_tolerate(&r->fill, WHY_TEXT_SYNTAX, e->place, "alert", "no namespace: read as CAP 1.2");
}

/* The schema fixes the order of what stands in an element. */
static int
note_order(struct public_alert_reading *r, const struct slot *s, const struct xml_event *e)
{
    const struct slot **last = &r->last[e->depth - 1];
    bool is_behind = *last != NULL && s < *last;

    *last = s;
    return is_behind ? fill_tolerate(&r->fill, WHY_TEXT_SYNTAX, e->place, s->name,
                                     "behind elements that CAP puts after it")
                     : 0;
}

static int
on_start(struct public_alert_reading *r, const struct xml_event *e)
{
    const struct slot *s;

    if (e->depth < PUBLIC_ALERT_DEPTH)
        r->last[e->depth] = NULL;
    if (e->depth == 0) {
        if (!span_is(e->name, "alert"))
            return why_set(r->fill.why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL,
                           "expected <alert>");
        if (check_namespace(r, e) != 0)
            return -1;
        r->fill.start = e->place;
        r->start = e->offset;
        r->part[0] = &public_alert_part;
        r->msg[0] = r->fill.msg;
        return 0;
    }
    if (e->depth >= PUBLIC_ALERT_DEPTH || r->leaf != NULL)
        return why_set(r->fill.why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL,
                       "an element inside a value");
    s = find(r->part[e->depth - 1], e->name);
    if (s == NULL) {
        r->skip = e->depth + 1;
        return span_is(e->name, "Signature")
                   ? 0
                   : fill_tolerate(&r->fill, WHY_FIELD_UNKNOWN, e->place, NULL,
                                   "an element that CAP does not know: kept in the original only");
    }
    if (note_order(r, s, e) != 0)
        return -1;
    if (s->kind != SLOT_PART) {
        r->leaf = s;
        r->leaf_at = e->place;
        return 0;
    }
    r->part[e->depth] = s->part;
    r->msg[e->depth] = arena_alloc(r->fill.arena, s->part->schema->sizeof_message);
    if (r->msg[e->depth] == NULL || push(r, r->msg[e->depth - 1], s, r->msg[e->depth]) == NULL)
        return fill_full(&r->fill, e->place);
    s->part->schema->message_init(r->msg[e->depth]);
    return 0;
}

/* What is certain in meaning; the value as it is kept. */
static int
tolerate(struct public_alert_reading *r, const struct slot *s, struct span *value, struct place at)
{
    struct utc t;
    bool zulu = false;

    if (s->kind == SLOT_TIME && public_alert_time(*value, &t, &zulu) == 0 && zulu) {
        char *copy = arena_alloc(r->fill.arena, 26);

        if (copy == NULL)
            return fill_full(&r->fill, at);
        (void)snprintf(copy, 26, "%.19s-00:00", (const char *)value->p);
        *value = span_str(copy);
        return fill_tolerate(&r->fill, WHY_FIELD_TIME, at, s->name,
                             "Z for UTC: CAP wants -00:00, as which it is kept");
    }
    if (strcmp(s->name, "certainty") == 0 && span_is(*value, "Very Likely")) {
        *value = span_str("Likely"); /* CAP 1.2 section 3.2.2: the word of 1.0 means that */
        return fill_tolerate(&r->fill, WHY_FIELD_VALUE, at, s->name, "`Very Likely` of CAP 1.0 is Likely");
    }
    return 0;
}

static int
put(struct public_alert_reading *r, const struct slot *s, ProtobufCMessage *msg, struct span value,
    struct place at)
{
    char *copy = arena_strdup(r->fill.arena, value);
    char **member = (char **)(void *)((char *)msg + s->offset);

    if (public_alert_check_value(s, value, r->fill.why) != 0) {
        r->fill.why->line = at.line;
        r->fill.why->column = at.column;
        return -1;
    }
    if (copy == NULL)
        return fill_full(&r->fill, at);
    if (s->count != 0)
        return push(r, msg, s, copy) == NULL ? fill_full(&r->fill, at) : 0;
    if ((*member)[0] != 0)
        return why_set(r->fill.why, WHY_FIELD_DUPLICATE, at.line, at.column, s->name, "occurs twice");
    *member = copy;
    return 0;
}

/* Only in text do line ends say something. */
static struct span
trim_lines(struct span s)
{
    while (s.n > 0 && (*s.p <= ' '))
        s = span_of(s.p + 1, s.n - 1);
    while (s.n > 0 && s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

/* What has to stand before ${original} for it to be read alone: the declaration of ${input}, if it is not UTF-8. */
static struct span
encoding_of(struct span input, struct span original)
{
    const uint8_t *end = text_utf8_prefix(original) < original.n ? memchr(input.p, '>', input.n) : NULL;

    return end != NULL ? span_of(input.p, (size_t)(end - input.p) + 1) : span_of(NULL, 0);
}

static int
on_end(struct public_alert_reading *r, const struct xml_event *e)
{
    bool is_text = r->leaf == NULL || r->leaf->kind == SLOT_TEXT;
    struct span value = is_text ? text_trim(e->text) : trim_lines(e->text);

    if (e->depth == 0) {
        struct span original = span_of(r->input.p + r->start, e->offset - r->start);

        r->end = e->offset;
        if (r->is_entry)
            return 0;
        if (fill_source(&r->fill, "cap", original, encoding_of(r->input, original)) != 0)
            return -1;
        return fill_emit(&r->fill, r->emit, r->cookie);
    }
    if (r->leaf == NULL) {
        /* CAP 1.0 writes a pair as `name=value`. */
        const uint8_t *equal = e->is_leaf && value.n > 0 ? memchr(value.p, '=', value.n) : NULL;
        const struct part *p = r->part[e->depth];

        if (equal == NULL || p->slots != 2)
            return 0;
        if (put(r, &p->slot[0], r->msg[e->depth], span_of(value.p, (size_t)(equal - value.p)), e->place) != 0)
            return -1;
        return put(r, &p->slot[1], r->msg[e->depth],
                   span_of(equal + 1, value.n - (size_t)(equal - value.p) - 1), e->place);
    }
    if (value.n > 0 && (tolerate(r, r->leaf, &value, e->place) != 0 ||
                        put(r, r->leaf, r->msg[e->depth - 1], value, e->place) != 0))
        return -1;
    r->leaf = NULL;
    return 0;
}

int
public_alert_on_event(void *cookie, const struct xml_event *e, struct why *why)
{
    struct public_alert_reading *r = cookie;

    (void)why;
    if (r->skip != 0) {
        if (e->kind == XML_END && e->depth + 1 == r->skip)
            r->skip = 0;
        return 0;
    }
    return e->kind == XML_START ? on_start(r, e) : on_end(r, e);
}

static int
read_cap(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct public_alert_reading r = {.input = input, .emit = emit, .cookie = cookie};

    if (fill_begin(&r.fill, &public_alert_map, FILL_TABLE, how, a, why) != 0)
        return -1;
    return xml_read(input, public_alert_on_event, &r, why);
}

static int
probe(struct span head)
{
    struct span name[2];

    return xml_sniff(head, name, 2) == 2 && span_is(name[0], "alert") && span_is(name[1], "identifier") ? 95
                                                                                                        : 0;
}

const struct reader public_alert_cap_reader = {
    "cap",   "application/cap+xml", "Common Alerting Protocol 1.0, 1.1, 1.2", LIMIT_INPUT_BYTES, probe,
    read_cap};

static void write_part(const struct part *p, const void *msg, unsigned depth, struct buf *out);

/* valueName and value: the schema wants both, and agencies leave the value empty. */
static bool
is_pair(const struct part *p)
{
    return p->slots == 2 && strcmp(p->slot[0].name, "valueName") == 0;
}

static void
write_element(const struct part *p, const struct slot *s, const void *value, unsigned depth, struct buf *out)
{
    if (s->kind != SLOT_PART && ((const char *)value)[0] == 0 && !is_pair(p))
        return;
    buf_put_fmt(out, "%*s<%s>", (int)(2 * depth), "", s->name);
    if (s->kind == SLOT_PART) {
        buf_put_byte(out, '\n');
        write_part(s->part, value, depth + 1, out);
        buf_put_fmt(out, "%*s", (int)(2 * depth), "");
    } else {
        xml_put(out, span_str(value));
    }
    buf_put_fmt(out, "</%s>\n", s->name);
}

static void
write_part(const struct part *p, const void *msg, unsigned depth, struct buf *out)
{
    for (size_t i = 0; i < p->slots; i++) {
        const struct slot *s = &p->slot[i];
        const char *at = (const char *)msg + s->offset;
        size_t n = 1;
        void *const *list = (void *const *)(const void *)at;

        if (s->count != 0) {
            memcpy(&n, (const char *)msg + s->count, sizeof n);
            memcpy(&list, at, sizeof list);
        }
        for (size_t k = 0; k < n; k++)
            write_element(p, s, list[k], depth, out);
    }
}

/* What 1.2 made mandatory. */
static int
fits_12(const Parallax__V1__PublicAlert *a, struct why *why)
{
    for (size_t i = 0; i < a->n_info; i++) {
        const Parallax__V1__CapInfo *info = a->info[i];
        for (size_t k = 0; k < info->n_resource; k++) {
            if (info->resource[k]->mime_type[0] == 0)
                return why_set(why, WHY_CANNOT_HOLD, 0, 0, "mimeType", "missing: CAP 1.2 wants it");
        }
    }
    return 0;
}

int
public_alert_write(const Parallax__V1__PublicAlert *a, struct buf *out, struct why *why)
{
    if (fits_12(a, why) != 0)
        return -1;
    buf_put_str(out, "<alert xmlns=\"" NAMESPACE "\">\n");
    write_part(&public_alert_part, a, 1, out);
    buf_put_str(out, "</alert>\n");
    return 0;
}

static int
write_cap(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how;
    if (out->n > 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, NULL,
                       "a CAP file holds one alert: convert one at a time, or to cap-atom");
    buf_put_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return public_alert_write((const Parallax__V1__PublicAlert *)msg, out, why);
}

const struct writer public_alert_cap_writer = {.format = "cap",
                                               .media = "application/cap+xml",
                                               .title = "Common Alerting Protocol 1.2",
                                               .lossless = true,
                                               .write = write_cap};

static void json_part(const struct part *p, const void *msg, struct buf *out);

static void
json_value(const struct slot *s, const void *value, struct buf *out)
{
    if (s->kind == SLOT_PART)
        json_part(s->part, value, out);
    else
        text_json(out, span_str(value));
}

static void
json_part(const struct part *p, const void *msg, struct buf *out)
{
    const char *comma = "";

    buf_put_byte(out, '{');
    for (size_t i = 0; i < p->slots; i++) {
        const struct slot *s = &p->slot[i];
        const char *at = (const char *)msg + s->offset;
        void *const *list = (void *const *)(const void *)at;
        size_t n = 1;

        if (s->count != 0) {
            memcpy(&n, (const char *)msg + s->count, sizeof n);
            memcpy(&list, at, sizeof list);
        } else if (((const char *)list[0])[0] == 0) {
            n = 0;
        }
        if (n == 0)
            continue;
        buf_put_fmt(out, "%s\"%s\":%s", comma, s->name, s->count != 0 ? "[" : "");
        for (size_t k = 0; k < n; k++) {
            buf_put_str(out, k > 0 ? "," : "");
            json_value(s, list[k], out);
        }
        buf_put_str(out, s->count != 0 ? "]" : "");
        comma = ",";
    }
    buf_put_byte(out, '}');
}

void
public_alert_json(const ProtobufCMessage *msg, struct buf *out)
{
    json_part(&public_alert_part, msg, out);
}
