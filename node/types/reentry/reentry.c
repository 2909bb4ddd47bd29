/* The re-entry of one object: what an RDM says (CCSDS 508.1-B-1). */
#include "types/reentry/reentry_map.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "types/alias.h"
#include "types/designator.h"

/* Both are of one system, whichever it is. */
static bool
is_after(const char *a, const char *b)
{
    struct utc at, bt;

    return utc_parse(span_str(a), &at) == 0 && utc_parse(span_str(b), &bt) == 0 && utc_compare(at, bt) > 0;
}

bool
reentry_is_rdm(const ProtobufCMessage *msg)
{
    return *((const Parallax__V1__Reentry *)msg)->form == 0;
}

static int
check(const ProtobufCMessage *msg, struct why *why)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    const struct fieldmap *map = reentry_is_rdm(msg) ? &reentry_map : &reentry_tip_map;

    if (fieldmap_check_alone(map, msg, why) != 0)
        return -1;
    if (!reentry_is_rdm(msg))
        return fieldmap_check(map, msg, why);
    if (fieldmap_check(&reentry_map, msg, why) != 0)
        return -1;
    if (is_after(r->reentry_window_start, r->reentry_window_end))
        return why_set(why, WHY_FIELD_RANGE, 0, 0, "REENTRY_WINDOW_START", "after REENTRY_WINDOW_END");
    if (is_after(r->impact_window_start, r->impact_window_end))
        return why_set(why, WHY_FIELD_RANGE, 0, 0, "IMPACT_WINDOW_START", "after IMPACT_WINDOW_END");
    if (r->orbit_lifetime_window_start[0] != 0 && r->orbit_lifetime_window_end[0] != 0 &&
        num_compare(span_str(r->orbit_lifetime_window_start), span_str(r->orbit_lifetime_window_end)) > 0)
        return why_set(why, WHY_FIELD_RANGE, 0, 0, "ORBIT_LIFETIME_WINDOW_START",
                       "above ORBIT_LIFETIME_WINDOW_END");
    return 0;
}

static int
subject(const ProtobufCMessage *msg, struct subject *out)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    uint64_t number = designator_norad(span_str(r->object_designator));
    unsigned objects = 0;

    *out = (struct subject){0};
    if (!reentry_is_rdm(msg)) {
        /* Beside an RDM about the same object, not in its place. */
        number = designator_norad(span_str(r->norad_cat_id));
        (void)snprintf(out->key, sizeof out->key, "tip %" PRIu64, number);
        (void)snprintf(out->object[0], sizeof out->object[0], "norad:%" PRIu64, number);
        out->epoch = designator_utc(span_str(r->msg_epoch), span_str("UTC"));
        return 0;
    }
    designator_key(designator_is_cospar(span_str(r->international_designator)) ? r->international_designator
                                                                               : r->object_name,
                   out->key, sizeof out->key);
    if (designator_is_cospar(span_str(r->international_designator)))
        (void)snprintf(out->object[objects++], sizeof out->object[0], "cospar:%s",
                       r->international_designator);
    if (number > 0 && text_equal_nocase(span_str(r->catalog_name), "SATCAT"))
        (void)snprintf(out->object[objects], sizeof out->object[0], "norad:%" PRIu64, number);
    /* The state of knowledge that the prediction is of: a newer one replaces it. */
    out->epoch = designator_utc(span_str(r->epoch_tzero), span_str(r->time_system));
    return 0;
}

static void
identity(const ProtobufCMessage *msg, const struct subject *subject, struct buf *out)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;

    if (reentry_is_rdm(msg)) {
        alias_put_catalog(out, span_str(r->catalog_name), span_str(r->object_designator));
        alias_put_cospar(out, span_str(r->international_designator));
        alias_put_name(out, span_str(r->object_name));
    } else {
        alias_put(out, subject->object[0]);
    }
    alias_end(out);
}

static void
summary(const ProtobufCMessage *msg, struct buf *out)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;

    if (!reentry_is_rdm(msg)) {
        buf_put_fmt(out, "%s re-enters at %s", r->norad_cat_id, r->decay_epoch);
        if (*r->window != 0) {
            buf_put_str(out, " +- ");
            fieldmap_number(out, span_str(r->window));
            buf_put_str(out, " min");
        }
        buf_put_str(out, " (TIP)");
        return;
    }
    text_quote(out, span_str(r->object_name), 40);
    buf_put_str(out, " re-enters ");
    if (r->nominal_reentry_epoch[0] != 0) {
        buf_put_fmt(out, "at %s", r->nominal_reentry_epoch);
    } else {
        buf_put_str(out, "in ");
        fieldmap_number(out, span_str(r->orbit_lifetime));
        buf_put_str(out, " d");
    }
    if (r->reentry_window_start[0] != 0 && r->reentry_window_end[0] != 0)
        buf_put_fmt(out, " (%s to %s)", r->reentry_window_start, r->reentry_window_end);
    buf_put_fmt(out, ", controlled %s", r->controlled_reentry);
}

void
reentry_json(const ProtobufCMessage *msg, struct buf *out)
{
    fieldmap_json(reentry_is_rdm(msg) ? &reentry_map : &reentry_tip_map, msg, out);
}

static void
source(const ProtobufCMessage *msg, struct source *out)
{
    fieldmap_source(&reentry_map, msg, out);
}

static const struct reader *const readers[] = {&reentry_rdm_kvn_reader, &reentry_rdm_xml_reader,
                                               &reentry_tip_json_reader, &reentry_tip_csv_reader, NULL};
static const struct writer *const writers[] = {&reentry_rdm_kvn_writer,  &reentry_rdm_xml_writer,
                                               &reentry_rdm_json_writer, &reentry_rdm_ndjson_writer,
                                               &reentry_geojson_writer,  NULL};

const struct type type_reentry = {
    .name = "reentry",
    .title = "The re-entry of one object (RDM, TIP)",
    .version = 1,
    .body_max = LIMIT_BODY_BYTES,
    .alert = true,
    .schema = &parallax__v1__reentry__descriptor,
    .check = check,
    .subject = subject,
    .identity = identity,
    .summary = summary,
    .json = reentry_json,
    .source = source,
    .figures = reentry_figures,
    .figure_names = reentry_figure_names,
    .events = reentry_events,
    .places = reentry_places,
    .window = reentry_window,
    .readers = readers,
    .writers = writers,
    .doc = "reentry.md",
};
