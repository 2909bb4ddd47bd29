/* Readers and writers of OPM, one of the two forms of an orbit. */
#include <stddef.h>

#include "syntax/kvn.h"
#include "types/opm.h"
#include "types/orbit/orbit_map.h"
#include "types/xmlmap.h"

const struct blockmap orbit_opm = OPM_BLOCKMAP(Parallax__V1__Orbit, parallax__v1__orbit__descriptor);

bool
orbit_is_opm(const ProtobufCMessage *msg)
{
    return *((const Parallax__V1__Orbit *)msg)->form != 0;
}

bool
orbit_is_omm(const ProtobufCMessage *msg)
{
    return !orbit_is_opm(msg);
}

/* A state is not made into mean elements, nor back. */
int
orbit_refuse_form(const ProtobufCMessage *msg, struct why *why)
{
    return why_set(why, WHY_CANNOT_HOLD, 0, 0, orbit_is_opm(msg) ? "X" : "MEAN_MOTION",
                   "%s are not converted into %s",
                   orbit_is_opm(msg) ? "position and velocity" : "mean elements",
                   orbit_is_opm(msg) ? "mean elements" : "position and velocity");
}

static int
probe_kvn(struct span head)
{
    return kvn_begins_with(head, "CCSDS_OPM_VERS") ? 100 : 0;
}

static int
read_kvn(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_kvn(&orbit_opm, "opm-kvn", input, how, a, emit, cookie, why);
}

static int
write_kvn(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_omm(msg) ? orbit_refuse_form(msg, why)
                             : blockmap_write_kvn(&orbit_opm, msg, how, out, why);
}

static int
probe_xml(struct span head)
{
    return xmlmap_probe_root("opm", head);
}

static int
read_xml(struct span input, const struct convert *how, struct arena *a, type_emit_fn *emit, void *cookie,
         struct why *why)
{
    return blockmap_read_xml(&orbit_opm, "opm-xml", input, how, a, emit, cookie, why);
}

static int
write_xml(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    return orbit_is_omm(msg) ? orbit_refuse_form(msg, why)
                             : blockmap_write_xml(&orbit_opm, msg, how, out, why);
}

const struct reader orbit_opm_kvn_reader = {
    "opm-kvn",          "text/plain", "CCSDS OPM 1.0, 2.0 and 3.0, keyword = value",
    LIMIT_STREAM_BYTES, probe_kvn,    read_kvn};
const struct reader orbit_opm_xml_reader = {
    "opm-xml",         "application/xml", "CCSDS OPM 1.0, 2.0 and 3.0 as NDM/XML",
    LIMIT_INPUT_BYTES, probe_xml,         read_xml};
const struct writer orbit_opm_kvn_writer = {.format = "opm-kvn",
                                            .media = "text/plain",
                                            .title =
                                                "CCSDS OPM in the version that it came in, keyword = value",
                                            .lossless = true,
                                            .between = buf_end_line,
                                            .fits = orbit_is_opm,
                                            .write = write_kvn};
const struct writer orbit_opm_xml_writer = {.format = "opm-xml",
                                            .media = "application/xml",
                                            .title = "CCSDS OPM in the version that it came in, as NDM/XML",
                                            .lossless = true,
                                            .begin = xmlmap_begin,
                                            .end = xmlmap_end,
                                            .fits = orbit_is_opm,
                                            .write = write_xml};
