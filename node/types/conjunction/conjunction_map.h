/* Inside node/types/conjunction: its keywords, readers and writers. */
#ifndef TYPES_CONJUNCTION_CONJUNCTION_MAP_H
#define TYPES_CONJUNCTION_CONJUNCTION_MAP_H

#include "conjunction.pb-c.h"
#include "types/fill.h"

extern const struct fieldmap conjunction_map;

extern const struct reader conjunction_cdm_kvn_reader, conjunction_cdm_xml_reader;
extern const struct writer conjunction_cdm_kvn_writer, conjunction_cdm_xml_writer,
    conjunction_cdm_json_writer;
extern const struct writer conjunction_cdm_ndjson_writer;

#endif
