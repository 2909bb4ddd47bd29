/* Inside node/types/orbit: its keywords, readers and writers. */
#ifndef TYPES_ORBIT_ORBIT_MAP_H
#define TYPES_ORBIT_ORBIT_MAP_H

#include "orbit.pb-c.h"
#include "types/blockmap.h"
#include "types/fill.h"

extern const struct fieldmap orbit_map;

/* The first block of that name of an OPM; NULL: none. orbit.c */
const Parallax__V1__Block *orbit_block(const Parallax__V1__Orbit *orbit, const char *name);

/* What sources without metadata mean (CelesTrak GP, TLE): Earth, TEME, UTC, SGP4; they call themselves OMM 2.0. */
extern const struct fill_default orbit_map_implied[];

/* Does ${orbit} say what a format without metadata implies? 0, or -1 with CANNOT_HOLD. */
int orbit_map_check_implied(const Parallax__V1__Orbit *orbit, const char *format, struct why *why);

/* A warning for each field that ${is_held} denies; when strict, CANNOT_HOLD and -1 for the first. */
int orbit_map_lose(const Parallax__V1__Orbit *orbit, bool (*is_held)(const char *keyword),
                   const struct convert *how, struct why *why);

extern const struct reader orbit_omm_kvn_reader, orbit_omm_xml_reader, orbit_omm_json_reader,
    orbit_omm_csv_reader;
extern const struct writer orbit_omm_kvn_writer, orbit_omm_xml_writer, orbit_omm_json_writer,
    orbit_omm_csv_writer;
extern const struct writer orbit_omm_plain_json_writer, orbit_omm_ndjson_writer;
extern const struct reader orbit_opm_kvn_reader, orbit_opm_xml_reader;
extern const struct writer orbit_opm_kvn_writer, orbit_opm_xml_writer;
extern const struct blockmap orbit_opm;

/* Does the message hold position and velocity, or mean elements? */
bool orbit_is_opm(const ProtobufCMessage *msg);
bool orbit_is_omm(const ProtobufCMessage *msg);
/* Canonical JSON of either. */
void orbit_json(const ProtobufCMessage *msg, struct buf *out);
/* As struct type has it: for TEME around the Earth, by SGP4, SGP or SGP/SGP4, with a MEAN_MOTION; not SGP4-XP, not OPM. */
int orbit_sgp4(const ProtobufCMessage *msg, struct type_sgp4 *out, struct why *why);
/* For struct type. */
int orbit_path(const ProtobufCMessage *msg, struct arena *a, struct type_path *out, struct why *why);
double orbit_sigma_km(const ProtobufCMessage *msg);
/* CANNOT_HOLD. Returns -1. */
int orbit_refuse_form(const ProtobufCMessage *msg, struct why *why);

extern const struct reader orbit_tle_reader;
extern const struct writer orbit_tle_writer;

#endif
