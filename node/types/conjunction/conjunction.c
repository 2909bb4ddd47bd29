/* One close approach of two objects: what a CDM says (CCSDS 508.0-B-1). */
#include "types/conjunction/conjunction_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "types/designator.h"

#define MINUTE_NS 60000000000
#define KEY_BYTES 50 /* of one designator: two and the time fit struct subject */

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    return fieldmap_check(&conjunction_map, msg, why);
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

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Conjunction *cdm = (const Parallax__V1__Conjunction *)msg;
    struct utc minute;
    char a[64], b[64];
    char tca[UTC_TEXT_MAX];

    *out = (struct subject){0};
    out->epoch = designator_utc(span_str(cdm->tca), span_str("UTC"));
    minute = out->epoch;
    minute.ns -= minute.ns % MINUTE_NS;
    utc_print(minute, 0, tca);
    name_object(cdm->object1, a);
    name_object(cdm->object2, b);
    /* ...T23:11:00Z -> T23:11 */
    if (is_before(a, b))
        (void)snprintf(out->key, sizeof out->key, "%.50s+%.50s@%.16s", a, b, tca);
    else
        (void)snprintf(out->key, sizeof out->key, "%.50s+%.50s@%.16s", b, a, tca);
    identify(cdm->object1, out->object[0]);
    identify(cdm->object2, out->object[1]);
    return 0;
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Conjunction *cdm = (const Parallax__V1__Conjunction *)msg;

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

static void
json(const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(&conjunction_map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&conjunction_map, msg, out);
}

static const struct reader *const readers[] = {&conjunction_cdm_kvn_reader, &conjunction_cdm_xml_reader,
                                               NULL};
static const struct writer *const writers[] = {&conjunction_cdm_kvn_writer, &conjunction_cdm_xml_writer,
                                               &conjunction_cdm_json_writer, &conjunction_cdm_ndjson_writer,
                                               NULL};

const struct type type_conjunction = {
    .name = "conjunction",
    .title = "One close approach of two objects (CDM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__conjunction__descriptor,
    .check = check,
    .subject = subject,
    .summary = summary,
    .json = json,
    .source = source,
    .readers = readers,
    .writers = writers,
    .doc = "conjunction.md",
};
