/*
 * NASA/JPL Sentry API 2.0: mode S (the summary of all objects, a record each), mode O (one object with its virtual impactors, one
 * record), mode V (virtual impactors, a record each) and mode R (objects taken off the list). What the list is may stand anywhere in it:
 * it is looked for first, to the end, or until nothing behind can change what is known.
 *
 * A record alone is its signature and its object, one after the other: {"signature": {...}} {...}.
 */
#include "types/neo_risk/neo_risk_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "syntax/json.h"

struct survey {
    struct span input;
    bool is_settled; /* nothing behind it was looked at */
    unsigned values; /* at depth 0 */
    bool in_signature;
    bool is_signed;       /* the value at depth 0 has a signature */
    bool is_twice;        /* and a second one */
    const uint8_t *start; /* of the value of `signature` */
    struct span signature;
    char source[LIMIT_NAME_BYTES + 1];
    char version[LIMIT_NAME_BYTES + 1];
    char message[LIMIT_NAME_BYTES + 1]; /* of an error */
    char count[LIMIT_NAME_BYTES + 1];
    bool has_summary;
    bool has_removed; /* rows of mode R */
    bool has_risk;    /* any member that only risk rows have */
    bool has_date;    /* of a virtual impactor */
};

static void
survey_member(struct survey *s, const struct json_event *event)
{
    bool is_text = event->kind == JSON_STRING || event->kind == JSON_NUMBER;

    if (event->depth == 1 && event->kind == JSON_OBJECT && span_is(event->key, "signature")) {
        s->in_signature = true;
        s->start = event->raw.p;
        s->is_twice = s->is_twice || s->is_signed;
        s->is_signed = true;
    } else if (event->depth == 1 && event->kind == JSON_OBJECT && span_is(event->key, "summary")) {
        s->has_summary = true;
    } else if (event->depth == 1 && is_text && span_is(event->key, "count")) {
        neo_risk_copy(s->count, sizeof s->count, event->text);
    } else if (event->depth == 1 && is_text &&
               (span_is(event->key, "error") || span_is(event->key, "message"))) {
        neo_risk_copy(s->message, sizeof s->message, event->text);
    } else if (s->in_signature && is_text && span_is(event->key, "source")) {
        neo_risk_copy(s->source, sizeof s->source, event->text);
    } else if (s->in_signature && is_text && span_is(event->key, "version")) {
        neo_risk_copy(s->version, sizeof s->version, event->text);
    } else if (span_is(event->key, "removed")) {
        s->has_removed = true;
    } else if (span_is(event->key, "ps_cum")) {
        s->has_risk = true;
    } else if (span_is(event->key, "date")) {
        s->has_date = true;
    }
}

/*
 * Does the answer to what the list is stand behind ${at} no more? That is so when its signature and an object with its risk are known, and no
 * other member could be `summary` or `signature`: neither word stands there, and no escape that could spell one.
 */
static bool
is_settled(const struct survey *s, const uint8_t *at)
{
    size_t n = (size_t)(s->input.p + s->input.n - at);

    return s->has_risk && s->signature.p != NULL && !s->has_summary && memchr(at, '\\', n) == NULL &&
           memmem(at, n, "\"summary\"", 9) == NULL && memmem(at, n, "\"signature\"", 11) == NULL;
}

static int
on_survey(void *cookie, const struct json_event *event, struct why *why)
{
    struct survey *s = cookie;
    bool had_risk = s->has_risk;

    (void)why;
    if (event->depth == 0 && event->kind == JSON_OBJECT) {
        s->values++;
        s->is_signed = false;
    }
    if (s->in_signature && event->kind == JSON_OBJECT_END && event->depth == 1) {
        s->in_signature = false;
        if (s->signature.p == NULL)
            s->signature = span_of(s->start, (size_t)(event->raw.p + event->raw.n - s->start));
    } else if (event->key.p != NULL) {
        survey_member(s, event);
    }
    if (had_risk || !s->has_risk) /* asked once: it looks at all of the rest */
        return 0;
    s->is_settled = is_settled(s, event->raw.p + event->raw.n);
    return s->is_settled ? -1 : 0;
}

static int
refuse_error(const struct survey *s, struct why *why)
{
    struct buf text;

    buf_init(&text, 512);
    text_quote(&text, span_str(s->message), 80);
    why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "the answer is an error, no list: %s", buf_cstr(&text));
    buf_release(&text);
    return -1;
}

/* Is this a list that holds what a record needs? */
static int
check_survey(const struct survey *s, struct why *why)
{
    if (s->signature.p == NULL)
        return why_set(why, WHY_FIELD_MISSING, 1, 1, "signature",
                       "missing: expected the envelope of the Sentry API");
    if (s->is_twice)
        return why_set(why, WHY_FIELD_DUPLICATE, 1, 1, "signature", "the member occurs twice");
    if (s->version[0] != '2' || s->version[1] != '.')
        return why_set(why, WHY_VERSION, 1, 1, "signature.version", "another version: expected 2.x");
    if (s->message[0] != 0 && !s->has_risk && !s->has_date)
        return refuse_error(s, why);
    if (s->has_risk || s->has_removed || s->has_date)
        return 0;
    if (strcmp(s->count, "0") == 0)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, "count", "0: no object in the list");
    return why_set(
        why, WHY_FORMAT_UNKNOWN, 1, 1, NULL,
        "neither objects with their risk (ps_cum), nor impactors (date), nor removed objects (removed)");
}

/* What each row of a list is; "": an object on the list. */
static const char *
standing(const struct survey *s)
{
    return s->has_summary || s->has_risk ? "" : s->has_removed ? "REMOVED" : "IMPACTOR";
}

struct reading {
    struct fill fill;
    struct survey *survey;
    struct span preamble;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    bool is_open;
    unsigned values; /* at depth 0, begun */
    unsigned depth;  /* of the object whose members are fields */
    bool in_fields;
    bool in_data;     /* mode O: the array of impacts */
    bool is_impactor; /* mode V: members of an impact belong to the only one of the record */
    const uint8_t *start;
    struct place at;
    Parallax__V1__NeoImpact *impact;
    uint64_t seen; /* fields of it */
    size_t room;
    size_t records;
};

static int
put_own(struct reading *r, const char *field, const char *value)
{
    return *value == 0 ? 0
                       : fill_put(&r->fill, span_str(field), span_str(value), span_of(NULL, 0), r->at, r->at);
}

static int
begin_impact(struct reading *r, const struct json_event *event)
{
    Parallax__V1__NeoRisk *risk = (Parallax__V1__NeoRisk *)r->fill.msg;

    r->seen = 0;
    r->impact = arena_alloc(r->arena, sizeof *r->impact);
    if (r->impact == NULL || risk->n_impacts == NEO_IMPACTS_MAX)
        return fill_full(&r->fill, event->place);
    parallax__v1__neo_impact__init(r->impact);
    if (risk->n_impacts == r->room) {
        size_t room = r->room == 0 ? 16 : 2 * r->room;
        Parallax__V1__NeoImpact **list = arena_alloc(r->arena, room * sizeof(void *));

        if (list == NULL)
            return fill_full(&r->fill, event->place);
        if (risk->n_impacts > 0)
            memcpy(list, risk->impacts, risk->n_impacts * sizeof(void *));
        risk->impacts = list;
        r->room = room;
    }
    risk->impacts[risk->n_impacts++] = r->impact;
    return 0;
}

static int
begin_record(struct reading *r, const struct json_event *event)
{
    r->is_open = true;
    r->start = event->raw.p;
    r->at = event->place;
    r->room = 0;
    if (fill_begin(&r->fill, &neo_risk_map, FILL_TABLE, r->how, r->arena, r->why) != 0)
        return -1;
    if (put_own(r, "list", "sentry") != 0 || put_own(r, "list_source", r->survey->source) != 0 ||
        put_own(r, "list_version", r->survey->version) != 0)
        return -1;
    r->is_impactor = strcmp(standing(r->survey), "IMPACTOR") == 0;
    if (r->is_impactor && begin_impact(r, event) != 0)
        return -1;
    return put_own(r, "standing", standing(r->survey));
}

static int
end_record(struct reading *r, const struct json_event *event)
{
    struct span original = span_of(r->start, (size_t)(event->raw.p + event->raw.n - r->start));

    r->is_open = false;
    r->records++;
    if (fill_source(&r->fill, "sentry-json", original,
                    r->survey->has_summary ? span_of(NULL, 0) : r->preamble) != 0 ||
        fill_end(&r->fill, NULL, r->at) != 0)
        return -1;
    return fill_emit(&r->fill, r->emit, r->cookie);
}

static int
take_field(struct reading *r, const struct json_event *event)
{
    if (event->kind == JSON_NULL)
        return 0;
    if (event->kind == JSON_OBJECT || event->kind == JSON_ARRAY)
        return why_set(r->why, WHY_FIELD_VALUE, event->place.line, event->place.column, NULL,
                       "a nested value: expected text, a number or null");
    return fill_put(&r->fill, event->key, event->text, span_of(NULL, 0), event->key_place, event->place);
}

/* A member of an impact; what is not known is in the original. */
static int
take_impact(struct reading *r, const struct json_event *event)
{
    int row = fieldmap_find(&neo_risk_map_impact, event->key, false, 0);
    char *text;

    if (row < 0 || event->kind == JSON_NULL || event->text.n == 0)
        return 0;
    if (event->kind != JSON_STRING && event->kind != JSON_NUMBER)
        return why_set(r->why, WHY_FIELD_VALUE, event->place.line, event->place.column,
                       neo_risk_map_impact.field[row].keyword, "expected text or a number");
    if (r->seen >> row & 1)
        return why_set(r->why, WHY_FIELD_DUPLICATE, event->key_place.line, event->key_place.column,
                       neo_risk_map_impact.field[row].keyword, "occurs twice");
    r->seen |= (uint64_t)1 << row;
    text = arena_strdup(r->arena, event->text);
    if (text == NULL)
        return fill_full(&r->fill, event->place);
    memcpy((char *)r->impact + neo_risk_map_impact.field[row].offset, &text, sizeof text);
    return fieldmap_check_value(&neo_risk_map_impact.field[row], event->text, r->why, event->place.line,
                                event->place.column);
}

/* Mode O: one object in `summary`, its impacts in `data`. */
static int
on_object_mode(struct reading *r, const struct json_event *event)
{
    bool begins = event->kind == JSON_OBJECT || event->kind == JSON_ARRAY;

    if (event->depth == 0)
        return event->kind == JSON_OBJECT ? begin_record(r, event) : end_record(r, event);
    if (event->depth == 1) {
        r->in_fields = event->kind == JSON_OBJECT && span_is(event->key, "summary");
        r->in_data = event->kind == JSON_ARRAY && span_is(event->key, "data");
        return 0;
    }
    if (r->in_fields && event->depth == 2 && event->key.p != NULL)
        return take_field(r, event);
    if (r->in_data && event->depth == 2 && event->kind == JSON_OBJECT)
        return begin_impact(r, event);
    if (r->in_data && event->depth == 3 && event->key.p != NULL && !begins)
        return take_impact(r, event);
    return 0;
}

/* Mode S: objects in `data`; or, behind an envelope without data, objects alone. */
static int
on_summary_mode(struct reading *r, const struct json_event *event)
{
    bool is_alone = event->depth == 0 && r->values > 0;

    if (r->is_open && event->kind == JSON_OBJECT_END && event->depth == r->depth)
        return end_record(r, event);
    if (r->is_open)
        return r->is_impactor && fieldmap_find(&neo_risk_map_impact, event->key, false, 0) >= 0
                   ? take_impact(r, event)
                   : take_field(r, event);
    if (event->depth == 0)
        r->values += event->kind == JSON_OBJECT;
    if (event->depth == 1) {
        r->in_data = event->kind == JSON_ARRAY && span_is(event->key, "data");
        if ((event->kind == JSON_STRING || event->kind == JSON_NUMBER) && span_is(event->key, "count"))
            neo_risk_copy(r->survey->count, sizeof r->survey->count, event->text);
    }
    if (event->kind == JSON_OBJECT && (is_alone || (event->depth == 2 && r->in_data))) {
        r->depth = event->depth;
        return begin_record(r, event);
    }
    return 0;
}

static int
on_event(void *cookie, const struct json_event *event, struct why *why)
{
    struct reading *r = cookie;

    if (event->depth == 0 && event->kind != JSON_OBJECT && event->kind != JSON_OBJECT_END)
        return why_set(why, WHY_TEXT_SYNTAX, event->place.line, event->place.column, NULL,
                       "expected an object");
    return r->survey->has_summary ? on_object_mode(r, event) : on_summary_mode(r, event);
}

/* The list says how many it has: fewer or more is worth a word. */
static void
compare_count(const struct reading *r)
{
    uint64_t count;

    if (r->survey->has_summary || num_uint(span_str(r->survey->count), UINT64_MAX, &count) != 0 ||
        count == r->records)
        return;
    fill_warn(r->how, (struct place){1, 1}, "count", "%s, but %zu objects are there", r->survey->count,
              r->records);
}

static int
read_answer(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
            struct why *why)
{
    struct survey survey = {.input = input};
    struct reading r = {
        .survey = &survey, .how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why};
    struct buf preamble;
    int rc;

    if ((json_read(input, on_survey, &survey, why) != 0 && !survey.is_settled) ||
        check_survey(&survey, why) != 0)
        return -1;
    if (survey.has_summary && survey.values > 1)
        return why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "several answers in one input: expected one");
    buf_init(&preamble, LIMIT_VALUE_BYTES);
    buf_put_str(&preamble, "{\"signature\":");
    buf_put_span(&preamble, survey.signature);
    buf_put_str(&preamble, "}\n");
    r.preamble = buf_span(&preamble);
    if (buf_failed(&preamble))
        rc = why_set(why, WHY_TEXT_LIMIT, 1, 1, "signature", "too large");
    else
        rc = json_read(input, on_event, &r, why);
    if (rc == 0 && r.records == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no object in the list");
    if (rc == 0)
        compare_count(&r);
    buf_release(&preamble);
    return rc;
}

static int
probe(struct span head)
{
    if (!json_is_likely(head))
        return 0;
    if (json_has_key(head, "signature") && json_has_key(head, "source"))
        return json_has_key(head, "ps_cum") || json_has_key(head, "ip") || json_has_key(head, "removed") ? 95
               : json_has_key(head, "fields") || memmem(head.p, head.n, "Sentry", 6) == NULL             ? 0
                                                                                                         : 40;
    return json_has_key(head, "ps_cum") && json_has_key(head, "des") ? 60 : 0;
}

const struct reader neo_risk_sentry_reader = {
    "sentry-json", "application/json", "NASA/JPL Sentry API 2.0, modes S, O, V and R", LIMIT_INPUT_BYTES,
    probe,         read_answer};
