/* The impact risk of one near-Earth object as one list states it. */
#include "types/neo_risk/neo_risk_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "types/jsonmap.h"

static bool
is_list(const char *list)
{
    return strcmp(list, "sentry") == 0 || strcmp(list, "neocc") == 0;
}

/* `YYYY-MM-DD hh:mm`, UTC, as ESA writes it. */
static int
read_minute(const char *text, struct utc *out)
{
    char iso[24];

    if (strlen(text) != 16 || text[10] != ' ')
        return -1;
    (void)snprintf(iso, sizeof iso, "%.10sT%s:00", text, text + 11);
    return utc_parse(span_str(iso), out);
}

/* `YYYY-MM-DD`, or a day with a fraction and no zero in front (`2020-10-3.80160`), as JPL writes it. */
static int
read_date(const char *text, struct utc *out)
{
    struct span s = span_str(text);
    uint64_t year, month, day;
    size_t point = 0;
    double fraction = 0;

    if (s.n < 9 || s.p[4] != '-' || s.p[7] != '-' || num_uint(span_of(s.p, 4), 9999, &year) != 0 ||
        num_uint(span_of(s.p + 5, 2), 12, &month) != 0)
        return -1;
    s = span_of(s.p + 8, s.n - 8);
    while (point < s.n && s.p[point] != '.')
        point++;
    if (num_uint(span_of(s.p, point), 31, &day) != 0 ||
        utc_mjd((int)year, (int)month, (int)day, &out->mjd) != 0)
        return -1;
    if (point < s.n &&
        (s.n - point > 12 || num_double(span_of(s.p + point, s.n - point), &fraction) != 0 || fraction < 0))
        return -1;
    out->ns = (int64_t)(fraction * (double)UTC_DAY_NS);
    return 0;
}

/* `2056-2113` */
static bool
is_years(const char *text)
{
    uint64_t from, to;

    return strlen(text) == 9 && text[4] == '-' && num_uint(span_of(text, 4), 9999, &from) == 0 &&
           num_uint(span_of(text + 5, 4), 9999, &to) == 0 && from <= to;
}

static int
check_impacts(const Parallax__V1__NeoRisk *risk, struct why *why)
{
    if (risk->n_impacts > NEO_IMPACTS_MAX)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "impacts", "%zu: expected at most %d", risk->n_impacts,
                       NEO_IMPACTS_MAX);
    for (size_t i = 0; i < risk->n_impacts; i++) {
        for (size_t k = 0; k < neo_risk_map_impact.count; k++) {
            const struct field *field = &neo_risk_map_impact.field[k];
            struct span value = fieldmap_get(field, &risk->impacts[i]->base, NULL);

            if (value.n > 0 && fieldmap_check_value(field, value, why, 0, 0) != 0)
                return -1;
        }
    }
    return 0;
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    struct utc t;

    if (fieldmap_check(&neo_risk_map, msg, why) != 0)
        return -1;
    if (!is_list(risk->list))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "list", "expected sentry or neocc");
    if (strlen(risk->designation) > 40)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "designation", "expected at most 40 characters");
    if (risk->list_updated[0] != 0 && read_minute(risk->list_updated, &t) != 0)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "list_updated",
                       "expected YYYY-MM-DD hh:mm, a time that exists");
    if (risk->vi_max_time[0] != 0 && read_minute(risk->vi_max_time, &t) != 0)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "vi_max_time",
                       "expected YYYY-MM-DD hh:mm, a time that exists");
    if (risk->last_obs[0] != 0 && read_date(risk->last_obs, &t) != 0)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "last_obs",
                       "expected YYYY-MM-DD or YYYY-MM-D.ddd, a day that exists");
    if (risk->years[0] != 0 && !is_years(risk->years))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "years", "expected YYYY-YYYY");
    return check_impacts(risk, why);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    char name[48];
    size_t n = 0;

    *out = (struct subject){0};
    /* JPL writes `2023 VD3`, ESA `2023VD3`. */
    for (const char *p = risk->designation; *p != 0 && n + 1 < sizeof name; p++) {
        if (*p != ' ')
            name[n++] = *p;
    }
    name[n] = 0;
    /* The lists differ legitimately: one origin's record of one never replaces that of the other. */
    (void)snprintf(out->key, sizeof out->key, "%s@%s", name, risk->list);
    (void)snprintf(out->object[0], sizeof out->object[0], "neo:%s", name);
    if (risk->list_updated[0] != 0)
        (void)read_minute(risk->list_updated, &out->epoch);
    else if (risk->last_obs[0] != 0)
        (void)read_date(risk->last_obs, &out->epoch);
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;

    text_quote(out, span_str(risk->designation), 40);
    buf_put_fmt(out, " (%s) ip ", risk->list);
    fieldmap_number(out, span_str(risk->ip_cum));
    buf_put_str(out, " Palermo ");
    fieldmap_number(out, span_str(risk->ps_cum));
    if (risk->ts_max[0] != 0) {
        buf_put_str(out, " Torino ");
        fieldmap_number(out, span_str(risk->ts_max));
    }
    if (risk->years[0] != 0)
        buf_put_fmt(out, " years %s", risk->years);
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    bool first = true;

    buf_put_byte(out, '{');
    fieldmap_json_part(&neo_risk_map, msg, &first, out);
    for (size_t i = 0; i < risk->n_impacts; i++) {
        buf_put_str(out, i == 0 ? ",\"impacts\":[" : ",");
        fieldmap_json(&neo_risk_map_impact, &risk->impacts[i]->base, out);
    }
    buf_put_str(out, risk->n_impacts > 0 ? "]}" : "}");
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&neo_risk_map, msg, out);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct writer json_writer = {.format = "json",
                                          .media = "application/json",
                                          .title = "canonical JSON, an array",
                                          .begin = jsonmap_begin,
                                          .between = jsonmap_between,
                                          .end = jsonmap_end,
                                          .write = write_json};

static void
end_line(struct buf *out)
{
    buf_put_byte(out, '\n');
}

static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "canonical JSON, one record a line",
                                            .between = end_line,
                                            .end = end_line,
                                            .write = write_json};

static const struct reader *const readers[] = {&neo_risk_sentry_reader, &neo_risk_neocc_reader, NULL};
static const struct writer *const writers[] = {&json_writer, &ndjson_writer, NULL};

const struct type type_neo_risk = {
    .name = "neo_risk",
    .title = "Impact risk of one near-Earth object (Sentry, NEOCC)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__neo_risk__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "neo_risk.md",
};
