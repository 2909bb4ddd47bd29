/* A manoeuvre: a notice of ours, or an OCM or OPM that holds manoeuvres (CCSDS 502.0-B-3). */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/blockmap_about.h"
#include "types/designator.h"
#include "types/jsonmap.h"
#include "types/maneuver/maneuver_map.h"
#include "types/ocm.h"
#include "types/opm.h"

typedef Parallax__V1__Maneuver Maneuver;

const struct blockmap maneuver_ocm = OCM_BLOCKMAP(Maneuver, parallax__v1__maneuver__descriptor);
const struct blockmap maneuver_opm = OPM_BLOCKMAP(Maneuver, parallax__v1__maneuver__descriptor);

static const struct blockmap *const forms[] = {&maneuver_ocm, &maneuver_opm};

const struct blockmap *
maneuver_form(const ProtobufCMessage *msg)
{
    return blockmap_of(forms, sizeof forms / sizeof *forms, msg);
}

/* The first block of manoeuvres; NULL: there is none. */
static const Parallax__V1__Block *
first_of(const Maneuver *m)
{
    return blockmap_first(m->blocks, m->n_blocks,
                          maneuver_form(&m->base) == &maneuver_opm ? "maneuver" : "man");
}

/* Everything is in the blocks: a second word elsewhere would be nobody's. */
static int
check_alone(const Maneuver *m, struct why *why)
{
    const ProtobufCMessageDescriptor *schema = m->base.descriptor;

    for (unsigned i = 0; i < schema->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &schema->fields[i];
        const char *text;

        if (field->type != PROTOBUF_C_TYPE_STRING || strcmp(field->name, "form") == 0)
            continue;
        memcpy(&text, (const char *)m + field->offset, sizeof text);
        if (*text != 0)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, field->name, "beside blocks: expected nothing");
    }
    if (m->n_extras > 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "extras", "beside blocks: expected nothing");
    return 0;
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Maneuver *m = (const Maneuver *)msg;
    const struct blockmap *map = maneuver_form(msg);

    if (maneuver_is_notice(msg))
        return maneuver_notice_check(msg, why);
    if (map == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "expected nothing, ocm or opm");
    if (check_alone(m, why) != 0 || blockmap_check(map, msg, why) != 0)
        return -1;
    /* The pieces of a long message need not each hold one. */
    if (first_of(m) == NULL && m->source->piece == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, map == &maneuver_opm ? "MAN_EPOCH_IGNITION" : "MAN_ID",
                       "missing: the message holds no manoeuvre");
    return 0;
}

/* The object of a message of blocks, and when its first manoeuvre begins. */
static struct block_about
about(const Maneuver *m)
{
    const Parallax__V1__Block *metadata = blockmap_first(m->blocks, m->n_blocks, "metadata");
    const Parallax__V1__Block *first = first_of(m);
    bool is_opm = maneuver_form(&m->base) == &maneuver_opm;
    struct block_about a = {.form = m->form,
                            .name = blockmap_value(metadata, "OBJECT_NAME"),
                            .cospar =
                                blockmap_value(metadata, is_opm ? "OBJECT_ID" : "INTERNATIONAL_DESIGNATOR"),
                            .catalog = blockmap_value(metadata, "CATALOG_NAME"),
                            .number = blockmap_value(metadata, "OBJECT_DESIGNATOR"),
                            .system = blockmap_value(metadata, "TIME_SYSTEM"),
                            .piece = m->source->piece};

    if (is_opm && first != NULL)
        a.start = blockmap_value(first, "MAN_EPOCH_IGNITION");
    for (size_t i = 0; !is_opm && first != NULL && i < first->n_items && a.start.n == 0; i++) {
        if (*first->items[i]->keyword == 0)
            (void)blockmap_columns(span_str(first->items[i]->value), &a.start, 1);
    }
    /* Seconds since the epoch of the message: that is what is known as a time. */
    if (a.start.n == 0 || num_is_decimal(a.start))
        a.start = is_opm ? blockmap_value(blockmap_first(m->blocks, m->n_blocks, "state"), "EPOCH")
                         : blockmap_value(metadata, "EPOCH_TZERO");
    if (a.system.n == 0)
        a.system = span_str("UTC");
    return a;
}

static bool
is_norad(const struct block_about *a)
{
    return designator_norad(a->number) > 0 &&
           (text_equal_nocase(a->catalog, "SATCAT") || text_equal_nocase(a->catalog, "CSPOC"));
}

/* "OBJECT MANOEUVRE": the same in a notice and in the OCM that is made of it. */
static void
put_key(struct span object, struct span id, struct subject *out)
{
    char key[sizeof out->key];

    (void)snprintf(key, sizeof key, "%.*s %.*s", (int)(object.n < 50 ? object.n : 50), (const char *)object.p,
                   (int)(id.n < 60 ? id.n : 60), (const char *)id.p);
    designator_key(key, out->key, sizeof out->key - 12);
}

static int
subject_blocks(const Maneuver *m, struct subject *out)
{
    struct block_about a = about(m);
    const Parallax__V1__Block *first = first_of(m);
    struct span object = designator_is_cospar(a.cospar) ? a.cospar
                         : is_norad(&a)                 ? a.number
                         : a.name.n > 0                 ? a.name
                                                        : span_str("unnamed");
    struct span id = maneuver_form(&m->base) == &maneuver_opm ? a.start
                     : first != NULL                          ? blockmap_value(first, "MAN_ID")
                                                              : span_of(NULL, 0);

    (void)blockmap_subject(&a, out);
    put_key(object, id, out);
    if (a.piece > 0)
        (void)snprintf(out->key + strlen(out->key), 12, "#%" PRIu32, a.piece);
    return 0;
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    struct block_about a;

    (void)subject;
    if (maneuver_is_notice(msg)) {
        notice_identity(&maneuver_notice, msg, out);
        return;
    }
    a = about((const Maneuver *)msg);
    blockmap_identity(&a, out);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Maneuver *m = (const Maneuver *)msg;

    if (!maneuver_is_notice(msg))
        return subject_blocks(m, out);
    (void)notice_subject(&maneuver_notice, msg, out);
    put_key(span_str(*m->cospar_id != 0      ? m->cospar_id
                     : *m->norad_cat_id != 0 ? m->norad_cat_id
                                             : m->object_name),
            span_str(m->id), out);
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Maneuver *m = (const Maneuver *)msg;
    const Parallax__V1__Block *first;
    struct block_about a;

    if (maneuver_is_notice(msg)) {
        notice_summary(&maneuver_notice, msg, out);
        return;
    }
    a = about(m);
    first = first_of(m);
    text_quote(out, a.name.n > 0 ? a.name : a.cospar, 40);
    buf_put_str(out, ": manoeuvre");
    if (first != NULL && blockmap_value(first, "MAN_PURPOSE").n > 0) {
        buf_put_byte(out, ' ');
        text_quote(out, blockmap_value(first, "MAN_PURPOSE"), 40);
    }
    blockmap_put_times(&a, out);
    blockmap_put_piece(&a, out);
}

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    if (maneuver_is_notice(msg))
        fieldmap_json(maneuver_notice.map, msg, out);
    else
        blockmap_json(maneuver_form(msg), msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    blockmap_source(&maneuver_ocm, msg, out);
}

static void
form(struct buf *out)
{
    notice_form(&maneuver_notice, out);
}

static void
schema(struct buf *out)
{
    notice_schema(&maneuver_notice, out);
}

static int
write_any(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    json(msg, out);
    return 0;
}

static const struct writer any_json_writer = {.format = "json",
                                              .media = "application/json",
                                              .title = "notice or blocks as JSON, an array",
                                              .begin = jsonmap_begin,
                                              .between = jsonmap_between,
                                              .end = jsonmap_end,
                                              .write = write_any};
static const struct writer any_ndjson_writer = {.format = "ndjson",
                                                .media = "application/x-ndjson",
                                                .title = "notice or blocks as JSON, one a line",
                                                .between = buf_end_line,
                                                .end = buf_end_line,
                                                .write = write_any};

static const struct reader *const readers[] = {&maneuver_json_reader,    &maneuver_ocm_kvn_reader,
                                               &maneuver_ocm_xml_reader, &maneuver_opm_kvn_reader,
                                               &maneuver_opm_xml_reader, NULL};
static const struct writer *const writers[] = {
    &maneuver_json_writer,    &maneuver_ocm_kvn_writer, &maneuver_ocm_xml_writer,
    &maneuver_opm_kvn_writer, &maneuver_opm_xml_writer, &maneuver_text_writer,
    &any_json_writer,         &any_ndjson_writer,       NULL};

const struct type type_maneuver = {
    .name = "maneuver",
    .title = "A manoeuvre of a space object (notice; OCM or OPM that holds manoeuvres)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__maneuver__descriptor,
    .check = check,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .form = form,
    .json_schema = schema,
    .doc = "maneuver.md",
};
