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

/* ${text} as a string of ${size} bytes, cut at a character. */
void neo_risk_copy(char *out, size_t size, struct span text);

/* Torino and Palermo, worked out; for struct type. */
size_t neo_risk_scales(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX]);

/* `YYYY-MM-DD[ hh:mm[:ss]]`, and `YYYY-MM-DD` or a day with a fraction, as JPL and ESA write them, UTC. 0 or -1. */
int neo_risk_minute(const char *text, struct utc *out);
int neo_risk_date(const char *text, struct utc *out);

#define NEO_IMPACTS_MAX 4096 /* of one object; the richest list has some 500 */

/* Figures for alert rules; for struct type. */
size_t neo_risk_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX]);
extern const char *const neo_risk_figure_names[];

#endif
