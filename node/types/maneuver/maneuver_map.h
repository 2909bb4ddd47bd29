/* Inside node/types/maneuver: its forms, readers and writers. */
#ifndef TYPES_MANEUVER_MANEUVER_MAP_H
#define TYPES_MANEUVER_MANEUVER_MAP_H

#include "maneuver.pb-c.h"
#include "types/blockmap.h"
#include "types/notice.h"

extern const struct notice maneuver_notice;
extern const struct blockmap maneuver_ocm, maneuver_opm;

/* The form of blocks of ${msg}; NULL: it is a notice, or nothing that we know. */
const struct blockmap *maneuver_form(const ProtobufCMessage *msg);
bool maneuver_is_notice(const ProtobufCMessage *msg);

/* What a notice must say beyond its fields. 0, or -1 with ${why}. */
int maneuver_notice_check(const ProtobufCMessage *msg, struct why *why);
/* A notice as an OCM in KVN: 0, or -1 with CANNOT_HOLD. What an OCM has no keyword for is in its comments. */
int maneuver_notice_ocm(const Parallax__V1__Maneuver *m, struct buf *out, struct why *why);

/* The manoeuvres of an OCM or OPM, for people. 0. */
int maneuver_text(const Parallax__V1__Maneuver *m, struct buf *out);

extern const struct reader maneuver_json_reader, maneuver_ocm_kvn_reader, maneuver_ocm_xml_reader,
    maneuver_opm_kvn_reader, maneuver_opm_xml_reader;
extern const struct writer maneuver_json_writer, maneuver_text_writer, maneuver_ocm_kvn_writer,
    maneuver_ocm_xml_writer, maneuver_opm_kvn_writer, maneuver_opm_xml_writer;

#endif
