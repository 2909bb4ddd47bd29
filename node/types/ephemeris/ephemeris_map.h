/* The tables of OEM and OCM; see ephemeris_oem.c, types/ocm.h. */
#ifndef TYPES_EPHEMERIS_MAP_H
#define TYPES_EPHEMERIS_MAP_H

#include <stddef.h>

#include "ephemeris.pb-c.h"
#include "types/blockmap.h"
#include "types/type.h"

extern const struct blockmap ephemeris_oem, ephemeris_ocm;

extern const struct reader ephemeris_oem_kvn_reader, ephemeris_oem_xml_reader, ephemeris_ocm_kvn_reader,
    ephemeris_ocm_xml_reader, ephemeris_uvw_reader;
extern const struct writer ephemeris_oem_kvn_writer, ephemeris_oem_xml_writer, ephemeris_ocm_kvn_writer,
    ephemeris_ocm_xml_writer;

extern const struct profile ephemeris_tracss;

/* For struct type. */
int ephemeris_path(const ProtobufCMessage *msg, struct arena *a, struct type_path *out, struct why *why);
double ephemeris_sigma_km(const ProtobufCMessage *msg);

#endif
