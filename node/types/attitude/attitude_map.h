/* The tables of APM, AEM and ACM; see attitude_apm.c, attitude_apm1.c, attitude_aem.c, attitude_acm.c. */
#ifndef TYPES_ATTITUDE_MAP_H
#define TYPES_ATTITUDE_MAP_H

#include <stddef.h>

#include "attitude.pb-c.h"
#include "types/blockmap.h"

/* The newest version of each form; they lead to the older ones. */
extern const struct blockmap attitude_apm, attitude_aem, attitude_acm;
extern const struct blockmap attitude_apm1, attitude_aem1;

/* What all maps have in common. */
#define ATTITUDE_MESSAGE                                                                                     \
    .schema = &parallax__v1__attitude__descriptor, .source = offsetof(Parallax__V1__Attitude, source),       \
    .form_at = offsetof(Parallax__V1__Attitude, form),                                                       \
    .n_blocks = offsetof(Parallax__V1__Attitude, n_blocks),                                                  \
    .blocks = offsetof(Parallax__V1__Attitude, blocks)

#define ATTITUDE_TIME_SYSTEMS "UTC|TAI|TT|GPS|UT1|TDB|TCB|TCG|GMST|MET|MRT|SCLK"
#define ATTITUDE_SEQUENCES    "XYX|XYZ|XZX|XZY|YXY|YXZ|YZX|YZY|ZXY|ZXZ|ZYX|ZYZ"
#define ATTITUDE_SEQUENCES_1  "121|123|131|132|212|213|231|232|312|313|321|323"

/* An angle of version 2.0 and of version 1.0, and a component of a quaternion, in the ranges of the schemas. */
#define ATTITUDE_ANGLE     .kind = FIELD_REAL, .unit = "deg", .min = "-360", .max = "360"
#define ATTITUDE_ANGLE_1   .kind = FIELD_REAL, .unit = "deg", .min = "-180", .max = "360"
#define ATTITUDE_COMPONENT .kind = FIELD_REAL, .min = "-1", .max = "1"

/* The form that ${msg} says it has, in its version; NULL: none. */
const struct blockmap *attitude_form(const ProtobufCMessage *msg);

/* Rules, 0 or -1 with w->why. Keywords of 1.0 that can turn the meaning round, and are gone, do not stand in a message of 2.0. */
int attitude_no_old(struct block_walk *w);
/* Values in an element of their own are all there, or none. */
int attitude_whole_parts(struct block_walk *w);
bool attitude_begins(struct span word, const char *with);
/* ${keyword} must be in the block, because it says ${by}. */
int attitude_must(struct block_walk *w, const char *keyword, const char *by);
/* A line of an AEM has the columns of its layout. */
int attitude_line(struct block_walk *w, const struct span *column, size_t n);
int attitude_some_lines(struct block_walk *w);
/* Metadata of an AEM: times in order, a degree with its method. */
int attitude_check_span(struct block_walk *w);

/* Of ${list}, by ATTITUDE_TYPE; NULL: none. */
const struct block_layout *attitude_layout(const struct block_layout *list, size_t n,
                                           const Parallax__V1__Block *metadata);

extern const struct reader attitude_apm_kvn_reader, attitude_apm_xml_reader, attitude_aem_kvn_reader,
    attitude_aem_xml_reader, attitude_acm_kvn_reader, attitude_acm_xml_reader;
extern const struct writer attitude_apm_kvn_writer, attitude_apm_xml_writer, attitude_aem_kvn_writer,
    attitude_aem_xml_writer, attitude_acm_kvn_writer, attitude_acm_xml_writer;

#endif
