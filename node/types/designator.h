/* Names of space objects and their times, as several record types need them for struct subject. */
#ifndef TYPES_DESIGNATOR_H
#define TYPES_DESIGNATOR_H

#include "base/utc.h"
#include "base/why.h"

/* YYYY-NNNP{PP}: an international designator (COSPAR id). */
bool designator_is_cospar(struct span id);

/* A catalogue number as a catalogue writes it, with any leading zeros: 1..999999999. 0 if it is none. */
uint64_t designator_norad(struct span id);

/* A record's id: its log as 32 lower-case hexadecimal digits, a colon, its index. 0, or -1 with ${why} for ${keyword}. */
int designator_record(struct span id, const char *keyword, struct why *why);

/* ${name} as a key: cut to ${size} at a character, blanks and all. */
void designator_key(const char *name, char *out, size_t size);

/*
 * The UTC of a CCSDS time in ${system}, for finding and ordering records: as timescale_utc(), but UT1 counts as UTC (below a second off), and so
 * does every system before 1972 (below a minute). Zero if ${text} is no time, or if ${system} is a mission's own clock, sidereal time or unknown.
 */
struct utc designator_utc(struct span text, struct span system);

/*
 * The canonical id of a space object, cut to ${size} at a character: "norad:25544" of a catalogue number, else "cospar:1998-067A" of an international designator, else "name:" and the
 * name in capitals. NULL and "": not given.
 */
void designator_object(const char *number, const char *cospar, const char *name, char *out, size_t size);

/*
 * "neo:" and the designation of an asteroid as all lists have it: without blanks (`2023 VD3`, `2023VD3`), of a numbered one the number alone (`101955 Bennu`, `(101955) Bennu`).
 */
void designator_neo(const char *name, char *out, size_t size);

#endif
