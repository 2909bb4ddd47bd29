/* One orbit: what OMM, OPM and TLE say (CCSDS 502.0-B-3 sections 3 and 4). */
#include "types/orbit/orbit_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "types/alias.h"
#include "types/designator.h"

static bool
is_known(const char *id)
{
    return *id != 0 && !text_equal_nocase(span_str(id), "UNKNOWN");
}

/* The key of an object without a catalogue number; empty when nothing names it. */
static void
key_by_name(const Parallax__V1__Orbit *orbit, char *key, size_t key_n)
{
    designator_key(is_known(orbit->object_id) ? orbit->object_id : orbit->object_name, key, key_n);
}

const Parallax__V1__Block *
orbit_block(const Parallax__V1__Orbit *orbit, const char *name)
{
    for (size_t i = 0; i < orbit->n_blocks; i++) {
        if (strcmp(orbit->blocks[i]->name, name) == 0)
            return orbit->blocks[i];
    }
    return NULL;
}

/* Everything is in the blocks: a second word elsewhere would be nobody's. */
static int
check_opm(const Parallax__V1__Orbit *orbit, struct why *why)
{
    const ProtobufCMessageDescriptor *schema = orbit->base.descriptor;

    if (strcmp(orbit->form, orbit_opm.form) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "form", "expected nothing or opm");
    for (unsigned i = 0; i < schema->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &schema->fields[i];
        const char *text;

        if (field->type != PROTOBUF_C_TYPE_STRING || strcmp(field->name, "form") == 0)
            continue;
        memcpy(&text, (const char *)orbit + field->offset, sizeof text);
        if (*text != 0)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, field->name, "beside blocks: expected nothing");
    }
    if (orbit->n_comments > 0 || orbit->n_user_defined > 0 || orbit->norad_cat_id != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "blocks", "fields of mean elements beside blocks");
    return blockmap_check(&orbit_opm, &orbit->base, why);
}

static int
check_with(int (*check_fields)(const struct fieldmap *map, const ProtobufCMessage *msg, struct why *why),
           const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    bool has_axis = orbit->semi_major_axis[0] != 0;
    bool has_motion = orbit->mean_motion[0] != 0;
    struct subject subject;

    if (orbit_is_opm(msg))
        return check_opm(orbit, why);
    if (orbit->n_blocks > 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "blocks", "without a form: expected none");
    if (check_fields(&orbit_map, msg, why) != 0)
        return -1;
    if (!has_axis && !has_motion)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "MEAN_MOTION",
                       "missing: it or SEMI_MAJOR_AXIS is mandatory");
    if (has_axis && has_motion)
        return why_set(why, WHY_FIELD_DUPLICATE, 0, 0, "SEMI_MAJOR_AXIS",
                       "beside MEAN_MOTION: expected one of them");
    if (orbit->norad_cat_id != 0)
        return 0;
    key_by_name(orbit, subject.key, sizeof subject.key);
    if (subject.key[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "NORAD_CAT_ID",
                       "missing, like OBJECT_ID and OBJECT_NAME: nothing names the object");
    return 0;
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

/* ${text} is short: a number or an international designator. A record has one, and printf() takes its time. */
static void
name_object(struct subject *out, unsigned i, const char *scheme, const char *text)
{
    struct buf b;

    buf_init_fixed(&b, out->object[i], sizeof out->object[i]);
    buf_put_str(&b, scheme);
    buf_put_str(&b, text);
    (void)buf_cstr(&b);
}

static void
subject_opm(const Parallax__V1__Orbit *orbit, struct subject *out)
{
    const Parallax__V1__Block *metadata = orbit_block(orbit, "metadata"),
                              *state = orbit_block(orbit, "state");
    struct span id = blockmap_value(metadata, "OBJECT_ID"), name = blockmap_value(metadata, "OBJECT_NAME");
    char key[256];

    if (id.n == 0 || text_equal_nocase(id, "UNKNOWN"))
        id = name;
    /* A state and mean elements of one object stand side by side. */
    (void)snprintf(key, sizeof key, "opm %.*s", (int)(id.n < 100 ? id.n : 100), (const char *)id.p);
    designator_key(key, out->key, sizeof out->key);
    if (designator_is_cospar(id))
        (void)snprintf(out->object[0], sizeof out->object[0], "cospar:%.*s", (int)id.n, (const char *)id.p);
    out->epoch = designator_utc(blockmap_value(state, "EPOCH"), blockmap_value(metadata, "TIME_SYSTEM"));
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    unsigned n = 0;

    *out = (struct subject){0};
    if (orbit_is_opm(msg)) {
        subject_opm(orbit, out);
        return 0;
    }
    if (orbit->norad_cat_id > 0) {
        (void)num_print(orbit->norad_cat_id, out->key);
        name_object(out, n++, "norad:", out->key);
    } else {
        key_by_name(orbit, out->key, sizeof out->key);
    }
    if (designator_is_cospar(span_str(orbit->object_id)))
        name_object(out, n++, "cospar:", orbit->object_id);
    out->epoch = designator_utc(span_str(orbit->epoch), span_str(orbit->time_system));
    return 0;
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;

    alias_put(out, subject->object[0]);
    alias_put(out, subject->object[1]);
    alias_put_name(out, orbit_is_opm(msg) ? blockmap_value(orbit_block(orbit, "metadata"), "OBJECT_NAME")
                                          : span_str(orbit->object_name));
    alias_end(out);
}

static void
summary_opm(const Parallax__V1__Orbit *orbit, struct buf *out)
{
    static const char *const axes[] = {"X", "Y", "Z"};
    const Parallax__V1__Block *metadata = orbit_block(orbit, "metadata"),
                              *state = orbit_block(orbit, "state");
    struct span epoch = blockmap_value(state, "EPOCH");

    text_quote(out, blockmap_value(metadata, "OBJECT_NAME"), 40);
    buf_put_fmt(out, " epoch %.*s at", (int)epoch.n, (const char *)epoch.p);
    for (int i = 0; i < 3; i++) {
        buf_put_byte(out, ' ');
        fieldmap_number(out, blockmap_value(state, axes[i]));
    }
    buf_put_str(out, " km in ");
    text_quote(out, blockmap_value(metadata, "REF_FRAME"), 20);
    if (orbit_block(orbit, "maneuver") != NULL)
        buf_put_str(out, ", with manoeuvres");
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;

    if (orbit_is_opm(msg)) {
        summary_opm(orbit, out);
        return;
    }
    if (orbit->norad_cat_id > 0)
        buf_put_fmt(out, "%" PRIu64 " ", orbit->norad_cat_id);
    text_quote(out, span_str(orbit->object_name), 40);
    buf_put_fmt(out, " epoch %s %s", orbit->epoch, orbit->mean_motion[0] != 0 ? "n " : "a ");
    fieldmap_number(out, span_str(orbit->mean_motion[0] != 0 ? orbit->mean_motion : orbit->semi_major_axis));
    buf_put_str(out, orbit->mean_motion[0] != 0 ? " rev/day e " : " km e ");
    fieldmap_number(out, span_str(orbit->eccentricity));
    buf_put_str(out, " i ");
    fieldmap_number(out, span_str(orbit->inclination));
}

void
orbit_json(const ProtobufCMessage *msg, struct buf *out)
{
    if (orbit_is_opm(msg))
        blockmap_json(&orbit_opm, msg, out);
    else
        fieldmap_json(&orbit_map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&orbit_map, msg, out);
}

static const struct reader *const readers[] = {
    &orbit_omm_csv_reader, &orbit_omm_json_reader, &orbit_omm_kvn_reader, &orbit_omm_xml_reader,
    &orbit_opm_kvn_reader, &orbit_opm_xml_reader,  &orbit_tle_reader,     NULL};
static const struct writer *const writers[] = {&orbit_omm_csv_writer,    &orbit_omm_json_writer,
                                               &orbit_omm_kvn_writer,    &orbit_omm_xml_writer,
                                               &orbit_opm_kvn_writer,    &orbit_opm_xml_writer,
                                               &orbit_tle_writer,        &orbit_omm_plain_json_writer,
                                               &orbit_omm_ndjson_writer, NULL};

const struct type type_orbit = {
    .name = "orbit",
    .title = "One orbit: mean elements, or position and velocity (OMM, TLE, OPM)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .schema = &parallax__v1__orbit__descriptor,
    .check = check,
    .check_read = check_read,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = orbit_json,
    .source = source,
    .sgp4 = orbit_sgp4,
    .path = orbit_path,
    .sigma_km = orbit_sigma_km,
    .readers = readers,
    .writers = writers,
    .doc = "orbit.md",
};
