/* CDM as KVN and XML (CCSDS 508.0-B-1, 505.0-B). */
#include "types/conjunction/conjunction_map.h"
#include "types/jsonmap.h"
#include "types/kvnmap.h"
#include "types/xmlmap.h"

#include "syntax/kvn.h"

static int
refuse_row(struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, "OBJECT1",
                   "a row of a list has no states and covariances: no CDM can be made of it");
}

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_CDM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return kvnmap_read(&conjunction_map, "cdm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return conjunction_is_cdm(msg) ? kvnmap_write(&conjunction_map, msg, how, out, why) : refuse_row(why);
}

const struct reader conjunction_cdm_kvn_reader = {
    "cdm-kvn", "text/plain", "CCSDS CDM 1.0, keyword = value", LIMIT_STREAM_BYTES, probe_kvn, read_kvn};
const struct writer conjunction_cdm_kvn_writer = {.format = "cdm-kvn",
                                                  .media = "text/plain",
                                                  .title = "CCSDS CDM 1.0, keyword = value",
                                                  .lossless = true,
                                                  .fits = conjunction_is_cdm,
                                                  .between = buf_end_line,
                                                  .write = write_kvn};

static int
probe_xml(struct span head)
{
    return xmlmap_probe(&conjunction_map, head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return xmlmap_read(&conjunction_map, "cdm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return conjunction_is_cdm(msg) ? xmlmap_write(&conjunction_map, msg, how, out, why) : refuse_row(why);
}

const struct reader conjunction_cdm_xml_reader = {
    "cdm-xml", "application/xml", "CCSDS CDM 1.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_xml, read_xml};
const struct writer conjunction_cdm_xml_writer = {.format = "cdm-xml",
                                                  .media = "application/xml",
                                                  .title = "CCSDS CDM 1.0 as NDM/XML",
                                                  .lossless = true,
                                                  .fits = conjunction_is_cdm,
                                                  .begin = xmlmap_begin,
                                                  .end = xmlmap_end,
                                                  .write = write_xml};

static int
write_json(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    (void)how, (void)why;
    conjunction_json(msg, out);
    return 0;
}

const struct writer conjunction_cdm_json_writer = {.format = "json",
                                                   .media = "application/json",
                                                   .title = "canonical JSON, an array",
                                                   .begin = jsonmap_begin,
                                                   .between = jsonmap_between,
                                                   .end = jsonmap_end,
                                                   .write = write_json};
const struct writer conjunction_cdm_ndjson_writer = {.format = "ndjson",
                                                     .media = "application/x-ndjson",
                                                     .title = "canonical JSON, one record a line",
                                                     .between = buf_end_line,
                                                     .end = buf_end_line,
                                                     .write = write_json};
