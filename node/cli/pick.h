/* What a user means by a log, a record, a type, a mode or an object. Each says what is wrong itself and
 * returns an exit code. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "cli/client.h"
#include "core/record.h"
#include "types/registry.h"

#define PICK_OBJECT_MAX 64 /* as in struct subject */

/* A log by its id, a unique beginning of it, or the series of an open log ("fr-cnes/open/data"). EXIT_DONE or
 * another code. */
int pick_log(struct client *c, const struct args *a, const char *text, uint8_t log[LOG_ID_BYTES]);
/* "LOG:INDEX", LOG as in pick_log. */
int pick_record(struct client *c, const struct args *a, const char *text, uint8_t log[LOG_ID_BYTES],
                uint64_t *index);

int pick_type(const struct args *a, const char *text, const struct type **type);
/* --mode, REAL when not given. */
int pick_mode(const struct args *a, Parallax__V1__Mode *mode);
/* "25544", "1998-067A", "2023 VD3", "norad:25544" as a canonical id. */
int pick_object(const struct args *a, const char *text, char out[PICK_OBJECT_MAX]);
/* The same for a node, which knows names and other identifiers too: types/alias.h. */
int pick_alias(const struct args *a, const char *text, char out[PICK_OBJECT_MAX]);
/* "A+B": two objects, each as in pick_alias. */
int pick_pair(const struct args *a, const char *text, char first[PICK_OBJECT_MAX],
              char second[PICK_OBJECT_MAX]);

/* --region and --where: compiled here, so that a mistake is told before anything is asked; the node does it again. NULL: not given. */
int pick_sift(const struct args *a, const char **region, const char **where);

#endif
