/* Readers and writers of APM, AEM and ACM. */
#include "syntax/kvn.h"
#include "types/attitude/attitude_map.h"
#include "types/xmlmap.h"

static bool
is_form(const ProtobufCMessage *msg, const struct blockmap *form)
{
    return strcmp(((const Parallax__V1__Attitude *)msg)->form, form->form) == 0;
}

/* What one form says another cannot say without being another message. */
static int
refuse(const struct blockmap *form, struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, "form", "another message than an %s: it is not made into one",
                   form->form);
}

static bool
is_apm(const ProtobufCMessage *msg)
{
    return is_form(msg, &attitude_apm);
}

static int
probe_apm_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_APM_VERS") ? 100 : 0;
}

static int
read_apm_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&attitude_apm, "apm-kvn", input, how, a, emit, cookie, why);
}

static int
write_apm_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_apm(msg) ? refuse(&attitude_apm, why)
                        : blockmap_write_kvn(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_apm_kvn_reader = {
    "apm-kvn",         "text/plain",  "CCSDS APM 1.0 and 2.0, keyword = value",
    LIMIT_INPUT_BYTES, probe_apm_kvn, read_apm_kvn};
const struct writer attitude_apm_kvn_writer = {
    .format = "apm-kvn",
    .media = "text/plain",
    .title = "CCSDS APM in the version that it came in, keyword = value",
    .lossless = true,
    .fits = is_apm,
    .between = buf_end_line,
    .write = write_apm_kvn};

static int
probe_apm_xml(struct span head)
{
    return xmlmap_probe_root("apm", head);
}

static int
read_apm_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&attitude_apm, "apm-xml", input, how, a, emit, cookie, why);
}

static int
write_apm_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_apm(msg) ? refuse(&attitude_apm, why)
                        : blockmap_write_xml(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_apm_xml_reader = {
    "apm-xml",         "application/xml", "CCSDS APM 1.0 and 2.0 as NDM/XML",
    LIMIT_INPUT_BYTES, probe_apm_xml,     read_apm_xml};
const struct writer attitude_apm_xml_writer = {.format = "apm-xml",
                                               .media = "application/xml",
                                               .title = "CCSDS APM in the version that it came in as NDM/XML",
                                               .lossless = true,
                                               .fits = is_apm,
                                               .begin = xmlmap_begin,
                                               .end = xmlmap_end,
                                               .write = write_apm_xml};

static bool
is_aem(const ProtobufCMessage *msg)
{
    return is_form(msg, &attitude_aem);
}

static int
probe_aem_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_AEM_VERS") ? 100 : 0;
}

static int
read_aem_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&attitude_aem, "aem-kvn", input, how, a, emit, cookie, why);
}

static int
write_aem_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_aem(msg) ? refuse(&attitude_aem, why)
                        : blockmap_write_kvn(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_aem_kvn_reader = {
    "aem-kvn",         "text/plain",  "CCSDS AEM 1.0 and 2.0, keyword = value",
    LIMIT_INPUT_BYTES, probe_aem_kvn, read_aem_kvn};
const struct writer attitude_aem_kvn_writer = {
    .format = "aem-kvn",
    .media = "text/plain",
    .title = "CCSDS AEM in the version that it came in, keyword = value",
    .lossless = true,
    .fits = is_aem,
    .between = buf_end_line,
    .write = write_aem_kvn};

static int
probe_aem_xml(struct span head)
{
    return xmlmap_probe_root("aem", head);
}

static int
read_aem_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&attitude_aem, "aem-xml", input, how, a, emit, cookie, why);
}

static int
write_aem_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_aem(msg) ? refuse(&attitude_aem, why)
                        : blockmap_write_xml(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_aem_xml_reader = {
    "aem-xml",         "application/xml", "CCSDS AEM 1.0 and 2.0 as NDM/XML",
    LIMIT_INPUT_BYTES, probe_aem_xml,     read_aem_xml};
const struct writer attitude_aem_xml_writer = {.format = "aem-xml",
                                               .media = "application/xml",
                                               .title = "CCSDS AEM in the version that it came in as NDM/XML",
                                               .lossless = true,
                                               .fits = is_aem,
                                               .begin = xmlmap_begin,
                                               .end = xmlmap_end,
                                               .write = write_aem_xml};

static bool
is_acm(const ProtobufCMessage *msg)
{
    return is_form(msg, &attitude_acm);
}

static int
probe_acm_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_ACM_VERS") ? 100 : 0;
}

static int
read_acm_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_kvn(&attitude_acm, "acm-kvn", input, how, a, emit, cookie, why);
}

static int
write_acm_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_acm(msg) ? refuse(&attitude_acm, why)
                        : blockmap_write_kvn(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_acm_kvn_reader = {
    "acm-kvn",         "text/plain",  "CCSDS ACM 2.0, keyword = value",
    LIMIT_INPUT_BYTES, probe_acm_kvn, read_acm_kvn};
const struct writer attitude_acm_kvn_writer = {
    .format = "acm-kvn",
    .media = "text/plain",
    .title = "CCSDS ACM in the version that it came in, keyword = value",
    .lossless = true,
    .fits = is_acm,
    .between = buf_end_line,
    .write = write_acm_kvn};

static int
probe_acm_xml(struct span head)
{
    return xmlmap_probe_root("acm", head);
}

static int
read_acm_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
             struct why *why)
{
    return blockmap_read_xml(&attitude_acm, "acm-xml", input, how, a, emit, cookie, why);
}

static int
write_acm_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return !is_acm(msg) ? refuse(&attitude_acm, why)
                        : blockmap_write_xml(attitude_form(msg), msg, how, out, why);
}

const struct reader attitude_acm_xml_reader = {
    "acm-xml", "application/xml", "CCSDS ACM 2.0 as NDM/XML", LIMIT_INPUT_BYTES, probe_acm_xml, read_acm_xml};
const struct writer attitude_acm_xml_writer = {.format = "acm-xml",
                                               .media = "application/xml",
                                               .title = "CCSDS ACM in the version that it came in as NDM/XML",
                                               .lossless = true,
                                               .fits = is_acm,
                                               .begin = xmlmap_begin,
                                               .end = xmlmap_end,
                                               .write = write_acm_xml};
