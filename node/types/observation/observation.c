/* Tracking data: what a TDM says (CCSDS 503.0-B-2). */
#include <stdio.h>

#include "base/text.h"
#include "syntax/kvn.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/observation/observation_map.h"
#include "types/xmlmap.h"

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__Observation *o = (const Parallax__V1__Observation *)msg;

    if (strcmp(o->form, observation_map.form) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "expected tdm");
    return blockmap_check(&observation_map, msg, why);
}

/* Its readers walk as check() does. */
static int
check_read(const ProtobufCMessage *msg, struct why *why)
{
    return blockmap_check_source(&observation_map, msg, why);
}

/* The first block of a name; check() has seen that it is there. */
static const Parallax__V1__Block *
first(const Parallax__V1__Observation *o, const char *name)
{
    for (size_t i = 0; i < o->n_blocks; i++) {
        if (strcmp(o->blocks[i]->name, name) == 0)
            return o->blocks[i];
    }
    return NULL;
}

/* Time of the first measurement. */
static struct span
first_time(const Parallax__V1__Observation *o)
{
    const Parallax__V1__Block *data = first(o, "data");
    struct span column[2];

    for (size_t i = 0; data != NULL && i < data->n_items; i++) {
        if (strcmp(data->items[i]->keyword, "COMMENT") != 0 &&
            blockmap_columns(span_str(data->items[i]->value), column, 2) == 2)
            return column[0];
    }
    return span_of(NULL, 0);
}

/* Who took part, and when: a track is replaced by a newer message about the same track. */
static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Observation *o = (const Parallax__V1__Observation *)msg;
    const Parallax__V1__Block *metadata = first(o, "metadata");
    struct span track = blockmap_value(metadata, "TRACK_ID"), time = first_time(o);
    char key[512], keyword[24];
    size_t n = 0;
    unsigned objects = 0;

    *out = (struct subject){0};
    if (track.n > 0)
        n += (size_t)snprintf(key, sizeof key, "%.*s ", (int)(track.n < 60 ? track.n : 60),
                              (const char *)track.p);
    else
        n += (size_t)snprintf(key, sizeof key, "%.*s ", (int)(time.n < 40 ? time.n : 40),
                              (const char *)time.p);
    for (unsigned i = 1; i <= 5; i++) {
        struct span who;

        (void)snprintf(keyword, sizeof keyword, "PARTICIPANT_%u", i);
        who = blockmap_value(metadata, keyword);
        if (who.n > 0 && n < sizeof key - 80)
            n += (size_t)snprintf(key + n, sizeof key - n, "%s%.*s", i > 1 ? "," : "",
                                  (int)(who.n < 60 ? who.n : 60), (const char *)who.p);
        if (designator_is_cospar(who) && objects < SUBJECT_OBJECT_MAX)
            (void)snprintf(out->object[objects++], sizeof out->object[0], "cospar:%.*s", (int)who.n,
                           (const char *)who.p);
    }
    if (o->source != NULL && o->source->piece > 0 && track.n > 0)
        (void)snprintf(key + n, sizeof key - n, "#%u", o->source->piece);
    designator_key(key, out->key, sizeof out->key);
    out->epoch = designator_utc(time, blockmap_value(metadata, "TIME_SYSTEM"));
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Observation *o = (const Parallax__V1__Observation *)msg;
    const Parallax__V1__Block *metadata = first(o, "metadata");
    struct span other = blockmap_value(metadata, "PARTICIPANT_2"), time = first_time(o);
    size_t lines = 0, segments = 0;

    for (size_t i = 0; i < o->n_blocks; i++) {
        segments += strcmp(o->blocks[i]->name, "metadata") == 0;
        for (size_t k = 0; strcmp(o->blocks[i]->name, "data") == 0 && k < o->blocks[i]->n_items; k++)
            lines += strcmp(o->blocks[i]->items[k]->keyword, "COMMENT") != 0;
    }
    text_quote(out, blockmap_value(metadata, "PARTICIPANT_1"), 40);
    if (other.n > 0) {
        buf_put_str(out, " and ");
        text_quote(out, other, 40);
    }
    buf_put_fmt(out, ": %zu measurements", lines);
    if (segments > 1)
        buf_put_fmt(out, " in %zu segments", segments);
    if (time.n > 0)
        buf_put_fmt(out, " from %.*s", (int)time.n, (const char *)time.p);
    if (o->source != NULL && o->source->piece > 0)
        buf_put_fmt(out, ", piece %u", o->source->piece);
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    blockmap_json(&observation_map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    blockmap_source(&observation_map, msg, out);
}

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_TDM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_kvn(&observation_map, "tdm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return blockmap_write_kvn(&observation_map, msg, how, out, why);
}

static int
probe_xml(struct span head)
{
    return xmlmap_probe_root("tdm", head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_xml(&observation_map, "tdm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return blockmap_write_xml(&observation_map, msg, how, out, why);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct reader kvn_reader = {
    "tdm-kvn",          "text/plain", "CCSDS TDM 1.0 and 2.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_kvn,    read_kvn};
static const struct reader xml_reader = {
    "tdm-xml", "application/xml", "CCSDS TDM 1.0 and 2.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_xml, read_xml};
static const struct writer kvn_writer = {.format = "tdm-kvn",
                                         .media = "text/plain",
                                         .title = "CCSDS TDM in the version that it came in, keyword = value",
                                         .lossless = true,
                                         .between = buf_end_line,
                                         .write = write_kvn};
static const struct writer xml_writer = {.format = "tdm-xml",
                                         .media = "application/xml",
                                         .title = "CCSDS TDM in the version that it came in, as NDM/XML",
                                         .lossless = true,
                                         .begin = xmlmap_begin,
                                         .end = xmlmap_end,
                                         .write = write_xml};
static const struct writer json_writer = {.format = "json",
                                          .media = "application/json",
                                          .title = "blocks as JSON, an array",
                                          .begin = jsonmap_begin,
                                          .between = jsonmap_between,
                                          .end = jsonmap_end,
                                          .write = write_json};
static const struct writer ndjson_writer = {.format = "ndjson",
                                            .media = "application/x-ndjson",
                                            .title = "blocks as JSON, one message a line",
                                            .between = buf_end_line,
                                            .end = buf_end_line,
                                            .write = write_json};

static const struct reader *const readers[] = {&kvn_reader, &xml_reader, NULL};
static const struct writer *const writers[] = {&kvn_writer, &xml_writer, &json_writer, &ndjson_writer, NULL};

const struct type type_observation = {
    .name = "observation",
    .title = "Tracking data (TDM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__observation__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "observation.md",
};
