/* What one list states of one near-Earth object: its impact risk, that it was taken off the list, or a close approach. */
#include "types/neo_risk/neo_risk_map.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "types/alias.h"
#include "types/designator.h"
#include "types/jsonmap.h"

static bool
is_list(const char *list)
{
    return strcmp(list, "sentry") == 0 || strcmp(list, "neocc") == 0 || strcmp(list, "cad") == 0;
}

static bool
is_cad(const Parallax__V1__NeoRisk *risk)
{
    return strcmp(risk->list, "cad") == 0;
}

/* `YYYY-MM-DD[ hh:mm[:ss]]`, UTC, as ESA and JPL write it. */
int
neo_risk_minute(const char *text, struct utc *out)
{
    size_t n = strlen(text);
    char iso[24] = "YYYY-MM-DDT00:00:00";

    if ((n != 10 && n != 16 && n != 19) || (n > 10 && text[10] != ' '))
        return -1;
    memcpy(iso, text, n);
    iso[10] = 'T';
    return utc_parse(span_str(iso), out);
}

/* `YYYY-MM-DD`, or a day with a fraction and no zero in front (`2020-10-3.80160`), as JPL writes it. */
int
neo_risk_date(const char *text, struct utc *out)
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

/* `2029-Apr-13 21:46`, TDB, as JPL writes it. */
static int
read_approach(const char *text, struct utc *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char name[4], iso[48];
    const char *month;

    if (strlen(text) != 17 || text[4] != '-' || text[8] != '-' || text[11] != ' ')
        return -1;
    (void)snprintf(name, sizeof name, "%.3s", text + 5);
    month = strstr(months, name);
    if (month == NULL || (month - months) % 3 != 0)
        return -1;
    (void)snprintf(iso, sizeof iso, "%.4s-%02d-%.2sT%.5s:00", text, (int)(month - months) / 3 + 1, text + 9,
                   text + 12);
    *out = designator_utc(span_str(iso), span_str("TDB"));
    return utc_is_zero(*out) ? -1 : 0;
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

/* What a record of this list and standing is nothing without. */
static int
check_substance(const Parallax__V1__NeoRisk *risk, struct why *why)
{
    const char *none = NULL;

    if (is_cad(risk))
        none = risk->approach_time[0] == 0 ? "approach_time" : risk->dist_au[0] == 0 ? "dist_au" : NULL;
    else if (risk->standing[0] == 0)
        none = risk->ip_cum[0] == 0 ? "ip_cum" : risk->ps_cum[0] == 0 ? "ps_cum" : NULL;
    else if (strcmp(risk->standing, "SPECIAL") == 0)
        none = risk->ip_max[0] == 0 ? "ip_max" : NULL;
    else if (strcmp(risk->standing, "IMPACTOR") == 0)
        none = risk->n_impacts != 1 || risk->impacts[0]->date[0] == 0 || risk->impacts[0]->ip[0] == 0
                   ? "impacts"
                   : NULL;
    return none == NULL ? 0 : why_set(why, WHY_FIELD_MISSING, 0, 0, none, "missing: it is mandatory");
}

static int
check_times(const Parallax__V1__NeoRisk *risk, struct why *why)
{
    const struct {
        const char *field, *value;
        int (*read)(const char *text, struct utc *out);
        const char *expected;
    } times[] = {
        {"list_updated", risk->list_updated, neo_risk_minute, "YYYY-MM-DD hh:mm, a time that exists"},
        {"removed", risk->removed, neo_risk_minute, "YYYY-MM-DD[ hh:mm[:ss]], a time that exists"},
        {"vi_max_time", risk->vi_max_time, neo_risk_minute, "YYYY-MM-DD hh:mm, a time that exists"},
        {"last_obs", risk->last_obs, neo_risk_date, "YYYY-MM-DD or YYYY-MM-D.ddd, a day that exists"},
        {"approach_time", risk->approach_time, read_approach, "YYYY-Mmm-DD hh:mm, a time that exists"}};
    struct utc t;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i].value[0] != 0 && times[i].read(times[i].value, &t) != 0)
            return why_set(why, WHY_FIELD_TIME, 0, 0, times[i].field, "expected %s", times[i].expected);
    }
    return 0;
}

typedef int fields_fn(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why);

static int
check_with(fields_fn *fields, const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;

    if (fields(&neo_risk_map, msg, why) != 0)
        return -1;
    if (!is_list(risk->list))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "list", "expected sentry, neocc or cad");
    if (is_cad(risk) && risk->standing[0] != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "standing", "of a risk list: a close approach has none");
    if (strlen(risk->designation) > 40)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, "designation", "expected at most 40 characters");
    if (check_times(risk, why) != 0)
        return -1;
    if (risk->years[0] != 0 && !is_years(risk->years))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "years", "expected YYYY-YYYY");
    return check_impacts(risk, why) != 0 ? -1 : check_substance(risk, why);
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    return check_with(fieldmap_check, msg, why);
}

static int
check_read(const ProtobufCMessage *msg, struct why *why)
{
    return check_with(fieldmap_check_read, msg, why);
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
    /* The lists differ legitimately: one origin's record of one never replaces that of the other. Who is taken off one replaces who was on it. */
    if (is_cad(risk)) /* its minute moves with each new orbit, its day hardly ever */
        (void)snprintf(out->key, sizeof out->key, "%s@cad@%.11s", name, risk->approach_time);
    else if (strcmp(risk->standing, "IMPACTOR") == 0)
        (void)snprintf(out->key, sizeof out->key, "%s@%s@%.40s", name, risk->list, risk->impacts[0]->date);
    else
        (void)snprintf(out->key, sizeof out->key, "%s@%s", name, risk->list);
    (void)snprintf(out->object[0], sizeof out->object[0], "neo:%s", name);
    if (is_cad(risk))
        (void)read_approach(risk->approach_time, &out->epoch);
    else if (strcmp(risk->standing, "IMPACTOR") == 0)
        (void)neo_risk_date(risk->impacts[0]->date, &out->epoch);
    else if (risk->removed[0] != 0)
        (void)neo_risk_minute(risk->removed, &out->epoch);
    else if (risk->list_updated[0] != 0)
        (void)neo_risk_minute(risk->list_updated, &out->epoch);
    else if (risk->last_obs[0] != 0)
        (void)neo_risk_date(risk->last_obs, &out->epoch);
    return 0;
}

/* JPL's full name may have all of it: "99942 Apophis (2004 MN4)". */
static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    struct span name = text_trim(span_str(risk->name));
    const uint8_t *open = name.n > 0 ? memchr(name.p, '(', name.n) : NULL;
    char first[ALIAS_BYTES] = "", id[ALIAS_BYTES];

    (void)subject;
    if (alias_neo(span_str(risk->designation), first))
        alias_put(out, first);
    if (alias_neo(name, id) && alias_class(id) <= ALIAS_PROVISIONAL && strcmp(id, first) != 0)
        alias_put(out, id);
    if (open != NULL && name.p[name.n - 1] == ')' &&
        alias_neo(span_of(open + 1, name.n - 2 - (size_t)(open - name.p)), id) &&
        alias_class(id) == ALIAS_PROVISIONAL && strcmp(id, first) != 0)
        alias_put(out, id);
    if (name.n > 0 && (open != name.p))
        alias_put_name(out, text_trim(span_of(name.p, open != NULL ? (size_t)(open - name.p) : name.n)));
    alias_end(out);
}

static void
put_figure(struct buf *out, const char *name, const char *value)
{
    if (*value == 0)
        return;
    buf_put_fmt(out, " %s ", name);
    fieldmap_number(out, span_str(value));
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;

    text_quote(out, span_str(risk->designation), 40);
    buf_put_fmt(out, " (%s)", risk->list);
    if (is_cad(risk)) {
        buf_put_fmt(out, " passes at %s TDB", risk->approach_time);
        put_figure(out, "au", risk->dist_au);
        put_figure(out, "km/s", risk->v_rel_km_s);
        return;
    }
    if (strcmp(risk->standing, "REMOVED") == 0)
        buf_put_fmt(out, " taken off the list%s%s", risk->removed[0] != 0 ? " at " : "", risk->removed);
    if (strcmp(risk->standing, "IMPACTOR") == 0) {
        buf_put_str(out, " possible impact ");
        text_quote(out, span_str(risk->impacts[0]->date), 40);
        put_figure(out, "ip", risk->impacts[0]->ip);
        put_figure(out, "Palermo", risk->impacts[0]->ps);
        return;
    }
    put_figure(out, risk->ip_cum[0] != 0 ? "ip" : "ip max",
               risk->ip_cum[0] != 0 ? risk->ip_cum : risk->ip_max);
    put_figure(out, risk->ps_cum[0] != 0 ? "Palermo" : "Palermo max",
               risk->ps_cum[0] != 0 ? risk->ps_cum : risk->ps_max);
    put_figure(out, "Torino", risk->ts_max);
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

/* The first day after the years that a list names; zero when it names none. */
static struct utc
end_of_years(const char *years)
{
    struct utc end = {0};
    uint64_t year;

    if (is_years(years) && num_uint(span_of(years + 5, 4), 9998, &year) == 0)
        (void)utc_mjd((int)year + 1, 1, 1, &end.mjd);
    return end;
}

/* All lists of one object are of one event. A close approach is no risk, and one virtual impactor is in the figures of its object. */
static size_t
events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX])
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    char object[LIMIT_NAME_BYTES + 8];
    struct subject about;

    if (is_cad(risk) || strcmp(risk->standing, "IMPACTOR") == 0)
        return 0;
    (void)subject(msg, &about);
    designator_neo(risk->designation, object, sizeof object);
    *out = (struct type_event){.kind = "impact",
                               .issued = about.epoch,
                               .closes = end_of_years(risk->years),
                               .ended = strcmp(risk->standing, "REMOVED") == 0};
    event_scope(out->scope, object, NULL);
    designator_key(risk->list, out->voice, sizeof out->voice);
    return 1;
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

static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "canonical JSON, one record a line",
                                            .between = buf_end_line,
                                            .end = buf_end_line,
                                            .write = write_json};

static const struct reader *const readers[] = {&neo_risk_sentry_reader,        &neo_risk_neocc_reader,
                                               &neo_risk_neocc_special_reader, &neo_risk_neocc_removed_reader,
                                               &neo_risk_cad_reader,           NULL};
static const struct writer *const writers[] = {&json_writer, &ndjson_writer, NULL};

const struct type type_neo_risk = {
    .name = "neo_risk",
    .title = "Impact risk or close approach of one near-Earth object (Sentry, NEOCC, CAD)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__neo_risk__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = json,
    .source = source,
    .scales = neo_risk_scales,
    .figures = neo_risk_figures,
    .figure_names = neo_risk_figure_names,
    .events = events,
    .readers = readers,
    .writers = writers,
    .doc = "neo_risk.md",
};
