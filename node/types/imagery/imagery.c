/* A product made from images: what a STAC item says (STAC 1.0.0, 1.1.0; the disaster extension). */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utc.h"
#include "imagery.pb-c.h"
#include "syntax/json.h"
#include "types/designator.h"
#include "types/fill.h"
#include "types/imagery/imagery_place.h"
#include "types/jsonmap.h"

#define MEMBERS_MAX 64

/* What is asked of an item, gathered from its members. */
struct item {
    const char *member; /* whose value is being walked */
    unsigned values;    /* at depth 0 */
    bool is_feature, has_id, has_version, has_geometry, has_no_geometry, has_bbox, has_properties, has_links,
        has_assets, has_datetime;
    unsigned bbox_n;
    bool link_href, link_rel, has_collection_link;
    char id[128], collection[128], version[16], start[72], end[72], title[80];
};

static void
copy(char *out, size_t size, struct span text)
{
    (void)snprintf(out, size, "%.*s", (int)(text.n < size ? text.n : size - 1), (const char *)text.p);
    out[text_utf8_prefix(span_str(out))] = 0;
}

static int
wrong(struct why *why, const char *member, const char *note)
{
    return why_set(why, WHY_FIELD_VALUE, 0, 0, member, "%s", note);
}

/* RFC 3339 in UTC: `Z`, or the same as an offset. */
static int
take_time(struct span text, char *out, size_t size)
{
    static const char zero[] = "+00:00";
    struct utc t;
    size_t n = text.n;

    copy(out, size, text);
    if (n > 6 && n < size && memcmp(out + n - 6, zero, 6) == 0)
        (void)snprintf(out + n - 6, 2, "Z");
    n = strlen(out);
    return n > 0 && out[n - 1] == 'Z' && text.n < size && utc_parse(span_str(out), &t) == 0 ? 0 : -1;
}

static int
on_property(struct item *i, const struct json_event *e, struct why *why)
{
    bool is_start = span_is(e->key, "datetime") || span_is(e->key, "start_datetime");
    char time[72];

    if (e->depth != 1)
        return 0;
    if (span_is(e->key, "datetime"))
        i->has_datetime = true;
    if ((is_start || span_is(e->key, "end_datetime")) && e->kind == JSON_STRING) {
        if (take_time(e->text, time, sizeof time) != 0)
            return why_set(why, WHY_FIELD_TIME, 0, 0, "properties", "%.40s: expected yyyy-mm-ddThh:mm:ssZ",
                           is_start ? "datetime" : "end_datetime");
        if (is_start && (*i->start == 0 || span_is(e->key, "datetime")))
            memcpy(i->start, time, sizeof i->start);
        else if (!is_start)
            memcpy(i->end, time, sizeof i->end);
    } else if (span_is(e->key, "datetime") && e->kind != JSON_NULL) {
        return wrong(why, "properties", "datetime: expected a time, or null");
    }
    if (span_is(e->key, "title") && e->kind == JSON_STRING)
        copy(i->title, sizeof i->title, e->text);
    return 0;
}

/* Each link has href and rel. */
static int
on_link(struct item *i, const struct json_event *e, struct why *why)
{
    if (e->depth == 1 && e->kind == JSON_OBJECT)
        i->link_href = i->link_rel = false;
    if (e->depth == 2 && e->kind == JSON_STRING) {
        i->link_href = i->link_href || span_is(e->key, "href");
        i->link_rel = i->link_rel || span_is(e->key, "rel");
        i->has_collection_link =
            i->has_collection_link || (span_is(e->key, "rel") && span_is(e->text, "collection"));
    }
    if (e->depth == 1 && e->kind == JSON_OBJECT_END && !(i->link_href && i->link_rel))
        return wrong(why, "links", "a link without href or rel");
    return e->depth == 1 && e->kind != JSON_OBJECT && e->kind != JSON_OBJECT_END
               ? wrong(why, "links", "expected objects")
               : 0;
}

static int
on_text(struct item *i, const struct json_event *e, struct why *why)
{
    if (e->depth > 0 || e->kind != JSON_STRING || e->text.n == 0)
        return wrong(why, i->member, "expected a text");
    if (strcmp(i->member, "type") == 0) {
        i->is_feature = span_is(e->text, "Feature");
    } else if (strcmp(i->member, "id") == 0) {
        i->has_id = true;
        copy(i->id, sizeof i->id, e->text);
    } else if (strcmp(i->member, "collection") == 0) {
        copy(i->collection, sizeof i->collection, e->text);
    } else {
        i->has_version = true;
        copy(i->version, sizeof i->version, e->text);
    }
    return 0;
}

static int
on_bbox(struct item *i, const struct json_event *e, struct why *why)
{
    if (e->depth == 0 && e->kind == JSON_ARRAY)
        i->has_bbox = true;
    else if (e->depth == 1 && e->kind == JSON_NUMBER)
        i->bbox_n++;
    else if (!(e->depth == 0 && e->kind == JSON_ARRAY_END))
        return wrong(why, "bbox", "expected an array of 4 or 6 numbers");
    return 0;
}

static int
on_container(struct item *i, const struct json_event *e, struct why *why)
{
    bool is_object = e->kind == JSON_OBJECT, is_array = e->kind == JSON_ARRAY;

    if (e->depth > 0)
        return 0;
    if (strcmp(i->member, "geometry") == 0) {
        i->has_geometry = is_object;
        i->has_no_geometry = e->kind == JSON_NULL;
        return is_object || e->kind == JSON_NULL ? 0 : wrong(why, "geometry", "expected an object or null");
    }
    if (strcmp(i->member, "links") == 0) {
        i->has_links = true;
        return is_array ? 0 : wrong(why, "links", "expected an array");
    }
    if (strcmp(i->member, "assets") == 0)
        i->has_assets = true;
    else
        i->has_properties = true;
    return is_object ? 0 : wrong(why, i->member, "expected an object");
}

static int
on_value(void *cookie, const struct json_event *e, struct why *why)
{
    static const char *const texts[] = {"type", "id", "collection", "stac_version"};
    struct item *i = cookie;
    bool is_end = e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END;

    if (e->depth == 0 && !is_end && i->values++ > 0)
        return wrong(why, i->member, "more than one value");
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        if (strcmp(i->member, texts[k]) == 0)
            return on_text(i, e, why);
    }
    if (strcmp(i->member, "bbox") == 0)
        return on_bbox(i, e, why);
    if (strcmp(i->member, "properties") == 0 && on_property(i, e, why) != 0)
        return -1;
    if (strcmp(i->member, "links") == 0 && on_link(i, e, why) != 0)
        return -1;
    if (!is_end && (strcmp(i->member, "geometry") == 0 || strcmp(i->member, "links") == 0 ||
                    strcmp(i->member, "assets") == 0 || strcmp(i->member, "properties") == 0))
        return on_container(i, e, why);
    return 0;
}

/* Walk all members. 0, or -1 with ${why}. */
static int
gather(const Parallax__V1__Imagery *m, struct item *item, struct why *why)
{
    *item = (struct item){0};
    if (m->n_members > MEMBERS_MAX)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "members", "%zu: expected at most %d", m->n_members,
                       MEMBERS_MAX);
    for (size_t i = 0; i < m->n_members; i++) {
        struct span value = span_str(m->members[i]->value);

        item->member = m->members[i]->name;
        item->values = 0;
        if (fieldmap_check_text("members", span_str(item->member), LIMIT_NAME_BYTES, why, 0, 0) != 0)
            return -1;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(m->members[k]->name, item->member) == 0)
                return why_set(why, WHY_FIELD_DUPLICATE, 0, 0, item->member, "occurs twice");
        }
        for (size_t k = 0; k < value.n; k++) {
            if (value.p[k] < 0x20)
                return wrong(why, item->member, "a line end or a control character between tokens");
        }
        if (json_read(value, on_value, item, why) != 0) {
            why->line = why->column = 0; /* of the value, not of the file */
            return -1;
        }
        if (item->values != 1)
            return wrong(why, item->member, "expected one value");
    }
    return 0;
}

static int
missing(struct why *why, const char *member)
{
    return why_set(why, WHY_FIELD_MISSING, 0, 0, member, "missing: it is mandatory");
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__Imagery *m = (const Parallax__V1__Imagery *)msg;
    struct item i;

    if (gather(m, &i, why) != 0)
        return -1;
    if (!i.is_feature)
        return wrong(why, "type", "expected Feature");
    if (!i.has_version)
        return missing(why, "stac_version");
    if (strncmp(i.version, "1.", 2) != 0)
        return why_set(why, WHY_VERSION, 0, 0, "stac_version", "%.20s: expected 1.0.0 or 1.1.0", i.version);
    if (!i.has_id)
        return missing(why, "id");
    if (!i.has_geometry && !i.has_no_geometry)
        return missing(why, "geometry");
    if (i.has_geometry && !i.has_bbox)
        return missing(why, "bbox");
    if (i.has_bbox && i.bbox_n != 4 && i.bbox_n != 6)
        return wrong(why, "bbox", "expected 4 or 6 numbers");
    if (!i.has_properties || !i.has_datetime)
        return missing(why, i.has_properties ? "datetime" : "properties");
    if (*i.start == 0 || (i.start[0] != 0 && i.end[0] != 0 && strcmp(i.start, i.end) > 0))
        return wrong(why, "properties",
                     "datetime, or start_datetime and a later end_datetime: expected a time");
    if (!i.has_links || !i.has_assets)
        return missing(why, i.has_links ? "assets" : "links");
    if (*i.collection != 0 && !i.has_collection_link)
        return wrong(why, "links", "no link `collection`, which goes with a collection");
    return fieldmap_check_source(m->source, why);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    struct item i;
    struct why why;
    char key[300];

    *out = (struct subject){0};
    why_clear(&why);
    (void)gather((const Parallax__V1__Imagery *)msg, &i, &why); /* check() has seen that it works */
    (void)snprintf(key, sizeof key, "%s/%s", i.collection, i.id);
    designator_key(key, out->key, sizeof out->key);
    out->epoch = designator_utc(span_str(i.start), span_str("UTC"));
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    struct item i;
    struct why why;

    why_clear(&why);
    (void)gather((const Parallax__V1__Imagery *)msg, &i, &why);
    text_quote(out, span_str(*i.title != 0 ? i.title : i.id), 60);
    buf_put_fmt(out, " of %s", i.start);
    if (*i.collection != 0) {
        buf_put_str(out, " in ");
        text_quote(out, span_str(i.collection), 40);
    }
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Imagery *m = (const Parallax__V1__Imagery *)msg;

    buf_put_byte(out, '{');
    for (size_t i = 0; i < m->n_members; i++) {
        if (i > 0)
            buf_put_byte(out, ',');
        text_json(out, span_str(m->members[i]->name));
        buf_put_byte(out, ':');
        buf_put_str(out, m->members[i]->value);
    }
    buf_put_byte(out, '}');
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source_of(((const Parallax__V1__Imagery *)msg)->source, out);
}

/* --- Reading: one item, several, or a FeatureCollection of them ------------------------------------------------------- */

struct reading {
    struct fill fill; /* for tolerances and copies: its map is not used */
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    Parallax__V1__Imagery *msg; /* NULL: between items */
    unsigned depth;             /* of its object */
    bool in_features;
    const uint8_t *start, *value; /* of the item, of the member that is a container */
    Parallax__V1__Keyword *member;
    struct place at;
    size_t count;
};

static void *
new_message(struct reading *r, const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage *msg = arena_alloc(r->arena, schema->sizeof_message);

    if (msg == NULL)
        fill_full(&r->fill, r->at);
    else
        schema->message_init(msg);
    return msg;
}

static int
begin_item(struct reading *r, const struct json_event *e)
{
    arena_clear(r->arena);
    r->at = e->place;
    r->depth = e->depth;
    r->start = e->raw.p;
    r->count++;
    r->msg = new_message(r, &parallax__v1__imagery__descriptor);
    if (r->msg == NULL)
        return -1;
    r->msg->members = arena_alloc(r->arena, MEMBERS_MAX * sizeof(void *));
    return r->msg->members == NULL ? fill_full(&r->fill, r->at) : 0;
}

/* Without the blanks between its tokens. */
static char *
compact(struct reading *r, struct span raw)
{
    char *out = arena_strdup(r->arena, raw);
    bool in_text = false;
    size_t n = 0;

    for (size_t i = 0; out != NULL && i < raw.n; i++) {
        char c = out[i];

        if (!in_text && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
            continue;
        if (in_text && c == '\\' && i + 1 < raw.n)
            out[n++] = out[i++];
        else if (c == '"')
            in_text = !in_text;
        out[n++] = out[i];
    }
    if (out != NULL)
        out[n] = 0;
    return out;
}

static int
end_member(struct reading *r, struct span raw)
{
    r->member->value = compact(r, raw);
    r->member = NULL;
    return r->msg->members[r->msg->n_members - 1]->value == NULL ? fill_full(&r->fill, r->at) : 0;
}

static int
begin_member(struct reading *r, const struct json_event *e)
{
    bool is_container = e->kind == JSON_OBJECT || e->kind == JSON_ARRAY;

    if (r->msg->n_members == MEMBERS_MAX)
        return why_set(r->why, WHY_TEXT_LIMIT, e->place.line, e->place.column, NULL, "more than %d members",
                       MEMBERS_MAX);
    r->member = new_message(r, &parallax__v1__keyword__descriptor);
    if (r->member == NULL || (r->member->name = arena_strdup(r->arena, e->key)) == NULL)
        return fill_full(&r->fill, r->at);
    r->msg->members[r->msg->n_members++] = r->member;
    r->value = e->raw.p;
    if (span_is(e->key, "stac_version") && e->kind == JSON_STRING && !span_is(e->text, "1.0.0") &&
        !span_is(e->text, "1.1.0") && e->text.n >= 2 && memcmp(e->text.p, "1.", 2) == 0 &&
        fill_tolerate(&r->fill, WHY_VERSION, e->place, "stac_version",
                      "neither 1.0.0 nor 1.1.0: read as them") != 0)
        return -1;
    return is_container ? 0 : end_member(r, e->raw);
}

static int
end_item(struct reading *r, const struct json_event *e)
{
    Parallax__V1__Source *s = new_message(r, &parallax__v1__source__descriptor);

    if (s == NULL || (s->format = arena_strdup(r->arena, span_str("stac"))) == NULL)
        return fill_full(&r->fill, r->at);
    s->original =
        (ProtobufCBinaryData){(size_t)(e->raw.p + e->raw.n - r->start), (uint8_t *)(uintptr_t)r->start};
    r->msg->source = s;
    if (r->emit(r->cookie, &r->msg->base, r->why) != 0) {
        if (r->why->line == 0) { /* check() knows no places */
            r->why->line = r->at.line;
            r->why->column = r->at.column;
        }
        return -1;
    }
    r->msg = NULL;
    return 0;
}

static int
on_event(void *cookie, const struct json_event *e, struct why *why)
{
    struct reading *r = cookie;
    bool is_end = e->kind == JSON_OBJECT_END || e->kind == JSON_ARRAY_END;

    (void)why;
    if (r->msg != NULL && e->depth == r->depth && e->kind == JSON_OBJECT_END)
        return end_item(r, e);
    if (r->msg != NULL && e->depth == r->depth + 1)
        return is_end ? end_member(r, span_of(r->value, (size_t)(e->raw.p + e->raw.n - r->value)))
                      : begin_member(r, e);
    if (r->msg != NULL)
        return 0;
    if (r->in_features && e->depth == 1 && is_end)
        r->in_features = false;
    else if (r->in_features && e->depth == 2 && e->kind == JSON_OBJECT)
        return begin_item(r, e);
    else if (e->depth == 1 && e->kind == JSON_ARRAY && span_is(e->key, "features"))
        r->in_features = true;
    return 0;
}

/* Is the text a collection? Then its items stand in "features". */
static bool
is_collection(struct span head)
{
    return json_has_key(head, "features");
}

static int
on_alone(void *cookie, const struct json_event *e, struct why *why)
{
    struct reading *r = cookie;

    if (r->msg == NULL && e->depth == 0 && e->kind == JSON_OBJECT)
        return begin_item(r, e);
    if (r->msg == NULL)
        return why_set(why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL,
                       "expected an item: an object");
    return on_event(cookie, e, why);
}

static int
read_stac(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    struct reading r = {.how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why};
    struct span head = span_of(input.p, input.n < 4096 ? input.n : 4096);

    r.fill = (struct fill){.how = how, .arena = a, .why = why};
    if (json_read(input, is_collection(head) ? on_event : on_alone, &r, why) != 0)
        return -1;
    return r.count > 0 ? 0
                       : why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL,
                                 "no item: expected a Feature, or a FeatureCollection of them");
}

static int
probe_stac(struct span head)
{
    return json_is_likely(head) && json_has_key(head, "stac_version") ? 95 : 0;
}

static void
begin_stac(struct buf *out)
{
    buf_put_str(out, "{\"type\":\"FeatureCollection\",\"features\":[\n");
}

static void
between_stac(struct buf *out)
{
    buf_put_str(out, ",\n");
}

static void
end_stac(struct buf *out)
{
    buf_put_str(out, "\n]}\n");
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct reader stac_reader = {"stac",
                                          "application/geo+json",
                                          "STAC items 1.0.0 and 1.1.0: one, several, or a FeatureCollection",
                                          LIMIT_INPUT_BYTES,
                                          probe_stac,
                                          read_stac};
static const struct writer stac_writer = {.format = "stac",
                                          .media = "application/geo+json",
                                          .title = "STAC items in a FeatureCollection",
                                          .lossless = true,
                                          .begin = begin_stac,
                                          .between = between_stac,
                                          .end = end_stac,
                                          .write = write_json};
static const struct writer json_writer = {.format = "json",
                                          .media = "application/json",
                                          .title = "items, an array",
                                          .begin = jsonmap_begin,
                                          .between = jsonmap_between,
                                          .end = jsonmap_end,
                                          .write = write_json};
static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "an item a line",
                                            .between = buf_end_line,
                                            .end = buf_end_line,
                                            .write = write_json};

static const struct reader *const readers[] = {&stac_reader, NULL};
static const struct writer *const writers[] = {&stac_writer, &json_writer, &ndjson_writer, NULL};

const struct type type_imagery = {
    .name = "imagery",
    .title = "A product made from images, after a disaster say (STAC)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__imagery__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .places = imagery_places,
    .readers = readers,
    .writers = writers,
    .doc = "imagery.md",
};
