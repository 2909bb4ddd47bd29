/* Where an object was and will be: OEM and OCM (CCSDS 502.0-B-3). */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/designator.h"
#include "types/ephemeris/ephemeris_map.h"
#include "types/jsonmap.h"

static const struct blockmap *const forms[] = {&ephemeris_oem, &ephemeris_ocm};

static const struct blockmap *
form_of(const ProtobufCMessage *msg)
{
    return blockmap_of(forms, sizeof forms / sizeof *forms, msg);
}

int
ephemeris_number(struct block_walk *w, struct span value)
{
    double view;

    if (value.n > LIMIT_DIGITS_COUNT || num_double(value, &view) != 0)
        return blockmap_wrong(w, WHY_FIELD_NUMBER, "line", "%.*s: expected a decimal number",
                              (int)(value.n < 40 ? value.n : 40), (const char *)value.p);
    return 0;
}

int
ephemeris_span(struct block_walk *w, const char *from, const char *to)
{
    struct utc a, b;

    if (utc_parse(blockmap_value(w->block, from), &a) != 0 ||
        utc_parse(blockmap_value(w->block, to), &b) != 0 || utc_compare(a, b) <= 0)
        return 0;
    return blockmap_wrong(w, WHY_FIELD_RANGE, from, "after %s", to);
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

/* The first block of a name. */
static const Parallax__V1__Block *
first(const Parallax__V1__Ephemeris *e, const char *name)
{
    for (size_t i = 0; i < e->n_blocks; i++) {
        if (strcmp(e->blocks[i]->name, name) == 0)
            return e->blocks[i];
    }
    return NULL;
}

struct about {
    struct span name, cospar, catalog, number, start, stop, system;
};

static struct about
about(const Parallax__V1__Ephemeris *e)
{
    const Parallax__V1__Block *metadata = first(e, "metadata");
    bool is_oem = strcmp(e->form, ephemeris_oem.form) == 0;
    struct about a = {.name = blockmap_value(metadata, "OBJECT_NAME"),
                      .cospar = blockmap_value(metadata, is_oem ? "OBJECT_ID" : "INTERNATIONAL_DESIGNATOR"),
                      .catalog = blockmap_value(metadata, "CATALOG_NAME"),
                      .number = blockmap_value(metadata, "OBJECT_DESIGNATOR"),
                      .start = blockmap_value(metadata, "START_TIME"),
                      .stop = blockmap_value(metadata, "STOP_TIME"),
                      .system = blockmap_value(metadata, "TIME_SYSTEM")};

    if (!is_oem && a.system.n == 0)
        a.system = span_str("UTC");
    /* Times of an OCM may be relative: then its own epoch is what is known. */
    if (a.start.n == 0 || num_is_decimal(a.start))
        a.start = blockmap_value(metadata, is_oem ? "START_TIME" : "EPOCH_TZERO");
    return a;
}

/* Which object; a newer ephemeris of it replaces the older. */
static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    struct about a = about(e);
    struct span id = designator_is_cospar(a.cospar) ? a.cospar
                     : a.name.n > 0                 ? a.name
                     : a.number.n > 0               ? a.number
                                                    : a.cospar;
    uint64_t number = designator_norad(a.number);
    unsigned objects = 0;
    char key[256];

    *out = (struct subject){0};
    if (id.n == 0)
        id = span_str("unnamed");
    (void)snprintf(key, sizeof key, "%s %.*s", e->form, (int)(id.n < 100 ? id.n : 100), (const char *)id.p);
    designator_key(key, out->key, sizeof out->key - 12);
    if (e->source != NULL && e->source->piece > 0)
        (void)snprintf(out->key + strlen(out->key), 12, "#%" PRIu32, e->source->piece);
    if (designator_is_cospar(a.cospar))
        (void)snprintf(out->object[objects++], sizeof out->object[0], "cospar:%.*s", (int)a.cospar.n,
                       (const char *)a.cospar.p);
    if (number > 0 && (text_equal_nocase(a.catalog, "SATCAT") || text_equal_nocase(a.catalog, "CSPOC")))
        (void)snprintf(out->object[objects], sizeof out->object[0], "norad:%" PRIu64, number);
    out->epoch = designator_utc(a.start, a.system);
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Ephemeris *e = (const Parallax__V1__Ephemeris *)msg;
    struct about a = about(e);
    size_t lines = 0;

    for (size_t i = 0; i < e->n_blocks; i++) {
        bool has_states = strcmp(e->blocks[i]->name, "data") == 0 || strcmp(e->blocks[i]->name, "traj") == 0;

        for (size_t k = 0; has_states && k < e->blocks[i]->n_items; k++)
            lines += *e->blocks[i]->items[k]->keyword == 0;
    }
    text_quote(out, a.name.n > 0 ? a.name : a.cospar, 40);
    buf_put_fmt(out, ": %zu states", lines);
    if (a.start.n > 0)
        buf_put_fmt(out, " from %.*s", (int)a.start.n, (const char *)a.start.p);
    if (a.stop.n > 0 && !num_is_decimal(a.stop))
        buf_put_fmt(out, " to %.*s", (int)a.stop.n, (const char *)a.stop.p);
    if (first(e, "man") != NULL)
        buf_put_str(out, ", with manoeuvres");
    if (e->source != NULL && e->source->piece > 0)
        buf_put_fmt(out, ", piece %" PRIu32, e->source->piece);
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

static void
end_line(struct buf *out)
{
    buf_put_byte(out, '\n');
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
                                            .between = end_line,
                                            .end = end_line,
                                            .write = write_json};

static const struct reader *const readers[] = {&ephemeris_oem_kvn_reader, &ephemeris_oem_xml_reader,
                                               &ephemeris_ocm_kvn_reader, &ephemeris_ocm_xml_reader, NULL};
static const struct writer *const writers[] = {&ephemeris_oem_kvn_writer,
                                               &ephemeris_oem_xml_writer,
                                               &ephemeris_ocm_kvn_writer,
                                               &ephemeris_ocm_xml_writer,
                                               &json_writer,
                                               &ndjson_writer,
                                               NULL};

const struct type type_ephemeris = {
    .name = "ephemeris",
    .title = "Where an object was and will be (OEM, OCM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__ephemeris__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "ephemeris.md",
};
