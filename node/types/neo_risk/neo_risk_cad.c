/*
 * NASA/JPL SBDB Close-Approach Data API 1.x: `fields` names the columns of the rows of `data`, in an order that depends on the query.
 * Times are TDB and stay so. A record alone is the envelope with its one row.
 */
#include <stdio.h>

#include "base/text.h"
#include "syntax/json.h"
#include "types/neo_risk/neo_risk_map.h"

#define COLUMNS_MAX 32

struct reading {
    struct fill fill;
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    bool is_survey; /* the first of two passes: the envelope, which may stand behind the rows */
    bool in_signature, in_fields, in_data, in_row;
    const uint8_t *start; /* of the value that is open */
    struct span signature, fields;
    char source[LIMIT_NAME_BYTES + 1], version[LIMIT_NAME_BYTES + 1];
    char column[COLUMNS_MAX][24];
    struct place column_at[COLUMNS_MAX];
    size_t columns, cell;
    struct place row;
    struct buf preamble;
    size_t records;
};

static struct span
up_to(const struct reading *r, const struct json_event *e)
{
    return span_of(r->start, (size_t)(e->raw.p + e->raw.n - r->start));
}

/* The envelope: what `signature` and `fields` say. */
static int
survey(struct reading *r, const struct json_event *e)
{
    bool is_text = e->kind == JSON_STRING || e->kind == JSON_NUMBER;

    if (e->depth == 1 && e->kind == JSON_OBJECT && span_is(e->key, "signature")) {
        r->in_signature = true;
        r->start = e->raw.p;
    } else if (e->depth == 1 && e->kind == JSON_ARRAY && span_is(e->key, "fields")) {
        r->in_fields = true;
        r->start = e->raw.p;
        r->columns = 0;
    } else if (e->depth == 1 && e->kind == JSON_OBJECT_END && r->in_signature) {
        r->in_signature = false;
        r->signature = up_to(r, e);
    } else if (e->depth == 1 && e->kind == JSON_ARRAY_END && r->in_fields) {
        r->in_fields = false;
        r->fields = up_to(r, e);
    } else if (r->in_signature && is_text && span_is(e->key, "source")) {
        neo_risk_copy(r->source, sizeof r->source, e->text);
    } else if (r->in_signature && is_text && span_is(e->key, "version")) {
        neo_risk_copy(r->version, sizeof r->version, e->text);
    } else if (r->in_fields && is_text) {
        if (r->columns == COLUMNS_MAX)
            return why_set(r->why, WHY_TEXT_LIMIT, e->place.line, e->place.column, "fields",
                           "expected at most %d columns", COLUMNS_MAX);
        r->column_at[r->columns] = e->place;
        neo_risk_copy(r->column[r->columns++], sizeof r->column[0], e->text);
    }
    return 0;
}

static int
put_own(struct reading *r, const char *field, const char *value)
{
    return *value == 0
               ? 0
               : fill_put(&r->fill, span_str(field), span_str(value), span_of(NULL, 0), r->row, r->row);
}

static int
begin_row(struct reading *r, const struct json_event *e)
{
    r->in_row = true;
    r->start = e->raw.p;
    r->row = e->place;
    r->cell = 0;
    if (fill_begin(&r->fill, &neo_risk_map, FILL_TABLE, r->how, r->arena, r->why) != 0 ||
        put_own(r, "list", "cad") != 0 || put_own(r, "list_source", r->source) != 0)
        return -1;
    return put_own(r, "list_version", r->version);
}

static int
take_cell(struct reading *r, const struct json_event *e)
{
    size_t i = r->cell++;

    if (i >= r->columns)
        return why_set(r->why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL,
                       "more values than `fields` has names: expected %zu", r->columns);
    if (e->kind == JSON_NULL)
        return 0;
    if (e->kind != JSON_STRING && e->kind != JSON_NUMBER)
        return why_set(r->why, WHY_FIELD_VALUE, e->place.line, e->place.column, r->column[i],
                       "expected text, a number or null");
    return fill_put(&r->fill, span_str(r->column[i]), text_trim(e->text), span_of(NULL, 0), e->place,
                    e->place);
}

static int
end_row(struct reading *r, const struct json_event *e)
{
    Parallax__V1__NeoRisk *risk;

    r->in_row = false;
    r->records++;
    if (r->cell != r->columns)
        return why_set(r->why, WHY_TEXT_SYNTAX, r->row.line, r->row.column, NULL,
                       "%zu values: `fields` has %zu names", r->cell, r->columns);
    if (fill_source(&r->fill, "cad-json", up_to(r, e), buf_span(&r->preamble)) != 0)
        return -1;
    risk = (Parallax__V1__NeoRisk *)r->fill.msg;
    risk->source->trailer = (ProtobufCBinaryData){3, (uint8_t *)(uintptr_t) "]}\n"};
    return fill_end(&r->fill, NULL, r->row) != 0 ? -1 : fill_emit(&r->fill, r->emit, r->cookie);
}

static int
on_event(void *cookie, const struct json_event *e, struct why *why)
{
    struct reading *r = cookie;

    if (e->depth == 0 && e->kind != JSON_OBJECT && e->kind != JSON_OBJECT_END)
        return why_set(why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, NULL, "expected an object");
    if (r->is_survey)
        return survey(r, e);
    if (e->depth == 1)
        r->in_data = e->kind == JSON_ARRAY && span_is(e->key, "data");
    else if (r->in_data && e->depth == 2 && e->kind == JSON_ARRAY)
        return begin_row(r, e);
    else if (r->in_data && e->depth == 2 && e->kind == JSON_ARRAY_END && r->in_row)
        return end_row(r, e);
    else if (r->in_data && e->depth == 2)
        return why_set(why, WHY_TEXT_SYNTAX, e->place.line, e->place.column, "data", "expected rows: [...]");
    else if (r->in_row && e->depth == 3)
        return take_cell(r, e);
    return 0;
}

static int
check_envelope(const struct reading *r)
{
    if (r->signature.p == NULL)
        return why_set(r->why, WHY_FIELD_MISSING, 1, 1, "signature",
                       "missing: expected the envelope of the CAD API");
    if (r->version[0] != '1' || r->version[1] != '.')
        return why_set(r->why, WHY_VERSION, 1, 1, "signature.version", "another version: expected 1.x");
    if (r->fields.p == NULL)
        return why_set(r->why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no close approach: the answer has no `fields`");
    for (size_t i = 0; i < r->columns; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(r->column[i], r->column[k]) == 0)
                return why_set(r->why, WHY_FIELD_DUPLICATE, r->column_at[i].line, r->column_at[i].column,
                               r->column[i], "a column that occurs twice");
        }
    }
    return 0;
}

static int
read_cad(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    struct reading r = {
        .how = how, .arena = a, .emit = emit, .cookie = cookie, .why = why, .is_survey = true};
    int rc;

    if (json_read(input, on_event, &r, why) != 0 || check_envelope(&r) != 0)
        return -1;
    r.is_survey = false;
    buf_init(&r.preamble, LIMIT_VALUE_BYTES);
    buf_put_str(&r.preamble, "{\"signature\":");
    buf_put_span(&r.preamble, r.signature);
    buf_put_str(&r.preamble, ",\"fields\":");
    buf_put_span(&r.preamble, r.fields);
    buf_put_str(&r.preamble, ",\"data\":[");
    rc = buf_failed(&r.preamble) ? why_set(why, WHY_TEXT_LIMIT, 1, 1, "signature", "too large")
                                 : json_read(input, on_event, &r, why);
    if (rc == 0 && r.records == 0)
        rc = why_set(why, WHY_TEXT_SYNTAX, 1, 1, NULL, "no close approach in the answer");
    buf_release(&r.preamble);
    return rc;
}

static int
probe(struct span head)
{
    static const char *const telling[] = {"\"cd\"", "\"dist\"", "\"des\""};
    static const char source[] = "Close Approach Data API";

    if (!json_is_likely(head) || !json_has_key(head, "signature"))
        return 0;
    if (!json_has_key(head, "fields")) /* an answer without approaches has none */
        return memmem(head.p, head.n, source, sizeof source - 1) != NULL ? 60 : 0;
    for (size_t i = 0; i < 3; i++) {
        if (memmem(head.p, head.n, telling[i], strlen(telling[i])) == NULL)
            return 0;
    }
    return 95;
}

const struct reader neo_risk_cad_reader = {
    "cad-json", "application/json", "NASA/JPL close-approach data (CAD API 1.x)", LIMIT_INPUT_BYTES, probe,
    read_cad};
