/* The tables of the store, as numbered steps from an empty file: step i makes user_version i + 1. Append
 * only. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#define SCHEMA_APPLICATION_ID 0x506c7831 /* "Plx1": sqlite3's application_id of a store */

extern const char *const schema_steps[]; /* NULL-terminated */
int schema_version(void);                /* user_version after the last step */

#endif
