/*
 * A record as a notification in the form of WMO's WIS2 Notification Message (version 1): a GeoJSON feature that says what there is, with a hash,
 * and where it is small enough the thing itself. mqtt.md tells what differs. Pure.
 */
#ifndef PLUGINS_MQTT_NOTICE_H
#define PLUGINS_MQTT_NOTICE_H

#include "base/buf.h"
#include "base/utc.h"
#include "plugins/line.h"

#define NOTICE_TOPIC_MAX 512

struct notice_options {
    const char *topic, *centre; /* "origin/a/parallax", "fr-cnes" */
    const char *link;           /* URL with {id} in it; "" = none */
    const char *places; /* types whose latitude_deg and longitude_deg are on the Earth, with blanks between */
    int64_t inline_bytes; /* the content goes along up to this size */
};

/*
 * The topic and the message of ${r}, published at ${now}. With ${whole} false the content stays out, whatever its size. 0, or -1: not what a
 * node writes, or no memory.
 */
int notice_write(const struct notice_options *o, const struct line_record *r, struct utc now, bool whole,
                 char topic[NOTICE_TOPIC_MAX], struct buf *out);

#endif
