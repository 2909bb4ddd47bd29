/* One astrometric observation of a small body (IAU ADES). */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "types/alias.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/neo_observation/neo_observation_mpc.h"

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    return neo_observation_check((const Parallax__V1__NeoObservation *)msg, why);
}

static int
check_read(const ProtobufCMessage *msg, struct why *why)
{
    return neo_observation_check_read((const Parallax__V1__NeoObservation *)msg, why);
}

static const char *
name_of(const Parallax__V1__NeoObservation *o)
{
    static const char *const order[] = {"permID", "provID", "artSat", "trkSub"};

    for (int i = 0; i < 3; i++) {
        if (*neo_observation_get(o, order[i]) != 0)
            return neo_observation_get(o, order[i]);
    }
    return neo_observation_get(o, order[3]);
}

static const char *
station_of(const Parallax__V1__NeoObservation *o)
{
    const char *stn = neo_observation_get(o, "stn");

    return *stn != 0 ? stn : neo_observation_get(o, "rcv");
}

/* What was seen when from where: a corrected observation replaces the one before. */
static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;
    const char *time = neo_observation_get(o, "obsTime");
    char key[256];

    *out = (struct subject){0};
    (void)snprintf(key, sizeof key, "%.30s %.40s %.8s", name_of(o), time, station_of(o));
    designator_key(key, out->key, sizeof out->key);
    if (*neo_observation_get(o, "permID") != 0)
        (void)snprintf(out->object[0], sizeof out->object[0], "neo:%.50s", neo_observation_get(o, "permID"));
    if (*neo_observation_get(o, "provID") != 0)
        (void)snprintf(out->object[out->object[0][0] != 0], sizeof out->object[0], "neo:%.50s",
                       neo_observation_get(o, "provID"));
    if (designator_is_cospar(span_str(neo_observation_get(o, "artSat"))))
        (void)snprintf(out->object[0], sizeof out->object[0], "cospar:%.20s",
                       neo_observation_get(o, "artSat"));
    out->epoch = designator_utc(span_str(time), span_str("UTC"));
    return 0;
}

/* Of one identifier alone there are thousands of observations, which say nothing of who it is. */
static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;
    const char *number = neo_observation_get(o, "permID"), *provisional = neo_observation_get(o, "provID");

    (void)subject;
    if (*number == 0 || *provisional == 0)
        return;
    alias_put_neo(out, span_str(number));
    alias_put_neo(out, span_str(provisional));
    alias_end(out);
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;
    const char *mag = neo_observation_get(o, "mag");

    text_quote(out, span_str(name_of(o)), 30);
    buf_put_fmt(out, " %s from ", o->kind);
    text_quote(out, span_str(station_of(o)), 8);
    buf_put_fmt(out, " at %s", neo_observation_get(o, "obsTime"));
    if (*neo_observation_get(o, "ra") != 0) {
        buf_put_str(out, " ra ");
        fieldmap_number(out, span_str(neo_observation_get(o, "ra")));
        buf_put_str(out, " dec ");
        fieldmap_number(out, span_str(neo_observation_get(o, "dec")));
    }
    if (*mag != 0) {
        buf_put_str(out, " mag ");
        fieldmap_number(out, span_str(mag));
    }
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__NeoObservation *o = (const Parallax__V1__NeoObservation *)msg;

    buf_put_fmt(out, "{\"kind\":\"%s\"", o->kind);
    for (size_t i = 0; i < o->n_fields; i++) {
        int row = neo_observation_row(span_str(o->fields[i]->name));
        int kind = row < 0 ? FIELD_TEXT : neo_observation_at((size_t)row)->field.kind;

        buf_put_fmt(out, ",\"%s\":", o->fields[i]->name);
        if (kind == FIELD_REAL || kind == FIELD_INT)
            fieldmap_number(out, span_str(o->fields[i]->value));
        else
            text_json(out, span_str(o->fields[i]->value));
    }
    for (size_t i = 0; i < o->n_lines; i++) {
        buf_put_str(out, i == 0 ? ",\"mpc80\":[" : ",");
        text_json(out, span_str(o->lines[i]));
    }
    buf_put_str(out, o->n_lines > 0 ? "]" : "");
    for (size_t i = 0; i < o->n_context; i++) {
        buf_put_str(out, i == 0 ? ",\"context\":[[" : ",[");
        text_json(out, span_str(o->context[i]->name));
        buf_put_byte(out, ',');
        text_json(out, span_str(o->context[i]->value));
        buf_put_byte(out, ']');
    }
    buf_put_str(out, o->n_context > 0 ? "]}" : "}");
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source_of(((const Parallax__V1__NeoObservation *)msg)->source, out);
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

static const struct reader *const readers[] = {
    &neo_observation_ades_xml_reader, &neo_observation_ades_psv_reader, &neo_observation_mpc_reader, NULL};
static const struct writer *const writers[] = {&neo_observation_ades_xml_writer,
                                               &neo_observation_ades_psv_writer,
                                               &neo_observation_mpc_writer,
                                               &json_writer,
                                               &ndjson_writer,
                                               NULL};

const struct type type_neo_observation = {
    .name = "neo_observation",
    .title = "One observation of an asteroid or comet (ADES, MPC 80 columns)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__neo_observation__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "neo_observation.md",
};
