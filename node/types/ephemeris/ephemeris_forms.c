/* Readers and writers of OEM and OCM. */
#include "syntax/kvn.h"
#include "types/ephemeris/ephemeris_map.h"
#include "types/xmlmap.h"

static bool
is_oem(const ProtobufCMessage *msg)
{
    return strcmp(((const Parallax__V1__Ephemeris *)msg)->form, ephemeris_oem.form) == 0;
}

static bool
is_ocm(const ProtobufCMessage *msg)
{
    return !is_oem(msg);
}

/* What one form says the other cannot say without being another message. */
static int
refuse(const struct blockmap *map, struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, "form", "another message than an %s: it is not made into one",
                   map->form);
}

static int
probe_oem_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OEM_VERS") ? 100 : 0;
}

static int
read_oem_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&ephemeris_oem, "oem-kvn", input, how, a, emit, cookie, why);
}

static int
write_oem_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_oem(msg) ? refuse(&ephemeris_oem, why)
                        : blockmap_write_kvn(&ephemeris_oem, msg, how, out, why);
}

const struct reader ephemeris_oem_kvn_reader = {
    "oem-kvn",          "text/plain",  "CCSDS OEM 1.0, 2.0 and 3.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_oem_kvn, read_oem_kvn};
const struct writer ephemeris_oem_kvn_writer = {
    .format = "oem-kvn",
    .media = "text/plain",
    .title = "CCSDS OEM in the version that it came in, keyword = value",
    .lossless = true,
    .fits = is_oem,
    .between = buf_end_line,
    .write = write_oem_kvn};

static int
probe_oem_xml(struct span head)
{
    return xmlmap_probe_root("oem", head);
}

static int
read_oem_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&ephemeris_oem, "oem-xml", input, how, a, emit, cookie, why);
}

static int
write_oem_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_oem(msg) ? refuse(&ephemeris_oem, why)
                        : blockmap_write_xml(&ephemeris_oem, msg, how, out, why);
}

const struct reader ephemeris_oem_xml_reader = {
    "oem-xml",         "application/xml", "CCSDS OEM 1.0, 2.0 and 3.0 as NDM/XML",
    LIMIT_INPUT_BYTES, probe_oem_xml,     read_oem_xml};
const struct writer ephemeris_oem_xml_writer = {.format = "oem-xml",
                                                .media = "application/xml",
                                                .title =
                                                    "CCSDS OEM in the version that it came in as NDM/XML",
                                                .lossless = true,
                                                .fits = is_oem,
                                                .begin = xmlmap_begin,
                                                .end = xmlmap_end,
                                                .write = write_oem_xml};

/* Less than a reader that knows what an OCM without a trajectory is about. */
#define PROBE_OCM 90

static int
probe_ocm_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OCM_VERS") ? PROBE_OCM : 0;
}

static int
read_ocm_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&ephemeris_ocm, "ocm-kvn", input, how, a, emit, cookie, why);
}

static int
write_ocm_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_ocm(msg) ? refuse(&ephemeris_ocm, why)
                        : blockmap_write_kvn(&ephemeris_ocm, msg, how, out, why);
}

const struct reader ephemeris_ocm_kvn_reader = {
    "ocm-kvn",          "text/plain",  "CCSDS OCM 3.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_ocm_kvn, read_ocm_kvn};
const struct writer ephemeris_ocm_kvn_writer = {
    .format = "ocm-kvn",
    .media = "text/plain",
    .title = "CCSDS OCM in the version that it came in, keyword = value",
    .lossless = true,
    .fits = is_ocm,
    .between = buf_end_line,
    .write = write_ocm_kvn};

static int
probe_ocm_xml(struct span head)
{
    return xmlmap_probe_root("ocm", head) > 0 ? PROBE_OCM : 0;
}

static int
read_ocm_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&ephemeris_ocm, "ocm-xml", input, how, a, emit, cookie, why);
}

static int
write_ocm_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_ocm(msg) ? refuse(&ephemeris_ocm, why)
                        : blockmap_write_xml(&ephemeris_ocm, msg, how, out, why);
}

const struct reader ephemeris_ocm_xml_reader = {
    "ocm-xml", "application/xml", "CCSDS OCM 3.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_ocm_xml, read_ocm_xml};
const struct writer ephemeris_ocm_xml_writer = {.format = "ocm-xml",
                                                .media = "application/xml",
                                                .title =
                                                    "CCSDS OCM in the version that it came in as NDM/XML",
                                                .lossless = true,
                                                .fits = is_ocm,
                                                .begin = xmlmap_begin,
                                                .end = xmlmap_end,
                                                .write = write_ocm_xml};
