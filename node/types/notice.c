#include "types/notice.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "syntax/json.h"
#include "types/alias.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/outline.h"

/* The value of a field by its keyword; n 0: not given, or no such field. */
static struct span
value_of(const struct notice *n, const ProtobufCMessage *msg, const char *keyword)
{
    char number[FIELDMAP_NUMBER_MAX];
    int row = keyword == NULL ? -1 : fieldmap_find(n->map, span_str(keyword), false, 0);

    return row < 0 ? span_of(NULL, 0) : fieldmap_get(&n->map->field[row], msg, number);
}

/* Is ${a} above ${b}? Both are given and of one kind: times, or numbers. */
static bool
is_above(const struct notice *n, const char *keyword, struct span a, struct span b)
{
    int row = fieldmap_find(n->map, span_str(keyword), false, 0);

    if (row >= 0 && n->map->field[row].kind == FIELD_TIME)
        return utc_compare(designator_utc(a, span_str("UTC")), designator_utc(b, span_str("UTC"))) > 0;
    return num_compare(a, b) > 0;
}

/* With its kind before it, and no name: those have others too. */
static bool
any_object(struct span value, char out[ALIAS_BYTES])
{
    char text[ALIAS_BYTES];

    if (value.n >= sizeof text || memchr(value.p, ':', value.n) == NULL)
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = 0;
    return alias_parse(text, out) && alias_class(out) < ALIAS_NAME;
}

static int
check_object(const char *kind, const char *keyword, struct span value, struct why *why)
{
    char id[ALIAS_BYTES];

    if (strcmp(kind, "cospar") == 0 && !designator_is_cospar(value))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, keyword,
                       "expected an international designator: YYYY-NNNP");
    if (strcmp(kind, "norad") == 0 && designator_norad(value) == 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, keyword, "expected a catalogue number: 1 to 999999999");
    if (strcmp(kind, "any") == 0 && !any_object(value, id))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, keyword,
                       "expected norad:, cospar:, neo: or id: and an identifier");
    return 0;
}

int
notice_check(const struct notice *n, const ProtobufCMessage *msg, struct why *why)
{
    if (fieldmap_check(n->map, msg, why) != 0)
        return -1;
    for (int i = 0; i < NOTICE_OBJECTS && n->object[i] != NULL; i++) {
        struct span value = value_of(n, msg, n->object[i]);

        if (value.n > 0 && check_object(n->object_kind[i], n->object[i], value, why) != 0)
            return -1;
    }
    for (int i = 0; i < NOTICE_ORDERS && n->order[i][0] != NULL; i++) {
        struct span low = value_of(n, msg, n->order[i][0]), high = value_of(n, msg, n->order[i][1]);

        if (low.n > 0 && high.n > 0 && is_above(n, n->order[i][0], low, high))
            return why_set(why, WHY_FIELD_RANGE, 0, 0, n->order[i][0], "above %s: expected at most that",
                           n->order[i][1]);
    }
    return n->check == NULL ? 0 : n->check(msg, why);
}

static void
put_object(const char *kind, struct span value, char out[64])
{
    size_t at = (size_t)snprintf(out, 64, "%s%s", kind, kind[0] != 0 ? ":" : "");

    if (strcmp(kind, "norad") == 0) {
        (void)snprintf(out, 64, "norad:%llu", (unsigned long long)designator_norad(value));
        return;
    }
    if (strcmp(kind, "any") == 0) {
        if (!any_object(value, out))
            out[0] = 0;
        return;
    }
    /* JPL writes `2023 VD3`, ESA `2023VD3`. */
    for (size_t i = 0; i < value.n && at + 1 < 64; i++) {
        if (value.p[i] != ' ')
            out[at++] = (char)value.p[i];
    }
    out[at] = 0;
    out[text_utf8_prefix(span_str(out))] = 0;
}

int
notice_subject(const struct notice *n, const ProtobufCMessage *msg, struct subject *out)
{
    struct span key = value_of(n, msg, n->key);
    unsigned objects = 0;
    char text[LIMIT_TEXT_BYTES + 1];

    *out = (struct subject){0};
    (void)snprintf(text, sizeof text, "%.*s", (int)key.n, (const char *)key.p);
    designator_key(text, out->key, sizeof out->key);
    for (int i = 0; i < NOTICE_OBJECTS && n->object[i] != NULL; i++) {
        struct span value = value_of(n, msg, n->object[i]);

        if (value.n > 0)
            put_object(n->object_kind[i], value, out->object[objects++]);
    }
    for (int i = 0; i < 2 && n->epoch[i] != NULL && utc_is_zero(out->epoch); i++)
        out->epoch = designator_utc(value_of(n, msg, n->epoch[i]), span_str("UTC"));
    return 0;
}

void
notice_identity(const struct notice *n, const ProtobufCMessage *msg, struct buf *out)
{
    if (n->identity != NULL) {
        n->identity(msg, out);
        return;
    }
    for (int i = 0; i < NOTICE_OBJECTS && n->object[i] != NULL; i++) {
        struct span value = value_of(n, msg, n->object[i]);

        if (strcmp(n->object_kind[i], "norad") == 0)
            alias_put_norad(out, value);
        else if (strcmp(n->object_kind[i], "cospar") == 0)
            alias_put_cospar(out, value);
        else if (strcmp(n->object_kind[i], "neo") == 0)
            alias_put_neo(out, value);
    }
    alias_put_name(out, value_of(n, msg, n->object_name));
    alias_end(out);
}

void
notice_summary(const struct notice *n, const ProtobufCMessage *msg, struct buf *out)
{
    bool first = true;

    for (int i = 0; i < 4 && n->summary[i] != NULL; i++) {
        struct span value = value_of(n, msg, n->summary[i]);

        if (value.n == 0)
            continue;
        buf_put_str(out, first ? "" : " ");
        text_quote(out, value, 60);
        first = false;
    }
}

int
notice_probe(const struct notice *n, struct span head)
{
    const char *word = n->map->field[0].words;
    size_t length = strlen(word);

    if (!json_is_likely(head) || !json_has_key(head, "notice"))
        return 0;
    for (size_t i = 0; i + length + 2 <= head.n; i++) {
        if (head.p[i] == '"' && memcmp(head.p + i + 1, word, length) == 0 && head.p[i + 1 + length] == '"')
            return 90;
    }
    return 0;
}

int
notice_read(const struct notice *n, struct span input, const struct convert *how, struct arena *a,
            type_emit_fn *emit, void *cookie, struct why *why)
{
    return jsonmap_read(n->map, n->format, NULL, input, how, a, emit, cookie, why);
}

int
notice_write_json(const struct notice *n, const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(n->map, msg, out);
    return 0;
}

static struct utc
read_time(const char *text)
{
    return designator_utc(span_str(text != NULL ? text : ""), span_str("UTC"));
}

size_t
notice_event(struct type_event *out, const char *kind, const char *scope, const char *id, const char *at,
             const char *issued, const char *closes)
{
    *out = (struct type_event){
        .kind = kind, .at = read_time(at), .issued = read_time(issued), .closes = read_time(closes)};
    event_scope(out->scope, scope, NULL);
    designator_key(id, out->voice, sizeof out->voice);
    return 1;
}

void
notice_place(struct area_list *out, const char *latitude_deg, const char *longitude_deg,
             const char *radius_km)
{
    (void)outline_circle(out, span_str(latitude_deg), span_str(longitude_deg),
                         span_str(radius_km != NULL ? radius_km : ""));
}

bool
notice_is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && strcmp(text, *words) != 0)
        words++;
    return *words != NULL;
}

/* "impact_probability" becomes "impact probability". */
static void
put_label(const char *keyword, size_t width, struct buf *out)
{
    size_t n = strlen(keyword);

    for (size_t i = 0; i < n; i++)
        buf_put_byte(out, (uint8_t)(keyword[i] == '_' ? ' ' : keyword[i]));
    for (; n < width; n++)
        buf_put_byte(out, ' ');
}

static void
put_line(const char *keyword, size_t width, struct span value, struct buf *out)
{
    put_label(keyword, width + 2, out);
    buf_put_span(out, value);
    buf_put_byte(out, '\n');
}

int
notice_write_text(const struct notice *n, const ProtobufCMessage *msg, struct buf *out)
{
    Parallax__V1__Keyword **extra;
    size_t extras = fieldmap_extras(n->map, msg, false, &extra), width = 0;
    char number[FIELDMAP_NUMBER_MAX];

    for (size_t i = 1; i < n->map->count; i++)
        width = strlen(n->map->field[i].keyword) > width ? strlen(n->map->field[i].keyword) : width;
    buf_put_fmt(out, "%s\n\n", n->title);
    for (size_t i = 1; i < n->map->count; i++) {
        struct span value = fieldmap_get(&n->map->field[i], msg, number);

        if (value.n > 0)
            put_line(n->map->field[i].keyword, width, value, out);
    }
    for (size_t i = 0; i < extras; i++)
        put_line(extra[i]->name, width, span_str(extra[i]->value), out);
    buf_put_byte(out, '\n');
    return 0;
}

static void
put_hint(const struct notice *n, size_t i, struct buf *text)
{
    const struct field *f = &n->map->field[i];

    buf_put_fmt(text, "<%s: %s", f->flags & FIELD_MUST ? "REQUIRED" : "optional, or take this line away",
                n->help[i].hint);
    if (f->unit != NULL)
        buf_put_fmt(text, ", %s", f->unit);
    if (f->words != NULL)
        buf_put_fmt(text, "; one of %s", f->words);
    else
        buf_put_fmt(text, "; such as %s", n->help[i].example);
    buf_put_byte(text, '>');
}

void
notice_form(const struct notice *n, struct buf *out)
{
    struct buf hint;

    buf_init(&hint, 4096);
    buf_put_fmt(out, "{\n  \"notice\": \"%s\"", n->map->field[0].words);
    for (size_t i = 1; i < n->map->count; i++) {
        buf_clear(&hint);
        put_hint(n, i, &hint);
        buf_put_fmt(out, ",\n  \"%s\": ", n->map->field[i].keyword);
        text_json(out, buf_span(&hint));
    }
    buf_put_str(out, "\n}\n");
    buf_release(&hint);
}

static void
put_string(const char *member, const char *value, struct buf *out)
{
    buf_put_fmt(out, "\"%s\": ", member);
    text_json(out, span_str(value));
}

static bool
is_number(const struct field *f)
{
    return f->kind == FIELD_REAL || f->kind == FIELD_INT || f->kind == FIELD_COUNT;
}

static void
put_words(const char *words, struct buf *out)
{
    const char *comma = "";

    buf_put_str(out, ", \"enum\": [");
    while (*words != 0) {
        size_t length = strcspn(words, "|");

        buf_put_str(out, comma);
        text_json(out, span_of(words, length));
        comma = ", ";
        words += length + (words[length] == '|');
    }
    buf_put_byte(out, ']');
}

static void
put_property(const struct notice *n, size_t i, struct buf *out)
{
    const struct field *f = &n->map->field[i];

    buf_put_fmt(out, "%s\n    \"%s\": {", i == 0 ? "" : ",", f->keyword);
    put_string("description", n->help[i].hint, out);
    if (f->unit != NULL) {
        buf_put_str(out, ", ");
        put_string("unit", f->unit, out);
    }
    buf_put_fmt(out, ", \"type\": \"%s\"",
                !is_number(f)           ? "string"
                : f->kind == FIELD_REAL ? "number"
                                        : "integer");
    if (f->kind == FIELD_TIME)
        buf_put_str(out, ", \"pattern\": \"^[0-9]{4}-([0-9]{2}-[0-9]{2}|[0-9]{3})T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                         "([.][0-9]+)?Z?$\"");
    if (f->kind == FIELD_TEXT)
        buf_put_fmt(out, ", \"minLength\": 1, \"maxLength\": %d", LIMIT_TEXT_BYTES);
    if (f->min != NULL)
        buf_put_fmt(out, ", \"%s\": %s", f->flags & FIELD_ABOVE ? "exclusiveMinimum" : "minimum", f->min);
    if (f->max != NULL)
        buf_put_fmt(out, ", \"%s\": %s", f->flags & FIELD_BELOW ? "exclusiveMaximum" : "maximum", f->max);
    if (f->words != NULL)
        put_words(f->words, out);
    buf_put_byte(out, '}');
}

static void
put_example(const struct notice *n, struct buf *out)
{
    buf_put_str(out, "  \"examples\": [{");
    for (size_t i = 0; i < n->map->count; i++) {
        const struct field *f = &n->map->field[i];

        buf_put_fmt(out, "%s\n    \"%s\": ", i == 0 ? "" : ",", f->keyword);
        if (is_number(f))
            buf_put_str(out, n->help[i].example);
        else
            text_json(out, span_str(n->help[i].example));
    }
    buf_put_str(out, "\n  }]\n");
}

void
notice_schema(const struct notice *n, struct buf *out)
{
    const char *comma = "";

    buf_put_str(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  ");
    buf_put_fmt(out, "\"$id\": \"urn:parallax:notice:%s\",\n  ", n->map->field[0].words);
    put_string("title", n->title, out);
    buf_put_str(
        out,
        ",\n  \"description\": \"One JSON object, an array of them, or one a line. Members beyond these are "
        "kept as they are. Times are UTC.\",\n  \"type\": \"object\",\n  \"required\": [");
    for (size_t i = 0; i < n->map->count; i++) {
        if ((n->map->field[i].flags & FIELD_MUST) == 0)
            continue;
        buf_put_fmt(out, "%s\"%s\"", comma, n->map->field[i].keyword);
        comma = ", ";
    }
    buf_put_str(out, "],\n  \"properties\": {");
    for (size_t i = 0; i < n->map->count; i++)
        put_property(n, i, out);
    buf_put_str(out, "\n  },\n");
    put_example(n, out);
    buf_put_str(out, "}\n");
}

/* FNV-1a, 64 bits: labels are told apart by it where they are long, and nothing is kept from anybody by it. */
static uint64_t
label_hash(const char *text, uint64_t hash)
{
    for (; *text != 0; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

#define LABEL_HASH_DIGITS 17 /* with its sign */

void
notice_label(const char *id, const char *issuer, char *out, size_t size)
{
    const char *of = issuer != NULL ? " of " : "", *by = issuer != NULL ? issuer : "";
    uint64_t hash;

    if ((size_t)snprintf(out, size, "%s%s%s", id, of, by) < size)
        return;
    hash = label_hash(by, label_hash(of, label_hash(id, UINT64_C(14695981039346656037))));
    out[size - 1 - LABEL_HASH_DIGITS] = 0;
    out[text_utf8_prefix(span_str(out))] = 0;
    (void)snprintf(out + strlen(out), LABEL_HASH_DIGITS + 1, "~%016" PRIx64, hash);
}
