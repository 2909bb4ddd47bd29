/* RDM as KVN and XML (CCSDS 508.1-B-1, 505.0-B). */
#include "types/reentry/reentry_map.h"
#include "types/jsonmap.h"
#include "types/kvnmap.h"
#include "types/xmlmap.h"

#include "syntax/kvn.h"

static int
refuse_tip(struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, "ORBIT_LIFETIME",
                   "a TIP does not say what an RDM must: none can be made of it");
}

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_RDM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return kvnmap_read(&reentry_map, "rdm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return reentry_is_rdm(msg) ? kvnmap_write(&reentry_map, msg, how, out, why) : refuse_tip(why);
}

const struct reader reentry_rdm_kvn_reader = {
    "rdm-kvn", "text/plain", "CCSDS RDM 1.0, keyword = value", LIMIT_STREAM_BYTES, probe_kvn, read_kvn};
const struct writer reentry_rdm_kvn_writer = {.format = "rdm-kvn",
                                              .media = "text/plain",
                                              .title = "CCSDS RDM 1.0, keyword = value",
                                              .lossless = true,
                                              .fits = reentry_is_rdm,
                                              .between = buf_end_line,
                                              .write = write_kvn};

static int
probe_xml(struct span head)
{
    return xmlmap_probe(&reentry_map, head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return xmlmap_read(&reentry_map, "rdm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return reentry_is_rdm(msg) ? xmlmap_write(&reentry_map, msg, how, out, why) : refuse_tip(why);
}

const struct reader reentry_rdm_xml_reader = {
    "rdm-xml", "application/xml", "CCSDS RDM 1.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_xml, read_xml};
const struct writer reentry_rdm_xml_writer = {.format = "rdm-xml",
                                              .media = "application/xml",
                                              .title = "CCSDS RDM 1.0 as NDM/XML",
                                              .lossless = true,
                                              .fits = reentry_is_rdm,
                                              .begin = xmlmap_begin,
                                              .end = xmlmap_end,
                                              .write = write_xml};

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    reentry_json(msg, out);
    return 0;
}

const struct writer reentry_rdm_json_writer = {.format = "json",
                                               .media = "application/json",
                                               .title = "canonical JSON, an array",
                                               .begin = jsonmap_begin,
                                               .between = jsonmap_between,
                                               .end = jsonmap_end,
                                               .write = write_json};
const struct writer reentry_rdm_ndjson_writer = {.format = "ndjson",
                                                 .media = "application/x-ndjson",
                                                 .title = "canonical JSON, one record a line",
                                                 .between = buf_end_line,
                                                 .end = buf_end_line,
                                                 .write = write_json};
