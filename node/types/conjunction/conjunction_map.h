/* Inside node/types/conjunction: its keywords, readers and writers. */
#ifndef TYPES_CONJUNCTION_CONJUNCTION_MAP_H
#define TYPES_CONJUNCTION_CONJUNCTION_MAP_H

#include "conjunction.pb-c.h"
#include "types/fill.h"

extern const struct fieldmap conjunction_map;

/* The map of a row of a list, by its form; NULL: a CDM, or no form of ours. */
const struct fieldmap *conjunction_row_map(const ProtobufCMessage *msg);
/* Is it a CDM? */
bool conjunction_is_cdm(const ProtobufCMessage *msg);
void conjunction_json(const ProtobufCMessage *msg, struct buf *out);

extern const struct reader conjunction_public_json_reader, conjunction_public_csv_reader,
    conjunction_socrates_reader;

extern const struct reader conjunction_cdm_kvn_reader, conjunction_cdm_xml_reader;
extern const struct writer conjunction_cdm_kvn_writer, conjunction_cdm_xml_writer,
    conjunction_cdm_json_writer;
extern const struct writer conjunction_cdm_ndjson_writer;

/* Figures for alert rules; for struct type. */
size_t conjunction_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX]);
extern const char *const conjunction_figure_names[];

/* The pair and its TCA; for struct type. */
size_t conjunction_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX]);

#endif
