/* One close approach of two objects: what a CDM says (CCSDS 508.0-B-1). */
#include "types/conjunction/conjunction_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "types/alias.h"
#include "types/designator.h"

#define MINUTE_NS 60000000000
#define KEY_BYTES 50 /* of one designator: two and the time fit struct subject */

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const struct fieldmap *map = conjunction_is_cdm(msg) ? &conjunction_map : conjunction_row_map(msg);

    if (map == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "FORM", "expected nothing, cdm_public or socrates");
    return fieldmap_check(map, msg, why) != 0 ? -1 : fieldmap_check_alone(map, msg, why);
}

/* A reader of CDMs puts nothing but rows of their map into a message. */
static int
check_read(const ProtobufCMessage *msg, struct why *why)
{
    return conjunction_is_cdm(msg) ? fieldmap_check_read(&conjunction_map, msg, why) : check(msg, why);
}

bool
conjunction_is_cdm(const ProtobufCMessage *msg)
{
    return *((const Parallax__V1__Conjunction *)msg)->form == 0;
}

/* The designator as a key: a number without the zeros in front of it, anything else as it is. */
static void
name_object(const Parallax__V1__ConjunctionObject *object, char out[64])
{
    uint64_t number = designator_norad(span_str(object->object_designator));

    if (number > 0)
        (void)snprintf(out, 64, "%" PRIu64, number);
    else
        designator_key(object->object_designator, out, KEY_BYTES + 1);
}

/* Smaller numbers first, numbers before names: the pair is the same in whichever order a screening names it. */
static bool
is_before(const char *a, const char *b)
{
    uint64_t x = designator_norad(span_str(a));
    uint64_t y = designator_norad(span_str(b));

    if (x > 0 && y > 0)
        return x <= y;
    if ((x > 0) != (y > 0))
        return x > 0;
    return strcmp(a, b) <= 0;
}

/* The canonical id: a catalogue number only counts as NORAD's in NORAD's catalogue. */
static void
identify(const Parallax__V1__ConjunctionObject *object, char out[64])
{
    uint64_t number = designator_norad(span_str(object->object_designator));

    if (number > 0 && text_equal_nocase(span_str(object->catalog_name), "SATCAT"))
        (void)snprintf(out, 64, "norad:%" PRIu64, number);
    else if (designator_is_cospar(span_str(object->international_designator)))
        (void)snprintf(out, 64, "cospar:%s", object->international_designator);
}

/* "smaller+larger@minute": the same in whichever order a screening names them. */
static void
put_pair(const char *a, const char *b, struct subject *out)
{
    struct utc minute = out->epoch;
    char tca[UTC_TEXT_MAX];
    size_t n = strlen(out->key);

    minute.ns -= minute.ns % MINUTE_NS;
    utc_print(minute, 0, tca);
    /* ...T23:11:00Z -> T23:11 */
    if (is_before(a, b))
        (void)snprintf(out->key + n, sizeof out->key - n, "%.50s+%.50s@%.16s", a, b, tca);
    else
        (void)snprintf(out->key + n, sizeof out->key - n, "%.50s+%.50s@%.16s", b, a, tca);
}

/* A row says less than a CDM: it does not take the place of one. */
static void
subject_row(const Parallax__V1__Conjunction *c, struct subject *out)
{
    bool is_public = *c->sat_1_id != 0;
    uint64_t a = designator_norad(span_str(is_public ? c->sat_1_id : c->norad_cat_id_1));
    uint64_t b = designator_norad(span_str(is_public ? c->sat_2_id : c->norad_cat_id_2));
    char first[24], second[24];

    (void)snprintf(first, sizeof first, "%" PRIu64, a);
    (void)snprintf(second, sizeof second, "%" PRIu64, b);
    (void)snprintf(out->key, sizeof out->key, "row ");
    put_pair(first, second, out);
    (void)snprintf(out->object[0], sizeof out->object[0], "norad:%" PRIu64, a);
    (void)snprintf(out->object[1], sizeof out->object[1], "norad:%" PRIu64, b);
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Conjunction *cdm = (const Parallax__V1__Conjunction *)msg;
    char a[64], b[64];

    *out = (struct subject){0};
    out->epoch = designator_utc(span_str(cdm->tca), span_str("UTC"));
    if (!conjunction_is_cdm(msg)) {
        subject_row(cdm, out);
        return 0;
    }
    name_object(cdm->object1, a);
    name_object(cdm->object2, b);
    put_pair(a, b, out);
    identify(cdm->object1, out->object[0]);
    identify(cdm->object2, out->object[1]);
    return 0;
}

static void
put_identity(const Parallax__V1__ConjunctionObject *object, struct buf *out)
{
    alias_put_catalog(out, span_str(object->catalog_name), span_str(object->object_designator));
    alias_put_cospar(out, span_str(object->international_designator));
    alias_put_name(out, span_str(object->object_name));
    alias_end(out);
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__Conjunction *c = (const Parallax__V1__Conjunction *)msg;
    bool is_public = *c->sat_1_id != 0;

    if (conjunction_is_cdm(msg)) {
        put_identity(c->object1, out);
        put_identity(c->object2, out);
        return;
    }
    alias_put(out, subject->object[0]);
    alias_put_name(out, span_str(is_public ? c->sat_1_name : c->object_name_1));
    alias_end(out);
    alias_put(out, subject->object[1]);
    alias_put_name(out, span_str(is_public ? c->sat_2_name : c->object_name_2));
    alias_end(out);
}

static void
put_name(const char *name, const char *number, struct buf *out)
{
    if (*name != 0)
        text_quote(out, span_str(name), 40);
    else
        buf_put_str(out, number);
}

static void
summary_row(const Parallax__V1__Conjunction *c, struct buf *out)
{
    bool is_public = *c->sat_1_id != 0;
    const char *probability = is_public ? c->pc : c->max_prob;

    put_name(is_public ? c->sat_1_name : c->object_name_1, is_public ? c->sat_1_id : c->norad_cat_id_1, out);
    buf_put_str(out, " and ");
    put_name(is_public ? c->sat_2_name : c->object_name_2, is_public ? c->sat_2_id : c->norad_cat_id_2, out);
    buf_put_fmt(out, " at %s miss ", c->tca);
    fieldmap_number(out, span_str(is_public ? c->min_rng : c->tca_range));
    buf_put_str(out, is_public ? " m" : " km");
    if (*probability != 0) {
        buf_put_str(out, is_public ? " Pc " : " at most Pc ");
        fieldmap_number(out, span_str(probability));
    }
    buf_put_str(out, is_public ? " (cdm_public)" : " (SOCRATES)");
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Conjunction *cdm = (const Parallax__V1__Conjunction *)msg;

    if (!conjunction_is_cdm(msg)) {
        summary_row(cdm, out);
        return;
    }
    text_quote(out, span_str(cdm->object1->object_name), 40);
    buf_put_str(out, " and ");
    text_quote(out, span_str(cdm->object2->object_name), 40);
    buf_put_fmt(out, " at %s miss ", cdm->tca);
    fieldmap_number(out, span_str(cdm->miss_distance));
    buf_put_str(out, " m");
    if (cdm->collision_probability[0] != 0) {
        buf_put_str(out, " Pc ");
        fieldmap_number(out, span_str(cdm->collision_probability));
    }
}

void
conjunction_json(const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(conjunction_is_cdm(msg) ? &conjunction_map : conjunction_row_map(msg), msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&conjunction_map, msg, out);
}

static const struct reader *const readers[] = {
    &conjunction_cdm_kvn_reader,    &conjunction_cdm_xml_reader,  &conjunction_public_json_reader,
    &conjunction_public_csv_reader, &conjunction_socrates_reader, NULL};
static const struct writer *const writers[] = {&conjunction_cdm_kvn_writer, &conjunction_cdm_xml_writer,
                                               &conjunction_cdm_json_writer, &conjunction_cdm_ndjson_writer,
                                               NULL};

const struct type type_conjunction = {
    .name = "conjunction",
    .title = "One close approach of two objects (CDM; rows of lists)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__conjunction__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = conjunction_json,
    .source = source,
    .figures = conjunction_figures,
    .figure_names = conjunction_figure_names,
    .events = conjunction_events,
    .readers = readers,
    .writers = writers,
    .doc = "conjunction.md",
};
