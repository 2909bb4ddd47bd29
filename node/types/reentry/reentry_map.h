/* Inside node/types/reentry: its keywords, readers and writers. */
#ifndef TYPES_REENTRY_REENTRY_MAP_H
#define TYPES_REENTRY_REENTRY_MAP_H

#include "reentry.pb-c.h"
#include "types/fill.h"

extern const struct fieldmap reentry_map;
extern const struct fieldmap reentry_tip_map;

/* Is it an RDM? Else a TIP. */
bool reentry_is_rdm(const ProtobufCMessage *msg);
void reentry_json(const ProtobufCMessage *msg, struct buf *out);

extern const struct reader reentry_tip_json_reader, reentry_tip_csv_reader;

extern const struct reader reentry_rdm_kvn_reader, reentry_rdm_xml_reader;
extern const struct writer reentry_rdm_kvn_writer, reentry_rdm_xml_writer, reentry_rdm_json_writer;
extern const struct writer reentry_rdm_ndjson_writer, reentry_geojson_writer;

/* Figures for alert rules; for struct type. */
bool reentry_window(const ProtobufCMessage *msg, struct utc *opens, struct utc *closes);
size_t reentry_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX]);
extern const char *const reentry_figure_names[];

void reentry_places(const ProtobufCMessage *msg, struct area_list *out);
size_t reentry_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX]);

#endif
