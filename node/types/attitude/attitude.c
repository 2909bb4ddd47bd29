/* How an object is turned: APM, AEM and ACM (CCSDS 504.0-B). */
#include "base/num.h"
#include "base/text.h"
#include "types/attitude/attitude_map.h"
#include "types/blockmap_about.h"
#include "types/jsonmap.h"

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const struct blockmap *map = attitude_form(msg);

    if (map == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "expected apm, aem or acm");
    return blockmap_check(map, msg, why);
}

/* EPOCH of an APM: in the first block of 1.0, in one of its own in 2.0. */
static struct span
epoch(const Parallax__V1__Attitude *t)
{
    const Parallax__V1__Block *data = blockmap_first(t->blocks, t->n_blocks, "data");

    if (data == NULL)
        data = blockmap_first(t->blocks, t->n_blocks, "quaternion");
    return data != NULL ? blockmap_value(data, "EPOCH") : span_of(NULL, 0);
}

static struct block_about
about(const Parallax__V1__Attitude *t)
{
    const Parallax__V1__Block *metadata = blockmap_first(t->blocks, t->n_blocks, "metadata");
    bool is_acm = strcmp(t->form, attitude_acm.form) == 0;
    struct block_about a = {.form = t->form,
                            .name = blockmap_value(metadata, "OBJECT_NAME"),
                            .cospar =
                                blockmap_value(metadata, is_acm ? "INTERNATIONAL_DESIGNATOR" : "OBJECT_ID"),
                            .catalog = blockmap_value(metadata, "CATALOG_NAME"),
                            .number = blockmap_value(metadata, "OBJECT_DESIGNATOR"),
                            .start = blockmap_value(metadata, "START_TIME"),
                            .stop = blockmap_value(metadata, "STOP_TIME"),
                            .system = blockmap_value(metadata, "TIME_SYSTEM"),
                            .piece = t->source != NULL ? t->source->piece : 0};

    if (strcmp(t->form, attitude_apm.form) == 0)
        a.start = epoch(t);
    /* Times of an ACM may be relative: then its own epoch is what is known. */
    if (is_acm && (a.start.n == 0 || num_is_decimal(a.start)))
        a.start = blockmap_value(metadata, "EPOCH_TZERO");
    return a;
}

/* Which object; a newer message of the same form about it replaces the older. */
static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    struct block_about a = about((const Parallax__V1__Attitude *)msg);

    return blockmap_subject(&a, out);
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    struct block_about a = about((const Parallax__V1__Attitude *)msg);

    (void)subject;
    blockmap_identity(&a, out);
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Attitude *t = (const Parallax__V1__Attitude *)msg;
    struct block_about a = about(t);
    bool is_apm = strcmp(t->form, attitude_apm.form) == 0;

    text_quote(out, a.name.n > 0 ? a.name : a.cospar, 40);
    if (is_apm)
        buf_put_fmt(out, ": attitude at %.*s", (int)a.start.n, (const char *)a.start.p);
    else
        buf_put_fmt(out, ": %zu attitudes",
                    blockmap_lines(t->blocks, t->n_blocks, "data") +
                        blockmap_lines(t->blocks, t->n_blocks, "att"));
    if (!is_apm)
        blockmap_put_times(&a, out);
    if (blockmap_first(t->blocks, t->n_blocks, is_apm ? "maneuver" : "man") != NULL)
        buf_put_str(out, ", with manoeuvres");
    blockmap_put_piece(&a, out);
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    blockmap_json(attitude_form(msg), msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    blockmap_source(&attitude_apm, msg, out);
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

static const struct reader *const readers[] = {&attitude_apm_kvn_reader,
                                               &attitude_apm_xml_reader,
                                               &attitude_aem_kvn_reader,
                                               &attitude_aem_xml_reader,
                                               &attitude_acm_kvn_reader,
                                               &attitude_acm_xml_reader,
                                               NULL};
static const struct writer *const writers[] = {&attitude_apm_kvn_writer,
                                               &attitude_apm_xml_writer,
                                               &attitude_aem_kvn_writer,
                                               &attitude_aem_xml_writer,
                                               &attitude_acm_kvn_writer,
                                               &attitude_acm_xml_writer,
                                               &json_writer,
                                               &ndjson_writer,
                                               NULL};

const struct type type_attitude = {
    .name = "attitude",
    .title = "How an object is turned (APM, AEM, ACM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__attitude__descriptor,
    .check = check,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "attitude.md",
};
