/* Readers and writers of manoeuvres. */
#include "syntax/kvn.h"
#include "syntax/xml.h"
#include "types/fill.h"
#include "types/jsonmap.h"
#include "types/maneuver/maneuver_map.h"
#include "types/xmlmap.h"

static bool
is_form(const ProtobufCMessage *msg, const struct blockmap *form)
{
    return maneuver_form(msg) == form;
}

static int
probe_json(struct span head)
{
    return notice_probe(&maneuver_notice, head);
}

static int
read_json(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
          struct why *why)
{
    return notice_read(&maneuver_notice, input, how, a, emit, cookie, why);
}

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how;
    return maneuver_is_notice(msg) ? notice_write_json(&maneuver_notice, msg, out)
                                   : why_set(why, WHY_CANNOT_HOLD, 0, 0, "form",
                                             "a message of CCSDS: it is not made into a notice");
}

const struct reader maneuver_json_reader = {
    "maneuver-json",   "application/json", "Notice of a manoeuvre as JSON",
    LIMIT_INPUT_BYTES, probe_json,         read_json};
const struct writer maneuver_json_writer = {.format = "maneuver-json",
                                            .media = "application/json",
                                            .title = "Notice of a manoeuvre as JSON, an array",
                                            .lossless = true,
                                            .fits = maneuver_is_notice,
                                            .begin = jsonmap_begin,
                                            .between = jsonmap_between,
                                            .end = jsonmap_end,
                                            .write = write_json};

static int
write_text(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    return maneuver_is_notice(msg) ? notice_write_text(&maneuver_notice, msg, out)
                                   : maneuver_text((const Parallax__V1__Maneuver *)msg, out);
}

const struct writer maneuver_text_writer = {
    .format = "text", .media = "text/plain", .title = "for people", .write = write_text};

static bool
is_ocm(const ProtobufCMessage *msg)
{
    return is_form(msg, &maneuver_ocm);
}

static bool
has(struct span head, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= head.n; i++) {
        if (memcmp(head.p + i, text, n) == 0)
            return true;
    }
    return false;
}

/* With a trajectory it is an ephemeris, which stands before any manoeuvre (502.0-B-3 section 6.2.3). */
static int
probe_ocm_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OCM_VERS") && has(head, "MAN_START") && !has(head, "TRAJ_START") ? 100
                                                                                                         : 0;
}

static int
read_ocm_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&maneuver_ocm, "ocm-maneuver-kvn", input, how, a, emit, cookie, why);
}

typedef int write_fn(const struct blockmap *map, const ProtobufCMessage *msg, const struct convert *how,
                     struct buf *out, struct why *why);

struct rewriting {
    write_fn *write;
    const struct convert *how;
    struct buf *out;
};

static int
rewrite(void *cookie, const ProtobufCMessage *msg, struct why *why)
{
    struct rewriting *r = cookie;

    return r->write(&maneuver_ocm, msg, r->how, r->out, why);
}

/* A notice by way of the OCM that says the same. */
static int
write_notice(const ProtobufCMessage *msg, struct rewriting *r, struct why *why)
{
    const struct convert lenient = {0};
    struct arena arena;
    struct buf text;
    const Parallax__V1__Maneuver *m = (const Parallax__V1__Maneuver *)msg;
    int rc;

    for (size_t i = 0; i < m->n_extras; i++) {
        if (fill_lose(r->how, why, m->extras[i]->name, "an OCM has no place for it") != 0)
            return -1;
    }
    buf_init(&text, LIMIT_INPUT_BYTES);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    rc = maneuver_notice_ocm(m, &text, why);
    if (rc == 0)
        rc = blockmap_read_kvn(&maneuver_ocm, "ocm-maneuver-kvn", buf_span(&text), &lenient, &arena, rewrite,
                               r, why);
    if (rc != 0 && why->code != WHY_CANNOT_HOLD)
        why_set(why, WHY_CANNOT_HOLD, 0, 0, "notice", "an OCM cannot hold what it says");
    arena_release(&arena);
    buf_release(&text);
    return rc;
}

static int
write_ocm(write_fn *write, const ProtobufCMessage *msg, const struct convert *how, struct buf *out,
          struct why *why)
{
    struct rewriting r = {write, how, out};

    if (maneuver_is_notice(msg))
        return write_notice(msg, &r, why);
    if (!is_ocm(msg))
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "form",
                       "an OPM has no MAN_ID and no device: it is not made into an OCM");
    return write(&maneuver_ocm, msg, how, out, why);
}

static int
write_ocm_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return write_ocm(blockmap_write_kvn, msg, how, out, why);
}

const struct reader maneuver_ocm_kvn_reader = {
    "ocm-maneuver-kvn", "text/plain",  "CCSDS OCM 3.0 with manoeuvres, keyword = value",
    LIMIT_INPUT_BYTES,  probe_ocm_kvn, read_ocm_kvn};
const struct writer maneuver_ocm_kvn_writer = {
    .format = "ocm-maneuver-kvn",
    .media = "text/plain",
    .title = "CCSDS OCM 3.0 with manoeuvres, keyword = value; also what a notice says",
    .lossless = true,
    .fits = is_ocm,
    .between = buf_end_line,
    .write = write_ocm_kvn};

static int
probe_ocm_xml(struct span head)
{
    struct span root;

    if (xml_sniff(head, &root, 1) != 1 || !span_is(root, "ocm") || has(head, "<traj>") || has(head, ":traj>"))
        return 0;
    return has(head, "<man>") || has(head, ":man>") ? 100 : 0;
}

static int
read_ocm_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&maneuver_ocm, "ocm-maneuver-xml", input, how, a, emit, cookie, why);
}

static int
write_ocm_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return write_ocm(blockmap_write_xml, msg, how, out, why);
}

const struct reader maneuver_ocm_xml_reader = {
    "ocm-maneuver-xml", "application/xml", "CCSDS OCM 3.0 with manoeuvres as NDM/XML",
    LIMIT_INPUT_BYTES,  probe_ocm_xml,     read_ocm_xml};
const struct writer maneuver_ocm_xml_writer = {
    .format = "ocm-maneuver-xml",
    .media = "application/xml",
    .title = "CCSDS OCM 3.0 with manoeuvres as NDM/XML; also what a notice says",
    .lossless = true,
    .fits = is_ocm,
    .begin = xmlmap_begin,
    .end = xmlmap_end,
    .write = write_ocm_xml};

static bool
is_opm(const ProtobufCMessage *msg)
{
    return is_form(msg, &maneuver_opm);
}

static int
read_opm_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&maneuver_opm, "opm-maneuver-kvn", input, how, a, emit, cookie, why);
}

static int
refuse_opm(struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, "form", "no state: it is not made into an OPM");
}

static int
write_opm_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return is_opm(msg) ? blockmap_write_kvn(&maneuver_opm, msg, how, out, why) : refuse_opm(why);
}

/* An OPM always has a state, so that it is an orbit unless somebody asks for its manoeuvres. */
const struct reader maneuver_opm_kvn_reader = {
    "opm-maneuver-kvn",
    "text/plain",
    "CCSDS OPM with manoeuvres, keyword = value: only when asked for by name",
    LIMIT_INPUT_BYTES,
    NULL,
    read_opm_kvn};
const struct writer maneuver_opm_kvn_writer = {.format = "opm-maneuver-kvn",
                                               .media = "text/plain",
                                               .title = "CCSDS OPM with manoeuvres, keyword = value",
                                               .lossless = true,
                                               .fits = is_opm,
                                               .between = buf_end_line,
                                               .write = write_opm_kvn};

static int
read_opm_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&maneuver_opm, "opm-maneuver-xml", input, how, a, emit, cookie, why);
}

static int
write_opm_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return is_opm(msg) ? blockmap_write_xml(&maneuver_opm, msg, how, out, why) : refuse_opm(why);
}

const struct reader maneuver_opm_xml_reader = {
    "opm-maneuver-xml",
    "application/xml",
    "CCSDS OPM with manoeuvres as NDM/XML: only when asked for by name",
    LIMIT_INPUT_BYTES,
    NULL,
    read_opm_xml};
const struct writer maneuver_opm_xml_writer = {.format = "opm-maneuver-xml",
                                               .media = "application/xml",
                                               .title = "CCSDS OPM with manoeuvres as NDM/XML",
                                               .lossless = true,
                                               .fits = is_opm,
                                               .begin = xmlmap_begin,
                                               .end = xmlmap_end,
                                               .write = write_opm_xml};
