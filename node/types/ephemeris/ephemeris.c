/* Where an object was and will be: OEM and OCM (CCSDS 502.0-B-3). */
#include "base/num.h"
#include "base/text.h"
#include "types/blockmap_about.h"
#include "types/ephemeris/ephemeris_map.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/ocm.h"

const struct blockmap ephemeris_ocm =
    OCM_BLOCKMAP(Parallax__V1__Ephemeris, parallax__v1__ephemeris__descriptor);

static const struct blockmap *const forms[] = {&ephemeris_oem, &ephemeris_ocm};

static const struct blockmap *
form_of(const ProtobufCMessage *msg)
{
    return blockmap_of(forms, sizeof forms / sizeof *forms, msg);
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const struct blockmap *map = form_of(msg);

    if (map == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "expected oem or ocm");
    return blockmap_check(map, msg, why);
}

/* Its readers walk as check() does. */
static int
check_read(const ProtobufCMessage *msg, struct why *why)
{
    return blockmap_check_source(form_of(msg), msg, why);
}

/* Its first state names an object that nothing else names: two of them do not take each other's place. */
static struct span
first_state(const Parallax__V1__Ephemeris *e)
{
    const Parallax__V1__Block *data = blockmap_first(e->blocks, e->n_blocks, "data");

    for (size_t i = 0; data != NULL && i < data->n_items; i++) {
        if (*data->items[i]->keyword == 0)
            return span_str(data->items[i]->value);
    }
    return span_str("UNKNOWN");
}

static struct block_about
about(const Parallax__V1__Ephemeris *e)
{
    const Parallax__V1__Block *metadata = blockmap_first(e->blocks, e->n_blocks, "metadata");
    bool is_oem = strcmp(e->form, ephemeris_oem.form) == 0;
    struct block_about a = {.form = e->form,
                            .name = blockmap_value(metadata, "OBJECT_NAME"),
                            .cospar =
                                blockmap_value(metadata, is_oem ? "OBJECT_ID" : "INTERNATIONAL_DESIGNATOR"),
                            .catalog = blockmap_value(metadata, "CATALOG_NAME"),
                            .number = blockmap_value(metadata, "OBJECT_DESIGNATOR"),
                            .start = blockmap_value(metadata, "START_TIME"),
                            .stop = blockmap_value(metadata, "STOP_TIME"),
                            .system = blockmap_value(metadata, "TIME_SYSTEM"),
                            .piece = e->source != NULL ? e->source->piece : 0};

    if (!is_oem && a.system.n == 0)
        a.system = span_str("UTC");
    if (is_oem && text_equal_nocase(a.name, "UNKNOWN") && !designator_is_cospar(a.cospar))
        a.name = first_state(e);
    /* Times of an OCM may be relative: then its own epoch is what is known. */
    if (a.start.n == 0 || num_is_decimal(a.start))
        a.start = blockmap_value(metadata, is_oem ? "START_TIME" : "EPOCH_TZERO");
    return a;
}

/* Which object; a newer ephemeris of it replaces the older. */
static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    struct block_about a = about((const Parallax__V1__Ephemeris *)msg);

    return blockmap_subject(&a, out);
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    struct block_about a = about(e);

    (void)subject;
    a.name = blockmap_value(blockmap_first(e->blocks, e->n_blocks, "metadata"), "OBJECT_NAME");
    blockmap_identity(&a, out);
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    struct block_about a = about(e);

    text_quote(out, a.name.n > 0 ? a.name : a.cospar, 40);
    buf_put_fmt(out, ": %zu states",
                blockmap_lines(e->blocks, e->n_blocks, "data") +
                    blockmap_lines(e->blocks, e->n_blocks, "traj"));
    blockmap_put_times(&a, out);
    if (blockmap_first(e->blocks, e->n_blocks, "man") != NULL)
        buf_put_str(out, ", with manoeuvres");
    blockmap_put_piece(&a, out);
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    blockmap_json(form_of(msg), msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    blockmap_source(&ephemeris_oem, msg, out);
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

static const struct reader *const readers[] = {&ephemeris_oem_kvn_reader, &ephemeris_oem_xml_reader,
                                               &ephemeris_ocm_kvn_reader, &ephemeris_ocm_xml_reader,
                                               &ephemeris_uvw_reader,     NULL};
static const struct writer *const writers[] = {&ephemeris_oem_kvn_writer,
                                               &ephemeris_oem_xml_writer,
                                               &ephemeris_ocm_kvn_writer,
                                               &ephemeris_ocm_xml_writer,
                                               &json_writer,
                                               &ndjson_writer,
                                               NULL};

static const struct profile *const profiles[] = {&ephemeris_tracss, NULL};

const struct type type_ephemeris = {
    .name = "ephemeris",
    .title = "Where an object was and will be (OEM, OCM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__ephemeris__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = json,
    .source = source,
    .path = ephemeris_path,
    .sigma_km = ephemeris_sigma_km,
    .readers = readers,
    .writers = writers,
    .profiles = profiles,
    .doc = "ephemeris.md",
};
