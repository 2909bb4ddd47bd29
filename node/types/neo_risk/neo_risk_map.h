/* Inside node/types/neo_risk: its fields and readers. */
#ifndef TYPES_NEO_RISK_NEO_RISK_MAP_H
#define TYPES_NEO_RISK_NEO_RISK_MAP_H

#include "neo_risk.pb-c.h"
#include "types/fill.h"

extern const struct fieldmap neo_risk_map;
extern const struct fieldmap neo_risk_map_impact; /* of one NeoImpact; no source, no extras */

extern const struct reader neo_risk_sentry_reader, neo_risk_cad_reader;
extern const struct reader neo_risk_neocc_reader, neo_risk_neocc_special_reader,
    neo_risk_neocc_removed_reader;

/* Torino and Palermo, worked out; for struct type. */
size_t neo_risk_scales(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX]);

#define NEO_IMPACTS_MAX 4096 /* of one object; the richest list has some 500 */

#endif
